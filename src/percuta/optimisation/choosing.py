"""Which candidate is recommended: confirmed over a fresh sample, and the gentlest that no evidence separates."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from percuta.optimisation.candidates import Candidate, front
from percuta.optimisation.judging import better, every_kept, every_reached, feasible, gain, reached
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import Measured, Sampling, only
from percuta.optimisation.wishes import Wishes
from percuta.results.paired import Paired, paired, separates, turned

_GENTLER = 2  # candidates that are confirmed beside the best one
_ROUND = 2  # further candidates that are confirmed together where none was feasible
_MOST_CONFIRMED = 8
_NOT_LESS = 1e-9


@dataclass
class Confirmed:
    """Candidates over a fresh sample, and which of them is recommended.

    Attributes
    ----------
    fresh
        Measurements over the fresh sample, by the candidate's number.
    recommended
        The recommended candidate, or None where none is feasible over the fresh sample.
    best
        The one that reaches most on the first objective among those that are feasible there.
    unseparated
        Those feasible there that no evidence separates from the recommended one on the first objective.
    """

    fresh: dict[int, Measured] = field(default_factory=dict)
    recommended: Candidate | None = None
    best: Candidate | None = None
    unseparated: list[Candidate] = field(default_factory=list)


def confirm(
    measurer: Measurer, candidates: list[Candidate], written: Candidate | None, sampling: Sampling
) -> Confirmed:
    """Confirm the best candidates over a fresh sample until one is feasible there, and recommend one.

    With the best candidate of the search are confirmed the gentlest that the search sample does not separate from it,
    and the plan as written. Where none of them is feasible over the fresh sample, those follow that keep their
    constraints with the most room.

    Parameters
    ----------
    measurer
        Who measures.
    candidates
        All that were tried.
    written
        The plan as written, where it is among the candidates.
    sampling
        The fresh sample.
    """
    wishes, found = measurer.wishes, Confirmed()
    able = [one for one in candidates if one.outcome == "computed"]
    pending = _first_round(wishes, able, written)
    rest = sorted((one for one in able if one not in pending), key=lambda one: -_room(wishes, one.search))
    good: list[Candidate] = []
    while pending:
        for one, measured in zip(pending, measurer.measure([each.plan for each in pending], sampling), strict=True):
            found.fresh[one.number] = measured
            if one.outcome == "computed" and feasible(wishes, measured):
                good.append(one)
        if good or len(found.fresh) >= _MOST_CONFIRMED:
            break
        pending, rest = rest[:_ROUND], rest[_ROUND:]
    if good:
        _recommend(wishes, found, good, written)
    return found


def _first_round(wishes: Wishes, able: list[Candidate], written: Candidate | None) -> list[Candidate]:
    chosen = front(wishes, able)[:1]
    if chosen:
        best, least = chosen[0], _floor(wishes, written)
        near = [
            one
            for one in able
            if one is not best
            and _gentleness(one)[:2] < _gentleness(best)[:2]
            and gain(wishes.aims[0], every_reached(wishes, one.search)[0]) >= least
            and not separates(difference(wishes, one.search, best.search))
        ]
        chosen += sorted(near, key=_gentleness)[:_GENTLER]
    if written is not None and written not in chosen and not written.search.impossible:
        chosen.append(written)
    return chosen


def _floor(wishes: Wishes, written: Candidate | None) -> float:
    """Return what the plan as written reaches over the search sample, where it comes into question itself."""
    if written is None or written.outcome != "computed":
        return -math.inf
    value = gain(wishes.aims[0], every_reached(wishes, written.search)[0])
    return value - _NOT_LESS * abs(value)


def _room(wishes: Wishes, measured: Measured) -> float:
    """Return by how much the share that keeps a constraint exceeds what is required, of the tightest constraint."""
    kept = zip(wishes.limits, every_kept(wishes, measured), strict=True)
    return min((one.share - limit.probability for limit, one in kept), default=1.0)


def _recommend(wishes: Wishes, found: Confirmed, good: list[Candidate], written: Candidate | None) -> None:
    aim, fresh = wishes.aims[0], found.fresh
    reach = {one.number: gain(aim, reached(aim, fresh[one.number].aims[0])) for one in good}
    best = max(good, key=lambda one: (reach[one.number], -one.injury, -one.number))
    # what the plan as written reaches is not given up where it keeps every constraint itself
    least = reach[written.number] if written is not None and written.number in reach else -math.inf
    alike = [
        one
        for one in good
        if reach[one.number] >= least - _NOT_LESS * abs(least)
        and not separates(difference(wishes, fresh[one.number], fresh[best.number]))
    ]
    chosen = min([best, *alike], key=_gentleness)
    found.best, found.recommended = best, chosen
    found.unseparated = [
        one for one in good if one is not chosen and _alike(wishes, fresh[chosen.number], fresh[one.number])
    ]


def _alike(wishes: Wishes, one: Measured, other: Measured) -> bool:
    pair = difference(wishes, one, other)
    return not separates(pair) and not separates(turned(pair))


def _gentleness(one: Candidate) -> tuple[bool, float, int]:
    """Return a sort key: within the label first, then by injury."""
    return one.ruled is not None and one.ruled.beyond_label, one.injury, one.number


def difference(wishes: Wishes, first: Measured, second: Measured, aim: int = 0) -> Paired:
    """Return an objective of a second choice against a first one, over the scenarios that both were computed for."""
    members = min(first.members, second.members)
    one, other = (only(each, members).aims[aim] for each in (first, second))
    return paired(one, other, better(wishes.aims[aim]))
