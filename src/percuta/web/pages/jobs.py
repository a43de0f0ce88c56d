"""A job while it is computed: how far it is, given up, begun again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from percuta.web.desk import Desk, DeskOf
from percuta.web.job_store import Job, NoSuchJob
from percuta.web.job_words import time_left
from percuta.web.rendering import fragment

router = APIRouter()
_LOOKS_EVERY = 0.25  # s
_PAGES = {"simulate": "simulation", "optimise": "optimise"}


def page_of(job: Job) -> str:
    """Return the address of the page that a job was asked on."""
    if job.kind == "compare":
        return f"/compare?plans={','.join((job.plan, *(one['plan'] for one in job.asked['others'])))}"
    return f"/plans/{job.plan}/{_PAGES[job.kind]}"


def page_of_result(job: Job) -> str:
    """Return the address of the page that shows what a job gave."""
    if job.kind == "simulate":
        return f"/plans/{job.plan}/results?job={job.id}"
    return page_of(job) if job.kind == "compare" else f"{page_of(job)}?job={job.id}"


def progress(desk: Desk, job: Job) -> str:
    """Return how far a job is, as a fragment."""
    waiting = [one.id for one in desk.jobs.unfinished()] if job.state == "queued" else []
    ahead = waiting.index(job.id) if job.id in waiting else 0
    return fragment("job_progress.html", job=job, ahead=ahead, left=time_left(job), trouble=desk.runs.trouble)


@router.get("/jobs/{identifier}/events")
async def events(identifier: str, desk: DeskOf) -> Response:
    """Tell how far a job is, whenever that changes, that its results are there, and that it has ended."""
    await run_in_threadpool(desk.jobs.job, identifier)
    closing = anyio.Event()
    told = _told(desk, identifier, closing)
    return EventSourceResponse(told, shutdown_event=closing, shutdown_grace_period=1.0)


async def _told(desk: Desk, identifier: str, closing: anyio.Event) -> AsyncIterator[dict[str, str]]:
    last, there = "", False
    while not closing.is_set():
        try:
            job, shown = await run_in_threadpool(_look, desk, identifier)
        except NoSuchJob:
            yield {"event": "ended", "data": "/"}
            return
        if shown != last:
            last = shown
            yield {"event": "progress", "data": shown}
        if job.has_result and not (there or job.has_ended):
            there = True
            yield {"event": "results", "data": page_of_result(job)}
        if job.has_ended:
            yield {"event": "ended", "data": page_of_result(job) if job.state == "done" else page_of(job)}
            return
        with anyio.move_on_after(_LOOKS_EVERY):
            await closing.wait()


def _look(desk: Desk, identifier: str) -> tuple[Job, str]:
    job = desk.jobs.job(identifier)
    return job, progress(desk, job)


@router.post("/jobs/{identifier}/cancel")
def cancel(identifier: str, desk: DeskOf) -> Response:
    """Give a job up."""
    return RedirectResponse(page_of(desk.runs.cancel(identifier)), 303)


@router.post("/jobs/{identifier}/again")
def again(identifier: str, desk: DeskOf) -> Response:
    """Compute a job anew that was cancelled or failed."""
    return RedirectResponse(page_of(desk.runs.again(identifier)), 303)
