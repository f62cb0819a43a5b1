#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the errors of the even and the odd phase cancel: of the gradients themselves, and of dW with
one phase for both backward GEMMs and with two (Sun et al., NeurIPS 2020, 3.3).

Every batch is trained on by each recipe from the same weights; int4-fp16, whose gradients have 16
bits, is what the others are held against.
"""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from safetensors.numpy import load_file

import gradients
import program

REFERENCE = "int4-fp16"
RECIPES = {"fp4-no-tpr": "one phase", "fp4-tpr": "two phases"}


def phase_rows(layers: list[gradients.Layer]) -> list[tuple[Any, ...]]:
    """Per layer: squared error of each phase and of their mean, relative to the gradients' power,
    the correlation of the two errors, and the relative error of the mean magnitude."""
    rows = []
    for layer in layers:
        x = layer.scaled_gradient
        power = np.sum(x**2)
        even, odd = gradients.quantise(x) - x, gradients.quantise_odd(x) - x
        gain = [float(np.sum(error * x) / power) for error in (even, odd, (even + odd) / 2)]
        rows.append((
            layer.name,
            *(float(np.sum(error**2) / power) for error in (even, odd, (even + odd) / 2)),
            float(np.corrcoef(even, odd)[0, 1]),
            *gain,
        ))
    return rows


def weight_gradients(arguments: Any, recipe: str) -> list[dict[str, gradients.Array]]:
    """dW of every batch, by layer."""
    result = []
    for seed in range(1, arguments.batches + 1):
        names = "*.weight_gradient,*.input_gradient"
        tensors, _ = gradients.settled_step(arguments, recipe, seed, names)
        result.append({name.removesuffix(".weight_gradient"): value.astype(np.float64)
                       for name, value in load_file(tensors).items()
                       if name.endswith(".weight_gradient")})
        print(f"{recipe}: batch {seed} of {arguments.batches}", flush=True)
    return result


def error_rows(arguments: Any, layers: list[str]) -> list[tuple[Any, ...]]:
    """Per recipe and layer, of the error of dW, relative to the mean power of dW: the power of its
    mean over the batches (bias) and its variance over them; and the part of dW that is lost or won
    in its own direction (gain)."""
    reference = weight_gradients(arguments, REFERENCE)
    rows = []
    for recipe in RECIPES:
        made = weight_gradients(arguments, recipe)
        for layer in layers:
            exact = np.stack([batch[layer] for batch in reference])
            error = np.stack([batch[layer] for batch in made]) - exact
            power = float(np.mean(exact**2))
            variance = float(np.mean(np.var(error, axis=0, ddof=1))) / power
            # The mean of n batches has 1/n of the variance in it, which is no bias.
            bias = float(np.mean(np.mean(error, axis=0) ** 2)) / power - variance / len(error)
            gain = float(np.sum(error * exact) / np.sum(exact**2))
            rows.append((recipe, layer, bias, variance, gain))
    return rows


def draw(arguments: Any, rows: list[tuple[Any, ...]], layers: list[str]) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(11, 5), sharey=True)
    titles = ("bias^2 / power of dW [%]", "variance / power of dW [%]", "gain - 1 [%]")
    places = np.arange(len(layers))
    for column, (axis, title) in enumerate(zip(axes, titles, strict=True)):
        for shift, recipe in ((0.2, "fp4-no-tpr"), (-0.2, "fp4-tpr")):
            values = [100 * row[2 + column] for row in rows if row[0] == recipe]
            axis.barh(places + shift, values, height=0.4, color=program.COLOURS[recipe],
                      label=f"{RECIPES[recipe]} ({recipe})")
        axis.axvline(0, color="black", linewidth=0.6)
        axis.set_xlabel(title)
    axes[0].set_yticks(places, layers, fontsize=7)
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="upper center", ncol=2)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    program.save(figure, arguments.out / "phase-errors.svg")


def main() -> None:
    parser = program.parser(__doc__ or "")
    parser.add_argument("--weights", type=Path, required=True, help=".safetensors to start from")
    parser.add_argument("--batches", type=int, default=8)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = "*.weight_gradient,*.input_gradient"
    layers = gradients.scaled_layers(*gradients.settled_step(arguments, "fp4-tpr", 1, names))
    phases = phase_rows(layers)
    program.write_csv(
        arguments.out / "phase-gradients.csv",
        ("layer", "even_error", "odd_error", "error_of_mean", "correlation_of_errors", "even_gain",
         "odd_gain", "gain_of_mean"), phases)
    for row in phases:
        print(f"{row[0]:24} squared error even {100 * row[1]:5.2f} %, odd {100 * row[2]:5.2f} %, "
              f"of their mean {100 * row[3]:5.2f} %; correlation {row[4]:+.2f}")
    order = [layer.name for layer in layers]
    rows = error_rows(arguments, order)
    program.write_csv(arguments.out / "phase-errors.csv",
                      ("recipe", "layer", "relative_bias_squared", "relative_variance", "gain"),
                      rows)
    draw(arguments, rows, order)
    for recipe in RECIPES:
        own = [row for row in rows if row[0] == recipe]
        print(f"{recipe}: mean over layers: bias^2 {100 * np.mean([r[2] for r in own]):.2f} %, "
              f"variance {100 * np.mean([r[3] for r in own]):.2f} %, "
              f"gain {100 * np.mean([r[4] for r in own]):+.2f} %")


if __name__ == "__main__":
    main()
