# SPDX-License-Identifier: Apache-2.0
"""The sweep file: what is varied, over what, and which figures of it matter (docs/sweeps.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from quatrain_sweep import columns
from quatrain_sweep.axes import Axis, Range, Value, axis_values
from quatrain_sweep.errors import UserError
from quatrain_sweep.located_yaml import LocatedYaml

ALIASES = {"memory": "dram.memory"}
"""Short names of parameters."""

CHOICES = ("network", "architecture", "recipe", "batch", "mapper", "seed")
"""What a point is made of besides the parameters of its architecture."""

DEFAULTS: dict[str, Value] = {
    "network": "resnet20-cifar",
    "architecture": "edge-4bit",
    "recipe": "fp4-tpr",
    "batch": 8,
    "mapper": "heuristic",
    "seed": 1,
}


class Options(BaseModel):
    """How a point is measured; options of `quatrain compare` by their names, and two of the sweep's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pass_: Annotated[Literal["training", "inference"], Field(alias="pass")] = "training"
    batch_norm: Literal["per_core", "synchronised"] = "per_core"
    mapper_objective: Literal["cycles", "energy", "edp"] = "cycles"
    mapper_dataflow: Literal["pass", "any"] = "pass"
    dataset: StrictStr = "synthetic"
    dataset_size: Annotated[StrictInt, Field(ge=1)] | None = None
    scale_from: Annotated[StrictInt, Field(ge=2)] | None = None
    activity_batch: Annotated[StrictInt, Field(ge=0)] = 0
    passes: StrictBool = True
    time_limit_seconds: Annotated[float, Field(gt=0)] | None = None


class Search(BaseModel):
    """A search over the axes in place of the whole grid."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sampler: Literal["nsga2", "tpe"]
    trials: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    seed: Annotated[StrictInt, Field(ge=0, le=2**32 - 1)] = 1
    at_once: Annotated[StrictInt, Field(ge=1, le=10_000)] = 8
    population: Annotated[StrictInt, Field(ge=2, le=10_000)] = 24
    objectives: list[StrictStr] | None = None


class _Sweep(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: StrictStr | None = None
    description: StrictStr = ""
    base: dict[str, Value] = {}
    axes: Annotated[dict[str, Axis], Field(min_length=1)]
    constraints: list[StrictStr] = []
    options: Options = Options()
    search: Search | None = None
    objectives: Annotated[list[StrictStr], Field(min_length=1)] = ["seconds_per_epoch", "joules_per_epoch"]
    colour: StrictStr = "area_mm2"
    columns: list[StrictStr] = []

    @model_validator(mode="after")
    def check(self) -> Self:
        for names in (self.objectives, (self.search and self.search.objectives) or []):
            for name in names:
                columns.require(name.removeprefix("-"))
        columns.require(self.colour)
        return self


@dataclass(frozen=True)
class SweepFile:
    """A sweep as it is asked for; names of axes are those of parameters, aliases resolved."""

    file: Path
    name: str
    description: str
    base: dict[str, Value]
    axes: dict[str, list[Value]]
    constraints: list[str]
    options: Options
    search: Search | None
    objectives: list[str]
    colour: str
    columns: list[str]
    located: LocatedYaml

    @property
    def folder(self) -> Path:
        """Where relative names of files begin."""
        return self.file.resolve().parent

    def fail(self, path: Sequence[str | int], rule: str) -> UserError:
        """An error about the value at `path`: file, line, key, rule."""
        return UserError(f"{self.file}:{self.located.line(path)}: {self.located.known(path)}: {rule}")


def _one_line(located: LocatedYaml, file: Path, error: ValidationError) -> UserError:
    # Of the errors that the branches of a union make, the one deepest in the file tells most.
    details = max(
        error.errors(), key=lambda e: (len(located.known(e["loc"])), not e["type"].endswith("_type"))
    )
    path = details["loc"]
    key = located.known(path)
    rule = details["msg"].removeprefix("Value error, ")
    rule = rule[:1].lower() + rule[1:]
    if details["type"] == "missing":
        key, rule = ".".join(filter(None, [key, str(path[-1])])), "is missing"
    elif details["type"] == "extra_forbidden":
        rule = "is no key of a sweep file"
    elif not isinstance(details["input"], dict | list) and details["type"] != "value_error":
        rule = f"= {details['input']!r}: {rule.replace('input should', 'must')}"
        return UserError(f"{file}:{located.line(path)}: {key} {rule}")
    else:
        rule = rule.replace("input should", "must")
    return UserError(f"{file}:{located.line(path)}: {key + ': ' if key else ''}{rule}")


def _resolved(name: str) -> str:
    return ALIASES.get(name, name)


def read(file: Path) -> SweepFile:
    """Reads and checks a sweep file. Raises UserError, one line with file, line, key, value and rule."""
    located = LocatedYaml(file)
    if not isinstance(located.value, dict):
        raise UserError(f"{file}:1: must be a mapping with the key 'axes'")
    try:
        sweep = _Sweep.model_validate(located.value)
    except ValidationError as error:
        raise _one_line(located, file, error) from error
    axes = {_resolved(name): axis_values(axis) for name, axis in sweep.axes.items()}
    result = SweepFile(
        file=file,
        name=sweep.name or file.stem,
        description=sweep.description,
        base={_resolved(name): value for name, value in sweep.base.items()},
        axes=axes,
        constraints=sweep.constraints,
        options=sweep.options,
        search=sweep.search,
        objectives=sweep.objectives,
        colour=sweep.colour,
        columns=sweep.columns,
        located=located,
    )
    _check_axes(sweep, result)
    return result


def _check_axes(sweep: _Sweep, result: SweepFile) -> None:
    if len(result.axes) != len(sweep.axes):
        raise result.fail(["axes"], "a parameter is there twice, under its name and a short one")
    for name, values in result.axes.items():
        path = ["axes", next(key for key in sweep.axes if _resolved(key) == name)]
        if name in result.base:
            raise result.fail(path, "is in 'base' too, must be in one of them")
        if len(set(values)) != len(values) and not isinstance(sweep.axes[path[1]], Range):
            raise result.fail(path, "has a value twice")
    for section, named in (("base", {n: [v] for n, v in result.base.items()}), ("axes", result.axes)):
        for name, values in named.items():
            for value in values:
                whole = isinstance(value, int) and not isinstance(value, bool)
                if name in ("batch", "seed") and not (whole and int(value) >= (name == "batch")):
                    least = 1 if name == "batch" else 0
                    raise result.fail(
                        [section, name], f"= {value!r}: must be a whole number, at least {least}"
                    )
                if name == "mapper" and value not in ("heuristic", "search"):
                    raise result.fail([section, name], f"= {value!r}: must be 'heuristic' or 'search'")
                if name in ("network", "architecture", "recipe") and not isinstance(value, str):
                    raise result.fail([section, name], f"= {value!r}: must be a name or a file")
