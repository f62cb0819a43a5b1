# SPDX-License-Identifier: Apache-2.0
"""One point of a sweep: everything that decides its row."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quatrain_sweep.axes import Value, as_text, grid
from quatrain_sweep.content import meaning
from quatrain_sweep.errors import UserError
from quatrain_sweep.expression import holds
from quatrain_sweep.sweep_file import CHOICES, DEFAULTS, Options, SweepFile

LAYOUT = 1
"""Of the rows. Counted up when a figure changes its meaning, so that rows of before are not taken for it."""


@dataclass(frozen=True)
class Point:
    """A step of `network` at `batch` on `architecture` with some parameters set otherwise.

    `values` are those that the sweep gives, by name: of CHOICES and of the architecture's parameters.
    Names of files are seen from `folder`.
    """

    values: Mapping[str, Value]
    options: Options
    folder: Path

    @property
    def overrides(self) -> dict[str, str]:
        """Parameters that differ from the architecture's, as `--set` takes them."""
        return {name: as_text(value) for name, value in self.values.items() if name not in CHOICES}

    def choice(self, name: str) -> str:
        """One of CHOICES, as the command line takes it."""
        return as_text(self.values.get(name, DEFAULTS[name]))

    def key(self, program: str) -> str:
        """A name for the point: equal for equal results. `program` identifies the simulator.

        Files count by their content, wherever they lie, and time limits not at all.
        """
        told = {
            "layout": LAYOUT,
            "program": program,
            "choices": {name: meaning(self.choice(name), self.folder) for name in CHOICES},
            "set": {name: meaning(value, self.folder) for name, value in sorted(self.overrides.items())},
            "options": {
                **self.options.model_dump(exclude={"time_limit_seconds"}),
                "dataset": meaning(self.options.dataset, self.folder),
            },
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]

    def label(self, names: list[str]) -> str:
        """Its values of `names`, short, for people."""
        return " ".join(f"{name.rsplit('.', 1)[-1]}={as_text(self.values[name])}" for name in names)


def point_of(sweep: SweepFile, values: Mapping[str, Value]) -> Point:
    """The point at `values`, one of each axis."""
    return Point({**DEFAULTS, **sweep.base, **values}, sweep.options, sweep.folder)


def admitted(sweep: SweepFile, point: Point, parameters: Mapping[str, Any]) -> bool:
    """Whether a point meets the sweep's constraints; `parameters` are its architecture's own values."""
    names = {**parameters, **point.values}
    names["memory"] = names.get("dram.memory")
    for index, constraint in enumerate(sweep.constraints):
        try:
            if not holds(constraint, names):
                return False
        except UserError as error:
            raise sweep.fail(["constraints", index], str(error)) from error
    return True


def points(sweep: SweepFile, parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Point]:
    """The grid's points that meet the constraints; `parameters` by architecture."""
    for values in grid(sweep.axes):
        point = point_of(sweep, values)
        if admitted(sweep, point, parameters[point.choice("architecture")]):
            yield point
