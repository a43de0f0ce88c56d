"""The simulation of a plan: start it, see how far it is, what is known before it ends, and what was run before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from percuta.errors import PercutaError
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import STEEL_NEEDLES
from percuta.plan.writing import write_plan
from percuta.web.bounds import whole_number
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.job_options import checked_options
from percuta.web.job_store import Job
from percuta.web.job_words import STATES, about, likely, when
from percuta.web.pages.jobs import page_of_result, progress
from percuta.web.plan_store import PlanChanged, StoredPlan
from percuta.web.rendering import page
from percuta.workflows.glance import glance

router = APIRouter()
_SIZES = (
    (64, "Quick", "enough to see what matters; the ends of ranges are rough"),
    (256, "Usual", "ranges and chances that can be relied on as far as the models can"),
    (1024, "Fine", "for rare events and close comparisons"),
)
_ACCURACIES = (
    ("draft", "Draft", "coarse grid: for planning"),
    ("standard", "Standard", "finer grid: for the plan that is carried out; takes much longer"),
)
_JUDGED_BY = 20  # earlier simulations that say how long one takes


@dataclass(frozen=True)
class _Run:
    """A run of this plan as a row of the table: the job, and whether the plan is still the one that was computed."""

    job: Job
    when: str
    state: str
    taken: str
    same_plan: bool
    result: str


@router.get("/plans/{identifier}/simulation")
def simulation(request: Request, identifier: str, desk: DeskOf) -> Response:
    """Show what can be started, what is being computed, and what was."""
    return _page(request, desk, desk.plans.plan(identifier), {}, None)


@router.post("/plans/{identifier}/simulate")
def simulate(
    request: Request,
    identifier: str,
    desk: DeskOf,
    version: Annotated[str, Form()] = "",
    members: Annotated[str, Form()] = "64",
    accuracy: Annotated[str, Form()] = "draft",
    seed: Annotated[str, Form()] = "0",
) -> Response:
    """Start a simulation; the same one twice is one."""
    stored = desk.plans.plan(identifier)
    typed = {"members": members, "accuracy": accuracy, "seed": seed}
    try:
        _check_version(stored, version)
        options = checked_options("simulate", {name: _number(text) for name, text in typed.items()})
        _start(desk, stored, options)
    except PercutaError as fault:
        status = 409 if isinstance(fault, PlanChanged) else 422
        return _page(request, desk, stored, typed, fault, status)
    return RedirectResponse(f"/plans/{identifier}/simulation", 303)


def _number(text: str) -> int | str:
    found = whole_number(text.strip())
    return text if found is None else found


def _check_version(stored: StoredPlan, version: str) -> None:
    if version != str(stored.version):
        raise PlanChanged(
            "the plan was changed since this page was made, perhaps in another tab", do="look at it again, then start"
        )


def _start(desk: Desk, stored: StoredPlan, options: dict[str, Any]) -> None:
    known = judged(desk, stored)
    plan = known.draft.usable
    if plan is None:
        raise PercutaError("the plan is not whole yet", do="complete what is listed")
    if known.findings.exit_code:
        raise PercutaError(known.findings.sentence.rstrip("."), do="settle what the rules find, then start")
    text = write_plan(plan)
    waiting = [one for one in desk.jobs.jobs_of(stored.id) if not one.has_ended and one.kind == "simulate"]
    if not any(one.plan_text == text and one.asked == options for one in waiting):
        desk.runs.ask(stored, plan, "simulate", options)


def _page(
    request: Request,
    desk: Desk,
    stored: StoredPlan,
    typed: dict[str, str],
    fault: PercutaError | None,
    status: int = 200,
) -> Response:
    known = judged(desk, stored)
    plan = known.draft.usable
    text = None if plan is None else write_plan(plan)
    jobs = [one for one in desk.jobs.jobs_of(stored.id) if one.kind == "simulate"]
    return page(
        request,
        "simulation.html",
        status=status,
        stored=stored,
        judged=known,
        whole=plan is not None,
        typed={"members": "64", "accuracy": "draft", "seed": "0"} | typed,
        fault=fault,
        fault_at=(fault.where.key if fault and fault.where else None),
        sizes=[(*one, _how_long(desk, text, one[0])) for one in _SIZES],
        accuracies=_ACCURACIES if plan is not None and plan.rf_pulses else (),
        computed=[] if plan is None else _computed(plan),
        reach=[] if plan is None or known.findings.exit_code else _reach(plan, desk.known),
        unfinished=[(one, progress(desk, one)) for one in reversed(jobs) if not one.has_ended],
        runs=[_run(one, text) for one in jobs if one.has_ended],
    )


def _run(job: Job, text: str | None) -> _Run:
    same = text is not None and job.computes(text)
    took = "" if job.took is None else about(job.took)
    return _Run(job, when(job.created), STATES[job.state], took, same, page_of_result(job))


def _how_long(desk: Desk, text: str | None, members: int) -> str:
    return "" if text is None else likely(desk.jobs.done("simulate", _JUDGED_BY), text, members, "draft")


def _computed(plan: Plan) -> list[str]:
    """Return what a simulation of a plan answers, in words."""
    answers = [
        "how deep the needles reach in every zone, and how much of the skin they open"
        if plan.needling or plan.rf_pulses
        else "what goes into the skin from the patch, and how deep it reaches",
        "the session minute by minute: how long each step takes, and how much it is likely to hurt",
        "days of redness and downtime, and the chances of unwanted effects in a person like this",
        "the skin over the months of the course, beside the same skin without treatment",
    ]
    if plan.rf_pulses:
        answers.insert(1, "the heat of the radiofrequency pulses, and the tissue they coagulate")
    return [*answers, "a block of this skin in three dimensions"]


def _reach(plan: Plan, known: Library) -> list[tuple[str, list[str]]]:
    """Return what the fast model says of every step with needles, zone by zone."""
    rows = []
    for number, step in enumerate(plan.session.steps, 1):
        if isinstance(step, STEEL_NEEDLES):
            for zone in plan.zones_of(step):
                rows.append((f"Step {number}, {zone}", _sentences(plan, zone, number, known)))
    return rows


def _sentences(plan: Plan, zone: str, step: int, known: Library) -> list[str]:
    try:
        return list(glance(plan, zone, step, known).sentences)
    except PercutaError as fault:
        return [f"Not known at once: {fault.what}."]
