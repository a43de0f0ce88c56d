"""The endpoints of several plans side by side, and each plan against the first over the same scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from percuta.results.endpoints import summary
from percuta.results.judging import BETTER
from percuta.results.paired import paired, standing
from percuta.results.proportions import clopper_pearson
from percuta.results.samples import Sample

Zones = tuple[str | None, ...]  # one zone for each plan; None where a plan has none that matches
_NUMBERS = ("p5", "p50", "p95", "tail_error")


def matched_zones(plans: Sequence[Sequence[str]]) -> list[Zones]:
    """Return which zones are compared: those of one name, or the only zone of the first and of another plan.

    Parameters
    ----------
    plans
        Names of the zones of each plan.

    Returns
    -------
    list
        One row for each zone of the first plan that any other plan has a match for.
    """
    first, *others = plans
    rows = [(zone, *(_match(zone, first, other) for other in others)) for zone in first]
    return [row for row in rows if any(zone is not None for zone in row[1:])]


def _match(zone: str, first: Sequence[str], other: Sequence[str]) -> str | None:
    if zone in other:
        return zone
    return other[0] if len(first) == len(other) == 1 else None


def zone_label(zones: Zones) -> str | None:
    """Return what a row of zones is called; None for the whole plan."""
    return " / ".join(dict.fromkeys(zone for zone in zones if zone is not None)) or None


@dataclass(frozen=True)
class _Place:
    """The endpoints of each plan at one place, by name; None for a plan that has no such place."""

    zones: Zones
    plans: tuple[dict[str, Sample] | None, ...]


def side_by_side(plans: Sequence[Sequence[Sample]], zones: Sequence[Zones]) -> list[dict[str, Any]]:
    """Return the rows of a comparison: the whole plan first, then zone by zone.

    Parameters
    ----------
    plans
        The endpoints of each plan over the same scenarios.
    zones
        Which zones are compared; see :func:`matched_zones`.

    Returns
    -------
    list
        A row has ``name``, ``zone``, ``unit``, ``better``; ``plans`` with quantiles, probabilities or the sentence
        that withholds it, None where a plan has no such endpoint; ``definitions``; and ``against_first`` with the
        paired comparison of each plan with the first, None where there is none.
    """
    whole: Zones = tuple(None for _ in plans)
    rows = []
    for row in (whole, *zones):
        missing = [row is not whole and zone is None for zone in row]
        place = _Place(
            row,
            tuple(
                None if absent else {one.name: one for one in every if one.zone == zone}
                for every, zone, absent in zip(plans, row, missing, strict=True)
            ),
        )
        rows += [_row(name, place) for name in _names(place)]
    return rows


def _names(place: _Place) -> list[str]:
    return list(dict.fromkeys(name for own in place.plans if own is not None for name in own))


def _row(name: str, place: _Place) -> dict[str, Any]:
    found = [None if own is None else own.get(name) for own in place.plans]
    any_of = next(one for one in found if one is not None)
    first, *others = found
    return {
        "name": name,
        "zone": zone_label(place.zones),
        "unit": any_of.unit,
        "better": BETTER[name],
        "definitions": [None if one is None else one.definition for one in found],
        "plans": [None if one is None else _cell(one) for one in found],
        "against_first": [None, *(_against(first, other) for other in others)],
    }


def _cell(one: Sample) -> dict[str, Any]:
    given = summary(one).as_dict()
    if "p50" in given:
        return {name: given[name] for name in _NUMBERS}
    kept = "withheld" if "withheld" in given else "probabilities"
    return {kept: given[kept]}


def _against(first: Sample | None, other: Sample | None) -> dict[str, Any] | None:
    if first is None or other is None or first.values is None or other.values is None:
        return None
    if first.words:
        return _alike(first, other)
    if not (np.isfinite(first.values) & np.isfinite(other.values)).any():
        return None
    one = paired(first.values, other.values, BETTER[first.name])
    return one.as_dict() | {"standing": standing(one)}


def _alike(first: Sample, other: Sample) -> dict[str, Any]:
    """Compare categories: in how many scenarios both plans have the same one."""
    words = [[one.words[int(value)] for value in one.values] for one in (first, other) if one.values is not None]
    same = sum(one == two for one, two in zip(*words, strict=True))
    pairs = len(words[0])
    low, high = clopper_pearson(same, pairs)
    return {"pairs": pairs, "p_same": same / pairs, "low": low, "high": high}
