# SPDX-License-Identifier: Apache-2.0
"""Self-contained HTML pages: templates, styles, scripts and Plotly in one file."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import plotly.offline
from markupsafe import Markup

from quatrain_sweep import __version__
from quatrain_sweep.files import writing


def asset(name: str) -> str:
    """A file of the folder templates."""
    return (resources.files("quatrain_sweep") / "templates" / name).read_text(encoding="utf-8")


def script_data(value: Any) -> Markup:
    """A value as JSON that may stand in a <script>: no text of it can end the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def write_page(template: str, target: Path, **values: Any) -> None:
    """Renders a template to a file. Raises UserError where that cannot be written."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("quatrain_sweep"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template(template).render(
        css=Markup(asset("base.css")),
        plotly=Markup(plotly.offline.get_plotlyjs()),
        version=__version__,
        **values,
    )
    with writing(target) as temporary:
        temporary.write_text(page, encoding="utf-8")
