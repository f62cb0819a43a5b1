# SPDX-License-Identifier: Apache-2.0
"""`--html` of the simulator, which asks quatrain-sweep for the page; what `html` reads and writes."""

import io
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from quatrain_sweep.errors import UserError
from quatrain_sweep.files import writing
from quatrain_sweep.run_report import write_run_report
from tests.conftest import Browser

NETWORK = ["--network", "resnet8-mnist", "--threads", "1", "--quiet"]
OPTIONS = {
    "run": ["--batch", "2", "--numerics", "off"],
    "compare": ["--batch", "2", "--activity-batch", "0", "--recipe", "fp16,fp4-tpr"],
    "train": ["--batch", "8", "--dataset", "synthetic:16", "--timing", "off"],
}
HEADINGS = {"run": "Timeline", "compare": "From the promise to the measurement", "train": "Loss"}


def simulate(simulator: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(simulator), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "QUATRAIN_SWEEP": str(Path(sysconfig.get_path("scripts"), "quatrain-sweep"))},
        check=False,
    )


@pytest.mark.parametrize("command", ["run", "compare", "train"])
def test_the_simulator_makes_the_page_of_its_report(
    browser: Browser, simulator: Path, tmp_path: Path, command: str
) -> None:
    done = simulate(simulator, tmp_path, command, *NETWORK, *OPTIONS[command], "--html", "page.html")
    assert done.returncode == 0 and done.stderr == "" and done.stdout != ""
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    page = browser.open(tmp_path / "page.html")
    assert HEADINGS[command] in page.locator("h2").all_text_contents()


def test_the_page_of_a_training_run_with_a_log_has_the_epochs_before_it_was_resumed(
    browser: Browser, simulator: Path, tmp_path: Path
) -> None:
    common = ["train", *NETWORK, *OPTIONS["train"], "--checkpoint", "state", "--log", "train.log"]
    assert simulate(simulator, tmp_path, *common).returncode == 0
    more = ["--epochs", "2", "--resume", "--html", "page.html"]
    assert simulate(simulator, tmp_path, *common, *more).returncode == 0
    page = browser.open(tmp_path / "page.html")
    assert page.evaluate("document.querySelector('.js-plotly-plot').data[0].x") == [1, 2]


def give(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


def test_a_report_may_come_from_standard_input(reports: Path, tmp_path: Path) -> None:
    pages = tmp_path / "file.html", tmp_path / "input.html"
    write_run_report(reports / "train.log", pages[0])
    command = [sys.executable, "-m", "quatrain_sweep", "html", "-", "-o", str(pages[1])]
    subprocess.run(command, input=(reports / "train.log").read_bytes(), timeout=300, check=True)
    assert pages[0].read_text() == pages[1].read_text()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"{", "standard input:1: is no JSON"),
        (b"{}", "standard input: must be a JSON report of run, compare or train, or a log of train"),
        (b"\xff", "standard input: cannot be read"),
        (b'{"command": "run"}', "standard input: is no whole report of run"),
        (b'{"command": "compare", "points": []}', "standard input: has no points: none was complete"),
    ],
)
def test_what_is_no_report_is_one_line_and_leaves_no_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: bytes, message: str
) -> None:
    give(monkeypatch, source)
    with pytest.raises(UserError) as said:
        write_run_report(Path("-"), tmp_path / "page.html")
    assert str(said.value).startswith(message) and "\n" not in str(said.value)
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    link, target, pipe, copy = (tmp_path / name for name in ("link", "target", "pipe", "copy"))
    link.symlink_to(target.name)
    for text in ("first", "second"):
        with writing(link) as temporary:
            temporary.write_text(text)
        assert link.is_symlink() and target.read_text() == text
    os.mkfifo(pipe)
    with (
        copy.open("wb") as stream,
        subprocess.Popen(["cat", str(pipe)], stdout=stream),
        writing(pipe) as place,
    ):
        place.write_text("third")
    assert pipe.is_fifo() and copy.read_text() == "third"
    assert {file.name for file in tmp_path.iterdir()} == {"link", "target", "pipe", "copy"}
