# SPDX-License-Identifier: Apache-2.0
"""The simulator: where it is, which it is, and what it answers."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quatrain_sweep.content import file_hash
from quatrain_sweep.errors import UserError


class ProgramFailure(Exception):
    """A run without a report. `transient`: another try may go well (a signal, a time limit, no memory)."""

    def __init__(self, message: str, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient

    def __reduce__(self) -> tuple[type["ProgramFailure"], tuple[str, bool]]:
        return ProgramFailure, (str(self), self.transient)


@dataclass(frozen=True)
class Parameter:
    """A parameter of an architecture: its value there, its unit, and its range in words."""

    value: Any
    unit: str
    range: str


def find_program(given: str | None) -> Path:
    """The program named, or $QUATRAIN, or build/release/quatrain here or above, or the one in PATH."""
    if given is not None or "QUATRAIN" in os.environ:
        name = given if given is not None else os.environ["QUATRAIN"]
        found = shutil.which(name)
        if found is None:
            origin = "--program" if given is not None else "QUATRAIN"
            raise UserError(f"{origin} = {name}: must be a program that can be run")
        return Path(found).resolve()
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (built := folder / "build/release/quatrain").is_file():
            return built
    if found := shutil.which("quatrain"):
        return Path(found).resolve()
    raise UserError(
        "--program: no 'quatrain' in build/release here or above, nor in PATH: must name the simulator"
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("quatrain: ") if lines else "it said nothing"


def _dying_with_us() -> list[str]:
    # A program outlives a killed worker unless the kernel is asked to end it too.
    wrapper = shutil.which("setpriv")
    return [wrapper, "--pdeathsig", "KILL", "--"] if wrapper else []


@dataclass(frozen=True)
class Program:
    """The simulator at `path`."""

    path: Path

    def identity(self) -> str:
        """A hash of the program file: two builds of one version may differ."""
        return file_hash(self.path)

    def version(self) -> str:
        return self._output(["--version"], Path.cwd(), None).strip()

    def parameters(self, architecture: str, folder: Path) -> dict[str, Parameter]:
        """All parameters of an architecture, by name. Raises UserError where it is none."""
        try:
            answer = json.loads(
                self._output(["describe", "parameters", architecture, "--json", "-"], folder, 60)
            )
        except ProgramFailure as error:
            raise UserError(f"architecture = {architecture}: {error}") from error
        return {
            row["parameter"]: Parameter(row["value"], row["unit"], row["range"])
            for row in answer["parameters"]
        }

    def report(self, arguments: Sequence[str], folder: Path, time_limit: float | None) -> dict[str, Any]:
        """The JSON report of a subcommand, run in `folder`. Raises ProgramFailure."""
        output = self._output([*arguments, "--quiet", "--json", "-"], folder, time_limit)
        report: dict[str, Any] = json.loads(output)
        return report

    def _output(self, arguments: Sequence[str], folder: Path, time_limit: float | None) -> str:
        command = [*_dying_with_us(), str(self.path), *arguments]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=time_limit, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ProgramFailure(f"took longer than {time_limit:g} s", transient=True) from error
        except OSError as error:
            raise ProgramFailure(f"{self.path}: cannot be run: {error.strerror}", transient=True) from error
        if done.returncode < 0:
            name = signal.Signals(-done.returncode).name
            raise ProgramFailure(f"ended by {name}", transient=True)
        if done.returncode != 0:
            message = _last_line(done.stderr)
            transient = done.returncode not in (1, 2, 3)
            raise ProgramFailure(f"exit status {done.returncode}: {message}", transient)
        return done.stdout
