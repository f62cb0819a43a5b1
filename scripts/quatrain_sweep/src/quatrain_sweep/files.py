# SPDX-License-Identifier: Apache-2.0
"""Output files: whole or not there."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quatrain_sweep.errors import UserError


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A temporary name beside `target`, renamed to it when the block ends well. Raises UserError.

    A link stays a link, and a pipe or device is written to as it is.
    """
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            yield target
            return
        place = target.resolve()
        temporary = place.with_name(f".{place.stem}.{os.getpid()}.part{place.suffix}")
        try:
            yield temporary
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}") from error


STANDARD_INPUT = Path("-")


def name_of(file: Path) -> str:
    """What messages call a file that is read."""
    return "standard input" if file == STANDARD_INPUT else str(file)


def read_report(file: Path) -> dict[str, Any]:
    """A JSON report of the simulator, or the log of `train`, as one object. Raises UserError."""
    name = name_of(file)
    try:
        source = sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes()
        text = source.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        report = json.loads(text)
    except json.JSONDecodeError as error:
        report = _log(text)
        if report is None:
            raise UserError(f"{name}:{error.lineno}: is no JSON: {error.msg}") from error
    if not isinstance(report, dict) or report.get("command") not in ("run", "compare", "train"):
        raise UserError(f"{name}: must be a JSON report of run, compare or train, or a log of train")
    return report


def _log(text: str) -> dict[str, Any] | None:
    # A head, then a line for every epoch; the last line of a run that was killed may be cut.
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    if len(lines) < 2 or not all(isinstance(line, dict) for line in lines):
        return None
    return {**lines[0], "epochs": [line for line in lines[1:] if line.get("complete")]}
