# SPDX-License-Identifier: Apache-2.0
"""Reports opened and clicked in a real browser that may reach no network."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from quatrain_sweep.layers import by_layer
from quatrain_sweep.pareto import on_front
from quatrain_sweep.rows import load
from tests.conftest import Browser, Command


@pytest.fixture(scope="module")
def sweep_page(command: Command, small_sweep: Path) -> Path:
    target = small_sweep.with_suffix(".html")
    command("report", small_sweep, "-o", target)
    return target


def shown(page: Page) -> list[list[str]]:
    cells = "(row) => [...row.cells].map((cell) => cell.textContent)"
    found: list[list[str]] = page.evaluate(f"[...document.querySelectorAll('#table tbody tr')].map({cells})")
    return found


def test_a_sweep_report_has_all_points_and_its_front(
    browser: Browser, sweep_page: Path, small_sweep: Path
) -> None:
    page = browser.open(sweep_page)
    rows = load(small_sweep)
    assert page.title() == "small" and "sixteen points" in page.inner_text("header")
    assert len(shown(page)) == 16
    front = int(on_front(rows.frame, rows.objectives).sum())
    assert page.locator("#table tr.front").count() == front
    assert page.evaluate("document.getElementById('pareto').data[0].x.length") == front
    for name in ("pareto", "energy", "time", "roofline", "tornado", "heatmap"):
        assert page.locator(f"#{name} .main-svg").first.bounding_box() is not None, name


def test_filters_leave_the_points_that_are_ticked_in_every_figure(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    page.uncheck("#filters input[value='fp16']")
    assert {row[0] for row in shown(page)} == {"fp4-tpr"} and len(shown(page)) == 8
    points = "document.getElementById('pareto').data.slice(1).reduce((sum, trace) => sum + trace.x.length, 0)"
    assert page.evaluate(points) == 8
    assert page.evaluate("document.getElementById('energy').data[0].x.length") == 8
    assert page.evaluate("document.getElementById('tornado').data[0].y.includes('recipe')") is False
    page.click("#reset")
    assert len(shown(page)) == 16


def test_a_heading_sorts_and_sorts_back(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    heading = page.locator("#table th[data-name='joules_per_epoch']")
    names = "[...document.querySelectorAll('#table th')].map((th) => th.dataset.name)"
    column = page.evaluate(names).index("joules_per_epoch")
    heading.click()
    rising = [float(row[column].replace(",", "")) for row in shown(page)]
    assert rising == sorted(rising)
    page.locator("#table th[data-name='joules_per_epoch']").click()
    assert [float(row[column].replace(",", "")) for row in shown(page)] == sorted(rising, reverse=True)


def test_search_finds_rows(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    page.fill("#find", "hfp8")
    assert shown(page) == []
    page.fill("#find", "fp4")
    assert len(shown(page)) == 8


def test_hovering_a_point_says_what_it_is(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    page.evaluate("Plotly.Fx.hover('pareto', [{ curveNumber: 1, pointNumber: 0 }])")
    page.wait_for_selector("#pareto .hovertext")
    words = page.locator("#pareto .hovertext").text_content() or ""
    assert "core.array.rows" in words and "time of an epoch [s]" in words


def test_a_click_on_a_point_marks_its_row(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    point = page.locator("#pareto .scatterlayer .trace").nth(1).locator("path.point").first
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#pareto .hovertext")
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector("#table tr.picked")
    key = page.get_attribute("#table tr.picked", "data-key")
    assert page.evaluate("picked") == key
    page.locator("#table tr.picked").click()
    assert page.locator("#table tr.picked").count() == 0


def test_axes_colour_and_heat_map_can_be_chosen(browser: Browser, sweep_page: Path) -> None:
    page = browser.open(sweep_page)
    page.select_option("#y", "area_mm2")
    assert page.evaluate("document.getElementById('pareto').layout.yaxis.title.text") == "silicon [mm2]"
    page.select_option("#colour", "recipe")
    assert page.evaluate("document.getElementById('pareto').data.slice(1).map((trace) => trace.name)") == [
        "fp16",
        "fp4-tpr",
    ]
    page.select_option("#heat-x", "recipe")
    assert page.evaluate("document.getElementById('heatmap').data[0].x") == ["fp16", "fp4-tpr"]
    page.select_option("#parts", "class")
    assert "batch norm" in page.evaluate("document.getElementById('time').data.map((trace) => trace.name)")


def test_the_tornado_of_the_page_is_the_packages(
    browser: Browser, sweep_page: Path, small_sweep: Path
) -> None:
    from quatrain_sweep.effects import effects

    page = browser.open(sweep_page)
    rows = load(small_sweep)
    ours = {e.parameter: (e.least, e.greatest) for e in effects(rows.frame, "seconds_per_epoch", rows.varied)}
    theirs = page.evaluate(
        "effects(kept(), 'seconds_per_epoch').map((e) => [e.name, e.least[1], e.greatest[1]])"
    )
    assert {name for name, _, _ in theirs} == set(ours)
    for name, least, greatest in theirs:
        assert (least, greatest) == pytest.approx(ours[name], rel=1e-12)


@pytest.mark.parametrize(
    ("condition", "points"),
    [
        ("core.array.rows == 8 and core.array.cols == 16 and recipe == 'fp16'", 2),
        (
            "core.array.rows + core.array.cols == 24 and recipe == 'fp16' and core.dma.outstanding == 8",
            1,
        ),
    ],
)
def test_a_report_of_one_parameter_or_one_point_opens_too(
    browser: Browser, command: Command, small_sweep: Path, tmp_path: Path, condition: str, points: int
) -> None:
    target = tmp_path / "few.html"
    command("report", small_sweep, "--where", condition, "-o", target)
    page = browser.open(target)
    assert len(shown(page)) == points
    assert page.inner_text("#heat-note") == "Two parameters make a map."


@pytest.mark.parametrize("source", ["run.json", "timed.json", "compare.json", "train.json", "train.log"])
def test_the_report_of_a_run_opens_with_all_its_figures(
    browser: Browser, command: Command, reports: Path, tmp_path: Path, source: str
) -> None:
    target = tmp_path / "one.html"
    command("html", reports / source, "-o", target)
    page = browser.open(target)
    assert page.locator(".figure").count() == page.locator(".figure.js-plotly-plot").count() >= 4
    titles = page.locator("h2").all_text_contents()
    wanted = {
        "run.json": ["Timeline", "Utilisation of the array", "Energy by component", "Roofline",
                     "Signal to quantisation noise by layer", "GradScale"],
        "timed.json": ["Timeline", "Utilisation of the array", "Energy by component", "Roofline"],
        "compare.json": ["Points", "From the promise to the measurement", "Energy of an epoch, by component"],
        "train.json": ["Loss", "Accuracy", "GradScale by layer", "Energy of an epoch"],
        "train.log": ["Loss", "Accuracy", "GradScale by layer", "Energy of an epoch"],
    }[source]  # fmt: skip
    assert set(wanted) <= set(titles)
    if source == "timed.json":
        assert "GradScale" not in titles and "Signal to quantisation noise by layer" not in titles


def test_the_table_of_layers_has_the_longest_first_and_adds_up(
    browser: Browser, command: Command, reports: Path, tmp_path: Path
) -> None:
    report = json.loads((reports / "run.json").read_text())
    layers = by_layer(report)
    assert sum(layer.all_cycles for layer in layers) == report["totals"]["cycles"]
    assert sum(layer.total_pj for layer in layers) == pytest.approx(
        report["totals"]["energy_pj"]["total"], rel=1e-9
    )
    target = tmp_path / "run.html"
    command("html", reports / "run.json", "-o", target)
    page = browser.open(target)
    names = "[...document.querySelectorAll('table.sortable tbody tr')].map((row) => row.cells[0].textContent)"
    by_time = sorted(layers, key=lambda layer: (-layer.all_cycles, -layer.total_pj))
    assert page.evaluate(names) == [layer.name for layer in by_time]
    page.locator("th", has_text=re.compile(r"^layer$")).click()
    assert page.evaluate(names) != [layer.name for layer in by_time]
    page.locator("th", has_text="energy [uJ]").click()
    by_energy = sorted(layers, key=lambda layer: -layer.total_pj)
    assert page.evaluate(names)[:3] == [layer.name for layer in by_energy[:3]]


def test_texts_of_a_report_cannot_become_markup(
    browser: Browser, command: Command, reports: Path, tmp_path: Path
) -> None:
    report = json.loads((reports / "timed.json").read_text())
    report["network"]["name"] = "<img src=x onerror=document.title='broken'>"
    report["layers"][20]["name"] = "</script><script>document.title='broken'</script>"
    source = tmp_path / "hostile.json"
    source.write_text(json.dumps(report))
    target = tmp_path / "hostile.html"
    command("html", source, "-o", target)
    page = browser.open(target)
    assert page.title().startswith("<img") and page.locator("img[src='x']").count() == 0
