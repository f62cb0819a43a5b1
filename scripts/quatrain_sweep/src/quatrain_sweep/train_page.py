# SPDX-License-Identifier: Apache-2.0
"""The report of one `quatrain train`: loss, accuracy, cycles, energy and scales of gradients by epoch."""

from typing import Any

import plotly.graph_objects as go

from quatrain_sweep import style
from quatrain_sweep.columns import COMPONENTS
from quatrain_sweep.section import Card, Page, Section, Table, cell, figure
from quatrain_sweep.style import words

MOST_TICKS = 20


def _curve(epochs: list[dict[str, Any]], key: str, name: str, colour: str, factor: float = 1.0) -> Any:
    values = [None if epoch[key] is None else factor * epoch[key] for epoch in epochs]
    return go.Scatter(
        name=name,
        mode="lines+markers",
        x=[epoch["epoch"] for epoch in epochs],
        y=values,
        line={"color": colour},
        hovertemplate="epoch %{x}: %{y:.4g}<extra>" + name + "</extra>",
    )


def _learning(epochs: list[dict[str, Any]]) -> list[Section]:
    whole = {"dtick": 1} if len(epochs) <= MOST_TICKS else {"tickformat": "d"}
    loss = [_curve(epochs, "loss", "training", "#0072b2"), _curve(epochs, "test_loss", "test", "#d55e00")]
    accuracy = [
        _curve(epochs, "train_accuracy", "training", "#0072b2", 100),
        _curve(epochs, "test_accuracy", "test", "#d55e00", 100),
    ]
    return [
        Section("Loss", "", figure(loss, "epoch", "loss", 380).update_xaxes(whole), half=True),
        Section(
            "Accuracy", "", figure(accuracy, "epoch", "accuracy [%]", 380).update_xaxes(whole), half=True
        ),
    ]


def _energy(epochs: list[dict[str, Any]]) -> list[Section]:
    timed = [epoch for epoch in epochs if epoch["energy_j"] is not None]
    if not timed:
        return []
    numbers = [epoch["epoch"] for epoch in timed]
    parts = [
        go.Bar(
            name=words(name),
            x=numbers,
            y=[epoch["energy_j"][name] for epoch in timed],
            marker_color=style.COMPONENT_COLOURS[name],
            hovertemplate="epoch %{x}: %{y:.4g} J<extra>" + words(name) + "</extra>",
        )
        for name in COMPONENTS
        if any(epoch["energy_j"][name] for epoch in timed)
    ]
    seconds = [_curve(timed, "accelerator_seconds", "time", "#0072b2")]
    return [
        Section(
            "Energy of an epoch", "", figure(parts, "epoch", "energy [J]", 380, barmode="stack"), half=True
        ),
        Section(
            "Time of an epoch on the accelerator",
            "",
            figure(seconds, "epoch", "time [s]", 380, showlegend=False).update_yaxes(rangemode="tozero"),
            half=True,
        ),
    ]


def _map(
    epochs: list[dict[str, Any]], key: str, name: Any, value: str, title: str, unit: str
) -> Section | None:
    names = list(dict.fromkeys(name(entry) for epoch in epochs for entry in epoch[key]))
    if not names:
        return None
    grid = [
        [{name(entry): entry[value] for entry in epoch[key]}.get(row) for epoch in epochs] for row in names
    ]
    trace = go.Heatmap(
        x=[epoch["epoch"] for epoch in epochs],
        y=names,
        z=grid,
        colorscale="Viridis",
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 14},
        xgap=1,
        ygap=1,
        hovertemplate="<b>%{y}</b>, epoch %{x}: %{z:.4g}<extra></extra>",
    )
    made = figure([trace], "epoch", "", 140 + 18 * len(names), yaxis={"autorange": "reversed"})
    return Section(title, "", made.update_xaxes(type="category"), half=True)


def _table(epochs: list[dict[str, Any]]) -> Section:
    headings = [
        "epoch",
        "learning rate",
        "loss",
        "test loss",
        "accuracy [%]",
        "test accuracy [%]",
        "time [s]",
        "energy [J]",
    ]
    rows = []
    for epoch in epochs:
        test = epoch["test_accuracy"]
        joules = epoch["energy_j"]["total"] if epoch["energy_j"] is not None else None
        figures = [
            epoch["epoch"],
            epoch["learning_rate"],
            epoch["loss"],
            epoch["test_loss"],
            100 * epoch["train_accuracy"],
            None if test is None else 100 * test,
            epoch["accelerator_seconds"],
            joules,
        ]
        rows.append([cell(value) for value in figures])
    return Section("Epochs", "Click a heading to sort.", table=Table(headings, rows))


def page(report: dict[str, Any]) -> Page:
    """All that the report or the log of `train` has."""
    epochs = report["epochs"]
    cards = []
    if epochs:
        last = epochs[-1]
        cards.append(Card("loss of the last epoch", f"{last['loss']:.4g}"))
        if last["test_accuracy"] is not None:
            cards.append(Card("accuracy on test images", f"{100 * last['test_accuracy']:.2f} %"))
        timed = [epoch for epoch in epochs if epoch["energy_j"] is not None]
        if timed:
            cards.append(
                Card("energy, all epochs", f"{sum(epoch['energy_j']['total'] for epoch in timed):,.4g} J")
            )
            cards.append(
                Card("time, all epochs", f"{sum(epoch['accelerator_seconds'] for epoch in timed):,.4g} s")
            )
        faults = sum(epoch["numeric_faults"][kind] for epoch in epochs for kind in ("nan", "infinity"))
        if faults:
            cards.append(Card("numeric faults", f"{faults:,}", bad=True))
    cards.append(Card("epochs", f"{len(epochs)} of {report['epochs_asked_for']}"))
    layer = "layer"
    maps = [
        _map(
            epochs, "gradscale", lambda e: e[layer], "log2_scale", "GradScale by layer", "log2 of the scale"
        ),
        _map(
            epochs, "gradscale", lambda e: e[layer], "underflow_fraction", "Gradients that underflow", "share"
        ),
        _map(
            epochs,
            "zero_fractions",
            lambda e: f"{e[layer]} {words(e['pass'])}",
            "zero_fraction",
            "MACs with a zero operand",
            "share",
        ),
        _map(
            epochs,
            "gradscale",
            lambda e: e[layer],
            "overflow_fraction",
            "Gradients beyond the format",
            "share",
        ),
    ]
    sections = [
        *_learning(epochs),
        *_energy(epochs),
        *(part for part in maps if part is not None),
        _table(epochs),
    ]
    description = (
        f"batch {report['batch']}, {report['steps_per_epoch']} steps an epoch, on {report['architecture']}, "
    )
    description += f"{report['technology']}, seed {report['seed']}; simulator {report['version']}."
    return Page(f"Training: {report['network']}, {report['recipe']}", description, cards, sections)
