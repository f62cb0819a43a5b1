# SPDX-License-Identifier: Apache-2.0
"""The report of one run as one HTML file, whatever subcommand of the simulator made its JSON."""

from pathlib import Path

import plotly.io
from markupsafe import Markup

from quatrain_sweep import compare_page, run_page, train_page
from quatrain_sweep.errors import UserError
from quatrain_sweep.files import name_of, read_report
from quatrain_sweep.page import asset, write_page

PAGES = {"run": run_page.page, "compare": compare_page.page, "train": train_page.page}


def write_run_report(source: Path, target: Path) -> None:
    """Writes the HTML report of a JSON report of `run`, `compare` or `train`, or of a log of `train`."""
    report = read_report(source)
    if report.get("points") == []:
        raise UserError(f"{name_of(source)}: has no points: none was complete")
    try:
        page = PAGES[report["command"]](report)
    except (KeyError, TypeError, IndexError) as error:
        field = f"'{error.args[0]}'" if isinstance(error, KeyError) else str(error)
        raise UserError(
            f"{name_of(source)}: is no whole report of {report['command']}: {field} is missing"
        ) from error
    figures = [
        None if part.figure is None else Markup(plotly.io.to_json(part.figure).replace("<", "\\u003c"))
        for part in page.sections
    ]
    write_page("run.html", target, page=page, figures=figures, script=Markup(asset("run.js")))
