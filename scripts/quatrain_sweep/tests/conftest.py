# SPDX-License-Identifier: Apache-2.0
"""The simulator, stores and reports that tests share; none of them is canned."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import playwright.sync_api
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from quatrain_sweep.commands import main
from quatrain_sweep.store import Store

ROOT = Path(__file__).resolve().parents[3]
SMALL = """
name: small
description: sixteen points of a small network
base: {network: resnet8-mnist, batch: 2}
axes:
  core.array.rows: {from: 8, to: 16, factor: 2}
  core.array.cols: [16, 32]
  recipe: [fp16, fp4-tpr]
  core.dma.outstanding: [8, 32]
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


def find_simulator() -> Path | None:
    """$QUATRAIN, or the repository's build."""
    named = os.environ.get("QUATRAIN")
    candidates = [Path(named)] if named else [ROOT / f"build/{kind}/quatrain" for kind in ("release", "dev")]
    return next((path for path in candidates if path.is_file()), None)


@pytest.fixture(scope="session")
def simulator() -> Path:
    found = find_simulator()
    if found is None:
        pytest.skip("NOT TESTED: no simulator; build it (scripts/demo) or set QUATRAIN to its file")
    return found


Command = Callable[..., subprocess.CompletedProcess[str]]


def _in_a_process(arguments: list[str], simulator: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quatrain_sweep", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "QUATRAIN": str(simulator)},
        check=False,
    )


def _here(arguments: list[str], simulator: Path) -> subprocess.CompletedProcess[str]:
    # A process of its own would spend seconds on imports, every time.
    status: int | str | None = 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as error,
    ):
        patch.setenv("QUATRAIN", str(simulator))
        patch.setattr(sys, "argv", ["quatrain-sweep", *arguments])
        try:
            main()
        except SystemExit as stopped:
            status = stopped.code
    assert isinstance(status, int)
    return subprocess.CompletedProcess(arguments, status, output.getvalue(), error.getvalue())


@pytest.fixture(scope="session")
def command(simulator: Path) -> Command:
    """Runs quatrain-sweep as a person does."""

    def run(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        has_workers = words[0] == "run" and status == 0
        done = _in_a_process(words, simulator) if has_workers else _here(words, simulator)
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def small_sweep(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep file whose sixteen points were run."""
    sweep = tmp_path_factory.mktemp("small") / "small.yaml"
    sweep.write_text(SMALL)
    command("run", sweep, "--workers", "2", "--quiet")
    assert len(Store(sweep.with_suffix(".points")).done()) == 16
    return sweep


@pytest.fixture(scope="session")
def reports(simulator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with run.json, timed.json (no numerics), compare.json, train.json and train.log."""
    folder = tmp_path_factory.mktemp("reports")
    network = ["--network", "resnet8-mnist", "--threads", "1", "--quiet"]
    for arguments in (
        ["run", *network, "--batch", "2", "--json", "run.json"],
        ["run", *network, "--batch", "2", "--recipe", "fp16", "--numerics", "off", "--json", "timed.json"],
        [
            "compare",
            *network,
            "--batch",
            "2",
            "--activity-batch",
            "1",
            "--recipe",
            "fp16,fp4-tpr",
            "--json",
            "compare.json",
        ],
        [
            "train",
            *network,
            "--batch",
            "8",
            "--dataset",
            "synthetic:16",
            "--epochs",
            "2",
            "--log",
            "train.log",
            "--json",
            "train.json",
        ],
    ):
        subprocess.run([str(simulator), *arguments], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("NOT TESTED: no Chromium, so no report was opened: apt-get install chromium")
    return found


class Browser:
    """A page, what went wrong on it, and what it asked the network for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda request: self.requests.append(request.url))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open(self, file: Path) -> Page:
        self.page.goto(file.as_uri())
        self.page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length > 0")
        return self.page


@pytest.fixture(scope="module")
def started_chromium(chromium: str) -> Iterator[playwright.sync_api.Browser]:
    with sync_playwright() as session:
        started = session.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def browser(started_chromium: playwright.sync_api.Browser) -> Iterator[Browser]:
    context = started_chromium.new_context(viewport={"width": 1400, "height": 900})
    made = Browser(context.new_page())
    yield made
    context.close()
    assert made.errors == []
    assert [url for url in made.requests if not url.startswith(("file:", "data:"))] == []
