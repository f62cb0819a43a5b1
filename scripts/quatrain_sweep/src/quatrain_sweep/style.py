# SPDX-License-Identifier: Apache-2.0
"""Colours and the look of figures: told apart by colour-blind eyes too."""

from typing import Any

import matplotlib

COMPONENT_COLOURS = {
    "mac_array": "#0072b2",
    "scaling_unit": "#56b4e9",
    "vector_unit": "#009e73",
    "buffers": "#e69f00",
    "dma": "#f0e442",
    "noc": "#cc79a7",
    "dram": "#d55e00",
    "leakage": "#999999",
    "clock": "#444444",
}
PASS_COLOURS = {
    "forward": "#0072b2",
    "backward_data": "#e69f00",
    "backward_weight": "#d55e00",
    "update": "#999999",
}
CLASS_COLOURS = {
    "array": "#0072b2",
    "mapping": "#56b4e9",
    "memory": "#d55e00",
    "batch_norm": "#e69f00",
    "other": "#999999",
    "optimiser": "#009e73",
}
CATEGORIES = ["#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#444444", "#f0e442"]
SCALE = "viridis"
"""Of colours for numbers."""

SETTINGS: Any = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.dpi": 120,
    "font.size": 9,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "svg.hashsalt": "quatrain",
}


def words(name: str) -> str:
    """A name of the reports in words."""
    return name.replace("_", " ")


def use() -> None:
    """Sets the look, and a backend that needs no display."""
    matplotlib.use("agg")
    matplotlib.rcParams.update(SETTINGS)
