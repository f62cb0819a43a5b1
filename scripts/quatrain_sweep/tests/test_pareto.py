# SPDX-License-Identifier: Apache-2.0
import itertools

import numpy as np
import pandas as pd
import pytest

from quatrain_sweep.effects import effects
from quatrain_sweep.pareto import on_front


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_what_no_row_beats_by_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.integers(0, 6, (40, 3)), columns=["a", "b", "c"])
    rows = frame.to_numpy() * np.array([1, -1, 1])
    beaten = {
        i
        for i, j in itertools.permutations(range(40), 2)
        if all(x <= y for x, y in zip(rows[j], rows[i], strict=True)) and any(rows[j] != rows[i])
    }
    assert set(np.flatnonzero(~on_front(frame, ["a", "-b", "c"]))) == beaten


def test_a_row_without_a_value_is_neither_on_the_front_nor_beats_one() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [1.0, 0.5, 0.0]})
    assert on_front(frame, ["a", "b"]).tolist() == [True, True, False]


def test_effects_of_a_product_are_its_factors() -> None:
    grid = list(itertools.product([1, 2, 4], [3, 5]))
    frame = pd.DataFrame([{"x": x, "y": y, "f": x * y**2} for x, y in grid])
    by_name = {effect.parameter: effect for effect in effects(frame, "f", ["x", "y"])}
    assert by_name["x"].greatest / by_name["x"].least == pytest.approx(4)
    assert by_name["y"].greatest / by_name["y"].least == pytest.approx(25 / 9)
    assert (by_name["x"].least_at, by_name["x"].greatest_at) == (1, 4)
    assert effects(frame, "f", ["x", "y"])[0].parameter == "x"


def test_a_hole_in_the_grid_does_not_mix_parameters_up() -> None:
    # y is without effect; without the point (4, 5) a plain mean over its values would say otherwise.
    frame = pd.DataFrame(
        [{"x": x, "y": y, "f": float(x)} for x, y in itertools.product([1, 2, 4], [3, 5])][:-1]
    )
    effect = next(effect for effect in effects(frame, "f", ["x", "y"]) if effect.parameter == "y")
    assert effect.greatest == pytest.approx(1) and effect.least == pytest.approx(1)


def test_a_parameter_without_two_points_that_differ_in_it_alone_is_left_out() -> None:
    frame = pd.DataFrame([{"x": 1, "y": 1, "f": 1.0}, {"x": 2, "y": 2, "f": 2.0}])
    assert effects(frame, "f", ["x", "y"]) == []
