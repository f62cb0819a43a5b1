# SPDX-License-Identifier: Apache-2.0
"""Which layer each row of a `run` report belongs to, and what a layer costs in all its passes."""

from dataclasses import dataclass, field
from typing import Any

from quatrain_sweep.columns import COMPONENTS, PASSES


def weighted_layers(rows: list[dict[str, Any]]) -> set[str]:
    """Layers with weights: those that are updated, or in inference those with MACs."""
    updated = {row["name"] for row in rows if row["pass"] == "update" and row["operator"] == "sgd"}
    return updated or {row["name"] for row in rows if row["macs"]}


def owners(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The layer that each name of a row is charged to.

    Of fused operators, `a+b`, it is the first that has weights, else the first. A name of its own without
    weights belongs where it is fused.
    """
    weighted = weighted_layers(rows)
    found: dict[str, str] = {}
    for row in rows:
        parts = row["name"].split("+")
        found[row["name"]] = next((part for part in parts if part in weighted), parts[0])
    for name in [name for name in found if "+" in name]:
        for part in name.split("+"):
            if found.get(part) == part and part not in weighted:
                found[part] = found[name]
    return found


@dataclass
class Layer:
    """A layer in all its passes. Cycles by pass, picojoules by component, rows as the report has them."""

    name: str
    cycles: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PASSES, 0))
    energy_pj: dict[str, float] = field(default_factory=lambda: dict.fromkeys(COMPONENTS, 0.0))
    stalls: int = 0
    macs: int = 0
    dram_bytes: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def all_cycles(self) -> int:
        return sum(self.cycles.values())

    @property
    def total_pj(self) -> float:
        return sum(self.energy_pj.values())

    def quality_db(self, which: str) -> float | None:
        """The least SQNR of its GEMMs in a pass, of its other rows where it has none."""
        rows = [row for row in self.rows if row["pass"] == which and row["sqnr_db"] is not None]
        gemms = [row for row in rows if row["macs"]]
        return min((float(row["sqnr_db"]) for row in gemms or rows), default=None)


def by_layer(report: dict[str, Any]) -> list[Layer]:
    """The layers of a `run` report in the order in which they first compute."""
    rows = report["layers"]
    owner = owners(rows)
    layers: dict[str, Layer] = {}
    # Scalars of all activations are prepared first; what they belong to computes later.
    for row in sorted(rows, key=lambda row: bool(row["operator"] == "activation_scale")):
        name = owner[row["name"]]
        layer = layers.setdefault(name, Layer(name))
        layer.rows.append(row)
        layer.macs += row["macs"]
        layer.cycles[row["pass"]] += row["cycles"] or 0
        layer.stalls += sum((row["stalls"] or {}).values())
        layer.dram_bytes += (row["dram_read_bytes"] or 0) + (row["dram_write_bytes"] or 0)
        for component in COMPONENTS:
            layer.energy_pj[component] += row["energy_pj"][component]
    return list(layers.values())
