"""The planner: zones, device, steps and course of a plan, with what follows from them beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from percuta.errors import PercutaError
from percuta.plan.creams import creams_follow
from percuta.plan.fields import fields_of
from percuta.plan.model import Plan
from percuta.report.wording import STEPS
from percuta.web.desk import Desk, DeskOf
from percuta.web.drafts import judged
from percuta.web.edits import moved, removed
from percuta.web.pages.editing import not_done
from percuta.web.plan_store import StoredPlan
from percuta.web.planner_device import device_card, pulses_of
from percuta.web.planner_edits import (
    STEPS as STEPS_KEY,
)
from percuta.web.planner_edits import (
    cartridge_added,
    cartridge_removed,
    device_chosen,
    step_added,
    step_copied,
    zone_removed,
    zone_renamed,
)
from percuta.web.planner_view import StepCard, course_entries, entry_of, rows_at, set_depth_of, step_cards, zone_cards
from percuta.web.rendering import page, wants_fragment
from percuta.web.words import label_of
from percuta.web.zone_choice import chart_of
from percuta.workflows.glance import Glance, glance_of_draft

router = APIRouter()

Version = Annotated[int, Form()]
Data = dict[str, Any]
Change = Callable[[Data], Data]


@router.get("/plans/{identifier}/planner")
def planner(request: Request, identifier: str, desk: DeskOf) -> Response:
    """The planner of one plan."""
    return _page(request, desk, desk.plans.plan(identifier))


@router.get("/plans/{identifier}/glance")
def glance(
    request: Request,
    identifier: str,
    desk: DeskOf,
    step: Annotated[int, Query(ge=1, le=100)],
    zone: Annotated[int, Query(ge=1, le=100)] = 1,
    depth: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """What the needles of a step do in a zone, at a depth or as the plan has it; nothing is kept."""
    data = desk.plans.plan(identifier).data
    written = f"{depth} mm" if depth is not None and depth.replace(".", "", 1).isdigit() else depth
    return page(
        request,
        "planner/glance.html",
        view=_seen(glance_of_draft(data, zone, step, desk.known, written)),
        looked_at_plan=depth is None,
        depth=set_depth_of(data, step),
    )


@router.post("/plans/{identifier}/steps/add")
def add_step(
    request: Request, identifier: str, desk: DeskOf, version: Version, do: Annotated[str, Form(max_length=80)]
) -> Response:
    """Add a step at the end."""
    name = STEPS.get(do, do)
    count = len(rows_at(desk.plans.plan(identifier).data, "session", "steps"))
    said = f"{name} added as step {count + 1}."
    return _changed(request, identifier, desk, version, lambda data: step_added(data, do), said, f"step-{count + 1}")


@router.post("/plans/{identifier}/steps/{number}/{action}")
def change_step(
    request: Request,
    identifier: str,
    number: int,
    action: Literal["up", "down", "move", "copy", "remove"],
    desk: DeskOf,
    version: Version,
    to: Annotated[int, Form(ge=1, le=200)] = 1,
) -> Response:
    """Move, copy or remove a step."""
    rows = rows_at(desk.plans.plan(identifier).data, "session", "steps")
    place = min(max({"up": number - 1, "down": number + 1, "move": to}.get(action, number), 1), max(len(rows), 1))
    do = rows[number - 1].get("do", "") if 1 <= number <= len(rows) and isinstance(rows[number - 1], dict) else ""
    name = STEPS.get(do, "Step")
    if action == "remove":
        last = f"step-{min(number, len(rows) - 1)}" if len(rows) > 1 else "steps"
        said = f"{name} removed; {len(rows) - 1} steps are left."
        return _changed(request, identifier, desk, version, lambda data: removed(data, STEPS_KEY, number), said, last)
    if action == "copy":
        said = f"{name} copied as step {number + 1}."
        copy_of = f"step-{number + 1}"
        return _changed(request, identifier, desk, version, lambda data: step_copied(data, number), said, copy_of)
    said = f"{name} is now step {place} of {len(rows)}."
    # the button that was pressed keeps the focus, unless there is no way further on
    way = {1: "down", len(rows): "up"}.get(place, "down" if action == "down" else "up")
    focus = f"{way}-{place}" if action != "move" else f"step-{place}"
    return _changed(request, identifier, desk, version, lambda data: moved(data, STEPS_KEY, number, place), said, focus)


@router.post("/plans/{identifier}/device")
def choose_device(
    request: Request, identifier: str, desk: DeskOf, version: Version, choice: Annotated[str, Form(max_length=120)]
) -> Response:
    """Take another device."""

    def change(data: Data) -> Data:
        return device_chosen(data, choice, desk.known)

    return _changed(request, identifier, desk, version, change, "The device is another now.", "device-choice")


@router.post("/plans/{identifier}/cartridges/{action}")
def change_cartridge(
    request: Request,
    identifier: str,
    action: Literal["add", "remove"],
    desk: DeskOf,
    version: Version,
    name: Annotated[str, Form(max_length=80)],
) -> Response:
    """Describe another cartridge of the device, or forget one."""
    change = cartridge_added if action == "add" else cartridge_removed
    said = f"Cartridge {name.strip()} {'added' if action == 'add' else 'removed'}."
    return _changed(request, identifier, desk, version, lambda data: change(data, name), said, "cartridge-name")


@router.post("/plans/{identifier}/zones/{number}/{action}")
def change_zone(
    request: Request,
    identifier: str,
    number: int,
    action: Literal["rename", "remove"],
    desk: DeskOf,
    version: Version,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Give a zone another name, in the steps as well, or remove it."""
    if action == "remove":
        said = f"Zone {number} removed."
        return _changed(request, identifier, desk, version, lambda data: zone_removed(data, number), said, "zones")
    said, focus = f"The zone is called {name.strip()} now.", f"zone-name-{number}"
    return _changed(request, identifier, desk, version, lambda data: zone_renamed(data, number, name), said, focus)


def _changed(
    request: Request, identifier: str, desk: Desk, version: int, change: Change, said: str, focus: str
) -> Response:
    """Keep a change and answer the planner, which says what was done and sets the focus."""
    try:
        before = desk.plans.plan(identifier).data
        data = creams_follow(before, change(before), desk.known)
        stored = desk.plans.save(identifier, version, data, said.rstrip("."))
    except PercutaError as fault:
        if not wants_fragment(request):
            raise
        answer = not_done(desk, identifier, fault)
        answer.headers["HX-Reswap"] = "none"  # the words alone are put in their place
        return answer
    if not wants_fragment(request):
        return RedirectResponse(f"/plans/{identifier}/planner#{focus}", 303)
    return _page(request, desk, stored, said=said, focus=focus)


def _page(request: Request, desk: Desk, stored: StoredPlan, said: str = "", focus: str = "") -> Response:
    data, known = stored.data, desk.known
    plan = fields_of(Plan)
    found = judged(desk, stored)
    cards = step_cards(data, known, found.faults)
    return page(
        request,
        "planner.html",
        stored=stored,
        judged=found,
        said=said,
        focus=focus,
        about=(
            entry_of("title", replace(plan["title"], kind="line")),
            entry_of("use", plan["use"]),
            entry_of("notes", plan["notes"]),
        ),
        chart=chart_of(data, known),
        zones=zone_cards(data, known, found.faults),
        device=device_card(data, known, pulses_of(data)),
        steps=cards,
        glances={card.number: _glance_of(card, data, desk) for card in cards if card.needles},
        kinds=list(STEPS.items()),
        course=course_entries(),
    )


def _glance_of(card: StepCard, data: Data, desk: Desk) -> dict[str, Any]:
    """Return what the needles of a step do in the first of its zones."""
    zone = card.zones[0][0] if card.zones else 1
    return _seen(glance_of_draft(data, zone, card.number, desk.known))


def _seen(found: Glance | tuple[PercutaError, ...]) -> dict[str, Any]:
    """Return what the template shows: a glance, or the names of what is still to be entered for one."""
    if isinstance(found, Glance):
        return {"glance": found, "lacks": []}
    keys = [fault.where.key or "" if fault.where is not None else "" for fault in found]
    names = {"zones": "a zone", "session.steps": "the step", "session.steps[1].zones": "a zone for this step"}
    return {"glance": None, "lacks": list(dict.fromkeys(names.get(key) or label_of(key).lower() for key in keys))}
