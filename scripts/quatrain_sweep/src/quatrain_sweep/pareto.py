# SPDX-License-Identifier: Apache-2.0
"""The Pareto front: points that no other point beats."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def on_front(frame: pd.DataFrame, objectives: Sequence[str]) -> NDArray[np.bool_]:
    """Which rows no other row beats: at least as good in every objective and better in one.

    An objective is a column to be small, or with a minus in front to be large. Rows without a value are not
    on it; of rows that are equal all are.
    """
    signs = [-1.0 if name.startswith("-") else 1.0 for name in objectives]
    names = [name.removeprefix("-") for name in objectives]
    costs = frame[names].to_numpy(dtype=float) * signs
    whole: NDArray[np.bool_] = np.logical_not(np.isnan(costs).any(axis=1))
    front: NDArray[np.bool_] = whole.copy()
    for index in np.flatnonzero(whole):
        others = costs[whole]
        no_worse = (others <= costs[index]).all(axis=1)
        better = (others < costs[index]).any(axis=1)
        front[index] = not bool((no_worse & better).any())
    return front
