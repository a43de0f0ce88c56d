"""The results of a plan: whether it should be done, what it may cost and bring, how sure that is."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from percuta.plan.differences import Difference
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.web.changes_in_words import in_words
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import Judged, KnownLibrary, judged
from percuta.web.job_store import Job, NoSuchJob
from percuta.web.pages.block import block_values
from percuta.web.plan_store import StoredPlan
from percuta.web.rendering import fragment, page
from percuta.workflows.result_folder import FINDINGS, read_json
from percuta.workflows.shown_result import changed_since, shown_refusal, shown_result

router = APIRouter()
_KEPT = 16  # rendered results


@router.get("/plans/{identifier}/results")
def results(request: Request, identifier: str, desk: DeskOf, job: str | None = None) -> Response:
    """Show the newest simulation of a plan, or an older one."""
    stored = desk.plans.plan(identifier)
    about = judged(desk, stored)
    every = desk.jobs.answers(identifier, "simulate")
    shown = _chosen(every, job)
    if shown is None:
        return _without(request, desk, stored, about)
    return page(
        request,
        "results.html",
        stored=stored,
        judged=about,
        others=[one for one in every if one.id != shown.id],
        newest=every[0].id == shown.id,
        refused=shown.refused,
        body=_refused(desk, shown) if shown.refused else _body(KnownLibrary(desk.known), shown.folder),
        since=_since(desk, stored, about, shown),
        **_block(desk, shown),
    )


@router.get("/results/{identifier}/block")
def block(identifier: str, desk: DeskOf) -> Response:
    """Give the place of a result's block of skin anew: the block, once it is drawn."""
    return HTMLResponse(fragment("results/block.html", **_block(desk, desk.jobs.job(identifier))))


def _block(desk: Desk, job: Job) -> dict[str, Any]:
    """Return what the place of the block takes: the block, or why there is none."""
    return {"job": job, **block_values(desk, job.id)}


def _without(request: Request, desk: Desk, stored: StoredPlan, about: Judged) -> Response:
    """Show a plan that was never computed: why it is not, where the rules stop it."""
    plan = about.draft.usable
    if plan is None or not about.findings.exit_code:
        return page(request, "results_none.html", stored=stored, judged=about)
    stopped: dict[str, Any] = {
        "others": [],
        "newest": True,
        "refused": True,
        "body": _refusal(desk, plan, about.findings.as_dict()),
        "since": [],
    }
    return page(request, "results.html", stored=stored, judged=about, **stopped)


def _chosen(every: list[Job], asked: str | None) -> Job | None:
    """Return the simulation that is asked for, or the newest; None where there is none."""
    if asked is None:
        return every[0] if every else None
    found = next((one for one in every if one.id == asked), None)
    if found is None:
        raise NoSuchJob("this plan has no such result", value=asked, do="open the results of the plan again")
    return found


def _since(desk: Desk, stored: StoredPlan, about: Judged, job: Job) -> list[Difference] | None:
    """Return, in words, what the plan does otherwise than when it was computed; None where it is not whole any more."""
    if job.version == stored.version:
        return []
    found = changed_since(job.plan_text, about.plan, desk.known)
    return None if found is None else in_words([(one.key, one.values) for one in found], desk.known)


@lru_cache(maxsize=_KEPT)
def _body(known: KnownLibrary, folder: Path) -> dict[str, Markup]:
    """Return the two halves of the page that stand before and after the block of skin."""
    parts = shown_result(folder, known.library)
    return {name: Markup(fragment(f"results/{name}.html", **parts)) for name in ("answer", "depth")}


def _refused(desk: Desk, job: Job) -> dict[str, Markup]:
    """Return the page of a simulation that the rules stopped, with what they found then."""
    plan = read_plan(job.plan_text, "the computed plan", desk.known)
    return _refusal(desk, plan, read_json(job.folder / FINDINGS))


def _refusal(desk: Desk, plan: Plan, findings: dict[str, Any]) -> dict[str, Markup]:
    parts = shown_refusal(plan, findings, desk.known)
    return {"answer": Markup(fragment("results/refused.html", **parts)), "depth": Markup("")}
