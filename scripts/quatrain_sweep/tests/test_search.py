# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quatrain_sweep.errors import UserError
from quatrain_sweep.pareto import on_front
from quatrain_sweep.point import Point
from quatrain_sweep.search import SearchRun
from quatrain_sweep.store import Store
from quatrain_sweep.sweep_file import read
from tests.conftest import Command

SEARCH = """
base: {{network: resnet8-mnist, batch: 1}}
axes:
  core.array.rows: {{from: 4, to: 64, step: 4}}
  core.array.cols: {{from: 4, to: 64, step: 4}}
  recipe: [fp16, hfp8, fp4-tpr]
  core.dma.outstanding: {{from: 8, to: 64, step: 8}}
  core.vector_unit.lanes: {{from: 8, to: 64, step: 8}}
constraints: [core.array.rows * core.array.cols <= 1024]
options: {{passes: false}}
objectives: [seconds_per_epoch, area_mm2]
search: {{sampler: {sampler}, trials: {trials}, seed: {seed}, at_once: 4, population: 12}}
"""
PARAMETERS: dict[str, Mapping[str, Any]] = {"edge-4bit": {}}


def model(point: Point) -> dict[str, float]:
    """A made-up machine: fast and large with many PEs, best square, in four bits, with both others at 32."""
    rows, cols = int(point.values["core.array.rows"]), int(point.values["core.array.cols"])
    width = {"fp16": 4.0, "hfp8": 2.0, "fp4-tpr": 1.0}[str(point.values["recipe"])]
    away = sum(
        abs(int(point.values[name]) - 32) / 32 for name in ("core.dma.outstanding", "core.vector_unit.lanes")
    )
    seconds = width * (1 + away) * (1000 / (rows * cols) + abs(rows - cols) / 64)
    return {"seconds_per_epoch": seconds, "area_mm2": rows * cols / 1000}


def tried(folder: Path, sampler: str, trials: int, seed: int = 1) -> list[Point]:
    file = folder / "search.yaml"
    file.write_text(SEARCH.format(sampler=sampler, trials=trials, seed=seed))
    run = SearchRun(read(file), PARAMETERS)
    return [point for asked in run.rounds(model) for point in asked]


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_all_points_tried_meet_the_constraints(tmp_path: Path, sampler: str) -> None:
    points = tried(tmp_path, sampler, 30)
    assert len(points) == 30
    assert all(int(p.values["core.array.rows"]) * int(p.values["core.array.cols"]) <= 1024 for p in points)


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_depends_on_its_seed_alone(tmp_path: Path, sampler: str) -> None:
    first, again, other = (tried(tmp_path, sampler, 24, seed) for seed in (1, 1, 2))
    assert [p.values for p in first] == [p.values for p in again]
    assert [p.values for p in first] != [p.values for p in other]


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_finds_better_points_than_chance(tmp_path: Path, sampler: str) -> None:
    def volume(points: list[Point]) -> float:
        """The share of the plane up to (20 s, 1 mm2) that the front beats."""
        frame = pd.DataFrame([model(point) for point in points])
        front = frame[on_front(frame, ["seconds_per_epoch", "area_mm2"])].sort_values("area_mm2")
        ends = [*front["area_mm2"].tolist()[1:], 1.024]
        heights = np.clip(20 - front["seconds_per_epoch"], 0, None)
        return float(sum((end - a) * h for a, end, h in zip(front["area_mm2"], ends, heights, strict=True)))

    searched = [volume(tried(tmp_path, sampler, 120, seed)) for seed in (1, 2, 3)]
    # The first rounds are drawn at random: so many draws are what chance alone would try.
    draws = [
        [p for seed in range(12) for p in tried(tmp_path, sampler, 10, 100 * n + seed)] for n in (1, 2, 3)
    ]
    assert {len(points) for points in draws} == {120}
    assert np.mean(searched) > np.mean([volume(points) for points in draws])


def test_constraints_that_leave_nothing_end_the_search(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(SEARCH.format(sampler="tpe", trials=4, seed=1).replace("<= 1024", "< 0"))
    with pytest.raises(UserError, match=r"s\.yaml:9: constraints: leave nothing"):
        next(SearchRun(read(file), PARAMETERS).rounds(model))


@pytest.mark.slow
def test_a_search_with_the_simulator_is_the_same_with_any_number_of_workers(
    command: Command, tmp_path: Path
) -> None:
    keys = []
    for workers in ("1", "2"):
        sweep = tmp_path / f"search{workers}.yaml"
        sweep.write_text(SEARCH.format(sampler="nsga2", trials=8, seed=3))
        said = command("run", sweep, "--workers", workers).stderr
        assert "points were run" in said
        keys.append(Store(sweep.with_suffix(".points")).done())
        assert f"0 points were run, {8} were there" in command("run", sweep).stderr
    assert keys[0] == keys[1] and len(keys[0]) >= 6
