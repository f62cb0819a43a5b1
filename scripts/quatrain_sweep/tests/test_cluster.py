# SPDX-License-Identifier: Apache-2.0
"""A real scheduler and real workers over loopback, and what kill -9 does to a sweep."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from quatrain_sweep.cluster import slurm_cluster
from quatrain_sweep.errors import UserError
from quatrain_sweep.store import Store
from tests.conftest import Command

SWEEP = """
name: killed
base: {network: resnet20-cifar, batch: 4}
axes:
  core.dma.outstanding: {from: 8, to: 64, step: 8}
options: {passes: false}
"""
POINTS = 8


def wait_for(condition: object, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


class Cluster:
    """Processes of Dask, each of which can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            stdout=log,
            stderr=log,
            cwd=self.folder,
        )
        self.processes.append(process)
        return process

    def scheduler(self, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
        file = self.folder / f"scheduler{len(self.processes)}.json"
        process = self._start(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-dashboard",
            "--scheduler-file",
            str(file),
        )
        # Dask writes it in place: it can be there and be empty.
        wait_for(lambda: file.is_file() and file.read_text().rstrip().endswith("}"))
        address: str = json.loads(file.read_text())["address"]
        return process, address

    def worker(self, address: str) -> subprocess.Popen[bytes]:
        return self._start(
            "dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"
        )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    yield made
    for process in made.processes:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    file = tmp_path / "killed.yaml"
    file.write_text(SWEEP)
    return file


@pytest.fixture
def slow_simulator(tmp_path: Path, simulator: Path) -> Path:
    """The simulator, a second late: what is stopped behind a few points has some left on any machine."""
    file = tmp_path / "slow_quatrain"
    file.write_text(f'#!/bin/sh\nsleep 1\nexec "{simulator}" "$@"\n')
    file.chmod(0o755)
    return file


def start(sweep: Path, simulator: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "quatrain_sweep", "run", str(sweep), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QUATRAIN": str(simulator)},
    )


def ran(sweep: Path, simulator: Path, *arguments: str) -> str:
    """What a run says that goes to its end."""
    client = start(sweep, simulator, *arguments)
    _, said = client.communicate(timeout=120)
    assert client.returncode == 0, said
    return said


def finished(sweep: Path) -> dict[str, int]:
    """Rows that are there, with the time at which they were written."""
    store = Store(sweep.with_suffix(".points"))
    return {key: (store.folder / f"{key}.parquet").stat().st_mtime_ns for key in store.done()}


def kill(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def assert_whole(sweep: Path, kept: dict[str, int]) -> None:
    """All points are there and readable, and those that were there before were not run again."""
    now = finished(sweep)
    assert len(now) == POINTS and {key: now[key] for key in kept} == kept
    assert Store(sweep.with_suffix(".points")).table()["status"].tolist() == ["done"] * POINTS


def test_a_running_scheduler_runs_a_sweep_on_several_workers(
    cluster: Cluster, sweep: Path, command: Command
) -> None:
    _, address = cluster.scheduler()
    workers = [cluster.worker(address) for _ in range(2)]
    said = command("run", sweep, "--scheduler", address).stderr
    assert f"{POINTS} points were run" in said and "dashboard: http" in said
    assert all(worker.poll() is None for worker in workers)
    assert_whole(sweep, {})


def test_a_killed_worker_loses_nothing(cluster: Cluster, sweep: Path, simulator: Path) -> None:
    _, address = cluster.scheduler()
    victim, _ = cluster.worker(address), cluster.worker(address)
    client = start(sweep, simulator, "--scheduler", address)
    wait_for(lambda: len(finished(sweep)) >= 2 and psutil.Process(victim.pid).children(recursive=True))
    kept = finished(sweep)
    programs = psutil.Process(victim.pid).children(recursive=True)
    kill(victim)
    _, said = client.communicate(timeout=120)
    assert client.returncode == 0, said
    assert f"{POINTS} points were run" in said
    assert_whole(sweep, kept)
    assert not [program for program in programs if program.is_running() and program.status() != "zombie"]


@pytest.mark.slow
def test_a_killed_scheduler_stops_the_client_and_loses_nothing(
    cluster: Cluster, sweep: Path, slow_simulator: Path
) -> None:
    scheduler, address = cluster.scheduler()
    worker = cluster.worker(address)
    client = start(sweep, slow_simulator, "--scheduler", address)
    wait_for(lambda: len(finished(sweep)) >= 2)
    kill(scheduler)
    _, said = client.communicate(timeout=120)
    assert client.returncode == 1
    assert said.splitlines()[-1] == (
        "quatrain-sweep: the scheduler is lost; finished points are kept: run the command again"
    )
    kill(worker)  # it may still have kept the point that it was at
    kept = finished(sweep)
    assert 2 <= len(kept) < POINTS
    _, address = cluster.scheduler()
    cluster.worker(address)
    assert f"{len(kept)} were there" in ran(sweep, slow_simulator, "--scheduler", address)
    assert_whole(sweep, kept)


@pytest.mark.slow
def test_another_scheduler_at_the_same_address_is_not_taken_for_the_old_one(
    cluster: Cluster, sweep: Path, slow_simulator: Path
) -> None:
    scheduler, address = cluster.scheduler()
    cluster.worker(address)
    client = start(sweep, slow_simulator, "--scheduler", address)
    wait_for(lambda: len(finished(sweep)) >= 1)
    kill(scheduler)
    cluster.scheduler(int(address.rsplit(":", 1)[1]))
    _, said = client.communicate(timeout=120)
    assert client.returncode == 1 and "the scheduler is lost" in said, said
    assert 1 <= len(finished(sweep)) < POINTS


@pytest.mark.slow
def test_a_killed_client_loses_nothing_and_leaves_no_process(sweep: Path, slow_simulator: Path) -> None:
    client = start(sweep, slow_simulator, "--workers", "2")
    wait_for(lambda: len(finished(sweep)) >= 2)
    family = psutil.Process(client.pid).children(recursive=True)
    assert len(family) >= 3
    kill(client)
    wait_for(lambda: not [one for one in family if one.is_running() and one.status() != "zombie"], 20)
    kept = finished(sweep)
    assert 2 <= len(kept) < POINTS
    assert f"{len(kept)} were there" in ran(sweep, slow_simulator, "--workers", "2")
    assert_whole(sweep, kept)


def test_an_interrupt_keeps_what_is_done_and_gives_130(sweep: Path, slow_simulator: Path) -> None:
    client = start(sweep, slow_simulator, "--workers", "1")
    wait_for(lambda: len(finished(sweep)) >= 1)
    client.send_signal(signal.SIGINT)
    _, said = client.communicate(timeout=60)
    assert client.returncode == 130, said
    assert said.splitlines()[-1] == "quatrain-sweep: interrupted; finished points are kept"
    assert 1 <= len(finished(sweep)) < POINTS


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named(sweep: Path, command: Command) -> None:
    said = command("run", sweep, "--scheduler", "tcp://127.0.0.1:9", status=2).stderr
    assert said == "quatrain-sweep: --scheduler tcp://127.0.0.1:9: no scheduler answers there\n"


def test_another_build_on_a_worker_is_refused(sweep: Path, simulator: Path, tmp_path: Path) -> None:
    from quatrain_sweep.point import point_of
    from quatrain_sweep.sweep_file import read
    from quatrain_sweep.task import Task, perform

    point = point_of(read(sweep), {"core.dma.outstanding": 8})
    outcome = perform(Task("key", point, "s", simulator, "another", "0.1.0", tmp_path))
    assert outcome.status == "failed" and "is another build than the client's" in outcome.error
    assert Store(tmp_path).refused() == set()


def test_the_job_script_of_slurm_has_what_was_asked_for(command: Command, sweep: Path) -> None:
    options = ("queue=short", "account=chips", "cores=4", "memory=8GB", "walltime=01:30:00")
    given = [f"--slurm-option={option}" for option in (*options, "job_extra_directives=['--exclusive']")]
    script = command("run", sweep, "--slurm-script", *given).stdout.splitlines()
    for line in ("#SBATCH -p short", "#SBATCH -A chips", "#SBATCH --cpus-per-task=4", "#SBATCH --mem=8G",
                 "#SBATCH -t 01:30:00", "#SBATCH --exclusive"):  # fmt: skip
        assert line in script, script
    (start_line,) = [line for line in script if "distributed.cli.dask_worker" in line]
    assert "--nthreads 1" in start_line and "--nworkers 4" in start_line


@pytest.mark.slow
def test_jobs_of_slurm_run_a_sweep(sweep: Path, command: Command, tmp_path: Path) -> None:
    if not shutil.which("sinfo") or subprocess.run(["sinfo"], capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: no Slurm answers here (sinfo); one node of Debian's slurm-wlm is enough")
    logs = f"log_directory={tmp_path}"
    options = ("--slurm-jobs", "2", "--slurm-option", "walltime=00:10:00", "--slurm-option", logs)
    said = command("run", sweep, "--slurm", *options).stderr
    assert f"{POINTS} points were run" in said
    assert_whole(sweep, {})


def test_an_option_that_slurm_has_not_is_refused() -> None:
    with pytest.raises(UserError, match="--slurm-option queue: must be KEY=VALUE"):
        slurm_cluster(["queue"])
    with pytest.raises(UserError, match="colour"):
        slurm_cluster(["colour=red"])
