"""When nothing is feasible: which constraint would have to be relaxed, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from percuta.optimisation.candidates import Candidate, Trials
from percuta.optimisation.choosing import Confirmed
from percuta.optimisation.judging import every_kept, every_reached, gain, kept_by_most
from percuta.optimisation.measuring import Sampling, joined
from percuta.optimisation.wishes import Wishes

_LOOKED_AT = 12  # candidates that come nearest over the search sample
_CONFIRMED = 4  # of them, computed over the fresh sample


@dataclass(frozen=True)
class Relaxed:
    """A constraint, the limit at which a candidate would keep it, and the candidate.

    Attributes
    ----------
    constraint
        Number of the constraint.
    limit
        Tightest limit that the candidate keeps with the required probability over the fresh sample, or over that of the
        search where it misses the constraint there alone, in the endpoint's unit.
    candidate
        The candidate; its measurement is that of this sample.
    alone
        Whether relaxing this one constraint is enough: the others are kept, and no rule stops the plan.
    """

    constraint: int
    limit: float
    candidate: Candidate
    alone: bool


def relaxed(trials: Trials, candidates: list[Candidate], confirmed: Confirmed, fresh: Sampling) -> list[Relaxed]:
    """Return, for each constraint that alone stands in the way of a candidate, the least that has to give.

    Where no candidate misses a single constraint only, all that stand in the way of the nearest one are returned.

    Parameters
    ----------
    trials
        Measures what is missing of the candidates that were given up early.
    candidates
        All that were tried.
    confirmed
        Those that were computed over the fresh sample, none of them feasible there.
    fresh
        The fresh sample, over which the nearest are judged.
    """
    wishes = trials.measurer.wishes
    known = [one for one in candidates if one.number in confirmed.fresh and one.outcome != "refused"]
    judged = [replace(one, search=confirmed.fresh[one.number]) for one in known]
    more = [one for one in _nearest(trials, candidates) if one.number not in confirmed.fresh][:_CONFIRMED]
    measured = trials.measurer.measure([one.plan for one in more], fresh)
    again = (replace(one, search=whole) for one, whole in zip(more, measured, strict=True))
    # what missed a constraint in the search and does not over the fresh sample still has to keep both
    judged += [anew if _missed(wishes, anew) else one for one, anew in zip(more, again, strict=True)]
    judged = sorted((one for one in judged if not one.search.impossible), key=lambda one: _violation(wishes, one))
    rules = trials.measurer.rules([one.plan for one in judged])
    return _least(wishes, [one for one, ruled in zip(judged, rules, strict=True) if not ruled.stopped])


def _nearest(trials: Trials, candidates: list[Candidate]) -> list[Candidate]:
    """Return infeasible candidates, those first that violate least over the whole search sample."""
    wishes = trials.measurer.wishes
    able = [one for one in candidates if one.outcome in ("infeasible", "stopped early")]
    able = sorted(able, key=lambda one: (_violation(wishes, one), one.number))[:_LOOKED_AT]
    short = [one for one in able if one.search.members < trials.sampling.members]
    start = min((one.search.members for one in short), default=0)
    rest = trials.measurer.measure([one.plan for one in short], trials.sampling, start) if short else []
    whole = {one.number: replace(one, search=joined([one.search, more])) for one, more in zip(short, rest, strict=True)}
    return sorted((whole.get(one.number, one) for one in able), key=lambda one: _violation(wishes, one))


def _least(wishes: Wishes, judged: list[Candidate]) -> list[Relaxed]:
    single: dict[int, Relaxed] = {}
    for one in judged:
        missed = _missed(wishes, one)
        if len(missed) == 1 and (found := _needed(wishes, one, missed[0], alone=True)) is not None:
            before = single.get(found.constraint)
            if before is None or _better(wishes, found, before):
                single[found.constraint] = found
    if single:
        return [single[number] for number in sorted(single)]
    for one in judged:
        several = [_needed(wishes, one, number, alone=False) for number in _missed(wishes, one)]
        if several and None not in several:
            return [found for found in several if found is not None]
    return []


def _needed(wishes: Wishes, one: Candidate, number: int, *, alone: bool) -> Relaxed | None:
    limit = kept_by_most(wishes.limits[number], one.search.limits[number])
    return None if math.isnan(limit) else Relaxed(number, limit, one, alone)


def _missed(wishes: Wishes, one: Candidate) -> list[int]:
    return [number for number, each in enumerate(every_kept(wishes, one.search)) if each.verdict == "not met"]


def _violation(wishes: Wishes, one: Candidate) -> float:
    return sum(max(each.violation, 0.0) for each in every_kept(wishes, one.search))


def _better(wishes: Wishes, one: Relaxed, other: Relaxed) -> bool:
    """Tell whether one gives less than another; of two that give the same, the better on the first objective."""
    if one.limit != other.limit:
        return (one.limit < other.limit) == (wishes.limits[one.constraint].side == "below")
    aim = wishes.aims[0]
    values = (gain(aim, every_reached(wishes, each.candidate.search)[0]) for each in (one, other))
    return next(values) > next(values)
