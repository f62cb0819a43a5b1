# SPDX-License-Identifier: Apache-2.0
"""Runs `quatrain train` and reads what it writes; the look of the figures."""

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = {
    "fp32": "#222222",
    "fp4-tpr": "#0072b2",
    "fp4-no-tpr": "#d55e00",
    "fp4-apex": "#009e73",
    "int4-fp16": "#cc79a7",
}


def parser(description: str) -> argparse.ArgumentParser:
    """Arguments that every experiment has."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--program", default="build/release/quatrain")
    result.add_argument("--dataset", required=True, help="mnist:DIR or cifar10:DIR")
    result.add_argument("--network", required=True)
    result.add_argument("--work", type=Path, required=True, help="folder for checkpoints and logs")
    result.add_argument("--out", type=Path, required=True, help="folder for CSV and SVG")
    result.add_argument("--threads", type=int, default=1, help="of the host, for one run")
    return result


def train(program: str, arguments: Sequence[str]) -> None:
    """Runs `quatrain train`; ends the script with the program's own message if it fails."""
    command = [program, "train", *arguments, "--timing", "off", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")


def recipe_arguments(recipe: str) -> list[str]:
    """A recipe, and the array that it needs."""
    wide = ["--set", "core.array.lanes_32bit=1"] if recipe.endswith("fp32") else []
    return ["--recipe", recipe, *wide]


def epochs(log: Path) -> list[dict[str, Any]]:
    """The lines of a log behind its head."""
    return [json.loads(line) for line in log.read_text().splitlines()[1:]]


def write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows with six significant digits."""
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([f"{x:.6g}" if isinstance(x, float) else x for x in row])


def save(figure: Any, file: Path) -> None:
    """An SVG that is the same for the same numbers."""
    plt.rcParams["svg.hashsalt"] = "quatrain"
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
