# SPDX-License-Identifier: Apache-2.0
"""How far a sweep is, on standard error: a bar on a terminal, else a line every few seconds."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LINE_EVERY_SECONDS = 5.0


def duration(seconds: float) -> str:
    """A time for people: 42 s, 3 min 05 s, 2 h 07 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


class ProgressBar:
    """Counts points. `quiet` shows nothing."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total = total
        self._done = 0
        self._failed = 0
        self._began = time.monotonic()
        self._said = self._began
        self._quiet = quiet
        self._bar: Progress | None = None
        if not quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("points"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[failed]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("points", total=total, failed="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def count(self, failed: bool) -> None:
        """One more point has ended."""
        self._done += 1
        self._failed += failed
        note = f"{self._failed} failed" if self._failed else ""
        if self._bar:
            self._bar.update(self._task, advance=1, failed=note)
            return
        now = time.monotonic()
        if self._quiet or (now - self._said < LINE_EVERY_SECONDS and self._done < self._total):
            return
        self._said = now
        left = (now - self._began) / self._done * (self._total - self._done)
        parts = [f"{self._done} of {self._total} points", note, f"{duration(left)} left" if left else ""]
        print(", ".join(filter(None, parts)), file=sys.stderr, flush=True)
