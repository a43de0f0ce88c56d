"""What a plan gives to take away: its documents, its numbers, everything as one archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from percuta.errors import PercutaError
from percuta.plan.writing import write_plan
from percuta.report.documents import Key
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.job_store import Job, NoSuchJob
from percuta.web.plan_store import StoredPlan
from percuta.web.printing import ARCHIVED, printed
from percuta.web.rendering import page
from percuta.workflows.archive import endpoint_table, plain_name
from percuta.workflows.documents import as_html, documents
from percuta.workflows.result_folder import PICTURE

router = APIRouter()

# A document is a page of its own, with its style inside and nothing else: it may load, run and send nothing.
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
# The browser's own viewer shows a PDF; it is what object-src allows.
PRINTED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
_DRAWN = "The block of skin, which belongs to it, is still being drawn."


class NotSimulated(NoSuchJob):
    """A document of a plan that has not been computed."""


@dataclass(frozen=True)
class _File:
    """A file beside the documents: address, name, what it is, and why it is not there (empty where it is)."""

    address: str
    title: str
    says: str
    why_not: str = ""


@router.get("/plans/{identifier}/documents")
def overview(request: Request, identifier: str, desk: DeskOf) -> Response:
    """Show what can be taken away."""
    stored = desk.plans.plan(identifier)
    known, job = judged(desk, stored), desk.jobs.newest_result(identifier, "simulate")
    return page(
        request,
        "documents.html",
        stored=stored,
        judged=known,
        job=job,
        documents=() if job is None else documents(job.folder),
        files=_files(stored, job),
        changed=job is not None and (known.plan is None or write_plan(known.plan) != job.plan_text),
        prints=_prints(),
    )


def _files(stored: StoredPlan, job: Job | None) -> list[_File]:
    if job is None:
        return []
    start = f"/plans/{stored.id}/documents"
    waits = "" if job.has_ended else _DRAWN
    fields = (job.folder / PICTURE).is_file()
    no_fields = "Written for plans with radiofrequency pulses only: needles without current heat nothing."
    return [
        _File(
            f"{start}/endpoints.csv", "Endpoints as a table", "For a spreadsheet: every number with its range (CSV)."
        ),
        _File(
            f"{start}/fields.vti",
            "Fields of one pulse",
            "Temperature and damage in space, for ParaView (VTK image data).",
            waits or ("" if fields else no_fields),
        ),
        _File(
            f"{start}/archive.zip",
            "Everything as one archive",
            "All documents, the plan, datasets, and what is what.",
            waits,
        ),
    ]


def _prints() -> bool:
    from importlib.util import find_spec

    return find_spec("weasyprint") is not None


@router.get("/plans/{identifier}/documents/{key}.html")
def document(identifier: str, key: Key, desk: DeskOf) -> Response:
    """Give one document as a page of its own."""
    stored, folder = _result(desk, identifier)
    headers = _named(stored, key, "html", inline=True) | {"Content-Security-Policy": DOCUMENT_POLICY}
    return HTMLResponse(as_html(folder, key), headers=headers)


@router.get("/plans/{identifier}/documents/{key}.pdf")
def document_pdf(identifier: str, key: Key, desk: DeskOf) -> Response:
    """Give one document as PDF."""
    stored, folder = _result(desk, identifier)
    file = printed(folder, key, desk.known)
    headers = _named(stored, key, "pdf", inline=True) | {"Content-Security-Policy": PRINTED_POLICY}
    return FileResponse(file, media_type="application/pdf", headers=headers)


@router.get("/plans/{identifier}/documents/endpoints.csv")
def endpoints(identifier: str, desk: DeskOf) -> Response:
    """Give the endpoints as a table."""
    stored, folder = _result(desk, identifier)
    return Response(
        endpoint_table(folder), media_type="text/csv; header=present", headers=_named(stored, "endpoints", "csv")
    )


@router.get("/plans/{identifier}/documents/fields.vti")
def fields(identifier: str, desk: DeskOf) -> Response:
    """Give the fields of one pulse."""
    stored, folder = _result(desk, identifier, with_block=True)
    if not (folder / PICTURE).is_file():
        raise PercutaError("there are no fields here", do="they are written for plans with radiofrequency pulses")
    return FileResponse(
        folder / PICTURE, media_type="application/octet-stream", headers=_named(stored, "fields", "vti")
    )


@router.get("/plans/{identifier}/documents/archive.zip")
def archive(identifier: str, desk: DeskOf) -> Response:
    """Give everything of the plan as one archive."""
    stored, folder = _result(desk, identifier, with_block=True)
    file = printed(folder, ARCHIVED, desk.known)
    return FileResponse(file, media_type="application/zip", headers=_named(stored, "", "zip"))


def _result(desk: Desk, identifier: str, *, with_block: bool = False) -> tuple[StoredPlan, Path]:
    """Return a plan, and the folder of its newest result.

    Raises
    ------
    NotSimulated
        If there is none.
    PercutaError
        If the block of skin is wanted, which is still being drawn.
    """
    stored = desk.plans.plan(identifier)
    job = desk.jobs.newest_result(identifier, "simulate")
    if job is None:
        raise NotSimulated("this plan has not been simulated yet", do="simulate it, then take its documents away")
    if with_block and not job.has_ended:
        raise PercutaError("the block of skin is still being drawn", do="try again when it is done")
    return stored, job.folder


def _named(stored: StoredPlan, what: str, ending: str, *, inline: bool = False) -> dict[str, str]:
    """Return the header that names a file after its plan, in letters that every system takes."""
    name = "-".join(part for part in (plain_name(stored.title), what) if part)
    return {"Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{name}.{ending}"'}
