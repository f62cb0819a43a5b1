# SPDX-License-Identifier: Apache-2.0
"""The columns of a row: what each is, and its unit. All else in a row is a parameter of the point."""

import difflib
from dataclasses import dataclass

COMPONENTS = ("mac_array", "scaling_unit", "vector_unit", "buffers", "dma", "noc", "dram", "leakage", "clock")
PASSES = ("forward", "backward_data", "backward_weight", "update")
CLASSES = ("array", "mapping", "memory", "batch_norm", "other", "optimiser")


@dataclass(frozen=True)
class Column:
    """A figure of a row. `unit` is empty for ratios and counts of things."""

    label: str
    unit: str = ""

    @property
    def title(self) -> str:
        return f"{self.label} [{self.unit}]" if self.unit else self.label


FIGURES: dict[str, Column] = {
    "seconds_per_epoch": Column("time of an epoch", "s"),
    "joules_per_epoch": Column("energy of an epoch", "J"),
    "joules_per_epoch_low": Column("energy of an epoch, low", "J"),
    "joules_per_epoch_high": Column("energy of an epoch, high", "J"),
    "seconds_per_step": Column("time of a step", "s"),
    "cycles": Column("cycles of a step", "cycles"),
    "joules_per_image": Column("energy of an image", "J"),
    "picojoules_per_mac": Column("energy of a MAC", "pJ"),
    "area_mm2": Column("silicon", "mm2"),
    "area_low_mm2": Column("silicon, low", "mm2"),
    "area_high_mm2": Column("silicon, high", "mm2"),
    "array_mm2": Column("silicon of the array", "mm2"),
    "macs": Column("MACs of a step", "MACs"),
    "images_per_epoch": Column("images of an epoch", "images"),
    "steps_per_epoch": Column("steps of an epoch", "steps"),
    "gated_fraction": Column("share of multipliers gated"),
    "utilisation": Column("utilisation of the array"),
    "dram_bytes": Column("DRAM traffic of a step", "bytes"),
    "macs_per_byte": Column("MACs per byte of DRAM traffic", "MACs/byte"),
    "macs_per_cycle": Column("MACs per cycle", "MACs/cycle"),
    "peak_macs_per_cycle": Column("peak of the array in the step's precisions", "MACs/cycle"),
    "peak_dram_bytes_per_cycle": Column("peak of the DRAM", "bytes/cycle"),
    **{f"energy.{name}": Column(f"{name.replace('_', ' ')}, energy of an epoch", "J") for name in COMPONENTS},
    **{f"pass_share.{name}": Column(f"{name.replace('_', ' ')}, share of the cycles") for name in PASSES},
    **{f"class_share.{name}": Column(f"{name.replace('_', ' ')}, share of the cycles") for name in CLASSES},
    "host_seconds": Column("host time of the point", "s"),
}

BOOKKEEPING = (
    "key",
    "status",
    "error",
    "transient",
    "sweep",
    "program_version",
    "program",
    "host",
    "finished",
    "report",
)
"""Columns that say where a row is from; `report` is the JSON of `quatrain compare`."""


def title(name: str, units: dict[str, str] | None = None) -> str:
    """The heading of a column: its label and its unit in brackets; of a parameter its own name."""
    if name in FIGURES:
        return FIGURES[name].title
    unit = (units or {}).get(name, "")
    return f"{name} [{unit}]" if unit else name


def heading(name: str, units: dict[str, str] | None = None) -> str:
    """The heading of a column in a table: its name and its unit in brackets."""
    unit = FIGURES[name].unit if name in FIGURES else (units or {}).get(name, "")
    return f"{name} [{unit}]" if unit else name


def require(name: str) -> None:
    """Raises ValueError where no row has such a figure."""
    if name not in FIGURES:
        near = difflib.get_close_matches(name, FIGURES, 1)
        hint = f"; is '{near[0]}' meant?" if near else ""
        raise ValueError(f"'{name}' is no figure of a row{hint}")
