# SPDX-License-Identifier: Apache-2.0
"""Gradients of real steps, and the FP4 quantiser as the paper writes it (Sun et al., NeurIPS 2020,
Fig. 2(c)), in NumPy: a third form beside the machine's and the golden reference's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

import program

Array = npt.NDArray[np.float64]

# Steps with a learning rate that changes no weight, in which the scales of the gradients settle.
SETTLING_STEPS = 14
NO_LEARNING = "1e-30"


@dataclass(frozen=True)
class Layer:
    """A layer whose gradients are quantised: those at its output, times its GradScale."""

    name: str
    scaled_gradient: Array


def batch_norm_behind(layer: str) -> str:
    """Where torchvision's names put the batch norm of a convolution."""
    head, _, last = layer.rpartition(".")
    return f"{head}.1" if last == "0" else f"{head}.{last.replace('conv', 'bn')}"


def settled_step(arguments: Any, recipe: str, seed: int, names: str) -> tuple[Path, Path]:
    """Runs steps on the weights of --weights; returns the tensors of the last one, and the log."""
    folder = arguments.work / f"{recipe}-{seed}"
    tensors, log = folder / "tensors.safetensors", folder / "log.jsonl"
    if not tensors.exists():
        folder.mkdir(parents=True, exist_ok=True)
        program.train(
            arguments.program,
            [
                *program.recipe_arguments(recipe),
                *["--network", arguments.network, "--dataset", arguments.dataset],
                *["--import", str(arguments.weights), "--lr", NO_LEARNING, "--augment", "off"],
                *["--steps", str(SETTLING_STEPS), "--evaluate", "off", "--seed", str(seed)],
                *["--threads", str(arguments.threads), "--log", str(log)],
                *["--tensors", str(tensors), "--tensor-names", names],
            ],
        )
    return tensors, log


def scaled_layers(tensors: Path, log: Path) -> list[Layer]:
    """The layers with a GradScale, in network order."""
    content = load_file(tensors)
    layers = []
    for row in program.epochs(log)[-1]["gradscale"]:
        gradient = content[batch_norm_behind(row["layer"]) + ".input_gradient"]
        scaled = gradient.astype(np.float64).ravel() * 2.0 ** row["log2_scale"]
        layers.append(Layer(row["layer"], scaled))
    return layers


def quantise(x: Array, factor: float = 1.6) -> Array:
    """y = factor * x; e = floor(log4 |y|); 0 below -3, +-64 from 3 on, else +-4^e."""
    _, exponent = np.frexp(factor * np.abs(x))  # |y| = m * 2^exponent, m in [1/2, 1)
    level = np.minimum(np.floor_divide(exponent - 1, 2), 3)
    value = np.where((level < -3) | (x == 0), 0.0, 4.0**level)
    return np.copysign(value, x)


def quantise_odd(x: Array) -> Array:
    """odd(x) = even(2 x) / 2."""
    return quantise(2 * x) / 2
