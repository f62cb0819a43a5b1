# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from quatrain_sweep.errors import UserError
from quatrain_sweep.expression import evaluate, holds

VALUES = {"core.array.rows": 32, "core.array.cols": 16, "recipe": "fp16", "batch": 8, "energy.dram": 1.5}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("core.array.rows * core.array.cols", 512),
        ("core.array.rows * core.array.cols <= 512 and recipe != 'fp4-tpr'", True),
        ("log2(core.array.rows) == 5", True),
        ("min(core.array.rows, core.array.cols)", 16),
        ("recipe in ['fp16', 'hfp8']", True),
        ("energy.dram > 2 if batch > 4 else True", False),
        ("batch // 3 + batch % 3", 4),
    ],
)
def test_expressions_are_arithmetic_over_dotted_names(expression: str, expected: object) -> None:
    assert evaluate(expression, VALUES) == expected


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("rows > 3", "unknown name 'rows'"),
        ("core.array.row > 3", "unknown name 'core.array.row'"),
        ("core.array", "'core.array' is a group of values"),
        ("batch >", "is no expression"),
        ("1 / (batch - 8)", "division by zero"),
        ("batch + recipe", "'batch [+] recipe'"),
    ],
)
def test_errors_name_the_expression_and_what_is_wrong(expression: str, rule: str) -> None:
    with pytest.raises(UserError, match=rule) as caught:
        evaluate(expression, VALUES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "attack",
    [
        "__import__('os').system('touch ESCAPED')",
        "open('ESCAPED', 'w')",
        "recipe.__class__.__mro__",
        "core.array.__class__",
        "core.children",
        "core.__init__.__globals__",
        "(lambda: 1)()",
        "[x for x in ().__class__.__base__.__subclasses__()]",
        "'{0.__class__}'.format(1)",
        "9**9**9**9",
        "'a' * 10**12",
    ],
)
def test_no_expression_reaches_python(attack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        evaluate(attack, VALUES)
    assert not list(tmp_path.iterdir())


def test_a_condition_must_be_true_or_false() -> None:
    assert holds("batch == 8", VALUES)
    with pytest.raises(UserError, match="is 9, must be true or false"):
        holds("batch + 1", VALUES)
