# SPDX-License-Identifier: Apache-2.0
"""Search for good points by Optuna, over the same axes and constraints as the grid.

Trials are asked for in rounds of `at_once`, and told in the order in which they were asked, so that what is
tried depends on the sweep file alone, not on workers or the order in which they finish. There is no study on
the disk: a search that is run again asks for the same points and finds their rows in the store.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.trial import Trial, TrialState

from quatrain_sweep.axes import Value
from quatrain_sweep.errors import UserError
from quatrain_sweep.point import Point, admitted, point_of
from quatrain_sweep.sweep_file import Search, SweepFile

MOST_MISSES = 20
"""Trials in a row that break a constraint before a point is drawn that breaks none."""

MOST_DRAWS = 20_000
"""Draws of such a point before the constraints are taken to leave none."""

Figures = Callable[[Point], Mapping[str, Any] | None]
"""The row of a point that was run, None where it failed."""


def objectives(sweep: SweepFile) -> list[str]:
    """What a sweep is to minimise; a minus in front: to maximise."""
    return (sweep.search and sweep.search.objectives) or sweep.objectives


def _sampler(search: Search) -> optuna.samplers.BaseSampler:
    if search.sampler == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=search.population, seed=search.seed)
    return optuna.samplers.TPESampler(seed=search.seed, n_startup_trials=2 * search.at_once)


def _suggest(trial: Trial, axes: Mapping[str, list[Value]]) -> dict[str, Value]:
    """A value of each axis. The sampler varies its place: of numbers in their order, of texts without one."""
    values: dict[str, Value] = {}
    for name, choices in axes.items():
        if _ordered(choices):
            values[name] = choices[trial.suggest_int(name, 0, len(choices) - 1)]
        else:
            values[name] = choices[trial.suggest_categorical(name, list(range(len(choices))))]
    return values


def _ordered(choices: list[Value]) -> bool:
    return all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices)


class SearchRun:
    """A search: rounds of points out, their rows in."""

    def __init__(self, sweep: SweepFile, parameters: Mapping[str, Mapping[str, Any]]) -> None:
        if sweep.search is None:
            raise UserError(f"{sweep.file}: search: is missing")
        self._sweep = sweep
        self._search = sweep.search
        self._parameters = parameters
        self._objectives = objectives(sweep)
        self._axes = {
            name: sorted(choices, key=float) if _ordered(choices) else choices
            for name, choices in sweep.axes.items()
        }
        self._random = np.random.default_rng(sweep.search.seed)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(
            directions=["maximize" if name.startswith("-") else "minimize" for name in self._objectives],
            sampler=_sampler(sweep.search),
        )

    def rounds(self, figures: Figures) -> Iterator[list[Point]]:
        """The points of each round. When the next is asked for, `figures` must have the rows of the last."""
        left = self._search.trials
        while left > 0:
            asked = [self._ask() for _ in range(min(left, self._search.at_once))]
            left -= len(asked)
            yield [point for _, point in asked]
            for trial, point in asked:
                self._tell(trial, figures(point))

    def _ask(self) -> tuple[Trial, Point]:
        for _ in range(MOST_MISSES):
            trial = self._study.ask()
            point = point_of(self._sweep, _suggest(trial, self._axes))
            if self._admitted(point):
                trial.set_constraint("constraints", 0.0)
                return trial, point
            # Told as what it is: else the sampler would come back to it for ever.
            trial.set_constraint("constraints", 1.0)
            self._study.tell(trial, [0.0] * len(self._objectives))
        for _ in range(MOST_DRAWS):
            places = {name: int(self._random.integers(len(choices))) for name, choices in self._axes.items()}
            point = point_of(self._sweep, {name: self._axes[name][place] for name, place in places.items()})
            if self._admitted(point):
                self._study.enqueue_trial(places)
                trial = self._study.ask()
                trial.set_constraint("constraints", 0.0)
                _suggest(trial, self._axes)
                return trial, point
        raise self._sweep.fail(["constraints"], f"leave nothing: {MOST_DRAWS} points in a row break one")

    def _admitted(self, point: Point) -> bool:
        return admitted(self._sweep, point, self._parameters[point.choice("architecture")])

    def _tell(self, trial: Trial, row: Mapping[str, Any] | None) -> None:
        values = None if row is None else [row.get(name.removeprefix("-")) for name in self._objectives]
        if values is None or any(value is None for value in values):
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, [float(value) for value in values if value is not None])
