# SPDX-License-Identifier: Apache-2.0
"""Aligned tables with units in their headings, and CSV."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from quatrain_sweep import columns
from quatrain_sweep.files import writing
from quatrain_sweep.rows import value_text


def aligned(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table for people: numbers to the right, texts to the left."""
    texts = [[value_text(cell) for cell in row] for row in rows]
    sides = []
    for column in range(len(headings)):
        cells = [row[column] for row in rows if value_text(row[column])]
        numeric = cells and all(not isinstance(cell, str | bool) for cell in cells)
        sides.append("right" if numeric else "left")
    return tabulate(texts, headers=list(headings), colalign=sides if texts else None, disable_numparse=True)


def sides(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table whose rows are figures of their own: names to the left, values to the right."""
    texts = [[str(row[0]), *(value_text(cell) for cell in row[1:])] for row in rows]
    widths = [max(len(line[i]) for line in [list(headings), *texts]) for i in range(len(headings))]
    lines = []
    for line in [list(headings), ["-" * width for width in widths], *texts]:
        cells = [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def of_frame(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """The columns `names` of a frame as a table."""
    return aligned([columns.heading(name) for name in names], frame[list(names)].values.tolist())


def write_csv(target: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A CSV file under a temporary name that is then renamed; `-` is standard output."""
    cells = [["" if value_text(cell) == "" else cell for cell in row] for row in rows]
    if target == "-":
        csv.writer(sys.stdout).writerows([headings, *cells])
        return
    with writing(Path(target)) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([headings, *cells])
