# SPDX-License-Identifier: Apache-2.0
"""Clusters of Dask: this machine's cores, a running scheduler, or jobs of Slurm."""

import contextlib
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import dask
import yaml
from distributed import Client, LocalCluster

from quatrain_sweep.errors import UserError

SLURM_DEFAULTS: dict[str, Any] = {"cores": 1, "processes": 1, "memory": "2GB", "walltime": "04:00:00"}


@dataclass(frozen=True)
class ClusterChoice:
    """Where points run. Without a scheduler or Slurm: `workers` processes here (None: one a core)."""

    workers: int | None = None
    scheduler: str | None = None
    slurm: bool = False
    slurm_jobs: int = 4
    slurm_options: Sequence[str] = field(default_factory=tuple)


def slurm_cluster(options: Sequence[str]) -> Any:
    """A cluster whose workers are jobs of Slurm, none submitted; `options`: KEY=VALUE of dask_jobqueue."""
    ending = signal.getsignal(signal.SIGINT)
    from dask_jobqueue import SLURMCluster

    signal.signal(signal.SIGINT, ending)  # the import makes an interrupt a quiet success
    given = dict(SLURM_DEFAULTS)
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise UserError(f"--slurm-option {option}: must be KEY=VALUE")
        given[name] = yaml.safe_load(value) if value[:1] in "[{0123456789" and ":" not in value else value
    if given["cores"] != given["processes"]:
        # A point is one thread of the simulator, so a job has a worker for each of its cores.
        given["processes"] = given["cores"]
    try:
        return SLURMCluster(**given)
    except (TypeError, ValueError) as error:
        raise UserError(f"--slurm-option: {' '.join(str(error).split())}") from error


def _configure() -> None:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # the engine says it in a line
    # A worker that is killed is no fault of its point; only a point that kills every worker is given up.
    dask.config.set(
        {"distributed.scheduler.allowed-failures": 10, "distributed.comm.timeouts.connect": "10s"}
    )


@contextlib.contextmanager
def connected(choice: ClusterChoice) -> Iterator[Any]:
    """A client of the chosen cluster; ends what it started. Raises UserError where no scheduler answers."""
    _configure()
    with contextlib.ExitStack() as stack:
        if choice.scheduler is not None:
            try:
                client = stack.enter_context(Client(choice.scheduler, timeout="10s"))
            except (OSError, ValueError) as error:
                raise UserError(f"--scheduler {choice.scheduler}: no scheduler answers there") from error
        elif choice.slurm:
            cluster = stack.enter_context(slurm_cluster(choice.slurm_options))
            cluster.scale(jobs=choice.slurm_jobs)
            client = stack.enter_context(Client(cluster))
        else:
            workers = choice.workers or len(os.sched_getaffinity(0))
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",
                    host="127.0.0.1",
                    silence_logs=logging.CRITICAL,
                )
            )
            client = stack.enter_context(Client(cluster))
        yield client
