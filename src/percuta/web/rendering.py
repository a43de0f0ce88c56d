"""Pages and fragments from templates."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from percuta import __version__
from percuta.manifest import DISCLAIMER
from percuta.report.wording import SEVERITIES, VERDICTS, durations, pretty, upper
from percuta.web.citations import citation
from percuta.web.edits import shown, value_at
from percuta.web.words import page_of, place_of


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    request
        What is answered; the page marks where it stands in the navigation.
    template
        Name of the template.
    status
        HTTP status.
    **values
        What the template takes. ``stored`` and ``judged`` are None on pages that are about no plan.
    """
    common = {"stored": None, "judged": None, "path": request.url.path, "message": None}
    return HTMLResponse(fragment(template, **(common | values)), status)


def fragment(template: str, **values: Any) -> str:
    """Return a rendered template; what is put in is escaped."""
    return _environment().get_template(template).render(**values)


def wants_fragment(request: Request) -> bool:
    """Tell whether htmx asks, which puts the answer into the page that is there."""
    return request.headers.get("HX-Request") == "true"


def address_of(file: str) -> str:
    """Return the address of a static file, which changes with its content, so that it can be kept for good."""
    return f"/static/{file}?v={_content_hash(file)}"


def ident(key: str) -> str:
    """Return a key as part of an element's id: ``session.steps[3].amount`` is ``session-steps-3-amount``."""
    return re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")


@cache
def _content_hash(file: str) -> str:
    content = (resources.files("percuta.web") / "static" / file).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("percuta.web"), jinja2.PackageLoader("percuta.report")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(pretty=pretty, upper_first=upper, ident=ident, place_of=place_of, page_of=page_of)
    environment.globals.update(
        static=address_of,
        shown=shown,
        value_at=value_at,
        version=__version__,
        disclaimer=DISCLAIMER,
        severities=SEVERITIES,
        verdicts=VERDICTS,
        citation=citation,
        durations=durations,
    )
    return environment
