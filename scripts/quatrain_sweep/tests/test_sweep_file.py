# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import pytest

from quatrain_sweep.errors import UserError
from quatrain_sweep.sweep_file import read

WHOLE = """
name: all of it
base: {network: resnet18, memory: hbm2, batch: 4}
axes:
  core.array.rows: {from: 8, to: 64, factor: 2}
  core.array.cols: {from: 16, to: 48, step: 16}
  recipe: [fp16, fp4-tpr]
  seed: [1, 2]
  dram.bank_hash: [true, false]
constraints:
  - core.array.rows * core.array.cols <= 1024
options: {scale_from: 4, activity_batch: 2, dataset_size: 1000, passes: false, pass: inference}
search: {sampler: nsga2, trials: 30, seed: 7, objectives: [joules_per_epoch, -utilisation]}
objectives: [area_mm2]
colour: seconds_per_epoch
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "s.yaml"
    file.write_text(text)
    return file


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    sweep = read(write(tmp_path, WHOLE))
    assert sweep.name == "all of it"
    assert sweep.base == {"network": "resnet18", "dram.memory": "hbm2", "batch": 4}
    assert sweep.axes["core.array.rows"] == [8, 16, 32, 64]
    assert sweep.axes["core.array.cols"] == [16, 32, 48]
    assert sweep.axes["dram.bank_hash"] == [True, False]
    assert sweep.options.scale_from == 4 and sweep.options.pass_ == "inference" and not sweep.options.passes
    assert sweep.search is not None and sweep.search.objectives == ["joules_per_epoch", "-utilisation"]
    assert sweep.folder == tmp_path.resolve()


def test_a_name_is_the_files_where_none_is_given(tmp_path: Path) -> None:
    assert read(write(tmp_path, "axes: {batch: [1, 2]}")).name == "s"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.yaml: is empty"),
        ("- 1", "s.yaml:1: must be a mapping with the key 'axes'"),
        ("axes: {batch: [1]", "s.yaml:1: is no YAML: "),
        ("name: x\n", "s.yaml:1: axes: is missing"),
        ("axes:\n  batch: [1]\n  batch: [2]", "s.yaml:3: key 'batch' is there twice, first on line 2"),
        ("axes:\n  batch: [1]\naxis: 3", "s.yaml:3: axis: is no key of a sweep file"),
        ("axes:\n  batch: []", "s.yaml:2: axes.batch: "),
        ("axes:\n  mapper: [best]", "s.yaml:2: axes.mapper: = 'best': must be 'heuristic' or 'search'"),
        ("axes:\n  batch: [1]\n  seed: 3", "s.yaml:3: axes.seed = 3: "),
        ("axes:\n  batch:\n    from: 1\n    to: x\n    step: 1", "s.yaml:4: axes.batch.to = 'x': "),
        ("axes:\n  batch:\n    from: 1\n    to: 4", "s.yaml:2: axes.batch: must have one of step"),
        ("axes:\n  batch: {from: 4, to: 1, step: 1}", "s.yaml:2: axes.batch: 'to' = 1: must be at least"),
        ("axes:\n  batch: [1, 1]", "s.yaml:2: axes.batch: has a value twice"),
        ("axes:\n  batch: [0, 1]", "s.yaml:2: axes.batch: = 0: must be a whole number, at least 1"),
        ("axes:\n  recipe: [4]", "s.yaml:2: axes.recipe: = 4: must be a name or a file"),
        ("base: {batch: 2}\naxes:\n  batch: [1]", "s.yaml:3: axes.batch: is in 'base' too"),
        ("axes:\n  memory: [hbm2]\n  dram.memory: [x]", "s.yaml:1: axes: a parameter is there twice"),
        ("axes: {batch: [1]}\noptions:\n  scale_from: 1", "s.yaml:3: options.scale_from = 1: "),
        ("axes: {batch: [1]}\noptions:\n  pass: both", "s.yaml:3: options.pass = 'both': "),
        ("axes: {batch: [1]}\nsearch:\n  sampler: grid\n  trials: 3", "s.yaml:3: search.sampler = 'grid': "),
        ("axes: {batch: [1]}\nsearch: {sampler: tpe}", "s.yaml:2: search.trials: is missing"),
        ("axes: {batch: [1]}\nobjectives: [joules]", "'joules' is no figure of a row"),
        ("axes: {batch: [1]}\ncolour: area_mm", "'area_mm' is no figure of a row; is 'area_mm2' meant?"),
    ],
)  # fmt: skip
def test_errors_are_one_line_with_file_line_key_value_and_rule(
    tmp_path: Path, text: str, message: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read(file)
    assert "\n" not in str(caught.value)
    assert re.search(re.escape(message), str(caught.value)), str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read: No such file"):
        read(tmp_path / "none.yaml")
