# SPDX-License-Identifier: Apache-2.0
"""How far each parameter moves a figure, all others held."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Effect:
    """Of one parameter: the values where a figure is least and greatest, and the figure there, as a factor.

    Factors are against the geometric mean over the parameter's values; `groups` sets of points that differ in
    nothing else were looked at.
    """

    parameter: str
    least_at: object
    least: float
    greatest_at: object
    greatest: float
    groups: int

    @property
    def is_visible(self) -> bool:
        """Whether it moves the figure by 1 in 1000 at all."""
        return self.greatest / self.least > 1.001


def effects(frame: pd.DataFrame, figure: str, parameters: Sequence[str]) -> list[Effect]:
    """The effect of each parameter on a figure above 0, the widest first.

    Only points that differ in this parameter alone are compared, so that constraints and searches, which
    leave holes in the grid, do not mix parameters up. A parameter without two such points is left out.
    """
    found = []
    usable = frame[frame[figure] > 0]
    for parameter in parameters:
        others = [name for name in parameters if name != parameter]
        logs: dict[object, list[float]] = {}
        groups = 0
        for _, group in usable.groupby(others, dropna=False) if others else [((), usable)]:
            means = group.assign(log=np.log(group[figure])).groupby(parameter)["log"].mean()
            if len(means) < 2:
                continue
            groups += 1
            for value, log in (means - means.mean()).items():
                logs.setdefault(value, []).append(float(log))
        if not logs:
            continue
        factor = {value: float(np.exp(np.mean(points))) for value, points in logs.items()}
        least, greatest = min(factor, key=factor.__getitem__), max(factor, key=factor.__getitem__)
        found.append(Effect(parameter, least, factor[least], greatest, factor[greatest], groups))
    return sorted(found, key=lambda effect: effect.least / effect.greatest)
