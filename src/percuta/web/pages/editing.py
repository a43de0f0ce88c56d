"""What can be done to a plan from every page: change a field, undo, redo, take it away as a file, delete it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import tomlkit
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from percuta.errors import PercutaError
from percuta.plan.writing import write_plan
from percuta.web.bounds import whole_number
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.edits import changed
from percuta.web.plan_store import PlanChanged, StoredPlan
from percuta.web.questionnaire import followed
from percuta.web.rendering import fragment, wants_fragment

router = APIRouter()
Version = Annotated[int, Form()]
Back = Annotated[str, Form(pattern="^(consultation|planner)$")]
Person = Annotated[Literal["same", "another"], Form()]
_NO_VERSION = -1
_OURS = ("version", "back")  # fields of the form that are none of the plan's


@router.post("/plans/{identifier}/edit")
async def edit(request: Request, identifier: str, desk: DeskOf) -> Response:
    """Change fields of a plan; answers what has changed around them."""
    form = await request.form(max_files=0, max_fields=500)
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(_edited, request, identifier, desk, form)


def _edited(request: Request, identifier: str, desk: Desk, form: FormData) -> Response:
    back = "planner" if form.get("back") == "planner" else "consultation"
    version = str(form.get("version", ""))
    try:
        before = desk.plans.plan(identifier)
        data, keys = before.data, [key for key in dict.fromkeys(form) if key not in _OURS]
        for key in keys:
            data = changed(data, key, [str(text) for text in form.getlist(key)])
        what = keys[0] if len(keys) == 1 else "several fields"
        seen = whole_number(version)
        stored = desk.plans.save(identifier, _NO_VERSION if seen is None else seen, data, what)
    except PercutaError as fault:
        if wants_fragment(request):
            return not_done(desk, identifier, fault)
        raise
    if not wants_fragment(request):
        return RedirectResponse(f"/plans/{identifier}/{back}", 303)
    return live(desk, stored, back, before, keys)


def live(desk: Desk, stored: StoredPlan, back: str, before: StoredPlan, keys: Collection[str]) -> HTMLResponse:
    """Answer what stands around the fields of a plan: findings, flags, version. htmx puts each in its place.

    Parameters
    ----------
    desk
        What every page has at hand.
    stored, before
        The plan now, and before the change.
    back
        The page that asks: ``consultation`` or ``planner``.
    keys
        Of the fields that were changed.
    """
    around = fragment("live_answer.html", stored=stored, judged=judged(desk, stored), back=back)
    return HTMLResponse(around + (followed(desk, before, stored, keys) if back == "consultation" else ""))


def not_done(desk: Desk, identifier: str, fault: PercutaError) -> HTMLResponse:
    """Answer that a change was not made, in the place for such words; nothing else on the page changes."""
    newer = isinstance(fault, PlanChanged)
    status = 409 if newer else 422
    return HTMLResponse(fragment("message.html", fault=fault, newer=newer, identifier=identifier), status)


@router.post("/plans/{identifier}/undo")
def undo(identifier: str, desk: DeskOf, version: Version, back: Back = "planner") -> Response:
    """Go back by one change."""
    desk.plans.undo(identifier, version)
    return RedirectResponse(f"/plans/{identifier}/{back}", 303)


@router.post("/plans/{identifier}/redo")
def redo(identifier: str, desk: DeskOf, version: Version, back: Back = "planner") -> Response:
    """Go forward again by one change."""
    desk.plans.redo(identifier, version)
    return RedirectResponse(f"/plans/{identifier}/{back}", 303)


@router.post("/plans/{identifier}/copy")
def copied(identifier: str, desk: DeskOf, person: Person = "same") -> Response:
    """Keep a copy of a plan and open it; what one person answered and a prescriber decided is not another's."""
    stored = desk.plans.plan(identifier)
    data = stored.data | {"title": f"{stored.title} (copy)"}
    if person == "another":
        data = {key: value for key, value in data.items() if key != "overrides"} | {"patient": {}}
    copy = desk.plans.create(data, "copy of a plan")
    return RedirectResponse(f"/plans/{copy.id}/{'planner' if person == 'same' else 'consultation'}", 303)


@router.post("/plans/{identifier}/delete")
def delete(identifier: str, desk: DeskOf, version: Version) -> Response:
    """Forget a plan and its results."""
    desk.delete(identifier, version)
    return RedirectResponse("/", 303)


@router.get("/plans/{identifier}/file")
def file(identifier: str, desk: DeskOf) -> Response:
    """Give the plan file; one that is not whole yet is given as it is."""
    stored = desk.plans.plan(identifier)
    plan = judged(desk, stored).plan
    text = write_plan(plan) if plan is not None else tomlkit.dumps(stored.data)
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stored.title).strip("-")
    headers = {"Content-Disposition": f'attachment; filename="{(name or "plan")[:60]}.toml"'}
    return Response(text, media_type="application/toml", headers=headers)
