# SPDX-License-Identifier: Apache-2.0
"""Reports of `run`, `compare` and `train` side by side: a column for each run or point."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quatrain_sweep.columns import COMPONENTS
from quatrain_sweep.style import words

Figures = dict[str, float | int | str | None]


@dataclass(frozen=True)
class Subject:
    """One run, or one point of a comparison, by its figures; names carry their units."""

    label: str
    figures: Figures


def _machine(architecture: dict[str, Any]) -> Figures:
    array = architecture["core"]["array"]
    lanes = {f"lanes of {bits} bits": array[f"lanes_{bits}bit"] for bits in (4, 8, 16, 32)}
    return {
        "machine": architecture["name"],
        "cores": architecture["cores"],
        "array rows [PE]": array["rows"],
        "array columns [PE]": array["cols"],
        **lanes,
    }


def _energy(energies: dict[str, float]) -> Figures:
    parts = {f"  {words(name)} [uJ]": energies[name] * 1e-6 for name in COMPONENTS}
    return {"energy of a step [uJ]": energies["total"] * 1e-6, **parts}


def _of_run(report: dict[str, Any]) -> Figures:
    totals = report["totals"]
    faults, golden = report["numeric_faults"], report["golden"]
    figures: Figures = {
        "network": report["network"]["name"],
        "recipe": report["recipe"]["name"],
        "technology": report["technology"]["name"],
        "batch": report["batch"],
        "pass": report["pass"],
        "seed": report["seed"],
        **_machine(report["architecture"]),
        "silicon [mm2]": totals["area_mm2"],
        "cycles of a step": totals["cycles"],
        "time of a step [ms]": None if totals["seconds"] is None else totals["seconds"] * 1e3,
        "utilisation [%]": None if totals["utilisation"] is None else 100 * totals["utilisation"],
        "MACs of a step [M]": totals["macs"] * 1e-6,
        **_energy(totals["energy_pj"]),
        "  at the low end [uJ]": totals["energy_low_pj"]["total"] * 1e-6,
        "  at the high end [uJ]": totals["energy_high_pj"]["total"] * 1e-6,
        "energy of a MAC [pJ]": totals["energy_pj"]["total"] / totals["macs"] if totals["macs"] else None,
        "DRAM read [MB]": totals["dram_read_bytes"] * 1e-6,
        "DRAM written [MB]": totals["dram_write_bytes"] * 1e-6,
        "loss": totals["loss"],
        "bits that differ from the reference": golden["mismatches"] if golden["elements"] else None,
        "numeric faults": sum(faults[kind] for kind in ("nan", "infinity")),
    }
    if report["memory"] is not None:
        figures["DRAM bus busy [%]"] = 100 * report["memory"]["all_channels"]["bus_utilisation"]
    return figures


def _of_point(point: dict[str, Any]) -> Figures:
    machine, epoch = point["machine"], point["epoch"]
    lanes = {f"lanes of {bits} bits": machine[f"lanes_{bits}bit"] for bits in (4, 8, 16, 32)}
    classes = {
        f"  {words(name)} [%]": 100 * part / point["cycles"]
        for name, part in point["cycles_by_class"].items()
    }
    gated = point["gated_fraction"]
    return {
        "network": point["network"],
        "recipe": point["recipe"],
        "technology": point["technology"],
        "batch": point["batch"],
        "machine": machine["name"],
        "cores": machine["cores"],
        "array rows [PE]": machine["rows"],
        "array columns [PE]": machine["cols"],
        **lanes,
        "silicon [mm2]": machine["area_mm2"],
        "cycles of a step": point["cycles"],
        "time of a step [ms]": point["seconds"] * 1e3,
        "cycles by class [%]": "",
        **classes,
        "MACs of a step [M]": point["macs"] * 1e-6,
        "multipliers gated [%]": None if gated is None else 100 * gated,
        **_energy(point["energy_pj"]),
        "  at the low end [uJ]": point["energy_low_pj"]["total"] * 1e-6,
        "  at the high end [uJ]": point["energy_high_pj"]["total"] * 1e-6,
        "energy of a MAC [pJ]": point["picojoules_per_mac"],
        "images of an epoch": epoch["images"],
        "time of an epoch [s]": epoch["seconds"],
        "energy of an epoch [J]": epoch["joules"],
        "energy of an epoch, low [J]": epoch["joules_low"],
        "energy of an epoch, high [J]": epoch["joules_high"],
    }


def _of_training(report: dict[str, Any]) -> Figures:
    epochs = report["epochs"]
    timed = [epoch for epoch in epochs if epoch["energy_j"] is not None]
    last = epochs[-1] if epochs else {}
    return {
        "network": report["network"],
        "recipe": report["recipe"],
        "technology": report["technology"],
        "batch": report["batch"],
        "seed": report["seed"],
        "machine": report["architecture"],
        "epochs": len(epochs),
        "steps of an epoch": report["steps_per_epoch"],
        "loss of the last epoch": last.get("loss"),
        "accuracy in training [%]": _percent(last.get("train_accuracy")),
        "accuracy on test images [%]": _percent(last.get("test_accuracy")),
        "time of an epoch [s]": timed[-1]["accelerator_seconds"] if timed else None,
        "energy of an epoch [J]": timed[-1]["energy_j"]["total"] if timed else None,
        "time of the training [s]": sum(e["accelerator_seconds"] for e in timed) if timed else None,
        "energy of the training [J]": sum(e["energy_j"]["total"] for e in timed) if timed else None,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def subjects(file: Path, report: dict[str, Any]) -> list[Subject]:
    """The runs or points of one report, named by its file where there is one, else by their labels too."""
    if report["command"] == "compare":
        many = len(report["points"]) > 1
        return [
            Subject(f"{file.stem}: {point['label']}" if many else file.stem, _of_point(point))
            for point in report["points"]
        ]
    of: Callable[[dict[str, Any]], Figures] = _of_run if report["command"] == "run" else _of_training
    return [Subject(file.stem, of(report))]


def side_by_side(found: list[Subject]) -> tuple[list[str], list[list[object]]]:
    """Headings and rows: a row for each figure that any subject has, in the order of the fullest subject."""
    names: dict[str, None] = {}
    for subject in sorted(found, key=lambda one: -len(one.figures)):
        names |= dict.fromkeys(subject.figures)
    rows: list[list[object]] = [[name, *(subject.figures.get(name) for subject in found)] for name in names]
    kept = [
        row for row in rows if row[0] == "cycles by class [%]" or any(cell is not None for cell in row[1:])
    ]
    return ["", *(subject.label for subject in found)], kept
