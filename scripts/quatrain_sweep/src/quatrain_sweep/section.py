# SPDX-License-Identifier: Apache-2.0
"""Parts of the report of a run: cards, figures, tables; and the look of Plotly's figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from quatrain_sweep.rows import value_text


@dataclass(frozen=True)
class Card:
    """A figure that stands alone. `bad` marks one that should not be as it is."""

    label: str
    value: str
    bad: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, what it is sorted by, and the length of its bar, 0 to 1."""

    text: str
    order: Any
    bar: float | None = None


@dataclass(frozen=True)
class Table:
    """Headings with their units, and rows of cells."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def texts(self) -> list[bool]:
        """Which columns are texts, and stand to the left."""
        return [
            any(isinstance(row[column].order, str) for row in self.rows)
            for column in range(len(self.headings))
        ]


@dataclass(frozen=True)
class Section:
    """A heading with a figure or a table under it."""

    title: str
    note: str = ""
    figure: Any = None
    table: Table | None = None
    half: bool = False
    """Two of these stand side by side."""


@dataclass(frozen=True)
class Page:
    """The report of one run."""

    title: str
    description: str
    cards: list[Card] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)


def cell(value: Any, largest: float | None = None) -> Cell:
    """A cell of a number or a text; with `largest` a bar of its share of that."""
    bar = None
    if largest and isinstance(value, int | float):
        bar = max(0.0, float(value) / largest)
    return Cell(value_text(value), "" if value is None else value, bar)


def figure(traces: Sequence[Any], x: str, y: str, height: int = 420, **layout: Any) -> go.Figure:
    """A figure with the look of all of them; `x` and `y` are the titles of its axes."""
    made = go.Figure(list(traces))
    made.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 60, "r": 20, "t": 30, "b": 50},
        font={"family": "system-ui, DejaVu Sans, sans-serif", "size": 12},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        hoverlabel={"align": "left"},
        bargap=0.25,
        xaxis={"title": x},
        yaxis={"title": y, "automargin": True, "ticks": "outside", "ticklen": 6, "tickcolor": "white"},
    )
    return made.update_layout(**layout)


def listed(names: Sequence[str]) -> dict[str, Any]:
    """A y axis of names, the first on top."""
    return {
        "autorange": "reversed",
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "tickfont": {"size": 10.5},
    }
