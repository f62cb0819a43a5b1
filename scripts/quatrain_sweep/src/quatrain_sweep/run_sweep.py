# SPDX-License-Identifier: Apache-2.0
"""`quatrain-sweep run`: a sweep from its file to its store."""

import contextlib
import sys
from pathlib import Path
from typing import Any

from quatrain_sweep.axes import as_text
from quatrain_sweep.cluster import ClusterChoice, connected
from quatrain_sweep.engine import Engine
from quatrain_sweep.errors import Interrupted
from quatrain_sweep.plan import Plan
from quatrain_sweep.point import Point
from quatrain_sweep.program import Program
from quatrain_sweep.progress import ProgressBar
from quatrain_sweep.search import SearchRun
from quatrain_sweep.store import Store

ERRORS_SHOWN = 5


class SweepRun:
    """Runs the grid or the search of a plan and says what came of it."""

    def __init__(self, plan: Plan, program: Program, store: Store, retry: bool, quiet: bool) -> None:
        self._plan = plan
        self._program = program
        self._store = store
        self._retry = retry
        self._quiet = quiet
        self._counts = {"done": 0, "failed": 0, "lost": 0}
        self._there = 0

    def run(self, choice: ClusterChoice) -> None:
        """Raises Interrupted where points were lost or the scheduler is gone; rows that were made stay."""
        self._store.create()
        with contextlib.ExitStack() as stack:

            def connect() -> Any:
                client = stack.enter_context(connected(choice))
                self._say(f"dashboard: {client.dashboard_link}")
                return client

            engine = Engine(connect, self._program, self._store, self._plan.sweep.name, self._retry)
            if self._plan.sweep.search is None:
                self._grid(engine)
            else:
                self._search(engine)
        self._conclude()

    def _say(self, line: str) -> None:
        if not self._quiet:
            print(line, file=sys.stderr, flush=True)

    def _grid(self, engine: Engine) -> None:
        points = self._plan.points()
        missing = [point for point in points if not engine.is_there(point)]
        self._there = len(points) - len(missing)
        if self._there:
            self._say(f"{self._there} of {len(points)} points are in {self._store.folder}")
        with ProgressBar(len(missing), self._quiet) as bar:
            self._run(engine, missing, bar)

    def _search(self, engine: Engine) -> None:
        search = SearchRun(self._plan.sweep, self._plan.parameters)

        def figures(point: Point) -> dict[str, Any] | None:
            row = self._store.row(engine.key(point))
            return row if row is not None and row["status"] == "done" else None

        trials = self._plan.sweep.search.trials if self._plan.sweep.search else 0
        with ProgressBar(trials, self._quiet) as bar:
            for asked in search.rounds(figures):
                missing = {engine.key(p): p for p in asked if not engine.is_there(p)}
                for _ in range(len(asked) - len(missing)):
                    self._there += 1
                    bar.count(failed=False)
                self._run(engine, list(missing.values()), bar)

    def _run(self, engine: Engine, points: list[Point], bar: ProgressBar) -> None:
        labels = {engine.key(point): point.label(list(self._plan.sweep.axes)) for point in points}
        for outcome in engine.run(points):
            self._counts[outcome.status] += 1
            bar.count(outcome.status != "done")
            if outcome.status != "done" and sum(self._counts.values()) - self._counts["done"] <= ERRORS_SHOWN:
                self._say(f"{labels[outcome.key]}: {outcome.error}")

    def _conclude(self) -> None:
        done, failed, lost = self._counts["done"], self._counts["failed"], self._counts["lost"]
        parts = [f"{done} points were run"]
        if self._there:
            parts.append(f"{self._there} were there")
        if failed:
            parts.append(f"{failed} failed (quatrain-sweep table {self._store.folder} --failed)")
        self._say(f"{', '.join(parts)}: {self._store.folder}")
        if lost:
            raise Interrupted(f"{lost} points were lost with their workers: run the same command again")


def dry_run(plan: Plan, program: Program, store: Store) -> None:
    """Prints what would be run, a line for each point that is not there."""
    identity = program.identity()
    there = store.done() | store.refused()
    if plan.sweep.search is not None:
        print(f"a search: {plan.sweep.search.trials} trials out of {plan.size()} points, before constraints")
        return
    points = plan.points()
    missing = [point for point in points if point.key(identity) not in there]
    print(
        f"{plan.size()} points, {len(points)} meet the constraints, {len(missing)} are not in {store.folder}"
    )
    for point in missing:
        print("  " + "  ".join(f"{name}={as_text(point.values[name])}" for name in plan.sweep.axes))


def store_of(given: Path | None, sweep_file: Path) -> Store:
    """The store that was named, or the sweep's own."""
    return Store(given if given is not None else sweep_file.with_suffix(".points"))
