"""Searching the settings of a plan: what is wanted, how far the search is, what it found, taking a choice over."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from percuta.errors import PercutaError, PlanError
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.plan.writing import write_plan
from percuta.results.samples import Sample
from percuta.web.bounds import whole_number
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import Judged, KnownLibrary, judged
from percuta.web.edits import replaced
from percuta.web.job_options import MOST_TRIALS, checked_options
from percuta.web.job_store import Job, NoSuchJob
from percuta.web.pages.jobs import progress
from percuta.web.plan_store import PlanChanged, StoredPlan
from percuta.web.rendering import page
from percuta.web.wish_forms import Faults, faults_by_row, typed_over, with_new
from percuta.workflows.shown_result import changed_since, shown_search
from percuta.workflows.take_over import taken_over
from percuta.workflows.wishes import Offer, as_table, faults_of, offered, samples_of, with_wishes

router = APIRouter()
_SIZES = (
    ("quick", "Quick", "a first look; too few scenarios for a recommendation to rest on", (20, 64, 64)),
    ("usual", "Usual", "the best are computed anew over 256 fresh scenarios", (100, 64, 256)),
    ("thorough", "Thorough", "finds more of the front, and rests on four times the scenarios", (200, 256, 1024)),
)
_KEPT = 32
_TRIALS = "trials"


@router.get("/plans/{identifier}/optimise")
def optimise(request: Request, identifier: str, desk: DeskOf, job: str | None = None) -> Response:
    """Show what a search is asked, how far it is, and what the last one found."""
    return _page(request, desk, desk.plans.plan(identifier), job=job)


@router.post("/plans/{identifier}/optimise")
async def asked(request: Request, identifier: str, desk: DeskOf) -> Response:
    """Keep what is wished, and search where that is asked."""
    form = await request.form(max_files=0, max_fields=500)
    return await run_in_threadpool(_asked, request, identifier, desk, form)


@router.post("/plans/{identifier}/optimise/take")
def take(
    identifier: str,
    desk: DeskOf,
    version: Annotated[int, Form()],
    job: Annotated[str, Form()],
    number: Annotated[int, Form()],
) -> Response:
    """Make the settings of a choice those of the plan, as one change."""
    stored, found = desk.plans.plan(identifier), _search(desk, identifier, job)
    plan = judged(desk, stored).plan
    if plan is None:
        raise PlanError("the plan is not whole", do="complete it first, or undo the last change")
    changes = taken_over(found.folder, found.plan_text, plan, number, desk.known)
    desk.plans.save(identifier, version, replaced(stored.data, changes), f"settings no. {number} of a search")
    return RedirectResponse(f"/plans/{identifier}/planner", 303)


def _asked(request: Request, identifier: str, desk: Desk, form: FormData) -> Response:
    stored = desk.plans.plan(identifier)
    try:
        options = _options(form) if form.get("do") == "search" else None
        kept, faults = _kept(desk, stored, form)
    except PercutaError as fault:
        kept, faults, status = desk.plans.plan(identifier), {_field_of(fault): [fault]}, _status(fault)
    else:
        status = 422
    if faults:
        return _page(request, desk, kept, offer=_typed(desk, kept, form), faults=faults, typed=form, status=status)
    try:
        if options is not None:
            _start(desk, kept, options)
    except PercutaError as fault:
        size = FormData([(key, form[key]) for key in ("size", "trials") if key in form])  # the wishes are kept
        return _page(request, desk, kept, faults={"": [fault]}, typed=size, status=422)
    return RedirectResponse(f"/plans/{identifier}/optimise", 303)


def _status(fault: PercutaError) -> int:
    return 409 if isinstance(fault, PlanChanged) else 422


def _field_of(fault: PercutaError) -> str:
    """Return the field that a fault stands beside; empty where it is about the whole."""
    key = fault.where.key if fault.where else None
    return _TRIALS if key == _TRIALS else ""


def _kept(desk: Desk, stored: StoredPlan, form: FormData) -> tuple[StoredPlan, Faults]:
    """Keep what is wished, or return what is wrong with it by its row.

    Raises
    ------
    PlanChanged
        If the form is that of another version.
    """
    if str(form.get("version")) != str(stored.version):
        raise PlanChanged("the plan was changed since this page was made, perhaps in another tab", do="look again")
    if form.get("do") == "usual":
        return _save(desk, stored, {}), {}
    plan, offer = judged(desk, stored).draft.usable, _typed(desk, stored, form)
    if plan is None or offer is None:
        return stored, {}
    asked = with_new(offer, form)
    table = as_table(asked, _usual(desk, stored, plan))
    faults = faults_of(with_wishes(stored.data, table), desk.known, _samples(desk, stored, plan))
    return (stored, faults_by_row(offer, asked, faults)) if faults else (_save(desk, stored, table), {})


def _typed(desk: Desk, stored: StoredPlan, form: FormData) -> Offer | None:
    """Return the rows of a plan as they were typed; None where nothing can be asked."""
    about = judged(desk, stored)
    plan = about.draft.usable
    return None if plan is None or _why_not(desk, stored, about) else typed_over(_offer(desk, stored, plan), form)


def _save(desk: Desk, stored: StoredPlan, table: dict[str, Any]) -> StoredPlan:
    if table == (stored.data.get("optimise") or {}):
        return stored
    return desk.plans.save(stored.id, stored.version, with_wishes(stored.data, table), "what a search is asked")


def _options(form: FormData) -> dict[str, Any]:
    """Return how a search is to be computed.

    Raises
    ------
    PlanError
        If the number of choices is none, or out of its bounds.
    """
    trials, members, fresh = next((size for key, *_, size in _SIZES if key == form.get("size")), _SIZES[1][-1])
    own = str(form.get(_TRIALS, "")).strip()
    asked = (own if (number := whole_number(own)) is None else number) if own else trials
    return checked_options("optimise", {_TRIALS: asked, "members": members, "fresh": fresh})


def _start(desk: Desk, stored: StoredPlan, options: dict[str, Any]) -> None:
    """Start a search; the same one twice is one."""
    plan = judged(desk, stored).draft.usable
    if plan is None:
        raise PlanError("the plan is not whole", do="complete it first")
    if not any(one.kind == "optimise" and not one.has_ended for one in desk.jobs.jobs_of(stored.id)):
        desk.runs.ask(stored, plan, "optimise", options)


def _page(
    request: Request,
    desk: Desk,
    stored: StoredPlan,
    *,
    job: str | None = None,
    offer: Offer | None = None,
    faults: Faults | None = None,
    typed: FormData | None = None,
    status: int = 200,
) -> Response:
    about, told = judged(desk, stored), faults or {}
    plan = about.draft.usable
    why_not = _why_not(desk, stored, about)
    if offer is None and plan is not None and not why_not:
        offer = _offer(desk, stored, plan)
    jobs = [one for one in desk.jobs.jobs_of(stored.id) if one.kind == "optimise"]
    done = [one for one in jobs if one.state == "done"]
    shown = _search(desk, stored.id, job) if job else (done[0] if done else None)
    search = {} if shown is None else shown_search(shown.folder)
    return page(
        request,
        "optimise.html",
        status=status,
        stored=stored,
        judged=about,
        why_not=why_not,
        offer=offer,
        faults=told | ({"": [*told.get("", []), *offer.told]} if offer is not None and offer.told else {}),
        typed={} if typed is None else {key: str(typed[key]) for key in typed},
        sizes=_SIZES,
        most_trials=MOST_TRIALS,
        unfinished=[(one, progress(desk, one)) for one in reversed(jobs) if not one.has_ended],
        failed=jobs[0] if jobs and jobs[0].state == "failed" else None,
        job=shown,
        others=[one for one in done if shown is None or one.id != shown.id],
        since=[] if shown is None else changed_since(shown.plan_text, about.plan, desk.known),
        **search,
    )


def _why_not(desk: Desk, stored: StoredPlan, about: Judged) -> str:
    """Return why nothing can be searched; empty where it can."""
    if about.draft.usable is None:
        return "The plan is not whole yet. A search starts from a whole plan."
    if any(one.kind == "screening" and one.stops for one in about.findings.findings):
        return "The screening stops this plan, and no choice of settings changes that. Settle it first."
    if about.draft.usable.rf_pulses and _result(desk, stored, about.draft.usable) is None:
        return "Simulate this plan first: what can be wished of it is known from its result."
    return ""


def _result(desk: Desk, stored: StoredPlan, plan: Plan) -> Path | None:
    """Return the newest result of the plan as it is, or None."""
    job = desk.jobs.newest_result(stored.id, "simulate")
    return job.folder if job is not None and changed_since(job.plan_text, plan, desk.known) == [] else None


def _offer(desk: Desk, stored: StoredPlan, plan: Plan) -> Offer:
    return offered(plan, desk.known, _samples(desk, stored, plan))


def _usual(desk: Desk, stored: StoredPlan, plan: Plan) -> Offer:
    """Return what a search over the plan is asked where the plan itself says nothing."""
    return offered(_plain(plan), desk.known, _samples(desk, stored, plan))


def _samples(desk: Desk, stored: StoredPlan, plan: Plan) -> list[Sample]:
    """Return which endpoints the plan gives: from its result, or from a few scenarios."""
    return _kept_samples(KnownLibrary(desk.known), write_plan(_plain(plan)), _result(desk, stored, plan))


def _plain(plan: Plan) -> Plan:
    return plan.model_copy(update={"optimise": None})


@lru_cache(maxsize=_KEPT)
def _kept_samples(known: KnownLibrary, text: str, folder: Path | None) -> list[Sample]:
    return samples_of(read_plan(text, "the plan", known.library), known.library, folder)


def _search(desk: Desk, identifier: str, job: str) -> Job:
    """Return a search of this plan that is done."""
    found = next((one for one in desk.jobs.jobs_of(identifier) if one.id == job), None)
    if found is None or found.kind != "optimise" or found.state != "done":
        raise NoSuchJob("this plan has no such search", value=job, do="open the search of the plan again")
    return found
