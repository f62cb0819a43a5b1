# SPDX-License-Identifier: Apache-2.0
"""`--html` of the simulator, which asks quatrain-sweep for the page; what `html` reads and writes."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import Browser, Command

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


def html(source: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "quatrain_sweep", "html", "-", *arguments]
    return subprocess.run(command, input=source, capture_output=True, timeout=300, check=False)


def test_a_report_may_come_from_standard_input(command: Command, reports: Path, tmp_path: Path) -> None:
    for name in ("timed.json", "train.log"):
        command("html", reports / name, "-o", tmp_path / "file.html")
        assert html((reports / name).read_bytes(), "-o", str(tmp_path / "input.html")).returncode == 0
        assert (tmp_path / "input.html").read_text() == (tmp_path / "file.html").read_text()


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
    tmp_path: Path, source: bytes, message: str
) -> None:
    done = html(source, "-o", str(tmp_path / "page.html"))
    assert done.returncode == 2 and message in done.stderr.decode() and done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link_and_a_pipe_a_pipe(command: Command, reports: Path, tmp_path: Path) -> None:
    link, target, pipe = tmp_path / "link.html", tmp_path / "page.html", tmp_path / "pipe"
    link.symlink_to(target.name)
    for _ in range(2):
        command("html", reports / "timed.json", "-o", link)
        assert link.is_symlink() and "</html>" in target.read_text()
    os.mkfifo(pipe)
    with (tmp_path / "copy.html").open("wb") as copy, subprocess.Popen(["cat", str(pipe)], stdout=copy):
        command("html", reports / "timed.json", "-o", pipe)
    assert pipe.is_fifo() and (tmp_path / "copy.html").read_bytes() == target.read_bytes()
