# SPDX-License-Identifier: Apache-2.0
"""The rows of a store as the analysis commands see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from quatrain_sweep import columns
from quatrain_sweep.errors import UserError
from quatrain_sweep.expression import holds
from quatrain_sweep.store import Store
from quatrain_sweep.sweep_file import read


@dataclass(frozen=True)
class Rows:
    """Rows that were measured, and those that failed; `objectives` with a minus in front are to be large."""

    title: str
    description: str
    frame: pd.DataFrame
    failed: pd.DataFrame
    objectives: list[str]
    colour: str
    shown: list[str]

    @property
    def parameters(self) -> list[str]:
        """The columns that say what a point is."""
        known = {*columns.FIGURES, *columns.BOOKKEEPING}
        return [str(name) for name in self.frame.columns if name not in known]

    @property
    def varied(self) -> list[str]:
        """The parameters that have more than one value."""
        return [name for name in self.parameters if self.frame[name].nunique(dropna=False) > 1]

    def need(self, names: Sequence[str]) -> None:
        """Raises UserError where a column is not there or empty."""
        for name in names:
            if name not in self.frame.columns:
                near = ", ".join(self.figures)
                raise UserError(f"column = {name}: must be a parameter or one of {near}")
            if self.frame[name].isna().all():
                raise UserError(
                    f"column = {name}: has no value in any row (options: passes: false leaves some out)"
                )

    @property
    def figures(self) -> list[str]:
        """The figures that some row has."""
        return [name for name in columns.FIGURES if name in self.frame and self.frame[name].notna().any()]

    def label(self, row: pd.Series) -> str:
        """A point's varied parameters, short."""
        return ", ".join(f"{short(name)} {value_text(row[name])}" for name in self.varied) or self.title


def short(name: str) -> str:
    """The last part of a dotted name, which is what tells parameters apart in a figure."""
    return name.rsplit(".", 1)[-1]


def value_text(value: object) -> str:
    """A value of a cell: whole numbers without a point, others to four digits."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return str(value)
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.4g}" if 1e-4 <= abs(number) < 1e6 else f"{number:.3e}"


def load(path: Path, where: str | None = None, need_rows: bool = True) -> Rows:
    """The rows of a store, or of the sweep file that has one beside it; of them those that meet `where`."""
    objectives, colour, shown = ["seconds_per_epoch", "joules_per_epoch"], "area_mm2", []
    title, description, folder = path.stem, "", path
    if path.is_file():
        sweep = read(path)
        objectives, colour, shown = sweep.objectives, sweep.colour, sweep.columns
        title, description, folder = sweep.name, sweep.description, path.with_suffix(".points")
    if not folder.is_dir():
        raise UserError(f"{folder}: must be the store of a sweep, or a sweep file with one beside it")
    table = Store(folder).table()
    done = table[table["status"] == "done"].dropna(axis="columns", how="all")
    failed = table[table["status"] != "done"]
    if where:
        kept = [holds(where, row) for row in done.to_dict("records")]  # type: ignore[arg-type]
        done = done[kept]
    if done.empty and need_rows:
        raise UserError(f"{folder}: no row was measured{' that meets --where' if where else ''}")
    if path.is_dir() and done["sweep"].nunique() == 1:
        title = str(done["sweep"].iloc[0])
    rows = Rows(title, description, done.reset_index(drop=True), failed, objectives, colour, shown)
    order = rows.varied
    return Rows(
        title,
        description,
        done.sort_values(order or ["key"], kind="stable").reset_index(drop=True),
        failed,
        objectives,
        colour,
        shown,
    )
