"""The web application: its pages, its errors, what every answer keeps to."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from percuta import __version__
from percuta.errors import PercutaError, PlanError
from percuta.library.registry import Library
from percuta.web.desk import Desk, desk_in
from percuta.web.drafts import judged
from percuta.web.job_store import NoSuchJob
from percuta.web.plan_store import NoSuchPlan, PlanChanged
from percuta.web.rendering import page
from percuta.web.security import Guard

PAGES = (
    "home",
    "editing",
    "consultation",
    "planner",
    "zones",
    "simulation",
    "jobs",
    "results",
    "block",
    "compare",
    "optimise",
    "documents",
    "library",
    "evidence",
)
_FOR_GOOD = "public, max-age=31536000, immutable"
_SMALL = 500  # bytes, below which packing gains nothing
_STATUS: dict[type[PercutaError], int] = {NoSuchPlan: 404, NoSuchJob: 404, PlanChanged: 409}
_log = logging.getLogger(__name__)


def create_app(folder: Path, known: Library | None = None, *, worker: bool = True) -> FastAPI:
    """Return the application over a folder of plans.

    Parameters
    ----------
    folder
        Where plans and results are kept; made where it is missing.
    known
        The library; the shipped one when left out.
    worker
        Whether a worker process computes what is asked.

    Raises
    ------
    PlanError
        If the folder cannot be used.
    """
    desk = desk_in(folder, known, worker=worker)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        desk.runs.start()
        try:
            yield
        finally:
            desk.runs.stop()

    app = FastAPI(
        title="Percuta", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.desk = desk
    app.add_middleware(GZipMiddleware, minimum_size=_SMALL, compresslevel=5)
    app.add_middleware(Guard)  # the outermost
    for name in PAGES:
        app.include_router(import_module(f"percuta.web.pages.{name}").router, include_in_schema=False)
    app.mount("/api/v1", import_module("percuta.web.api.app").create_api(desk))
    app.mount("/static", _Kept(directory=str(resources.files("percuta.web") / "static")), name="static")
    app.add_exception_handler(PercutaError, _told)
    app.add_exception_handler(HTTPException, _missing)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(Exception, _fault)
    return app


class _Kept(StaticFiles):
    """Static files; those whose address names their content are kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        response = await super().get_response(path, scope)
        named = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = _FOR_GOOD if named and response.status_code < 400 else "no-cache"
        return response


async def _told(request: Request, fault: Exception) -> Response:
    """Answer an error that was raised on purpose, as a page."""
    assert isinstance(fault, PercutaError)
    status = next((code for kind, code in _STATUS.items() if isinstance(fault, kind)), 422)
    about = await run_in_threadpool(_plan_of, request)
    return page(request, "error.html", status=status, fault=fault, title="This cannot be done", **about)


def _plan_of(request: Request) -> dict[str, Any]:
    """Return the plan that an address is about, so that its red flags stay in sight; nothing where there is none."""
    if not request.url.path.startswith("/plans/") or "identifier" not in request.path_params:
        return {}
    desk: Desk = request.app.state.desk
    try:
        stored = desk.plans.plan(request.path_params["identifier"])
        return {"stored": stored, "judged": judged(desk, stored)}
    except PercutaError:
        return {}


async def _missing(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if request.url.path.startswith("/api/"):  # an address that no interface is mounted at, such as one with a line end
        from percuta.web.api.problems import by_status

        return await by_status(request, fault)
    told = PercutaError(
        "there is no such page" if fault.status_code == 404 else str(fault.detail),
        value=request.url.path,
        do="go to the list of plans",
    )
    title = "Not found" if fault.status_code == 404 else "This cannot be done"
    return page(request, "error.html", status=fault.status_code, fault=told, title=title)


async def _misfit(request: Request, fault: Exception) -> Response:
    """Answer a form or an address that no page of ours sends."""
    assert isinstance(fault, RequestValidationError)
    names = ", ".join(dict.fromkeys(str(one["loc"][-1]) for one in fault.errors()))
    return await _told(request, PlanError("this is not what the page sends", value=names, do="load the page again"))


async def _fault(request: Request, fault: Exception) -> Response:
    _log.error("a fault of the program at %s", request.url.path, exc_info=fault)
    told = PercutaError(
        "a fault of the program", do="load the page again; your plan is kept. The server's log says more"
    )
    return page(request, "error.html", status=500, fault=told, title="A fault of the program")
