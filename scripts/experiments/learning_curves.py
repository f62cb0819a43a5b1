#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Learning curves of recipes, final accuracies, and GradScale by layer over training.

Every run goes in pieces of --interval steps, each of which goes on from the checkpoint of the one
before: the curves have a point per piece, and an experiment that was stopped goes on where it was.
"""

import statistics
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import ticker

import program

IMAGES = {"mnist": 60_000, "cifar10": 50_000}
TESTED = 10_000


@dataclass(frozen=True)
class Run:
    recipe: str
    seed: int


def piece(arguments: Any, run: Run, steps: int, per_epoch: int) -> dict[str, Any]:
    """Trains up to `steps` steps in all; returns the report of the epoch in progress."""
    folder = arguments.work / f"{run.recipe}-{run.seed}"
    log = folder / f"{steps:06}.jsonl"
    if not log.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / "piece.jsonl"
        fresh.unlink(missing_ok=True)
        resume = ["--resume"] if (folder / "checkpoint.safetensors").exists() else []
        program.train(
            arguments.program,
            [
                *program.recipe_arguments(run.recipe),
                *["--network", arguments.network, "--dataset", arguments.dataset],
                *["--epochs", str(arguments.epochs), "--steps", str(steps)],
                *["--batch", str(arguments.batch), "--lr", str(arguments.lr)],
                *["--schedule", "cosine", "--warm-up", str(arguments.warm_up)],
                *["--seed", str(run.seed), "--threads", str(arguments.threads)],
                *["--evaluate", "on" if steps % per_epoch == 0 else "off"],
                *["--checkpoint", str(folder), "--log", str(fresh), *resume],
            ],
        )
        fresh.rename(log)
    return program.epochs(log)[-1]


def curve(arguments: Any, run: Run) -> list[dict[str, Any]]:
    """A point per piece: the mean loss and accuracy of its own steps."""
    per_epoch = IMAGES[arguments.dataset.split(":")[0]] // arguments.batch
    stops = {min(step, per_epoch) for step in range(arguments.interval, per_epoch, arguments.interval)}
    points = []
    for epoch in range(arguments.epochs):
        before = {"loss": 0.0, "train_accuracy": 0.0}
        steps_before = 0
        for stop in sorted(stops | {per_epoch}):
            report = piece(arguments, run, epoch * per_epoch + stop, per_epoch)
            sums = {key: report[key] * report["steps"] for key in before}
            steps = report["steps"] - steps_before
            points.append(
                {
                    "epoch": epoch + stop / per_epoch,
                    **{key: (sums[key] - before[key]) / steps for key in before},
                    "test_accuracy": report["test_accuracy"],
                    "gradscale": report["gradscale"],
                    "images_per_second": report["simulator"]["images_per_second"],
                }
            )
            before, steps_before = sums, report["steps"]
            print(f"{run.recipe} seed {run.seed}: epoch {points[-1]['epoch']:.2f} of "
                  f"{arguments.epochs}, loss {points[-1]['loss']:.3f}", flush=True)
    return points


def draw_curves(arguments: Any, curves: dict[Run, list[dict[str, Any]]]) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    for run, points in curves.items():
        colour = program.COLOURS.get(run.recipe)
        first = run.seed == arguments.seeds[0]
        x = [point["epoch"] for point in points]
        left.plot(x, [point["loss"] for point in points], color=colour, linewidth=1.2,
                  label=run.recipe if first else None)
        tested = [point for point in points if point["test_accuracy"] is not None]
        right.plot([point["epoch"] for point in tested],
                   [100 * point["test_accuracy"] for point in tested], color=colour, marker="o",
                   markersize=3, linewidth=1.2, label=run.recipe if first else None)
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    left.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    left.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    left.yaxis.set_minor_formatter(ticker.NullFormatter())
    right.set(xlabel="epoch", ylabel="test accuracy [%]")
    right.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
    left_end, right_end = right.get_xlim()
    right.set_xlim(min(left_end, 0.5), max(right_end, 1.5))  # a single epoch is a point, not a range
    right.legend(frameon=False)
    figure.suptitle(f"{arguments.network}, batch {arguments.batch}, "
                    f"{len(arguments.seeds)} seed{'s' if len(arguments.seeds) > 1 else ''}")
    figure.tight_layout()
    program.save(figure, arguments.out / f"{arguments.name}-curves.svg")


def draw_gradscale(arguments: Any, points: list[dict[str, Any]], recipe: str) -> None:
    layers = [row["layer"] for row in points[0]["gradscale"]]
    scales = np.array([[point["gradscale"][i]["log2_scale"] for point in points]
                       for i in range(len(layers))])
    figure, axes = plt.subplots(figsize=(7, 0.9 + 0.2 * len(layers)))
    steps = scales.max() - scales.min() + 1
    image = axes.imshow(scales, aspect="auto", interpolation="nearest",
                        extent=(0, points[-1]["epoch"], len(layers) - 0.5, -0.5),
                        cmap=plt.get_cmap("viridis", int(steps)),
                        vmin=scales.min() - 0.5, vmax=scales.max() + 0.5)
    axes.set_yticks(range(len(layers)), layers, fontsize=7)
    axes.set(xlabel="epoch", title=f"GradScale by layer: {arguments.network}, {recipe}")
    figure.colorbar(image, label="log2 of GradScale",
                    ticks=range(int(scales.min()), int(scales.max()) + 1))
    program.save(figure, arguments.out / f"{arguments.name}-gradscale.svg")


def write_tables(arguments: Any, curves: dict[Run, list[dict[str, Any]]]) -> None:
    rows = [
        (run.recipe, run.seed, point["epoch"], point["loss"], point["train_accuracy"],
         "" if point["test_accuracy"] is None else point["test_accuracy"])
        for run, points in curves.items()
        for point in points
    ]
    program.write_csv(arguments.out / f"{arguments.name}-curves.csv",
                      ("recipe", "seed", "epoch", "loss", "train_accuracy", "test_accuracy"), rows)
    scales = [
        (run.recipe, run.seed, point["epoch"], row["layer"], row["log2_scale"], row["max_abs"],
         row["underflow_fraction"], row["overflow_fraction"])
        for run, points in curves.items()
        for point in points
        for row in point["gradscale"]
    ]
    program.write_csv(arguments.out / f"{arguments.name}-gradscale.csv",
                      ("recipe", "seed", "epoch", "layer", "log2_scale", "max_abs",
                       "underflow_fraction", "overflow_fraction"), scales)


def write_finals(arguments: Any, curves: dict[Run, list[dict[str, Any]]]) -> None:
    """Accuracy in the end: mean over seeds, its standard error, and the difference to the first
    recipe. One seed has no spread over seeds: the error is then that of counting test images."""
    by_recipe: dict[str, list[float]] = defaultdict(list)
    for run, points in curves.items():
        by_recipe[run.recipe].append(100 * points[-1]["test_accuracy"])
    base = statistics.mean(by_recipe[arguments.recipes[0]])
    rows = []
    for recipe, accuracies in by_recipe.items():
        mean = statistics.mean(accuracies)
        counting = (mean * (100 - mean) / TESTED / len(accuracies)) ** 0.5
        over_seeds = (statistics.stdev(accuracies) / len(accuracies) ** 0.5
                      if len(accuracies) > 1 else "")
        rows.append((recipe, len(accuracies), mean, over_seeds, counting, mean - base))
        print(f"{recipe:12} {mean:6.2f} %, difference {mean - base:+.2f} points")
    program.write_csv(arguments.out / f"{arguments.name}-final.csv",
                      ("recipe", "seeds", "test_accuracy_percent", "standard_error_over_seeds",
                       "standard_error_of_counting", "difference_to_first_points"), rows)


def main() -> None:
    parser = program.parser(__doc__ or "")
    parser.add_argument("--name", required=True, help="of the files in --out")
    parser.add_argument("--recipes", nargs="+", required=True, help="the first is the base")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--warm-up", type=int, default=0, help="epochs")
    parser.add_argument("--interval", type=int, default=130, help="steps of a piece")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    runs = [Run(recipe, seed) for seed in arguments.seeds for recipe in arguments.recipes]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        curves = dict(zip(runs, pool.map(lambda run: curve(arguments, run), runs), strict=True))
    write_tables(arguments, curves)
    write_finals(arguments, curves)
    draw_curves(arguments, curves)
    scaled = [run for run in runs if curves[run][0]["gradscale"]]
    if scaled:
        draw_gradscale(arguments, curves[scaled[0]], scaled[0].recipe)


if __name__ == "__main__":
    main()
