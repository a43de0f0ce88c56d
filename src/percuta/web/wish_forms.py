"""The form of what a search is asked: from what was typed to the rows that are asked, and faults beside their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from starlette.datastructures import FormData

from percuta.errors import PercutaError
from percuta.web.bounds import whole_number
from percuta.workflows.wishes import Offer, Range, Wish, own_wish

_KEY = re.compile(r"optimise\.(objectives|constraints|settings)\[(\d+)\]")
Faults = dict[str, list[PercutaError]]


def typed_over(offer: Offer, form: FormData) -> Offer:
    """Return the rows of the form as they were typed.

    Parameters
    ----------
    offer
        The rows that the form was made from.
    form
        What was posted.
    """
    wanted = [_wish(one, form, f"objectives[{place}]") for place, one in enumerate(offer.objectives, 1)]
    limits = [_wish(one, form, f"constraints[{place}]") for place, one in enumerate(offer.constraints, 1)]
    settings = [_range(one, form, f"settings[{place}]") for place, one in enumerate(offer.settings, 1)]
    first = _place(_text(form, "first"), len(wanted)) or 0
    return replace(offer, objectives=tuple(wanted), constraints=tuple(limits), settings=tuple(settings), first=first)


def with_new(offer: Offer, form: FormData) -> Offer:
    """Return the rows with those of one's own that are to be added, each at the end of its list."""
    wanted, limits = offer.objectives, offer.constraints
    if name := _text(form, "new_objective.endpoint"):
        wanted = (*wanted, own_wish(offer, name, _text(form, "new_objective.way")))
    if name := _text(form, "new_constraint.endpoint"):
        asked = (_text(form, f"new_constraint.{key}") for key in ("way", "limit", "probability", "zone"))
        limits = (*limits, own_wish(offer, name, *asked))
    return replace(offer, objectives=wanted, constraints=limits)


def faults_by_row(offer: Offer, asked: Offer, faults: Iterable[PercutaError]) -> Faults:
    """Return what is wrong by the row it is about: ``constraints[2]``, ``new_constraint``; under "" what is about none.

    Parameters
    ----------
    offer, asked
        The rows of the form, and the same with those that are to be added.
    faults
        Each with its key in the plan.
    """
    found: Faults = {}
    for fault in faults:
        key = (fault.where.key if fault.where else None) or ""
        about = _KEY.match(key)
        found.setdefault(_row(offer, asked, about[1], int(about[2])) if about else "", []).append(fault)
    return found


def _row(offer: Offer, asked: Offer, name: str, number: int) -> str:
    """Return the row of the form that a row of the plan's table came from, which holds those alone that are ticked."""
    places = asked.asked(name)
    if number > len(places):
        return ""
    place = places[number - 1]
    return f"{name}[{place + 1}]" if place < len(getattr(offer, name)) else f"new_{name.removesuffix('s')}"


def _text(form: FormData, key: str) -> str:
    return str(form.get(key, "")).strip()


def _wish(one: Wish, form: FormData, key: str) -> Wish:
    way, limit, probability = (_text(form, f"{key}.{name}") for name in ("way", "limit", "probability"))
    ways = ("maximise", "minimise") if one.way in ("maximise", "minimise") else ("above", "below")
    return replace(
        one,
        on=f"{key}.on" in form,
        way=way if way in ways else one.way,
        limit=limit if f"{key}.limit" in form else one.limit,
        probability=probability if f"{key}.probability" in form else one.probability,
    )


def _range(one: Range, form: FormData, key: str) -> Range:
    if one.ordered:
        first, last = (_place(_text(form, f"{key}.{end}"), len(one.values)) for end in ("first", "last"))
        between = (
            range(len(one.values)) if first is None or last is None else range(min(first, last), max(first, last) + 1)
        )
        kept = one.chosen if first is None or last is None else tuple(between)
    else:
        kept = tuple(place for place in range(len(one.values)) if str(place) in form.getlist(f"{key}.value"))
    return replace(one, on=f"{key}.on" in form, chosen=kept)


def _place(text: str, many: int) -> int | None:
    place = whole_number(text)
    return place if place is not None and place < many else None
