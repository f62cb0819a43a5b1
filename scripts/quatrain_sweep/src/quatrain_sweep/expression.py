# SPDX-License-Identifier: Apache-2.0
"""Arithmetic and comparisons over named values, evaluated without Python's eval."""

import math
from collections.abc import Mapping
from typing import Any

import simpleeval

from quatrain_sweep.errors import UserError

FUNCTIONS = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


class _Branch:
    """The values whose dotted names begin alike, so that `core.array.rows` is a chain of look-ups."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._children: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._children:
            raise UserError(f"unknown name '{self._path}.{name}'")
        return self._children[name]


def _tree(values: Mapping[str, Any]) -> dict[str, Any]:
    root = _Branch("")
    for name, value in values.items():
        branch = root
        parts = name.split(".")
        for depth, part in enumerate(parts[:-1]):
            child = branch._children.get(part)
            if not isinstance(child, _Branch):
                child = _Branch(".".join(parts[: depth + 1]))
                branch._children[part] = child
            branch = child
        branch._children.setdefault(parts[-1], value)
    return root._children


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """The value of `expression`, whose names are keys of `values`, dots included.

    Python's arithmetic, comparisons, `and`, `or`, `not`, `in`, `a if b else c`, and FUNCTIONS.
    Raises UserError with the expression and what is wrong with it.
    """
    evaluator = simpleeval.EvalWithCompoundTypes(functions=FUNCTIONS, names=_tree(values))
    try:
        result = evaluator.eval(expression)
    except simpleeval.NameNotDefined as error:
        raise UserError(f"'{expression}': unknown name '{error.name}'") from error
    except UserError as error:
        raise UserError(f"'{expression}': {error}") from error
    except SyntaxError as error:
        raise UserError(f"'{expression}': is no expression: {error.msg}") from error
    except Exception as error:  # of its arithmetic: a division by 0, a text plus a number
        raise UserError(f"'{expression}': {' '.join(str(error).split())}") from error
    if isinstance(result, _Branch):
        raise UserError(f"'{expression}': '{result._path}' is a group of values, must be one of them")
    return result


def holds(expression: str, values: Mapping[str, Any]) -> bool:
    """Whether a condition is true. Raises UserError where its value is neither true nor false."""
    result = evaluate(expression, values)
    if not isinstance(result, bool) and type(result).__name__ != "bool":
        raise UserError(f"'{expression}': is {result!r}, must be true or false")
    return bool(result)
