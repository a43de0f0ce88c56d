"""A zone chosen or given up on the drawn body."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from percuta.errors import PercutaError
from percuta.plan.creams import creams_follow
from percuta.web.desk import DeskOf
from percuta.web.pages.editing import not_done
from percuta.web.rendering import wants_fragment
from percuta.web.zone_choice import toggled

router = APIRouter()


@router.post("/plans/{identifier}/zones/toggle")
def toggle(
    request: Request,
    identifier: str,
    desk: DeskOf,
    version: Annotated[int, Form()],
    site: Annotated[str, Form(max_length=80)],
    side: Annotated[str, Form(max_length=10)],
) -> Response:
    """Choose a site on a side as a zone, or give it up where it is one; the planner is shown again."""
    try:
        stored = desk.plans.plan(identifier)
        data, what = toggled(stored.data, site, side, desk.known)
        desk.plans.save(identifier, version, creams_follow(stored.data, data, desk.known), what)
    except PercutaError as fault:
        if not wants_fragment(request):
            raise
        answer = not_done(desk, identifier, fault)
        answer.headers["HX-Reswap"] = "none"  # the words alone are put in their place
        return answer
    return RedirectResponse(f"/plans/{identifier}/planner", 303)
