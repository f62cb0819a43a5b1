# SPDX-License-Identifier: Apache-2.0
"""Sweeps with the real simulator on workers of this machine."""

import json
import subprocess
from pathlib import Path

import pytest

from quatrain_sweep.store import Store
from tests.conftest import SMALL, Command

FAILING = """
base: {network: resnet8-mnist, batch: 1}
axes:
  core.buffers.moving_bytes: [64, 131072, 262144]
options: {passes: false}
"""


def rows(sweep: Path) -> list[dict[str, object]]:
    return Store(sweep.with_suffix(".points")).table().to_dict("records")  # type: ignore[return-value]


def test_a_row_is_what_the_simulator_says(small_sweep: Path, simulator: Path) -> None:
    (row,) = (
        row
        for row in rows(small_sweep)
        if (row["recipe"], row["core.array.rows"], row["core.array.cols"], row["core.dma.outstanding"])
        == ("fp4-tpr", 16, 32, 8)
    )
    common = [
        "--network",
        "resnet8-mnist",
        "--batch",
        "2",
        "--recipe",
        "fp4-tpr",
        "--threads",
        "1",
        "--quiet",
    ]
    for name, value in (("array.rows", 16), ("array.cols", 32), ("dma.outstanding", 8)):
        common += ["--set", f"core.{name}={value}"]
    compared = json.loads(
        subprocess.check_output([simulator, "compare", *common, "--activity-batch", "0", "--json", "-"])
    )["points"][0]
    ran = json.loads(subprocess.check_output([simulator, "run", *common, "--numerics", "off", "--json", "-"]))
    assert row["seconds_per_epoch"] == compared["epoch"]["seconds"]
    assert row["joules_per_epoch"] == compared["epoch"]["joules"]
    assert row["joules_per_epoch_high"] == compared["epoch"]["joules_high"]
    assert row["cycles"] == compared["cycles"] == ran["totals"]["cycles"]
    assert row["area_mm2"] == compared["machine"]["area_mm2"]
    dram = compared["energy_pj"]["dram"] * 1e-12 * compared["epoch"]["steps"]
    assert row["energy.dram"] == pytest.approx(dram, rel=1e-12)
    assert row["dram_bytes"] == ran["totals"]["dram_read_bytes"] + ran["totals"]["dram_write_bytes"]
    forward = sum(layer["cycles"] for layer in ran["layers"] if layer["pass"] == "forward")
    assert row["pass_share.forward"] == forward / ran["totals"]["cycles"]
    assert json.loads(str(row["report"]))["points"][0] == compared


def test_components_passes_and_classes_add_up_in_every_row(small_sweep: Path) -> None:
    table = Store(small_sweep.with_suffix(".points")).table()
    energy = table[[name for name in table if str(name).startswith("energy.")]].sum(axis=1)
    assert energy.tolist() == pytest.approx(table["joules_per_epoch"].tolist(), rel=1e-9)
    for group in ("pass_share.", "class_share."):
        shares = table[[name for name in table if str(name).startswith(group)]].sum(axis=1)
        assert shares.tolist() == pytest.approx([1.0] * len(table), rel=1e-9)


def test_points_that_are_there_are_not_run_again(small_sweep: Path, command: Command) -> None:
    folder = small_sweep.with_suffix(".points")
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    said = command("run", small_sweep).stderr
    assert "16 of 16 points are in" in said and "0 points were run, 16 were there" in said
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


@pytest.mark.slow
def test_rows_do_not_depend_on_the_number_of_workers(
    small_sweep: Path, command: Command, tmp_path: Path
) -> None:
    sweep = tmp_path / "small.yaml"
    sweep.write_text(SMALL)
    command("run", sweep, "--workers", "1", "--quiet")
    changing = {"finished", "host_seconds"}
    one, two = ({row["key"]: {k: v for k, v in row.items() if k not in changing} for row in rows(file)}
                for file in (sweep, small_sweep))  # fmt: skip
    assert one == two


def test_a_failing_point_is_recorded_and_the_rest_goes_on(command: Command, tmp_path: Path) -> None:
    sweep = tmp_path / "failing.yaml"
    sweep.write_text(FAILING)
    said = command("run", sweep, "--workers", "2").stderr
    assert "2 points were run, 1 failed" in said
    listed = command("table", sweep, "--failed").stdout
    assert "core.buffers.moving_bytes = 64: must be a multiple of 8 words, 256 bytes" in listed
    assert "0 points were run, 3 were there" in command("run", sweep).stderr
    assert "0 points were run, 2 were there, 1 failed" in command("run", sweep, "--retry").stderr


@pytest.mark.slow
def test_a_point_that_takes_too_long_is_tried_again_next_time(command: Command, tmp_path: Path) -> None:
    sweep = tmp_path / "slow.yaml"
    text = "base: {network: resnet18}\naxes: {batch: [1]}\noptions: {passes: false, time_limit_seconds: %s}\n"
    sweep.write_text(text % 0.2)
    assert "1 failed" in command("run", sweep, "--workers", "1").stderr
    (row,) = rows(sweep)
    assert row["error"] == "took longer than 0.2 s" and row["transient"]
    sweep.write_text(text % 120)
    assert "1 points were run" in command("run", sweep, "--workers", "1").stderr
    assert [row["status"] for row in rows(sweep)] == ["done"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("axes:\n  core.aray.rows: [1]", "s.yaml:2: axes.core.aray.rows: is no parameter; is 'core.array"),
        ("axes:\n  core.array.rows: [0]", "s.yaml:2: axes.core.array.rows: = 0: must be 1 .. 1024 [PE]"),
        ("axes:\n  core.array.rows: [1.5]", "axes.core.array.rows: = 1.5: must be a whole number"),
        ("axes:\n  core.array.rows: [x]", "= x: must be a number, 1 .. 1024 [PE]"),
        ("axes:\n  dram.bank_hash: [1]", "s.yaml:2: axes.dram.bank_hash: = 1: must be true or false"),
        ("axes:\n  dram.controller.scheduler: [fifo]", "= fifo: must be one of fr_fcfs, fcfs"),
        ("axes:\n  architecture: [none]", "architecture = none: exit status 2: "),
        ("axes: {batch: [1]}\nconstraints:\n  - batch > 0\n  - bats > 3", "s.yaml:4: constraints.1: 'bats"),
        ("axes:\n  batch: [1]\nconstraints: [batch > 3]", "s.yaml:3: constraints: leave no point of"),
    ],
)  # fmt: skip
def test_what_the_simulator_does_not_know_is_refused_before_anything_runs(
    command: Command, tmp_path: Path, text: str, message: str
) -> None:
    sweep = tmp_path / "s.yaml"
    sweep.write_text(text)
    said = command("run", sweep, status=2).stderr
    assert message in said and said.count("\n") == 1
    assert not sweep.with_suffix(".points").exists() or not list(sweep.with_suffix(".points").iterdir())


def test_a_dry_run_lists_the_points_and_runs_none(command: Command, tmp_path: Path) -> None:
    sweep = tmp_path / "s.yaml"
    sweep.write_text("axes:\n  batch: [1, 2, 4]\nconstraints: [batch != 2]\n")
    said = command("run", sweep, "--dry-run").stdout
    store = sweep.with_suffix(".points")
    first = f"3 points, 2 meet the constraints, 2 are not in {store}"
    assert said.splitlines() == [first, "  batch=1", "  batch=4"]
    assert not sweep.with_suffix(".points").exists()
