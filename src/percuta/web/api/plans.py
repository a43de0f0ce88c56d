"""Plans: checked, looked at at a glance, and kept, each change made to the version that was seen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from percuta.plan.drafts import Draft, read_draft
from percuta.plan.faults import Form, read_model
from percuta.plan.model import Plan
from percuta.web.api.description import answers, ref, taken
from percuta.web.api.problems import Refused, as_fault
from percuta.web.api.questions import Data, Table, VersionSeen, tag
from percuta.web.api.shapes import Glance, GlanceAsked, KeptPlan, PlanList, PlanRow
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.pages import editing
from percuta.web.plan_store import StoredPlan
from percuta.workflows.check import check_draft

router = APIRouter(tags=["plans"])
PlanId = Annotated[str, Path(description="Identifier of a plan.", examples=["3f9a0c51d7be"])]
_BODY = (400, 413, 415, 422)
_ASKED = Form(GlanceAsked)
_EXAMPLE: dict[str, Any] = {
    "schema": 1,
    "title": "Cheek wrinkles",
    "patient": {"age": "52 years", "sex": "female", "phototype": 3, "mass": "68 kg", "desired_effect": "wrinkles"},
    "zones": [{"name": "cheeks", "site": "cheek", "area": "76 cm^2"}],
    "device": {"model": "generic-pen-12"},
    "session": {
        "steps": [
            {"do": "cleanse"},
            {"do": "needling", "zones": ["cheeks"], "set_depth": "1.0 mm", "passes": 4},
        ]
    },
    "course": {"sessions": 4, "interval": "4 weeks", "follow_up_after_last_session": "26 weeks"},
}
_DRAFT = {"type": "object", "description": "The structure of the plan file; see Plan. It may lack much."}
_TAGGED = {"headers": {"ETag": {"description": "The plan's version.", "schema": {"type": "string"}}}}
_KEPT = taken(_DRAFT, _EXAMPLE, "A plan in the making: what is wrong with it is told and kept, not lost.")


@router.post(
    "/check",
    responses=answers(*_BODY, schema=ref("Findings")),
    openapi_extra=taken(ref("Plan"), _EXAMPLE, "A plan in the structure of the plan file."),
)
def check(desk: DeskOf, data: Table) -> Response:
    """Check a plan against the safety rules; a plan that cannot be read is answered with each of its faults.

    No pulse is computed for it: where those of a plan with current were not computed before, the rules about heat are
    not asked, and the verdict of a plan that no other rule stops is ``open``.
    """
    checked = check_draft(Draft(data, _whole(desk, data), ()), desk.known)
    if checked.fault is not None:
        raise checked.fault
    return JSONResponse(checked.findings.as_dict())


@router.post(
    "/glance",
    responses=answers(*_BODY),
    openapi_extra=taken(
        ref("GlanceAsked"),
        {"plan": _EXAMPLE, "zone": "cheeks", "step": 2},
        "A plan, a zone of it, and a step with needles.",
    ),
)
def glance(desk: DeskOf, data: Table) -> Glance:
    """Say how deep a step's needles reach in a zone, from a fast model, at once."""
    from percuta.workflows.glance import glance

    asked = read_model(data, _ASKED)
    if isinstance(asked, list):
        raise Refused(422, *(fault for _, fault in asked))
    found = glance(_whole(desk, asked.plan), asked.zone, asked.step, desk.known, asked.depths)
    return Glance.model_validate(found, from_attributes=True)


@router.get("/plans", responses=answers())
def plans(desk: DeskOf) -> PlanList:
    """List the plans that are kept, the last changed first."""
    return PlanList(plans=[_row(stored) for stored in desk.plans.plans()])


@router.post("/plans", status_code=201, responses=answers(*_BODY) | {201: _TAGGED}, openapi_extra=_KEPT)
def create(desk: DeskOf, data: Table, response: Response) -> KeptPlan:
    """Keep a new plan, whole or not."""
    stored = desk.plans.create(data)
    response.headers.update(tag(stored) | {"Location": f"/api/v1/plans/{stored.id}"})
    return _kept(desk, stored)


@router.get("/plans/{identifier}", responses=answers(404) | {200: _TAGGED})
def plan(desk: DeskOf, identifier: PlanId, response: Response) -> KeptPlan:
    """Give a plan with what is wrong with it and what the rules find; its ETag is its version."""
    stored = desk.plans.plan(identifier)
    response.headers.update(tag(stored))
    return _kept(desk, stored)


@router.put("/plans/{identifier}", responses=answers(404, 412, 428, *_BODY) | {200: _TAGGED}, openapi_extra=_KEPT)
def change(desk: DeskOf, identifier: PlanId, version: VersionSeen, data: Table, response: Response) -> KeptPlan:
    """Put another content in the place of a plan's newest version; the change can be undone in the browser."""
    stored = desk.plans.save(identifier, version, data, "a change by a program")
    response.headers.update(tag(stored))
    return _kept(desk, stored)


@router.delete("/plans/{identifier}", status_code=204, responses=answers(404, 412, 428))
def delete(desk: DeskOf, identifier: PlanId, version: VersionSeen) -> None:
    """Forget a plan and its results."""
    desk.delete(identifier, version)


@router.get(
    "/plans/{identifier}/file",
    responses=answers(404, schema={"type": "string"}, media="application/toml", said="The plan file."),
    response_class=Response,
)
def file(desk: DeskOf, identifier: PlanId) -> Response:
    """Give the plan file (TOML)."""
    return editing.file(identifier, desk)


def _whole(desk: Desk, data: Data) -> Plan:
    """Return a plan that nothing is wrong with."""
    draft = read_draft(data, desk.known)
    if draft.usable is None:
        raise Refused(422, *draft.faults)
    return draft.usable


def _row(stored: StoredPlan) -> PlanRow:
    return PlanRow.model_validate(stored, from_attributes=True)


def _kept(desk: Desk, stored: StoredPlan) -> KeptPlan:
    found = judged(desk, stored)
    return KeptPlan(
        **_row(stored).model_dump(),
        plan=stored.data,
        whole=found.plan is not None and not found.draft.faults,
        faults=[as_fault(one) for one in found.draft.faults],
        findings=found.findings.as_dict(),
        minutes=None if found.minutes is None else list(found.minutes),
    )
