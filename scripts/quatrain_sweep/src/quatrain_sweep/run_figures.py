# SPDX-License-Identifier: Apache-2.0
"""Figures of one `run`: by layer, over time, by component."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from quatrain_sweep import style
from quatrain_sweep.columns import COMPONENTS, PASSES
from quatrain_sweep.layers import Layer, owners
from quatrain_sweep.section import Section, figure, listed
from quatrain_sweep.style import words

LEAST_SHARE = 0.001
"""Of the total, that a figure must move it by to have a bar in the sensitivity."""


def milliseconds(report: dict[str, Any], cycles: float) -> float:
    """Cycles of the machine of a report as a time."""
    return float(cycles * report["architecture"]["clock_period_ps"] * 1e-9)


def _height(layers: list[Layer]) -> int:
    return 150 + 17 * len(layers)


def time_by_layer(report: dict[str, Any], layers: list[Layer]) -> Section:
    traces = [
        go.Bar(
            orientation="h",
            name=words(which),
            y=list(range(len(layers))),
            x=[milliseconds(report, layer.cycles[which]) for layer in layers],
            marker_color=style.PASS_COLOURS[which],
            customdata=[
                [layer.name, 100 * layer.cycles[which] / (report["totals"]["cycles"] or 1)]
                for layer in layers
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>"
            + words(which)
            + ": %{x:.4g} ms, %{customdata[1]:.2f} %<extra></extra>",
        )
        for which in PASSES
        if any(layer.cycles[which] for layer in layers)
    ]
    note = "A row of fused operators counts for the first of its layers that has weights."
    made = figure(
        traces,
        "time [ms]",
        "",
        _height(layers),
        barmode="stack",
        yaxis=listed([layer.name for layer in layers]),
    )
    return Section("Time by layer", note, made, half=True)


def energy_by_layer(layers: list[Layer]) -> Section:
    traces = [
        go.Bar(
            orientation="h",
            name=words(component),
            y=list(range(len(layers))),
            x=[layer.energy_pj[component] * 1e-6 for layer in layers],
            marker_color=style.COMPONENT_COLOURS[component],
            customdata=[layer.name for layer in layers],
            hovertemplate="<b>%{customdata}</b><br>" + words(component) + ": %{x:.4g} uJ<extra></extra>",
        )
        for component in COMPONENTS
        if any(layer.energy_pj[component] for layer in layers)
    ]
    names = [layer.name for layer in layers]
    made = figure(traces, "energy [uJ]", "", _height(layers), barmode="stack", yaxis=listed(names))
    return Section("Energy by layer", "", made, half=True)


def timeline(report: dict[str, Any], layers: list[Layer]) -> Section:
    places = {layer.name: place for place, layer in enumerate(layers)}
    owner = owners(report["layers"])
    traces = []
    for which in PASSES:
        rows = [row for row in report["layers"] if row["pass"] == which and row["cycles"]]
        if not rows:
            continue
        traces.append(
            go.Bar(
                orientation="h",
                name=words(which),
                y=[places[owner[row["name"]]] for row in rows],
                base=[milliseconds(report, row["start_cycle"]) for row in rows],
                x=[milliseconds(report, row["cycles"]) for row in rows],
                marker_color=style.PASS_COLOURS[which],
                marker_line_width=0,
                customdata=[_told(row) for row in rows],
                hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<br>"
                "from %{base:.4g} ms, for %{x:.4g} ms<br>%{customdata[3]}<extra></extra>",
            )
        )
    names = [layer.name for layer in layers]
    made = figure(
        traces, "time [ms]", "", _height(layers), barmode="overlay", bargap=0.1, yaxis=listed(names)
    )
    return Section(
        "Timeline", "When each layer is at work, from the end of the operator before to its own end.", made
    )


def _told(row: dict[str, Any]) -> list[str]:
    stalls = ", ".join(f"{words(name)} {cycles:,}" for name, cycles in row["stalls"].items())
    return [
        row["name"],
        f"{words(row['operator'])}, {words(row['pass'])}",
        row["format"],
        f"stalls [cycles]: {stalls}",
    ]


def utilisation(report: dict[str, Any]) -> Section:
    traces = []
    for which in PASSES:
        rows = [row for row in report["layers"] if row["pass"] == which and row["macs"] and row["cycles"]]
        if not rows:
            continue
        widths = [milliseconds(report, row["cycles"]) for row in rows]
        traces.append(
            go.Bar(
                name=words(which),
                x=[milliseconds(report, row["start_cycle"]) for row in rows],
                y=[100 * row["utilisation"] for row in rows],
                width=widths,
                offset=0,
                marker_color=style.PASS_COLOURS[which],
                marker_line_width=0,
                customdata=[_told(row) for row in rows],
                hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<br>"
                "%{y:.1f} % of the peak<br>%{customdata[3]}<extra></extra>",
            )
        )
    total = 100 * report["totals"]["utilisation"]
    made = figure(traces, "time [ms]", "utilisation of the array [%]", 360, barmode="overlay")
    made.add_hline(y=total, line_dash="dot", line_color="#222222")
    told = f"dotted: {total:.1f} % over the whole step"
    made.update_layout(title={"text": told, "x": 1, "xanchor": "right", "font": {"size": 12}})
    return Section(
        "Utilisation of the array", "Of GEMMs, over time; between them the array has no work.", made
    )


def roofline(report: dict[str, Any]) -> Section | None:
    rows = [row for row in report["layers"] if row["roofline"] and row["roofline"]["macs_per_byte"]]
    if not rows:
        return None
    traces = []
    intensity = [row["roofline"]["macs_per_byte"] for row in rows]
    roofs: dict[float, list[float]] = {}
    for row in rows:
        roof = row["roofline"]
        if roof["bound"] == "compute":
            roofs.setdefault(round(roof["attainable_macs_per_cycle"], 6), []).append(roof["macs_per_byte"])
    slopes = [
        r["roofline"]["attainable_macs_per_cycle"] / r["roofline"]["macs_per_byte"]
        for r in rows
        if r["roofline"]["bound"] == "memory"
    ]
    slope = slopes[0] if slopes else None
    low, high = min(intensity) / 2, max(intensity) * 2
    for peak in sorted(roofs):
        start = peak / slope if slope else low
        traces.append(
            go.Scatter(
                x=[start, max(high, start)],
                y=[peak, peak],
                mode="lines",
                line={"color": "#999999", "width": 1},
                showlegend=False,
                hovertemplate=f"peak {peak:,.0f} MACs/cycle<extra></extra>",
            )
        )
    if slope:
        end = max(roofs) / slope if roofs else high
        span = np.geomspace(min(low, end), end, 40)
        traces.append(
            go.Scatter(
                x=span,
                y=span * slope,
                mode="lines",
                line={"color": "#999999", "width": 1},
                showlegend=False,
                hovertemplate=f"DRAM {slope:,.4g} bytes/cycle<extra></extra>",
            )
        )
    for which in PASSES:
        of = [row for row in rows if row["pass"] == which]
        if of:
            traces.append(
                go.Scatter(
                    name=words(which),
                    mode="markers",
                    x=[row["roofline"]["macs_per_byte"] for row in of],
                    y=[row["roofline"]["attained_macs_per_cycle"] for row in of],
                    marker={
                        "color": style.PASS_COLOURS[which],
                        "size": 9,
                        "line": {"color": "white", "width": 0.5},
                    },
                    customdata=[[*_told(row), row["roofline"]["bound"]] for row in of],
                    hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<br>"
                    "%{x:.4g} MACs/byte, "
                    "%{y:.4g} MACs/cycle<br>bound by %{customdata[4]}<extra></extra>",
                )
            )
    axes = {"type": "log", "exponentformat": "power"}
    made = figure(traces, "MACs per byte of DRAM traffic [MACs/byte]", "attained [MACs/cycle]", 460)
    return Section(
        "Roofline",
        "GEMMs under the peaks of their precisions and the DRAM's.",
        made.update_xaxes(axes).update_yaxes(axes),
        half=True,
    )


def energy_by_component(report: dict[str, Any]) -> Section:
    totals = report["totals"]
    value, low, high = (totals[name] for name in ("energy_pj", "energy_low_pj", "energy_high_pj"))
    names = [name for name in COMPONENTS if high[name]]
    trace = go.Bar(
        orientation="h",
        y=[words(name) for name in names],
        x=[value[name] * 1e-6 for name in names],
        marker_color=[style.COMPONENT_COLOURS[name] for name in names],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(high[name] - value[name]) * 1e-6 for name in names],
            "arrayminus": [(value[name] - low[name]) * 1e-6 for name in names],
            "thickness": 1,
            "color": "#222222",
        },
        customdata=[100 * value[name] / value["total"] for name in names],
        hovertemplate="%{y}: %{x:.4g} uJ, %{customdata:.1f} %<extra></extra>",
    )
    made = figure([trace], "energy of the step [uJ]", "", 460, yaxis={"autorange": "reversed"})
    return Section("Energy by component", f"With bands, {report['technology']['name']}.", made, half=True)


def sensitivity(
    entries: list[dict[str, Any]], low: str, high: str, total: float, half: bool = True
) -> Section:
    """What the total moves when one figure of the technology alone goes to an end of its band."""
    least = LEAST_SHARE * total
    moving = [entry for entry in entries if entry[high] - entry[low] >= least]
    names = [words(entry["figure"]) for entry in moving]
    ends = (("at its low", low, "#009e73"), ("at its high", high, "#d55e00"))
    traces = [
        go.Bar(
            orientation="h",
            name=name,
            y=names,
            x=[100 * (entry[key] / total - 1) for entry in moving],
            marker_color=colour,
            hovertemplate="%{y} " + name + ": %{x:+.2f} %<extra></extra>",
        )
        for name, key, colour in ends
    ]
    made = figure(
        traces,
        "change of the total energy [%]",
        "",
        160 + 24 * len(names),
        barmode="overlay",
        yaxis={"autorange": "reversed"},
    )
    return Section(
        "What moves the energy most",
        "One figure of the technology alone at an end of its band.",
        made,
        half=half,
    )


def quality(layers: list[Layer]) -> Section | None:
    shown = [layer for layer in layers if layer.macs]
    traces = []
    for which in PASSES[:-1]:  # the update has no GEMM
        values = [layer.quality_db(which) for layer in shown]
        if any(value is not None for value in values):
            traces.append(
                go.Scatter(
                    name=words(which),
                    mode="lines+markers",
                    x=[layer.name for layer in shown],
                    y=values,
                    line={"color": style.PASS_COLOURS[which]},
                    connectgaps=False,
                    hovertemplate="<b>%{x}</b><br>" + words(which) + ": %{y:.2f} dB<extra></extra>",
                )
            )
    if not traces:
        return None
    made = figure(traces, "", "SQNR [dB]", 420).update_xaxes(tickangle=-45, automargin=True)
    return Section(
        "Signal to quantisation noise by layer", "Of each layer's GEMM against the same step in FP64.", made
    )


def gradscale(entries: list[dict[str, Any]]) -> list[Section]:
    """The scale of each layer's gradients, and how many of them it loses at either end."""
    if not entries:
        return []
    names = [entry["layer"] for entry in entries]
    scale = go.Bar(
        x=names,
        y=[entry["log2_scale"] for entry in entries],
        marker_color="#0072b2",
        hovertemplate="<b>%{x}</b>: 2^%{y}<extra></extra>",
    )
    lost = [
        go.Bar(
            x=names,
            y=[100 * entry[key] for entry in entries],
            name=name,
            marker_color=colour,
            hovertemplate="<b>%{x}</b> " + name + ": %{y:.3g} %<extra></extra>",
        )
        for key, name, colour in (
            ("underflow_fraction", "underflow", "#56b4e9"),
            ("overflow_fraction", "overflow", "#d55e00"),
        )
    ]
    tilted = {"tickangle": -45, "automargin": True}
    return [
        Section(
            "GradScale", "", figure([scale], "", "log2 of the scale", 400).update_xaxes(tilted), half=True
        ),
        Section(
            "Gradients beyond the ends of the format",
            "",
            figure(lost, "", "share [%]", 400, barmode="group").update_xaxes(tilted),
            half=True,
        ),
    ]
