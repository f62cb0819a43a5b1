# SPDX-License-Identifier: Apache-2.0
"""A sweep file held against the simulator: are its parameters and values known, which points are there."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from quatrain_sweep.axes import Value, as_text
from quatrain_sweep.point import Point, points
from quatrain_sweep.program import Parameter, Program
from quatrain_sweep.sweep_file import CHOICES, DEFAULTS, SweepFile

_INTERVAL = re.compile(r"(-?\d+(?:\.\d+)?) \.\. (-?\d+(?:\.\d+)?)")


class Plan:
    """A sweep whose names and values the simulator knows; else a UserError: file, line, key, value, rule."""

    def __init__(self, sweep: SweepFile, program: Program) -> None:
        self.sweep = sweep
        architectures = sweep.axes.get(
            "architecture", [sweep.base.get("architecture", DEFAULTS["architecture"])]
        )
        self._parameters = {
            name: program.parameters(name, sweep.folder) for name in map(as_text, architectures)
        }
        for section, named in (("base", {n: [v] for n, v in sweep.base.items()}), ("axes", sweep.axes)):
            for name, values in named.items():
                if name not in CHOICES:
                    self._check(section, name, values)

    def _check(self, section: str, name: str, values: list[Value]) -> None:
        known = next(iter(self._parameters.values()))
        path = [section, "memory" if name == "dram.memory" else name]
        if name not in known:
            near = difflib.get_close_matches(name, [*known, *CHOICES], 1)
            hint = f"; is '{near[0]}' meant?" if near else ", see 'quatrain describe parameters'"
            raise self.sweep.fail(path, f"is no parameter{hint}")
        for value in values:
            if rule := _broken_rule(known[name], value):
                raise self.sweep.fail(path, f"= {as_text(value)}: {rule}")

    @property
    def parameters(self) -> dict[str, Mapping[str, Any]]:
        """The values of all parameters, by architecture: what constraints may name."""
        return {
            architecture: {name: parameter.value for name, parameter in known.items()}
            for architecture, known in self._parameters.items()
        }

    def points(self) -> list[Point]:
        """The grid's points that meet the constraints. Raises UserError where none does."""
        found = list(points(self.sweep, self.parameters))
        if not found:
            raise self.sweep.fail(["constraints"], "leave no point of the grid")
        return found

    def size(self) -> int:
        """Points of the grid before the constraints."""
        size = 1
        for values in self.sweep.axes.values():
            size *= len(values)
        return size


def _broken_rule(parameter: Parameter, value: Value) -> str:
    interval = _INTERVAL.fullmatch(parameter.range)
    if interval:
        if isinstance(value, bool | str):
            return f"must be a number, {parameter.range} [{parameter.unit}]"
        low, high = map(float, interval.groups())
        if not low <= value <= high:
            return f"must be {parameter.range} [{parameter.unit}]"
        if isinstance(value, float) and isinstance(parameter.value, int) and not value.is_integer():
            return "must be a whole number"
    elif parameter.range == "true or false" and not isinstance(value, bool):
        return "must be true or false"
    elif ", " in parameter.range and as_text(value) not in parameter.range.split(", "):
        return f"must be one of {parameter.range}"
    return ""
