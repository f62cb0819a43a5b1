# SPDX-License-Identifier: Apache-2.0
"""The report of one `quatrain compare`: what an epoch costs at each point, and why."""

from typing import Any

import plotly.graph_objects as go

from quatrain_sweep import style
from quatrain_sweep.columns import COMPONENTS
from quatrain_sweep.run_figures import sensitivity
from quatrain_sweep.section import Card, Page, Section, Table, cell, figure, listed
from quatrain_sweep.style import words

STEPS = {
    "published": "published",
    "densities": "densities",
    "all_layers": "+ ends",
    "array": "this array",
    "mapping": "+ mapping",
    "memory": "+ memory",
    "batch_norm": "+ batch norm",
    "other": "+ other",
    "measured": "measured",
}


def _name(point: dict[str, Any], points: list[dict[str, Any]]) -> str:
    several = len({one["network"] for one in points}) > 1
    return f"{point['network']}: {point['label']}" if several else str(point["label"])


def _stacked(
    points: list[dict[str, Any]], parts: dict[str, list[float]], colours: dict[str, str], unit: str
) -> Any:
    names = [_name(point, points) for point in points]
    traces = [
        go.Bar(
            orientation="h",
            name=words(part),
            y=list(range(len(points))),
            x=values,
            marker_color=colours[part],
            hovertemplate=words(part) + ": %{x:.4g}<extra></extra>",
        )
        for part, values in parts.items()
        if any(values)
    ]
    return figure(traces, unit, "", 150 + 28 * len(points), barmode="stack", yaxis=listed(names))


def _epochs(points: list[dict[str, Any]]) -> list[Section]:
    time = {
        name: [
            point["epoch"]["seconds"] * point["cycles_by_class"][name] / point["cycles"] for point in points
        ]
        for name in style.CLASS_COLOURS
    }
    scale = [point["epoch"]["joules"] / point["energy_pj"]["total"] for point in points]
    energy = {
        name: [point["energy_pj"][name] * factor for point, factor in zip(points, scale, strict=True)]
        for name in COMPONENTS
    }
    joules = _stacked(points, energy, style.COMPONENT_COLOURS, "energy of an epoch [J]")
    epochs = [point["epoch"] for point in points]
    joules.data[-1].error_x = {
        "type": "data",
        "symmetric": False,
        "thickness": 1,
        "color": "#222222",
        "array": [epoch["joules_high"] - epoch["joules"] for epoch in epochs],
        "arrayminus": [epoch["joules"] - epoch["joules_low"] for epoch in epochs],
    }
    return [
        Section(
            "Time of an epoch, by class",
            "",
            _stacked(points, time, style.CLASS_COLOURS, "time of an epoch [s]"),
            half=True,
        ),
        Section("Energy of an epoch, by component", "With the band of the total.", joules, half=True),
    ]


def _speed_up(points: list[dict[str, Any]]) -> Section | None:
    others = [point for point in points if point["label"] != point["base"]]
    if not others:
        return None
    traces = [
        go.Scatter(
            name=_name(point, points),
            mode="lines+markers",
            x=list(STEPS.values()),
            y=[point["speed_up"][key] for key in STEPS],
            line={"color": style.CATEGORIES[i % len(style.CATEGORIES)]},
            hovertemplate="%{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
        )
        for i, point in enumerate(others)
    ]
    made = figure(traces, "", f"speed-up over {others[0]['base']}", 420)
    return Section(
        "From the promise to the measurement", "What is left of the speed-up of the multipliers alone.", made
    )


def _table(points: list[dict[str, Any]]) -> Section:
    headings = [
        "point",
        "network",
        "batch",
        "PEs",
        "silicon [mm2]",
        "step [ms]",
        "epoch [s]",
        "speed-up",
        "epoch [J]",
        "energy ratio",
        "energy of a MAC [pJ]",
        "gated [%]",
    ]
    slowest = max(point["epoch"]["seconds"] for point in points)
    dearest = max(point["epoch"]["joules"] for point in points)
    rows = []
    for point in points:
        machine, epoch, gated = point["machine"], point["epoch"], point["gated_fraction"]
        cores = f"{machine['cores']} x " if machine["cores"] > 1 else ""
        rows.append(
            [
                cell(_name(point, points)),
                cell(point["network"]),
                cell(point["batch"]),
                cell(f"{cores}{machine['rows']} x {machine['cols']}"),
                cell(machine["area_mm2"]),
                cell(point["seconds"] * 1e3),
                cell(epoch["seconds"], slowest),
                cell(point["speed_up"]["measured"]),
                cell(epoch["joules"], dearest),
                cell(point["energy_ratio"]),
                cell(point["picojoules_per_mac"]),
                cell(None if gated is None else 100 * gated),
            ]
        )
    return Section("Points", "Click a heading to sort.", table=Table(headings, rows))


def page(report: dict[str, Any]) -> Page:
    """All that a `compare` report has."""
    points = report["points"]
    fastest = min(points, key=lambda point: point["epoch"]["seconds"])
    thriftiest = min(points, key=lambda point: point["epoch"]["joules"])
    cards = [
        Card(f"the fastest epoch: {_name(fastest, points)}", f"{fastest['epoch']['seconds']:,.4g} s"),
        Card(f"the thriftiest epoch: {_name(thriftiest, points)}", f"{thriftiest['epoch']['joules']:,.4g} J"),
    ]
    sections = [_table(points), *_epochs(points)]
    if (speed_up := _speed_up(points)) is not None:
        sections.append(speed_up)
    first = points[0]
    moved = sensitivity(
        first["sensitivity"], "energy_pj_at_low", "energy_pj_at_high", first["energy_pj"]["total"], half=False
    )
    sections.append(Section(f"{moved.title}: {_name(first, points)}", moved.note, moved.figure))
    networks = ", ".join(dict.fromkeys(point["network"] for point in points))
    scaled = f", on a line from {report['scale_from']} images" if report["scale_from"] else ""
    description = f"{len(points)} points; machines have in common: {report['iso']}{scaled}; "
    description += f"simulator {report['version']}."
    return Page(f"Comparison: {networks}", description, cards, sections)
