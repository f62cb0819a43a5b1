# SPDX-License-Identifier: Apache-2.0
"""A point's row, by the simulator.

`quatrain compare` of the single point is the source of time, energy and area: it computes an epoch as the
tables of docs/compare.md do, with gated multipliers (`activity_batch`) and the straight line through two
steps (`scale_from`). It knows neither passes nor traffic to DRAM, so `quatrain run` times a step for those,
unless `passes: false`.
"""

import json
import time
from typing import Any

from quatrain_sweep.columns import COMPONENTS, PASSES
from quatrain_sweep.point import Point
from quatrain_sweep.program import Program

Row = dict[str, Any]


def _common(point: Point) -> list[str]:
    arguments = [
        "--threads",
        "1",
        "--network",
        point.choice("network"),
        "--arch",
        point.choice("architecture"),
    ]
    arguments += ["--recipe", point.choice("recipe"), "--seed", point.choice("seed")]
    arguments += ["--pass", point.options.pass_, "--batch-norm", point.options.batch_norm]
    arguments += ["--mapper", point.choice("mapper"), "--mapper-objective", point.options.mapper_objective]
    arguments += ["--mapper-dataflow", point.options.mapper_dataflow]
    arguments += ["--dataset", point.options.dataset]
    for name, value in point.overrides.items():
        arguments += ["--set", f"{name}={value}"]
    return arguments


def compare_arguments(point: Point) -> list[str]:
    """The command line of `quatrain compare` that measures the point."""
    arguments = ["compare", *_common(point), "--batch", point.choice("batch")]
    arguments += ["--activity-batch", str(point.options.activity_batch)]
    if point.options.scale_from is not None:
        arguments += ["--scale-from", str(point.options.scale_from)]
    if point.options.dataset_size is not None:
        arguments += ["--dataset-size", str(point.options.dataset_size)]
    return arguments


def run_arguments(point: Point) -> list[str]:
    """The command line of `quatrain run` that times its step, or the step that the line begins at."""
    batch = int(point.choice("batch"))
    if point.options.scale_from is not None:
        batch = min(batch, point.options.scale_from)
    return ["run", *_common(point), "--numerics", "off", "--batch", str(batch)]


def row_of_compare(report: dict[str, Any]) -> Row:
    """The figures of the only point of a report of `compare`."""
    (entry,) = report["points"]
    epoch, machine = entry["epoch"], entry["machine"]
    row: Row = {
        "seconds_per_epoch": float(epoch["seconds"]),
        "joules_per_epoch": float(epoch["joules"]),
        "joules_per_epoch_low": float(epoch["joules_low"]),
        "joules_per_epoch_high": float(epoch["joules_high"]),
        "seconds_per_step": float(entry["seconds"]),
        "cycles": int(entry["cycles"]),
        "joules_per_image": float(entry["joules_per_image"]),
        "picojoules_per_mac": float(entry["picojoules_per_mac"]),
        "area_mm2": float(machine["area_mm2"]),
        "area_low_mm2": float(machine["area_low_mm2"]),
        "area_high_mm2": float(machine["area_high_mm2"]),
        "array_mm2": float(machine["array_mm2"]),
        "macs": int(entry["macs"]),
        "images_per_epoch": int(epoch["images"]),
        "steps_per_epoch": float(epoch["steps"]),
        "gated_fraction": None if entry["gated_fraction"] is None else float(entry["gated_fraction"]),
    }
    row["macs_per_cycle"] = row["macs"] / row["cycles"]
    joules = epoch["joules"] / entry["energy_pj"]["total"]
    for component in COMPONENTS:
        row[f"energy.{component}"] = float(entry["energy_pj"][component]) * joules
    for name, cycles in entry["cycles_by_class"].items():
        row[f"class_share.{name}"] = cycles / entry["cycles"]
    return row


def row_of_run(report: dict[str, Any]) -> Row:
    """What a report of `run` adds: passes, traffic to DRAM, and the two roofs."""
    totals = report["totals"]
    cycles, macs = totals["cycles"], totals["macs"]
    moved = totals["dram_read_bytes"] + totals["dram_write_bytes"]
    row: Row = {
        "utilisation": float(totals["utilisation"]),
        "dram_bytes": int(moved),
        "macs_per_byte": macs / moved if moved else None,
        "peak_macs_per_cycle": macs / (cycles * totals["utilisation"]) if totals["utilisation"] else None,
        "peak_dram_bytes_per_cycle": None,
    }
    if report["memory"] is not None:
        period_seconds = report["architecture"]["clock_period_ps"] * 1e-12
        row["peak_dram_bytes_per_cycle"] = report["memory"]["peak_bytes_per_second"] * period_seconds
    shares = dict.fromkeys(PASSES, 0)
    for layer in report["layers"]:
        shares[layer["pass"]] += layer["cycles"]
    for name, spent in shares.items():
        row[f"pass_share.{name}"] = spent / cycles
    return row


def measure(program: Program, point: Point) -> Row:
    """The figures of a point. Raises ProgramFailure."""
    began = time.monotonic()
    limit = point.options.time_limit_seconds
    report = program.report(compare_arguments(point), point.folder, limit)
    row = row_of_compare(report)
    if point.options.passes:
        row |= row_of_run(program.report(run_arguments(point), point.folder, limit))
    row["host_seconds"] = time.monotonic() - began
    row["report"] = json.dumps(report, separators=(",", ":"))
    return row
