# SPDX-License-Identifier: Apache-2.0
"""The report of a sweep: one HTML file with figures to hover, filter and click, and a table."""

import math
from pathlib import Path
from typing import Any

from markupsafe import Markup

from quatrain_sweep import columns, style
from quatrain_sweep.figures import heatmap_axes
from quatrain_sweep.page import asset, script_data, write_page
from quatrain_sweep.rows import Rows, load, short, value_text


def _plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def _parts(rows: Rows, group: str, colours: dict[str, str], share: bool) -> list[dict[str, Any]]:
    return [
        {"column": f"{group}.{name}", "name": style.words(name), "colour": colour, "share": share}
        for name, colour in colours.items()
        if f"{group}.{name}" in rows.frame
    ]


def data(rows: Rows) -> dict[str, Any]:
    """What the page's script works on."""
    objectives = [name.removeprefix("-") for name in rows.objectives]
    rows.need([*objectives, rows.colour])
    kept = ["key", *rows.varied, *rows.figures]
    records = [{name: _plain(row[name]) for name in kept} for row in rows.frame[kept].to_dict("records")]
    values = {name: [_plain(v) for v in sorted(rows.frame[name].dropna().unique())] for name in rows.varied}
    times = {
        "pass": _parts(rows, "pass_share", style.PASS_COLOURS, True),
        "class": _parts(rows, "class_share", style.CLASS_COLOURS, True),
    }
    return {
        "rows": records,
        "varied": rows.varied,
        "values": values,
        "columns": {name: columns.title(name) for name in rows.figures},
        "shown": list(dict.fromkeys([*rows.varied, *objectives, rows.colour, *rows.shown, *_usual(rows)])),
        "objectives": rows.objectives,
        "x": objectives[0],
        "y": objectives[1] if len(objectives) > 1 else "area_mm2",
        "colour": rows.colour,
        "heat": list(heatmap_axes(rows)) if len(rows.varied) > 1 else [None, None],
        "components": _parts(rows, "energy", style.COMPONENT_COLOURS, False),
        "times": {name: parts for name, parts in times.items() if parts},
        "categories": style.CATEGORIES,
    }


def _usual(rows: Rows) -> list[str]:
    usual = (
        "seconds_per_epoch",
        "joules_per_epoch",
        "area_mm2",
        "utilisation",
        "picojoules_per_mac",
        "macs_per_byte",
    )
    return [name for name in usual if name in rows.figures]


def write_report(store: Path, where: str | None, target: Path) -> None:
    """Writes the report of a store, or of the rows that meet a condition."""
    rows = load(store, where)
    names = [name for name in rows.parameters if name in rows.failed]
    varied = [name for name in names if rows.failed[name].nunique(dropna=False) > 1]
    failures = [
        {
            "point": ", ".join(f"{short(name)} {value_text(row[name])}" for name in varied),
            "error": row["error"],
        }
        for row in rows.failed.to_dict("records")
    ]
    programs = rows.frame[["program_version", "program"]].drop_duplicates().itertuples(index=False)
    write_page(
        "sweep.html",
        target,
        title=rows.title,
        description=rows.description,
        rows=len(rows.frame),
        failed=len(rows.failed),
        failures=failures,
        program=", ".join(f"{version} (build {identity[:8]})" for version, identity in programs),
        data=script_data(data(rows)),
        script=Markup(asset("sweep.js")),
    )
