# SPDX-License-Identifier: Apache-2.0
"""Runs points on a cluster. A row is on the disk before the client hears of it, whatever dies."""

import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from typing import Any

from distributed import KilledWorker

from quatrain_sweep.errors import Interrupted
from quatrain_sweep.point import Point
from quatrain_sweep.program import Program
from quatrain_sweep.store import Store
from quatrain_sweep.task import Outcome, Task, perform

LOST = "the scheduler is lost; finished points are kept: run the command again"
SECONDS_WITHOUT_SCHEDULER = 15.0
MOST_IN_FLIGHT = 2_000
"""Points that the scheduler knows at a time: it keeps each in memory."""


ENDED = ("finished", "error")


def _point_key(future: Any) -> str:
    return str(future.key).removeprefix("point-")


class Engine:
    """Points in, outcomes out; what the store has is not run again.

    `connect` gives the client of a cluster; it is called when there is a first point to run.
    """

    def __init__(
        self, connect: Callable[[], Any], program: Program, store: Store, sweep: str, retry: bool
    ) -> None:
        self._connect = connect
        self._connected: Any = None
        self._program = program
        self.identity = program.identity()
        self._version = program.version()
        self._store = store
        self._sweep = sweep
        self._there = store.done() | (set() if retry else store.refused())

    @property
    def _client(self) -> Any:
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def key(self, point: Point) -> str:
        return point.key(self.identity)

    def is_there(self, point: Point) -> bool:
        """Whether the store has the point, or knows that it fails."""
        return self.key(point) in self._there

    def run(self, points: Iterable[Point]) -> Iterator[Outcome]:
        """Runs the points that are not there, each once, and yields how each ended as it ends.

        Raises Interrupted where the scheduler is lost.
        """
        wanted = {self.key(point): point for point in points}
        tasks = [self._task(key, point) for key, point in wanted.items() if key not in self._there]
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        running: dict[str, Any] = {}
        waiting = iter(tasks)
        for task in waiting:
            self._submit(task, running, ended)
            if len(running) >= MOST_IN_FLIGHT:
                break
        while running:
            future = self._next(running, ended)
            key = _point_key(future)
            outcome = self._outcome(key, future)
            del running[key]
            for task in waiting:
                self._submit(task, running, ended)
                break
            if outcome.status != "lost":
                self._there.add(key)
            yield outcome

    def _task(self, key: str, point: Point) -> Task:
        folder = self._store.folder.resolve()
        return Task(key, point, self._sweep, self._program.path, self.identity, self._version, folder)

    def _submit(self, task: Task, running: dict[str, Any], ended: "queue.SimpleQueue[Any]") -> None:
        future = self._client.submit(perform, task, key=f"point-{task.key}", pure=False)
        running[task.key] = future
        future.add_done_callback(ended.put)

    def _next(self, running: dict[str, Any], ended: "queue.SimpleQueue[Any]") -> Any:
        """The next of the running points that has ended. Raises Interrupted where the scheduler is lost."""
        connected = time.monotonic()
        while True:
            try:
                future = ended.get(timeout=0.5)
            except queue.Empty:
                # A result that died with its worker is lost, then made again, and that is not announced.
                ready = [one for one in running.values() if one.status in ENDED]
                future = ready[0] if ready else None
            if future is not None and future.status in ENDED and running.get(_point_key(future)) is future:
                return future
            forgotten = all(one.status in ("lost", "cancelled") for one in running.values())
            now = time.monotonic()
            if self._client.status == "running" and not self._scheduler_gone() and not forgotten:
                connected = now
            elif self._client.status == "closed" or now - connected > SECONDS_WITHOUT_SCHEDULER:
                raise Interrupted(LOST)

    def _scheduler_gone(self) -> bool:
        stream = self._client.scheduler_comm
        return stream is None or stream.closed()

    def _outcome(self, key: str, future: Any) -> Outcome:
        try:
            if future.status == "finished":
                outcome: Outcome = future.result()
                return outcome
            error = future.exception()
        except (OSError, CancelledError) as gone:
            raise Interrupted(LOST) from gone
        if isinstance(error, KilledWorker):
            return Outcome(key, "lost", "every worker that tried it died")
        return Outcome(key, "lost", f"{type(error).__name__}: {' '.join(str(error).split())}")
