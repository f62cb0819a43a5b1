# SPDX-License-Identifier: Apache-2.0
"""The axes of a sweep: lists, ranges and logarithmic ranges of values."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

Value = StrictBool | StrictInt | StrictFloat | StrictStr
Number = StrictInt | StrictFloat

MOST_VALUES = 100_000


class Range(BaseModel):
    """Numbers from one end to the other, both included if they are met.

    One of: `step` (each is the one before plus it), `factor` (times it), or `count` (so many, equally
    far apart; `scale: log` equally far apart on a logarithmic scale). Whole ends give whole numbers;
    `count` then rounds, and drops what rounds to a value that is there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: Annotated[Number, Field(alias="from")]
    last: Annotated[Number, Field(alias="to")]
    step: Number | None = None
    factor: Number | None = None
    count: Annotated[StrictInt, Field(ge=2, le=MOST_VALUES)] | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def check(self) -> Self:
        ways = [name for name in ("step", "factor", "count") if getattr(self, name) is not None]
        if len(ways) != 1:
            raise ValueError(f"must have one of step, factor and count, has {' and '.join(ways) or 'none'}")
        if self.last < self.first:
            raise ValueError(f"'to' = {self.last}: must be at least 'from' = {self.first}")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"'step' = {self.step}: must be above 0")
        if self.factor is not None and self.factor <= 1:
            raise ValueError(f"'factor' = {self.factor}: must be above 1")
        if self.scale == "log" and self.count is None:
            raise ValueError("'scale' = log: goes with count alone; factor is the other way to a log range")
        if (self.factor is not None or self.scale == "log") and self.first <= 0:
            raise ValueError(f"'from' = {self.first}: must be above 0 on a logarithmic scale")
        if self.step is not None and (self.last - self.first) / self.step > MOST_VALUES:
            raise ValueError(f"'step' = {self.step}: makes more than {MOST_VALUES} values")
        if self.factor is not None and math.log(self.last / self.first, self.factor) > MOST_VALUES:
            raise ValueError(f"'factor' = {self.factor}: makes more than {MOST_VALUES} values")
        return self

    def values(self) -> list[int | float]:
        if self.count is not None:
            numbers = self._spaced(self.count)
        elif self.step is not None:
            steps = math.floor((self.last - self.first) / self.step + 1e-9)
            numbers = [self.first + i * self.step for i in range(steps + 1)]
        else:
            numbers = [self.first]
            while (following := numbers[-1] * (self.factor or 2)) <= self.last * (1 + 1e-9):
                numbers.append(following)
        if isinstance(self.first, int) and isinstance(self.last, int) and not isinstance(self.step, float):
            return list(dict.fromkeys(round(number) for number in numbers))
        return numbers

    def _spaced(self, count: int) -> list[int | float]:
        shares = [i / (count - 1) for i in range(count)]
        if self.scale == "log":
            return [self.first * (self.last / self.first) ** share for share in shares]
        return [self.first + (self.last - self.first) * share for share in shares]


Axis = Annotated[list[Value], Field(min_length=1)] | Range


def axis_values(axis: Sequence[Value] | Range) -> list[Value]:
    """The values of an axis in order; where one is a text, all are, so that a column has one type."""
    values: list[Value] = list(axis.values()) if isinstance(axis, Range) else list(axis)
    if any(isinstance(value, str) for value in values):
        return [as_text(value) for value in values]
    return values


def as_text(value: Value) -> str:
    """A value as `--set` of the simulator takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def grid(axes: Mapping[str, Sequence[Value]]) -> Iterator[dict[str, Value]]:
    """Every combination, the last axis fastest."""
    for combination in itertools.product(*axes.values()):
        yield dict(zip(axes, combination, strict=True))
