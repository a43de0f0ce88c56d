"""Which candidate is recommended: confirmed over a fresh sample, and the gentlest that no evidence separates."""

from __future__ import annotations

from dataclasses import dataclass, field

from percuta.optimisation.candidates import Candidate, front
from percuta.optimisation.judging import better, feasible, gain, reached
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import Measured, Sampling, only
from percuta.optimisation.wishes import Wishes
from percuta.results.paired import Paired, paired, separates

_ROUND = 2  # further candidates that are confirmed together where none was
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
        The one that reaches most on the first objective among those.
    unseparated
        Feasible candidates that no evidence separates from the best one on the first objective, itself left out.
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
    and the plan as written.

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
    order = front(wishes, candidates)
    first = _first_round(wishes, order, written)
    rest = [one for one in order if one not in first]
    feasible_ones: list[Candidate] = []
    tried: list[Candidate] = []
    pending = first
    while pending:
        for one, measured in zip(pending, measurer.measure([each.plan for each in pending], sampling), strict=True):
            found.fresh[one.number] = measured
            tried.append(one)
            if one.outcome == "computed" and feasible(wishes, measured):
                feasible_ones.append(one)
        if feasible_ones or len(tried) >= _MOST_CONFIRMED:
            break
        pending, rest = rest[:_ROUND], rest[_ROUND:]
    if feasible_ones:
        _recommend(wishes, found, feasible_ones, written)
    return found


def _first_round(wishes: Wishes, order: list[Candidate], written: Candidate | None) -> list[Candidate]:
    chosen = order[:1]
    near = [one for one in order[1:] if not _ahead(wishes, one.search, order[0].search)] if order else []
    chosen += sorted(near, key=_gentleness)[:1]
    if written is not None and written not in chosen and not written.search.fault:
        chosen.append(written)
    return chosen


def _recommend(wishes: Wishes, found: Confirmed, able: list[Candidate], written: Candidate | None) -> None:
    aim = wishes.aims[0]
    reach = {one.number: gain(aim, reached(aim, found.fresh[one.number].aims[0])) for one in able}
    best = max(able, key=lambda one: (reach[one.number], *(-each for each in _gentleness(one)[1:])))
    alike = [
        one for one in able if one is not best and not _ahead(wishes, found.fresh[one.number], found.fresh[best.number])
    ]
    # what the plan as written reaches is not given up where it keeps every constraint itself
    floor = reach[written.number] if written is not None and written.number in reach else float("-inf")
    enough = [one for one in alike if reach[one.number] >= floor - _NOT_LESS * abs(floor)]
    found.best, found.unseparated = best, alike
    found.recommended = min([best, *enough], key=_gentleness)


def _gentleness(one: Candidate) -> tuple[bool, float, int]:
    """Return a sort key: within the label first, then by injury."""
    return one.ruled is not None and one.ruled.beyond_label, one.injury, one.number


def difference(wishes: Wishes, first: Measured, second: Measured, aim: int = 0) -> Paired:
    """Return an objective of a second choice against a first one, over the scenarios that both were computed for."""
    members = min(first.members, second.members)
    one, other = (only(each, members).aims[aim] for each in (first, second))
    return paired(one, other, better(wishes.aims[aim]))


def _ahead(wishes: Wishes, of: Measured, best: Measured) -> bool:
    """Tell whether the evidence separates the best choice from another one on the first objective."""
    return separates(difference(wishes, of, best))
