# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from pydantic import ValidationError

from quatrain_sweep.axes import Range, as_text, axis_values, grid


def values(**given: Any) -> list[int | float]:
    return Range.model_validate({name.rstrip("_"): value for name, value in given.items()}).values()


def test_a_step_adds_and_meets_both_ends() -> None:
    assert values(from_=16, to=64, step=16) == [16, 32, 48, 64]
    assert values(from_=16, to=63, step=16) == [16, 32, 48]
    assert values(from_=0.1, to=0.3, step=0.1) == pytest.approx([0.1, 0.2, 0.3])


def test_a_factor_multiplies_and_meets_both_ends() -> None:
    assert values(from_=8, to=64, factor=2) == [8, 16, 32, 64]
    assert values(from_=8, to=63, factor=2) == [8, 16, 32]
    assert values(from_=1.0, to=8.0, factor=2) == [1.0, 2.0, 4.0, 8.0]


def test_a_count_spaces_evenly_on_either_scale() -> None:
    assert values(from_=0, to=10, count=3) == [0, 5, 10]
    assert values(from_=1, to=100, count=3, scale="log") == [1, 10, 100]
    assert values(from_=0.01, to=1.0, count=3, scale="log") == pytest.approx([0.01, 0.1, 1.0])


def test_whole_ends_give_each_whole_number_once() -> None:
    assert values(from_=1, to=4, count=10, scale="log") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"from": 1, "to": 4}, "one of step, factor and count, has none"),
        ({"from": 1, "to": 4, "step": 1, "count": 2}, "has step and count"),
        ({"from": 4, "to": 1, "step": 1}, "must be at least 'from' = 4"),
        ({"from": 1, "to": 4, "step": 0}, "'step' = 0: must be above 0"),
        ({"from": 1, "to": 4, "factor": 1}, "'factor' = 1: must be above 1"),
        ({"from": 0, "to": 4, "factor": 2}, "'from' = 0: must be above 0 on a logarithmic scale"),
        ({"from": 1, "to": 4, "step": 1, "scale": "log"}, "goes with count alone"),
        ({"from": 0.0, "to": 1.0, "step": 1e-9}, "makes more than"),
        ({"from": 1, "to": 2, "factor": 1.0000001}, "makes more than"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(given: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        Range.model_validate(given)


def test_an_axis_with_a_text_is_of_texts() -> None:
    assert axis_values([1, "auto", True]) == ["1", "auto", "true"]
    assert axis_values([1, 2.5]) == [1, 2.5]


def test_texts_are_as_the_simulator_takes_them() -> None:
    assert [as_text(value) for value in (True, False, 3, 0.1, 1e-7, "x")] == [
        "true",
        "false",
        "3",
        "0.1",
        "1e-07",
        "x",
    ]


def test_the_grid_has_every_combination_the_last_axis_fastest() -> None:
    assert list(grid({"a": [1, 2], "b": ["x", "y"]})) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]
