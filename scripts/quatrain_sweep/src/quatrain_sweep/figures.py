# SPDX-License-Identifier: Apache-2.0
"""Figures of a sweep, for PNG and SVG."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from quatrain_sweep import columns, style
from quatrain_sweep.effects import effects
from quatrain_sweep.errors import UserError
from quatrain_sweep.pareto import on_front
from quatrain_sweep.rows import Rows, short, value_text

MOST_BARS = 30
NUMBER_SIZE = 10
"""Of a point's number, in points."""


@dataclass(frozen=True)
class Choice:
    """What a figure shows; what is None follows from the sweep."""

    x: str | None = None
    y: str | None = None
    colour: str | None = None


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()


def _title(figure: Figure, rows: Rows, what: str) -> None:
    """The sweep's name, and under it what the figure shows; both wrapped to the figure."""
    letters = int(11 * figure.get_figwidth())
    lines = [line for text in (rows.title, what) for line in textwrap.wrap(text, letters)]
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=11)


def _log_if_wide(axes: Axes, values: pd.Series, which: str) -> None:
    usable = values[values > 0]
    if len(usable) == len(values.dropna()) and len(usable) and usable.max() / usable.min() > 8:
        _logarithmic(axes, which)


def _logarithmic(axes: Axes, which: str) -> None:
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    crowded = low > 0 and high / low > 10 ** (3 if which == "x" else 5)
    axis.set_major_locator(LogLocator(subs=(1.0,) if crowded else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: value_text(value)))
    axis.set_minor_formatter(NullFormatter())


def _coloured(
    figure: Figure, axes: Axes, frame: pd.DataFrame, x: str, y: str, colour: str, **kind: Any
) -> None:
    if pd.api.types.is_numeric_dtype(frame[colour]) and not pd.api.types.is_bool_dtype(frame[colour]):
        points = axes.scatter(frame[x], frame[y], c=frame[colour], cmap=style.SCALE, **kind)
        figure.colorbar(points, ax=axes, label=columns.title(colour), pad=0.02)
        return
    for index, (value, group) in enumerate(frame.groupby(colour, sort=True)):
        shade = style.CATEGORIES[index % len(style.CATEGORIES)]
        axes.scatter(group[x], group[y], color=shade, label=value_text(value), **kind)
    axes.legend(title=columns.title(colour))


def _number(figure: Figure, axes: Axes, points: NDArray[np.float64]) -> None:
    """Numbers points from the first; a number that would stand on the one before is left out."""
    last = np.array([-np.inf, -np.inf])
    for place, point in enumerate(points):
        there = axes.transData.transform(point)
        if np.abs(there - last).max() < NUMBER_SIZE * figure.dpi / 72:
            continue
        last = there
        axes.annotate(
            str(place + 1),
            tuple(point),
            xytext=(-6, -9),
            textcoords="offset points",
            fontsize=7.5,
            ha="right",
        )


def pareto(rows: Rows, choice: Choice) -> Figure:
    """All points in the plane of two figures, and the front that none beats, numbered from the left."""
    x = choice.x or rows.objectives[0].removeprefix("-")
    y = choice.y or (rows.objectives[1] if len(rows.objectives) > 1 else "area_mm2").removeprefix("-")
    colour = choice.colour or rows.colour
    rows.need([x, y, colour])
    signed = [f"-{name}" if f"-{name}" in rows.objectives else name for name in (x, y)]
    frame = rows.frame
    front = frame[on_front(frame, signed)].sort_values(x)
    figure, axes = _figure(7.2, 4.8)
    axes.plot(front[x], front[y], color="#222222", linewidth=1, zorder=1, label="front")
    _coloured(figure, axes, frame, x, y, colour, s=30, edgecolors="white", linewidths=0.4, zorder=2)
    axes.scatter(front[x], front[y], s=64, facecolors="none", edgecolors="#222222", linewidths=1.1, zorder=3)
    _log_if_wide(axes, frame[x], "x")
    _log_if_wide(axes, frame[y], "y")
    _number(figure, axes, front[[x, y]].to_numpy(dtype=float))
    axes.set(xlabel=columns.title(x), ylabel=columns.title(y))
    _title(figure, rows, f"{len(frame)} points, {len(front)} on the front (ringed)")
    return figure


def front_first(rows: Rows) -> pd.DataFrame:
    """The rows that bars are drawn of: all where they are few, else the front, at most MOST_BARS."""
    names = [name.removeprefix("-") for name in rows.objectives]
    rows.need(names)
    frame = rows.frame
    if len(frame) > MOST_BARS:
        frame = frame[on_front(frame, rows.objectives)]
    return frame.sort_values(names[0], kind="stable").head(MOST_BARS)


def _bars(
    rows: Rows,
    frame: pd.DataFrame,
    parts: dict[str, pd.Series],
    colours: dict[str, str],
    label: str,
    title: str,
) -> Figure:
    longest = max(len(rows.label(row)) for _, row in frame.iterrows())
    figure, axes = _figure(5.6 + 0.065 * longest, 1.6 + 0.24 * len(frame))
    places = np.arange(len(frame))
    left = np.zeros(len(frame))
    for name, values in parts.items():
        numbers = values.to_numpy(dtype=float)
        axes.barh(places, numbers, left=left, color=colours[name], label=style.words(name), height=0.72)
        left += numbers
    axes.set_yticks(places, [rows.label(row) for _, row in frame.iterrows()], fontsize=7.5)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(y=0.01)
    axes.set(xlabel=label)
    of_front = f", the {len(frame)} on the front" if len(frame) < len(rows.frame) else ""
    _title(figure, rows, f"{title}{of_front}")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=min(6, len(parts)))
    return figure


def energy(rows: Rows, _choice: Choice) -> Figure:
    """Energy of an epoch by component, with the band of its total."""
    frame = front_first(rows)
    parts = {name: frame[f"energy.{name}"] for name in columns.COMPONENTS if frame[f"energy.{name}"].any()}
    figure = _bars(
        rows,
        frame,
        parts,
        style.COMPONENT_COLOURS,
        columns.title("joules_per_epoch"),
        "energy by component",
    )
    total = frame["joules_per_epoch"].to_numpy(dtype=float)
    band = [total - frame["joules_per_epoch_low"], frame["joules_per_epoch_high"] - total]
    figure.axes[0].errorbar(
        total, range(len(frame)), xerr=band, fmt="none", ecolor="#222222", elinewidth=0.8, capsize=2
    )
    return figure


def _time(rows: Rows, group: str, colours: dict[str, str], what: str) -> Figure:
    rows.need([f"{group}.{name}" for name in colours])
    frame = front_first(rows)
    parts = {name: frame[f"{group}.{name}"] * frame["seconds_per_epoch"] for name in colours}
    return _bars(rows, frame, parts, colours, columns.title("seconds_per_epoch"), f"time by {what}")


def time(rows: Rows, _choice: Choice) -> Figure:
    """Time of an epoch by pass."""
    return _time(rows, "pass_share", style.PASS_COLOURS, "pass")


def classes(rows: Rows, _choice: Choice) -> Figure:
    """Time of an epoch by what it is spent on, as docs/compare.md parts it."""
    return _time(rows, "class_share", style.CLASS_COLOURS, "class")


def roofline(rows: Rows, choice: Choice) -> Figure:
    """MACs per cycle against MACs per byte of DRAM traffic, under the roofs of the machines."""
    rows.need(["macs_per_byte", "macs_per_cycle", "peak_macs_per_cycle", "peak_dram_bytes_per_cycle"])
    frame = rows.frame.dropna(subset=["macs_per_byte", "peak_macs_per_cycle", "peak_dram_bytes_per_cycle"])
    colour = choice.colour or ("recipe" if "recipe" in rows.varied else rows.colour)
    rows.need([colour])
    figure, axes = _figure(7.2, 4.8)
    ridges = frame["peak_macs_per_cycle"] / frame["peak_dram_bytes_per_cycle"]
    span = np.geomspace(
        min(frame["macs_per_byte"].min(), ridges.min()) / 2,
        max(frame["macs_per_byte"].max(), ridges.max()) * 2,
        200,
    )
    roofs = frame[["peak_macs_per_cycle", "peak_dram_bytes_per_cycle"]].round(3).drop_duplicates()
    for peak, bytes_per_cycle in roofs.itertuples(index=False):
        axes.plot(span, np.minimum(peak, bytes_per_cycle * span), color="#888888", linewidth=0.8, alpha=0.6)
    _coloured(
        figure,
        axes,
        frame,
        "macs_per_byte",
        "macs_per_cycle",
        colour,
        s=28,
        edgecolors="white",
        linewidths=0.4,
        zorder=3,
    )
    _logarithmic(axes, "x")
    _logarithmic(axes, "y")
    axes.set(xlabel=columns.title("macs_per_byte"), ylabel=columns.title("macs_per_cycle"))
    _title(figure, rows, f"whole steps under {len(roofs)} roofs, of a machine and its mix of precisions")
    return figure


def heatmap_axes(rows: Rows) -> tuple[str, str]:
    """The two parameters with the most values, numbers before texts."""
    numbers = {name: pd.api.types.is_numeric_dtype(rows.frame[name]) for name in rows.varied}
    order = sorted(rows.varied, key=lambda name: (not numbers[name], -rows.frame[name].nunique()))
    return order[1], order[0]


def heatmap(rows: Rows, choice: Choice) -> Figure:
    """A figure over two parameters; where points differ in more, the best of them."""
    varied = rows.varied
    if len(varied) < 2:
        raise UserError("heatmap: the rows differ in one parameter, must be in two")
    x, y = heatmap_axes(rows)
    x, y = choice.x or x, choice.y or y
    objective = choice.colour or rows.objectives[0]
    name = objective.removeprefix("-")
    rows.need([x, y, name])
    largest = objective.startswith("-") or f"-{name}" in rows.objectives
    table = rows.frame.pivot_table(index=y, columns=x, values=name, aggfunc="max" if largest else "min")
    figure, axes = _figure(max(5.2, 2.6 + 0.72 * len(table.columns)), max(3.2, 1.9 + 0.42 * len(table.index)))
    image = axes.imshow(table.to_numpy(dtype=float), cmap=style.SCALE, aspect="auto", origin="lower")
    axes.set_xticks(range(len(table.columns)), [value_text(value) for value in table.columns])
    axes.set_yticks(range(len(table.index)), [value_text(value) for value in table.index])
    axes.grid(visible=False)
    low, high = np.nanmin(table.to_numpy()), np.nanmax(table.to_numpy())
    if table.size <= 400:
        for (line, column), value in np.ndenumerate(table.to_numpy(dtype=float)):
            if not np.isnan(value):
                dark = value < low + 0.55 * (high - low)
                text = f"{value:.3g}"
                axes.text(
                    column,
                    line,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if dark else "black",
                )
    figure.colorbar(image, ax=axes, label=columns.title(name), pad=0.02)
    axes.set(xlabel=columns.title(x), ylabel=columns.title(y))
    rest = [short(other) for other in varied if other not in (x, y)]
    best = f"the {'greatest' if largest else 'least'} over {', '.join(rest)}" if rest else ""
    _title(figure, rows, best)
    return figure


def tornado(rows: Rows, choice: Choice) -> Figure:
    """How far each parameter moves a figure, all others held: a bar from its least to its greatest."""
    name = (choice.y or rows.objectives[0]).removeprefix("-")
    rows.need([name])
    found = effects(rows.frame, name, rows.varied)
    if not found:
        raise UserError("tornado: no two rows differ in one parameter alone")
    figure, axes = _figure(7.2, 1.5 + 0.46 * len(found))
    for place, effect in enumerate(found):
        low, high = 100 * (effect.least - 1), 100 * (effect.greatest - 1)
        if not effect.is_visible:
            where: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points"}
            axes.annotate("moves nothing", (0, place), ha="left", va="center", fontsize=7.5, **where)
            continue
        axes.barh(place, low, color="#009e73", height=0.6)
        axes.barh(place, high, color="#d55e00", height=0.6)
        for value, end, side, shift in (
            (effect.least_at, low, "right", -4),
            (effect.greatest_at, high, "left", 4),
        ):
            where = {"xytext": (shift, 0), "textcoords": "offset points"}
            axes.annotate(value_text(value), (end, place), ha=side, va="center", fontsize=7.5, **where)
    axes.set_yticks(range(len(found)), [effect.parameter for effect in found])
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.axvline(0, color="#222222", linewidth=0.8)
    axes.margins(x=0.16)
    axes.grid(axis="y", visible=False)
    axes.set(
        xlabel=f"{columns.FIGURES[name].label if name in columns.FIGURES else name}, against its mean [%]"
    )
    _title(figure, rows, "what moves it, all else held")
    return figure


KINDS: dict[str, Callable[[Rows, Choice], Figure]] = {
    "pareto": pareto,
    "energy": energy,
    "time": time,
    "classes": classes,
    "roofline": roofline,
    "heatmap": heatmap,
    "tornado": tornado,
}
