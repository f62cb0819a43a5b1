# SPDX-License-Identifier: Apache-2.0
"""The commands that read a store, as a person runs them."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib.image
import pytest

from quatrain_sweep import style
from quatrain_sweep.figures import KINDS, Choice
from quatrain_sweep.pareto import on_front
from quatrain_sweep.rows import load
from tests.conftest import Command

FIGURES = sorted(KINDS)


def test_a_table_has_units_and_aligned_columns(command: Command, small_sweep: Path) -> None:
    lines = command("table", small_sweep, "--sort", "seconds_per_epoch").stdout.splitlines()
    assert "seconds_per_epoch [s]" in lines[0] and "area_mm2 [mm2]" in lines[0]
    assert len(lines) == 2 + 16
    assert len({len(line.rstrip()) for line in lines}) == 1


def test_a_table_is_sorted_filtered_and_written_in_full_precision(
    command: Command, small_sweep: Path
) -> None:
    chosen = [
        "--where",
        "recipe == 'fp4-tpr' and core.array.rows < 16",
        "--columns",
        "recipe,joules_per_epoch",
    ]
    out = command("table", small_sweep, *chosen, "--sort", "-joules_per_epoch", "--csv", "-").stdout
    rows = list(csv.reader(out.splitlines()))
    frame = load(small_sweep).frame
    wanted = frame[(frame["recipe"] == "fp4-tpr") & (frame["core.array.rows"] < 16)]["joules_per_epoch"]
    assert rows[0] == ["recipe", "joules_per_epoch [J]"]
    assert [float(row[1]) for row in rows[1:]] == sorted(wanted, reverse=True)


def test_the_front_is_printed(command: Command, small_sweep: Path) -> None:
    rows = load(small_sweep)
    front = rows.frame[on_front(rows.frame, ["seconds_per_epoch", "joules_per_epoch", "area_mm2"])]
    done = command("pareto", small_sweep, "--objectives", "seconds_per_epoch,joules_per_epoch,area_mm2")
    assert len(done.stdout.splitlines()) == 2 + len(front)
    assert f"{len(front)} of 16 points" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table", "--columns", "joules"], "column = joules: must be one of "),
        (["table", "--where", "area_mm > 1"], "'area_mm > 1': unknown name 'area_mm'"),
        (["table", "--where", "area_mm2 > 1e9"], "no row was measured that meets --where"),
        (["pareto", "--objectives", "joules"], "column = joules: must be a parameter or one of "),
        (["plot", "pareto", "-o", "x.jpg"], "--output x.jpg: must end in .png or .svg"),
        (["plot", "pareto", "-o", "none/x.png"], "none/x.png: cannot be written: No such file"),
        (["plot", "heatmap", "--where", "core.array.rows == 8 and core.array.cols == 16 and recipe == 'fp16'",
          "-o", "x.png"], "heatmap: the rows differ in one parameter, must be in two"),
    ],
)  # fmt: skip
def test_errors_are_one_line(command: Command, small_sweep: Path, arguments: list[str], message: str) -> None:
    said = command(arguments[0], small_sweep, *arguments[1:], status=2).stderr
    assert message in said and said.count("\n") == 1


def test_a_folder_that_is_no_store_is_named(command: Command, tmp_path: Path) -> None:
    assert "none: must be the store of a sweep" in command("table", tmp_path / "none", status=2).stderr


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_is_a_png_with_ink_and_an_svg_with_its_words(
    command: Command, small_sweep: Path, tmp_path: Path, kind: str
) -> None:
    command("plot", small_sweep, kind, "-o", tmp_path / "figure.png")
    pixels = matplotlib.image.imread(tmp_path / "figure.png")
    assert pixels.shape[0] > 200 and pixels.shape[1] > 400 and pixels.std() > 0.03
    command("plot", small_sweep, kind, "-o", tmp_path / "figure.svg")
    words = " ".join(ET.parse(tmp_path / "figure.svg").getroot().itertext())
    assert "small" in words and "[" in words, "a title, and a unit on an axis"


@pytest.mark.parametrize("kind", FIGURES)
def test_no_two_labels_of_a_figure_overlap(small_sweep: Path, kind: str) -> None:
    style.use()
    figure = KINDS[kind](load(small_sweep), Choice())
    figure.savefig("/dev/null", format="png", dpi="figure")
    axes = figure.axes[0]
    labels = [axes.xaxis.label, axes.yaxis.label, figure.texts[0]]
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
        labels += [text for place, text in places if low <= place <= high]  # others are not drawn
    boxes = [(text.get_text(), text.get_window_extent()) for text in labels if text.get_text()]
    inside = figure.bbox
    for index, (text, box) in enumerate(boxes):
        assert box.x0 >= inside.x0 - 1 and box.x1 <= inside.x1 + 1, f"'{text}' is cut off"
        assert box.y0 >= inside.y0 - 1 and box.y1 <= inside.y1 + 1, f"'{text}' is cut off"
        for other, second in boxes[index + 1 :]:
            assert not box.shrunk(0.8, 0.8).overlaps(second.shrunk(0.8, 0.8)), f"'{text}' over '{other}'"


@pytest.mark.slow
def test_all_figures_come_at_once_and_are_the_same_each_time(
    command: Command, small_sweep: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        command("plot", small_sweep, "all", "-o", tmp_path / name)
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert names == sorted(f"{kind}.{suffix}" for kind in FIGURES for suffix in ("png", "svg"))
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_reports_stand_side_by_side_with_units(command: Command, reports: Path) -> None:
    files = [reports / f"{name}.json" for name in ("run", "timed", "compare", "train")]
    text = command("compare", *files).stdout.splitlines()
    assert text[0].split() == ["run", "timed", "compare:", "fp16", "compare:", "fp4-tpr", "train"]
    (recipes,) = (line.split() for line in text if line.startswith("recipe"))
    assert recipes[1:] == ["fp4-tpr", "fp16", "fp16", "fp4-tpr", "fp4-tpr"]
    (cycles,) = (line.split() for line in text if line.startswith("cycles of a step"))
    assert cycles[4] == cycles[7] and cycles[5] == cycles[6], "run and compare time the same step alike"
    assert any(line.startswith("energy of a step [uJ]") for line in text)


def test_side_by_side_is_written_as_csv(command: Command, reports: Path, tmp_path: Path) -> None:
    target = tmp_path / "both.csv"
    command("compare", reports / "run.json", reports / "timed.json", "--csv", target)
    rows = {row[0]: row[1:] for row in csv.reader(target.read_text().splitlines())}
    assert rows["batch"] == ["2", "2"] and rows["recipe"] == ["fp4-tpr", "fp16"]


def test_what_is_no_report_is_named(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"command": "describe"}')
    assert "a.json: must be a JSON report" in command("compare", tmp_path / "a.json", status=2).stderr
    (tmp_path / "b.json").write_text("{\n{")
    assert (
        "b.json:2: is no JSON: "
        in command("html", tmp_path / "b.json", "-o", tmp_path / "x.html", status=2).stderr
    )
    (tmp_path / "c.json").write_text('{"command": "run", "layers": []}')
    said = command("html", tmp_path / "c.json", "-o", tmp_path / "x.html", status=2).stderr
    assert "c.json: is no whole report of run: 'totals' is missing" in said
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("name", ["run", "table", "pareto", "plot", "report", "html", "compare"])
def test_every_command_has_help_with_an_example(command: Command, name: str) -> None:
    text = command(name, "--help").stdout
    assert "Example" in text and f"  quatrain-sweep {name}" in text.replace("&& ", "\n      ")


def test_bad_usage_is_one_line(command: Command) -> None:
    said = command("plot", "x", "pie", "-o", "x.png", status=2).stderr
    assert said.count("\n") == 1 and "pie" in said and "quatrain-sweep plot --help" in said
