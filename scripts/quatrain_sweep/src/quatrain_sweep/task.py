# SPDX-License-Identifier: Apache-2.0
"""What a worker does: measure one point and put its row into the store, before anyone is told."""

import datetime
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quatrain_sweep.measure import Row, measure
from quatrain_sweep.point import Point
from quatrain_sweep.program import Program, ProgramFailure
from quatrain_sweep.store import Store


@dataclass(frozen=True)
class Task:
    """A point to measure, and where its row goes."""

    key: str
    point: Point
    sweep: str
    program: Path
    identity: str
    version: str
    store: Path


@dataclass(frozen=True)
class Outcome:
    """How a point ended. `lost`: a worker died of it again and again, and no row says why."""

    key: str
    status: Literal["done", "failed", "lost"]
    error: str = ""


def _measured(task: Task) -> Row:
    program = Program(task.program)
    try:
        if program.identity() != task.identity:
            message = f"{task.program} on {socket.gethostname()} is another build than the client's"
            raise ProgramFailure(message, transient=True)
        return {"status": "done", "error": None, "transient": False, **measure(program, task.point)}
    except ProgramFailure as failure:
        return {"status": "failed", "error": str(failure), "transient": failure.transient}
    except OSError as error:
        return {"status": "failed", "error": f"{error.filename}: {error.strerror}", "transient": True}


def perform(task: Task) -> Outcome:
    """Measures a point and stores its row, or the row of its failure.

    A row that is there stays: Dask runs a task again whose worker died between storing and telling.
    """
    store = Store(task.store)
    if store.has(task.key):
        return Outcome(task.key, "done")
    measured = _measured(task)
    origin: Row = {
        "key": task.key,
        "sweep": task.sweep,
        "program_version": task.version,
        "program": task.identity,
        "host": socket.gethostname(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    store.write(task.key, {**origin, **task.point.values, **measured})
    return Outcome(task.key, measured["status"], measured["error"] or "")
