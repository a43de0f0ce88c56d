"""Plans side by side over the same scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from percuta.errors import PercutaError, PlanError
from percuta.plan.model import Plan
from percuta.plan.writing import write_plan
from percuta.web.changes_in_words import in_words
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import Judged, judged
from percuta.web.job_options import checked_options
from percuta.web.job_store import Job
from percuta.web.pages.home import listed
from percuta.web.pages.jobs import progress
from percuta.web.plan_store import StoredPlan
from percuta.web.rendering import page
from percuta.workflows.shown_result import looked_at, shown_comparison

router = APIRouter()
_SIZES = (
    ("64", "Quick", "enough to see what matters; the ends of ranges are rough"),
    ("256", "Usual", "ranges and chances that can be relied on as far as the models can"),
)
_MOST = 3


class NotComparable(PlanError):
    """Plans that cannot stand side by side: too few, too many, or one that is not whole."""


@dataclass(frozen=True)
class _Side:
    """One of the plans: as it is kept, as it is judged, and whole."""

    stored: StoredPlan
    judged: Judged
    plan: Plan

    @property
    def text(self) -> str:
        return write_plan(self.plan)


@router.get("/compare")
def compare(request: Request, desk: DeskOf, plans: Annotated[list[str], Query(default_factory=list)]) -> Response:
    """Show two or three plans side by side: what differs, and what was computed of them."""
    names = _names(plans)
    try:
        sides = _chosen(desk, names)
    except NotComparable as fault:
        return listed(request, desk, ticked=names, not_compared=fault, status=422)
    return _page(request, desk, sides, None)


@router.post("/compare")
def start(
    request: Request,
    desk: DeskOf,
    plans: Annotated[list[str], Form(default_factory=list)],
    members: Annotated[str, Form()] = "64",
) -> Response:
    """Have plans computed over the same scenarios; the same comparison twice is one."""
    names = _names(plans)
    try:
        sides = _chosen(desk, names)
    except NotComparable as fault:
        return listed(request, desk, ticked=names, not_compared=fault, status=422)
    try:
        if any(one.judged.findings.exit_code for one in sides):
            raise PercutaError("the rules stop one of the plans", do="settle what they find, then compare")
        asked = _asked(sides) | {"members": int(members) if members in ("64", "256") else members}
        options = checked_options("compare", asked)
        if _job(desk, sides, waiting=True) is None:
            desk.runs.ask(sides[0].stored, sides[0].plan, "compare", options)
    except PercutaError as fault:
        return _page(request, desk, sides, fault)
    return RedirectResponse(f"/compare?plans={_address(sides)}", 303)


def _names(plans: list[str]) -> list[str]:
    """Return the plans that are named, in their order, each once."""
    return list(dict.fromkeys(name for part in plans for name in part.split(",") if name))


def _chosen(desk: Desk, names: list[str]) -> list[_Side]:
    """Return the plans that are to stand side by side.

    Raises
    ------
    NotComparable
        Unless they are two or three that are whole.
    """
    if not 2 <= len(names) <= _MOST:
        do = "choose two or three in the list of plans"
        raise NotComparable("plans are compared by twos or threes", value=len(names), allowed="2 or 3 plans", do=do)
    return [_side(desk, name) for name in names]


def _side(desk: Desk, identifier: str) -> _Side:
    stored = desk.plans.plan(identifier)
    about = judged(desk, stored)
    if about.draft.usable is None:
        raise NotComparable("this plan is not whole yet", value=stored.title, do="complete it, then compare")
    return _Side(stored, about, about.draft.usable)


def _asked(sides: list[_Side]) -> dict[str, Any]:
    return {"others": [{"plan": one.stored.id, "text": one.text} for one in sides[1:]]}


def _address(sides: list[_Side]) -> str:
    return ",".join(one.stored.id for one in sides)


def _job(desk: Desk, sides: list[_Side], *, waiting: bool = False) -> Job | None:
    """Return the newest comparison of these plans as they are; with ``waiting`` only one that has not ended."""
    first, others = sides[0], _asked(sides)["others"]
    for job in desk.jobs.jobs_of(first.stored.id):
        same = job.kind == "compare" and job.plan_text == first.text and job.asked["others"] == others
        if same and not (waiting and job.has_ended):
            return job
    return None


def _page(request: Request, desk: Desk, sides: list[_Side], fault: PercutaError | None) -> Response:
    job = _job(desk, sides)
    done = job is not None and job.state == "done"
    parts = (
        shown_comparison(job.folder)
        if job is not None and done
        else looked_at([one.plan for one in sides], [one.judged.findings for one in sides], desk.known)
    )
    return page(
        request,
        "compare.html",
        status=200 if fault is None else 422,
        sides=sides,
        address=_address(sides),
        job=job,
        done=done,
        told="" if job is None or job.has_ended else progress(desk, job),
        fault=fault,
        stopped=any(one.judged.findings.exit_code for one in sides),
        sizes=_SIZES,
        differing=in_words([(one["key"], one["values"]) for one in parts["table"]["differences"]], desk.known),
        **parts,
    )
