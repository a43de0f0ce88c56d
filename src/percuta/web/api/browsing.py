"""The library and the evidence, as the command line gives them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from percuta import __version__
from percuta.errors import LibraryError
from percuta.evidence.words import MODALITIES, OUTCOMES, ROLES
from percuta.manifest import DISCLAIMER
from percuta.web.api.description import answers, ref
from percuta.web.api.problems import Refused
from percuta.web.api.shapes import About
from percuta.web.desk import DeskOf
from percuta.workflows.browse import SHELVES, list_shelf, show_entry
from percuta.workflows.evidence import evidence_entry, evidence_rows

router = APIRouter(tags=["library and evidence"])
_Shelf = Annotated[str, Path(description="Shelf of the library.", json_schema_extra={"enum": list(SHELVES)})]


@router.get("/", responses=answers())
def about(desk: DeskOf) -> About:
    """Say which version answers, and what it is not."""
    return About(
        percuta=__version__,
        library_sha256=desk.known.digest,
        disclaimer=DISCLAIMER,
        description="/api/v1/openapi.json",
    )


@router.get("/library/{shelf}", responses=answers(404, schema=ref("LibraryList")))
def shelf(desk: DeskOf, shelf: _Shelf) -> Response:
    """List a shelf of the library: one short row for each entry."""
    try:
        return JSONResponse(list_shelf(desk.known, shelf))
    except LibraryError as fault:
        raise Refused(404, fault) from fault


@router.get("/library/{shelf}/{entry}", responses=answers(404, schema=ref("LibraryEntry")))
def entry(
    desk: DeskOf,
    shelf: _Shelf,
    entry: Annotated[str, Path(description="Identifier of an entry.", examples=["generic-pen-12"])],
) -> Response:
    """Give one entry whole: each value with unit, spread, grade and source, and where an unpublished one was sought."""
    try:
        head, values = show_entry(desk.known, shelf, entry)
    except LibraryError as fault:
        raise Refused(404, fault) from fault
    return JSONResponse(head | {"values": values})


@router.get("/evidence", responses=answers(422, schema=ref("EvidenceList")))
def evidence(
    outcome: Annotated[str | None, Query(description="Of a finding.", json_schema_extra={"enum": OUTCOMES})] = None,
    modality: Annotated[
        str | None, Query(description="Way of treatment.", json_schema_extra={"enum": MODALITIES})
    ] = None,
    role: Annotated[str | None, Query(description="Of a finding.", json_schema_extra={"enum": ROLES})] = None,
) -> Response:
    """List the publications that meet every filter."""
    return JSONResponse(evidence_rows(outcome, modality, role))


@router.get("/evidence/{study}", responses=answers(404, schema=ref("EvidenceEntry")))
def study(study: Annotated[str, Path(description="Key of a publication.", examples=["ablon_2018"])]) -> Response:
    """Give one publication whole: people, settings, risk of bias, and every finding with its role."""
    try:
        return JSONResponse(evidence_entry(study))
    except LibraryError as fault:
        raise Refused(404, fault) from fault
