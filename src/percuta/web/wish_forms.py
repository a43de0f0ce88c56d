"""The form of what a search is asked: from what was typed to the rows that are asked, and faults beside their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

from starlette.datastructures import FormData

from percuta.errors import PercutaError
from percuta.web.bounds import whole_number
from percuta.workflows.wishes import Offer, Range, Wish, own_wish

_LISTS = ("objectives", "constraints", "settings")
_KEY = re.compile(rf"optimise\.({'|'.join(_LISTS)})\[(\d+)\]")
Faults = dict[str, list[PercutaError]]


def typed_over(offer: Offer, form: FormData) -> Offer:
    """Return the rows as they were typed; one that the form does not have stays as it is.

    Parameters
    ----------
    offer
        The rows of the plan, which may have got others since the form was made.
    form
        What was posted.
    """
    wanted, limits, settings = (_keys(getattr(offer, name), form, name) for name in _LISTS)
    first = f"objectives[{(whole_number(_text(form, 'first')) or 0) + 1}]"
    return replace(
        offer,
        objectives=tuple(_wish(one, form, key) for one, key in zip(offer.objectives, wanted, strict=True)),
        constraints=tuple(_wish(one, form, key) for one, key in zip(offer.constraints, limits, strict=True)),
        settings=tuple(_range(one, form, key) for one, key in zip(offer.settings, settings, strict=True)),
        first=wanted.index(first) if first in wanted else offer.first,
    )


def _keys(rows: Sequence[Wish | Range], form: FormData, name: str) -> list[str]:
    """Return the key of each row in the form, found by what it is about; empty for one that the form does not have."""
    keys: dict[str, list[str]] = {}
    for number in count(1):
        if (about := form.get(f"{name}[{number}].about")) is None:
            break
        keys.setdefault(str(about), []).append(f"{name}[{number}]")
    return [found.pop(0) if (found := keys.get(one.about)) else "" for one in rows]


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
    if not key:
        return one
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
    if not key:
        return one
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
