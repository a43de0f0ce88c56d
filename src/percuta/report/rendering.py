"""Pages from templates: each one HTML file that needs nothing else."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from percuta.manifest import DISCLAIMER
from percuta.report.wording import pretty


def rendered(template: str, *, style: str = "report.css", **values: Any) -> str:
    """Return a page from its template, with a style sheet and the disclaimer; what is put in is escaped."""
    page = _environment().get_template(template)
    return page.render(style=Markup(sheet_of_style(style)), disclaimer=DISCLAIMER, **values)


def sheet_of_style(name: str) -> str:
    """Return a style sheet of the pages."""
    return _file(name)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = pretty
    return environment


def _file(name: str) -> str:
    return (resources.files("percuta.report") / "templates" / name).read_text(encoding="utf-8")
