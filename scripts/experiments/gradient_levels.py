#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gradients of real layers on the levels of FP4, and the squared error against the threshold factor
(Sun et al., NeurIPS 2020, Fig. 2(a) and 2(b))."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import gradients
import program

FACTORS = np.round(np.arange(1.0, 4.0001, 0.05), 2)


def relative_error(scaled: gradients.Array, factor: float) -> float:
    """Of the squared error of quantising, as a part of the gradients' power."""
    error = gradients.quantise(scaled, factor) - scaled
    return float(np.sum(error**2) / np.sum(scaled**2))


def draw_histogram(arguments: Any, layers: list[gradients.Layer]) -> None:
    chosen = [layers[0], layers[len(layers) // 2], layers[-1]]
    figure, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True)
    bins = np.arange(-10, 4.01, 0.25)
    rows: list[tuple[object, ...]] = []
    for axis, layer in zip(axes, chosen, strict=True):
        magnitude = np.abs(layer.scaled_gradient)
        logs = np.log(magnitude[magnitude > 0]) / np.log(4)
        counts, _ = np.histogram(np.clip(logs, bins[0], bins[-1] - 1e-9), bins)
        share = 100 * counts / len(magnitude)
        axis.bar(bins[:-1], share, width=0.25, align="edge", color="#0072b2")
        for level in range(-3, 4):
            axis.axvline(level, color="#d55e00", linewidth=0.8)
        axis.set(title=layer.name, xlabel="log4 of |gradient x GradScale|",
                 xticks=range(-10, 5, 2))
        rows += [(layer.name, float(low), float(part)) for low, part in
                 zip(bins[:-1], share, strict=True)]
        rows.append((layer.name, "zero", float(100 * np.mean(magnitude == 0))))
    axes[0].set_ylabel("share of the gradients [%]")
    figure.suptitle("Gradients of a step, and the levels of FP4 (orange)")
    figure.tight_layout()
    program.save(figure, arguments.out / "gradient-histogram.svg")
    program.write_csv(arguments.out / "gradient-histogram.csv",
                      ("layer", "log4_from", "share_percent"), rows)


def draw_thresholds(arguments: Any, layers: list[gradients.Layer]) -> None:
    figure, axes = plt.subplots(figsize=(6.5, 4))
    colours = plt.get_cmap("viridis")
    rows, best = [], []
    for i, layer in enumerate(layers):
        errors = [relative_error(layer.scaled_gradient, factor) for factor in FACTORS]
        rows += [(layer.name, float(f), e) for f, e in zip(FACTORS, errors, strict=True)]
        best.append((layer.name, float(FACTORS[int(np.argmin(errors))]), min(errors),
                     errors[int(np.argmin(np.abs(FACTORS - 1.6)))]))
        axes.plot(FACTORS, 100 * np.array(errors), color=colours(i / max(1, len(layers) - 1)),
                  linewidth=1, label=layer.name)
    axes.axvline(1.6, color="#d55e00", linewidth=1)
    axes.annotate("1.6", (1.6, axes.get_ylim()[1]), xytext=(3, -10), textcoords="offset points",
                  color="#d55e00")
    axes.set(xlabel="threshold factor", ylabel="squared error / power of the gradients [%]",
             ylim=(0, None))
    axes.legend(frameon=False, fontsize=6, bbox_to_anchor=(1.01, 1), loc="upper left")
    program.save(figure, arguments.out / "threshold-error.svg")
    program.write_csv(arguments.out / "threshold-error.csv",
                      ("layer", "factor", "relative_squared_error"), rows)
    program.write_csv(arguments.out / "threshold-best.csv",
                      ("layer", "best_factor", "error_there", "error_at_1.6"), best)
    for name, factor, error, at_paper in best:
        print(f"{name:24} least at {factor:.2f}: {100 * error:.2f} %; at 1.6 {100 * at_paper:.2f} %")


def main() -> None:
    parser = program.parser(__doc__ or "")
    parser.add_argument("--weights", type=Path, required=True, help=".safetensors to start from")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    layers = gradients.scaled_layers(
        *gradients.settled_step(arguments, "fp4-tpr", 1, "*.input_gradient"))
    draw_histogram(arguments, layers)
    draw_thresholds(arguments, layers)


if __name__ == "__main__":
    main()
