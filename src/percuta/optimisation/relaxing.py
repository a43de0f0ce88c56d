"""When nothing is feasible: which constraint would have to be relaxed, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from percuta.optimisation.candidates import Candidate, Trials
from percuta.optimisation.judging import every_kept, every_reached, gain, kept_by_most
from percuta.optimisation.measuring import joined
from percuta.optimisation.wishes import Limit, Wishes

_LOOKED_AT = 12  # candidates that come nearest


@dataclass(frozen=True)
class Relaxed:
    """A constraint, the limit at which a candidate would keep it, and the candidate.

    Attributes
    ----------
    constraint
        Number of the constraint.
    limit
        Tightest limit that the candidate keeps with the required probability, in the endpoint's unit.
    candidate
        The candidate.
    alone
        Whether relaxing this one constraint is enough.
    """

    constraint: int
    limit: float
    candidate: Candidate
    alone: bool


def nearest_misses(trials: Trials, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates that violate least, over the whole search sample where they were stopped early."""
    wishes = trials.measurer.wishes
    able = [one for one in candidates if one.outcome in ("infeasible", "stopped early", "computed")]
    able = sorted(able, key=lambda one: (_violation(wishes, one), one.number))[:_LOOKED_AT]
    short = [one for one in able if one.search.members < trials.sampling.members]
    start = min((one.search.members for one in short), default=0)
    rest = trials.measurer.measure([one.plan for one in short], trials.sampling, start) if short else []
    whole = {one.number: replace(one, search=joined([one.search, more])) for one, more in zip(short, rest, strict=True)}
    return [whole.get(one.number, one) for one in able]


def relaxed(wishes: Wishes, near: list[Candidate]) -> list[Relaxed]:
    """Return, for each constraint that alone stands in the way of a candidate, the least that has to give.

    Where no candidate misses a single constraint only, all that stand in the way of the nearest one are returned.
    """
    single: dict[int, Relaxed] = {}
    for one in near:
        missed = _missed(wishes, one)
        if len(missed) != 1:
            continue
        number = missed[0]
        limit = wishes.limits[number]
        needed = kept_by_most(limit, one.search.limits[number])
        if math.isnan(needed):
            continue
        before = single.get(number)
        if before is None or _tighter(limit, needed, before.limit, wishes, one, before.candidate):
            single[number] = Relaxed(number, needed, one, alone=True)
    if single:
        return [single[number] for number in sorted(single)]
    for one in near:
        needs = [
            (number, kept_by_most(wishes.limits[number], one.search.limits[number])) for number in _missed(wishes, one)
        ]
        if needs and not any(math.isnan(needed) for _, needed in needs):
            return [Relaxed(number, needed, one, alone=False) for number, needed in needs]
    return []


def _missed(wishes: Wishes, one: Candidate) -> list[int]:
    return [number for number, each in enumerate(every_kept(wishes, one.search)) if each.verdict == "not met"]


def _violation(wishes: Wishes, one: Candidate) -> float:
    return sum(max(each.violation, 0.0) for each in every_kept(wishes, one.search))


def _tighter(limit: Limit, needed: float, before: float, wishes: Wishes, one: Candidate, other: Candidate) -> bool:
    """Tell whether a limit gives less than another; of two that give the same the better on the first objective."""
    if needed != before:
        return needed < before if limit.side == "below" else needed > before
    aim = wishes.aims[0]
    return gain(aim, every_reached(wishes, one.search)[0]) > gain(aim, every_reached(wishes, other.search)[0])
