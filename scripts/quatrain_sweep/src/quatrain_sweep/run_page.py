# SPDX-License-Identifier: Apache-2.0
"""The report of one `quatrain run`: which layer costs what, when, and why."""

from typing import Any

from quatrain_sweep import run_figures
from quatrain_sweep.layers import Layer, by_layer
from quatrain_sweep.run_figures import milliseconds
from quatrain_sweep.section import Card, Page, Section, Table, cell


def _cards(report: dict[str, Any]) -> list[Card]:
    totals, golden, faults = report["totals"], report["golden"], report["numeric_faults"]
    energy, low, high = (
        totals[name]["total"] * 1e-9 for name in ("energy_pj", "energy_low_pj", "energy_high_pj")
    )
    cards = []
    if totals["cycles"] is not None:
        cards += [
            Card("time of the step", f"{totals['seconds'] * 1e3:,.4g} ms"),
            Card("cycles", f"{totals['cycles']:,}"),
            Card("utilisation of the array", f"{100 * totals['utilisation']:.1f} %"),
        ]
    cards += [
        Card(f"energy [{low:,.3g} .. {high:,.3g}]", f"{energy:,.4g} mJ"),
        Card("MACs", f"{totals['macs'] * 1e-6:,.4g} M"),
        Card(
            "DRAM read + written",
            f"{(totals['dram_read_bytes'] + totals['dram_write_bytes']) * 1e-6:,.4g} MB",
        ),
        Card("silicon", f"{totals['area_mm2']:,.3g} mm2"),
    ]
    if totals["loss"] is not None:
        cards.append(Card("loss", f"{totals['loss']:.4g}"))
    if golden["elements"]:
        wrong = golden["mismatches"]
        cards.append(
            Card(f"differ, of {golden['elements']:,} compared", f"{wrong:,} elements", bad=wrong > 0)
        )
    if bad := faults["nan"] + faults["infinity"]:
        cards.append(Card("numeric faults", f"{bad:,}", bad=True))
    if not report["complete"]:
        cards.append(Card("interrupted", "incomplete", bad=True))
    return cards


def _table(report: dict[str, Any], layers: list[Layer]) -> Section:
    headings = [
        "layer",
        "time [ms]",
        "time [%]",
        "energy [uJ]",
        "energy [%]",
        "MACs [M]",
        "DRAM [MB]",
        "stalls [cycles]",
    ]
    cycles, energy = report["totals"]["cycles"] or 0, report["totals"]["energy_pj"]["total"]
    rows = []
    longest = max((layer.all_cycles for layer in layers), default=0)
    dearest = max((layer.total_pj for layer in layers), default=0.0)
    for layer in sorted(layers, key=lambda layer: (-layer.all_cycles, -layer.total_pj)):
        time_share = 100 * layer.all_cycles / cycles if cycles else None
        rows.append(
            [
                cell(layer.name),
                cell(milliseconds(report, layer.all_cycles)),
                cell(time_share, 100 * longest / cycles if cycles else None),
                cell(layer.total_pj * 1e-6),
                cell(
                    100 * layer.total_pj / energy if energy else None,
                    100 * dearest / energy if energy else None,
                ),
                cell(layer.macs * 1e-6),
                cell(layer.dram_bytes * 1e-6),
                cell(layer.stalls),
            ]
        )
    return Section(
        "Layers, the longest first",
        "All passes of a layer. Click a heading to sort.",
        table=Table(headings, rows),
    )


def page(report: dict[str, Any]) -> Page:
    """All that a `run` report has."""
    layers = by_layer(report)
    timed = report["totals"]["cycles"] is not None
    sections: list[Section | None] = [_table(report, layers)]
    if timed:
        sections += [
            run_figures.time_by_layer(report, layers),
            run_figures.energy_by_layer(layers),
            run_figures.timeline(report, layers),
            run_figures.utilisation(report),
        ]
        sections += [run_figures.roofline(report), run_figures.energy_by_component(report)]
    else:
        sections += [run_figures.energy_by_layer(layers), run_figures.energy_by_component(report)]
    sections.append(run_figures.quality(layers))
    sections += run_figures.gradscale(report["gradscale"])
    totals = report["totals"]
    sections.append(
        run_figures.sensitivity(
            totals["energy_sensitivity"],
            "total_low_pj",
            "total_high_pj",
            totals["energy_pj"]["total"],
            half=False,
        )
    )
    name, machine, recipe = report["network"]["name"], report["architecture"], report["recipe"]["name"]
    description = (
        f"{report['pass']} step of {report['batch']} images on {machine['name']} ({machine['description']}), "
    )
    description += f"{report['technology']['name']}, seed {report['seed']}; simulator {report['version']}."
    return Page(
        f"{name}, {recipe}", description, _cards(report), [part for part in sections if part is not None]
    )
