# SPDX-License-Identifier: Apache-2.0
import dataclasses
from pathlib import Path

import pytest

from quatrain_sweep.axes import Value
from quatrain_sweep.point import Point
from quatrain_sweep.sweep_file import Options

VALUES: dict[str, Value] = {
    "network": "resnet18",
    "recipe": "fp16",
    "batch": 4,
    "seed": 1,
    "core.array.rows": 32,
}


def point(folder: Path, **changed: Value) -> Point:
    return Point({**VALUES, **changed}, Options(), folder)


def test_equal_points_have_equal_keys_in_whatever_order(tmp_path: Path) -> None:
    shuffled = Point(dict(reversed(VALUES.items())), Options(), tmp_path)
    assert point(tmp_path).key("p") == shuffled.key("p")


@pytest.mark.parametrize(
    "changed",
    [
        {"network": "resnet34"},
        {"recipe": "hfp8"},
        {"batch": 8},
        {"seed": 2},
        {"mapper": "search"},
        {"core.array.rows": 16},
        {"cores": 2},
    ],
)
def test_all_that_decides_the_result_is_in_the_key(tmp_path: Path, changed: dict[str, Value]) -> None:
    assert point(tmp_path, **changed).key("p") != point(tmp_path).key("p")


@pytest.mark.parametrize(
    "option",
    [
        {"scale_from": 4},
        {"activity_batch": 1},
        {"dataset_size": 9},
        {"passes": False},
        {"batch_norm": "synchronised"},
        {"mapper_objective": "energy"},
        {"mapper_dataflow": "any"},
    ],
)
def test_options_are_in_the_key(tmp_path: Path, option: dict[str, object]) -> None:
    changed = dataclasses.replace(point(tmp_path), options=Options.model_validate(option))
    assert changed.key("p") != point(tmp_path).key("p")


def test_another_build_of_the_simulator_is_another_key(tmp_path: Path) -> None:
    assert point(tmp_path).key("p") != point(tmp_path).key("q")


def test_a_time_limit_is_not_in_the_key(tmp_path: Path) -> None:
    limited = dataclasses.replace(point(tmp_path), options=Options(time_limit_seconds=5))
    assert limited.key("p") == point(tmp_path).key("p")


def test_a_file_counts_by_its_content_wherever_it_lies(tmp_path: Path) -> None:
    for folder, text in (("a", "name: x"), ("b", "name: x"), ("c", "name: y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.yaml").write_text(text)
    key = {folder: point(tmp_path / folder, network="net.yaml").key("p") for folder in "abc"}
    assert key["a"] == key["b"] == point(tmp_path, network="a/net.yaml").key("p")
    assert key["a"] != key["c"]
    (tmp_path / "a/net.yaml").write_text("name: changed")
    assert point(tmp_path / "a", network="net.yaml").key("p") not in key.values()


def test_a_file_counts_with_the_files_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "machine.yaml").write_text("technology: tech.yaml\n")
    (tmp_path / "tech.yaml").write_text("a: 1")
    before = point(tmp_path, architecture="machine.yaml").key("p")
    (tmp_path / "tech.yaml").write_text("a: 2")
    assert point(tmp_path, architecture="machine.yaml").key("p") != before


def test_a_file_that_names_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "machine.yaml").write_text("technology: machine.yaml\n")
    assert point(tmp_path, architecture="machine.yaml").key("p")


def test_a_dataset_counts_by_the_files_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/batch.bin").write_bytes(b"1")
    with_data = dataclasses.replace(point(tmp_path), options=Options(dataset="cifar10:images"))
    before = with_data.key("p")
    (tmp_path / "images/batch.bin").write_bytes(b"2!")
    assert with_data.key("p") != before
