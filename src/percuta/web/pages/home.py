"""The list of plans, a new one, one from a file, and what Percuta is."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from percuta.errors import PercutaError, PlanError, Where
from percuta.library.files import parse_toml
from percuta.library.registry import Library
from percuta.plan.starter import starter_plan
from percuta.web.bounds import LARGEST_PLAN, unusable
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.rendering import page

router = APIRouter()

_DEVICE, _SITE = "generic-pen-12", "cheek"  # what the first steps of a new plan are written for
ON_A_SHEET = 25  # plans of the list


@router.get("/")
def plans(request: Request, desk: DeskOf, sheet: Annotated[int, Query(ge=1, le=10**6)] = 1) -> Response:
    """The plans that are kept, the last changed first, some of them at a time."""
    return listed(request, desk, sheet)


@router.post("/plans/new")
def new(desk: DeskOf) -> Response:
    """Keep a new plan and open its consultation."""
    stored = desk.plans.create(new_data(desk.known))
    return RedirectResponse(f"/plans/{stored.id}/consultation", 303)


@router.post("/plans/import")
def imported(request: Request, desk: DeskOf, file: Annotated[UploadFile, File()]) -> Response:
    """Keep the plan of a plan file, whole or not."""
    try:
        stored = desk.plans.create(_read(file), f"read from {file.filename or 'a file'}")
    except PercutaError as fault:
        return listed(request, desk, fault=fault, status=422)
    return RedirectResponse(f"/plans/{stored.id}/planner", 303)


def listed(
    request: Request,
    desk: Desk,
    sheet: int = 1,
    *,
    fault: PercutaError | None = None,
    ticked: Sequence[str] = (),
    not_compared: PercutaError | None = None,
    status: int = 200,
) -> Response:
    """Show one sheet of the list: what the rules say of a plan is asked for those on it alone.

    Parameters
    ----------
    request, desk
        Who asks, and what every page has at hand.
    sheet
        Counted from 1; the last one where there are not so many.
    fault
        Why a file was not opened.
    ticked, not_compared
        Plans that were chosen to stand side by side, and why they do not.
    status
        Of the answer.
    """
    sheets = max(-(-desk.plans.count() // ON_A_SHEET), 1)
    sheet = min(sheet, sheets)
    shown = desk.plans.plans((sheet - 1) * ON_A_SHEET, ON_A_SHEET)
    rows = [(one, judged(desk, one), desk.jobs.newest_result(one.id, "simulate")) for one in shown]
    others = [desk.plans.plan(one) for one in ticked if one not in {each.id for each in shown}]
    return page(
        request,
        "home.html",
        status=status,
        rows=rows,
        comparable=[one for one in (*shown, *others) if judged(desk, one).draft.usable is not None],
        ticked=ticked,
        not_compared=not_compared,
        sheet=sheet,
        sheets=sheets,
        fault=fault,
        largest=LARGEST_PLAN,
    )


@router.get("/about")
def about(request: Request) -> Response:
    """What Percuta is and is not."""
    return page(request, "about.html")


def new_data(known: Library) -> dict[str, Any]:
    """Return a plan to start from: the usual steps and nothing about a person, since nobody was asked yet."""
    return copy.deepcopy(_start(known))


@cache
def _start(known: Library) -> dict[str, Any]:
    data = tomllib.loads(starter_plan(known, known.site(_SITE), known.device(_DEVICE), "other"))
    data["title"] = "New plan"
    data["patient"] = {}
    data["zones"] = []
    for step in data["session"]["steps"]:
        if "zones" in step:
            step["zones"] = []
        step.pop("amount", None)  # follows from the zones
    return data


def _read(file: UploadFile) -> dict[str, Any]:
    """Return the content of an uploaded plan file.

    Raises
    ------
    PlanError
        If it is too large, no TOML, or holds what no plan can.
    """
    name = file.filename or "the file"
    content = file.file.read(LARGEST_PLAN + 1)
    if len(content) > LARGEST_PLAN:
        allowed = f"up to {LARGEST_PLAN // 1024} kB"
        raise PlanError("the file is too large for a plan", allowed=allowed, where=Where(name))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise PlanError("the file is no text", allowed="a plan file: TOML in UTF-8", where=Where(name)) from fault
    data = parse_toml(text, Where(name), PlanError)
    if not any(key in data for key in ("schema", "patient", "zones", "device", "session", "course")):
        raise PlanError(
            "the file is no plan",
            allowed="a plan file with patient, zones, device, session and course",
            where=Where(name),
            do="choose a file that Percuta wrote, or start a new plan",
        )
    for found in unusable(data):
        raise found.at(Where(name, key=found.where.key if found.where else None))
    return dict(data)
