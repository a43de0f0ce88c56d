"""The consultation: who is treated, what is wanted, what speaks against it, and a prescriber's decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from percuta.errors import PercutaError
from percuta.plan.fields import Field, field_at
from percuta.plan.model import WITHOUT_OUTCOME_MODEL
from percuta.report.wording import EFFECTS, NO_MODEL_OF_BENEFIT, phototypes, upper
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.overrides import Data, decided, faults_of, open_to_decision, withdrawn
from percuta.web.pages.editing import Back, Version, live, not_done
from percuta.web.plan_store import StoredPlan
from percuta.web.questionnaire import ANSWERS, FIELDS, KEY, decisions, questionnaire, still_missing
from percuta.web.rendering import fragment, page, wants_fragment
from percuta.web.words import label_of, words_of

router = APIRouter()
HERE = "consultation"
Text = Annotated[str, Form(max_length=2000)]
Word = Annotated[str, Form(max_length=80)]
Change = Callable[[StoredPlan], tuple[Data, list[str], str]]
"""Returns a plan's data after a change, the keys that it touched, and what it was in words."""


@router.get("/plans/{identifier}/consultation")
def consultation(request: Request, identifier: str, desk: DeskOf) -> Response:
    """The person, the questionnaire, and what follows from the answers."""
    stored = desk.plans.plan(identifier)
    now = judged(desk, stored)
    shapes = _shapes(stored.data)
    return page(
        request,
        "consultation.html",
        stored=stored,
        judged=now,
        plan={"stored": stored, "judged": now},
        questionnaire=questionnaire(desk, stored),
        answers=ANSWERS,
        missing=still_missing(now),
        decisions=decisions(stored, desk.known),
        labels={key: label_of(key) for key in FIELDS},
        shapes=shapes,
        sexes=_choices("patient.sex", shapes),
        skins=[(one, phototypes([one.type]).removeprefix("type ")) for one in desk.known.phototypes],
        modelled=[(word, upper(words)) for word, words in EFFECTS.items() if word not in WITHOUT_OUTCOME_MODEL],
        not_modelled=[(word, upper(EFFECTS[word])) for word in WITHOUT_OUTCOME_MODEL],
        no_model=NO_MODEL_OF_BENEFIT,
        scar_types=_choices("patient.scar_types", shapes),
    )


@router.post("/plans/{identifier}/screening/rest")
def rest(request: Request, identifier: str, desk: DeskOf, version: Version, topic: Word) -> Response:
    """Write down that the person answered no to every question of a topic that has no answer yet."""

    def answered(stored: StoredPlan) -> tuple[Data, list[str], str]:
        asked = questionnaire(desk, stored).topic(topic)
        told = {one.rule.id: "no" for one in asked.not_asked}
        patient = stored.data.get("patient")
        patient = patient if isinstance(patient, dict) else {}
        answers = patient.get("screening")
        answers = answers if isinstance(answers, dict) else {}
        data = stored.data | {"patient": patient | {"screening": answers | told}}
        return data, [one.key for one in asked.not_asked], f"no to {len(told)} questions: {asked.title.lower()}"

    return _changed(request, desk, identifier, version, HERE, answered)


@router.post("/plans/{identifier}/override")
def override(
    request: Request,
    identifier: str,
    desk: DeskOf,
    version: Version,
    rule: Word,
    name: Text = "",
    reason: Text = "",
    prescriber: Word = "",
    back: Back = "planner",
) -> Response:
    """Write a prescriber's decision into the plan; what is wrong with it is told beside its fields."""
    name, reason = name.strip(), " ".join(reason.split())
    faults = faults_of(rule, name, reason, prescriber=prescriber == "yes")
    typed = {"name": name, "reason": reason}
    if faults:
        return _asked_again(request, desk, identifier, rule, back, typed, faults)

    def overridden(stored: StoredPlan) -> tuple[Data, list[str], str]:
        open_to_decision(judged(desk, stored).findings, rule)
        return decided(stored.data, rule, name, reason), [KEY + rule], f"decision of {name}"

    return _changed(request, desk, identifier, version, back, overridden)


@router.post("/plans/{identifier}/override/withdraw")
def withdraw(
    request: Request, identifier: str, desk: DeskOf, version: Version, rule: Word, back: Back = "planner"
) -> Response:
    """Take a prescriber's decision out of the plan."""

    def taken_back(stored: StoredPlan) -> tuple[Data, list[str], str]:
        return withdrawn(stored.data, rule), [KEY + rule], "a decision was withdrawn"

    return _changed(request, desk, identifier, version, back, taken_back)


def _shapes(data: Data) -> dict[str, Field]:
    """Return what may be entered into the fields of the page; the title stands on one line here."""
    found = {key: field_at(key, data) for key in FIELDS}
    shapes = {key: field for key, field in found.items() if field is not None}
    return shapes | {"title": replace(shapes["title"], kind="line")}


def _choices(key: str, shapes: dict[str, Field]) -> list[tuple[str, str]]:
    field = shapes[key]
    return [(word, upper(words)) for word, words in words_of(field.name, field.words)]


def _changed(request: Request, desk: Desk, identifier: str, version: int, back: str, change: Change) -> Response:
    """Make a change and answer what follows from it."""
    try:
        before = desk.plans.plan(identifier)
        data, keys, what = change(before)
        stored = desk.plans.save(identifier, version, data, what)
    except PercutaError as fault:
        if wants_fragment(request):
            return not_done(desk, identifier, fault)
        raise
    if not wants_fragment(request):
        return RedirectResponse(f"/plans/{identifier}/{back}", 303)
    return live(desk, stored, back, before, keys)


def _asked_again(
    request: Request,
    desk: Desk,
    identifier: str,
    rule: str,
    back: str,
    typed: dict[str, str],
    faults: dict[str, PercutaError],
) -> Response:
    """Answer the form of a decision with what was typed and what is wrong with it."""
    stored = desk.plans.plan(identifier)
    found = [one for one in judged(desk, stored).findings.findings if one.rule == rule]
    if not found or not wants_fragment(request):
        fault = next(iter(faults.values()))
        if wants_fragment(request):
            return not_done(desk, identifier, fault)
        raise fault
    values = {"stored": stored, "one": found[0], "back": back, "typed": typed, "faults": faults}
    return HTMLResponse(fragment("consultation/decision.html", **values), 422)
