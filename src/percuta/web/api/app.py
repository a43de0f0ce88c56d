"""The REST interface: typed, versioned, with its own description at ``/api/v1/openapi.json``."""

from __future__ import annotations

from fastapi import FastAPI

from percuta import __version__
from percuta.manifest import DISCLAIMER
from percuta.web.api import browsing, jobs, plans
from percuta.web.api.description import described
from percuta.web.api.problems import add_handlers
from percuta.web.desk import Desk

_DESCRIPTION = f"""The planner for programs, with the validation and the words of the command line and the pages.

{DISCLAIMER}

It answers on this machine alone. What is asked is JSON of at most 256 kB. A fault is answered as problem details
(RFC 9457). Every dimensional value is text with its unit, as in the plan file. A plan is changed with the ETag of the
version that was seen (If-Match), so that nothing is overwritten."""


def create_api(desk: Desk) -> FastAPI:
    """Return the interface for programs over a desk; the application mounts it at ``/api/v1``."""
    api = FastAPI(
        title="Percuta",
        version=__version__,
        summary="Microneedling treatment planning",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    api.state.desk = desk
    for part in (browsing, plans, jobs):
        api.include_router(part.router)
    add_handlers(api)
    api.openapi = described(api)  # type: ignore[method-assign]
    return api
