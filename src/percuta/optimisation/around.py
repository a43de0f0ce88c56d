"""What happens one step around a choice of settings, and which of its constraints binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from percuta.optimisation.candidates import Candidate, Trials
from percuta.optimisation.choosing import difference
from percuta.optimisation.judging import every_kept
from percuta.optimisation.measuring import Measured
from percuta.optimisation.search import Choice
from percuta.optimisation.wishes import Wishes
from percuta.results.paired import Paired, separates


@dataclass(frozen=True)
class Step:
    """One setting moved by one step.

    Attributes
    ----------
    setting
        Number of the setting.
    direction
        To a lower or a higher value; of names, to the one before or after.
    candidate
        The plan with that step.
    against
        The first objective of that plan against the choice's, over the search sample; None where it has none.
    breaks
        Numbers of the constraints that the choice meets and the step does not.
    """

    setting: int
    direction: Literal["less", "more"]
    candidate: Candidate
    against: Paired | None
    breaks: tuple[int, ...]


def around(trials: Trials, centre: Candidate, known: dict[Choice, Candidate]) -> list[Step]:
    """Try every choice that differs by one step of one setting; those that were tried are looked up."""
    moves: list[tuple[int, Literal["less", "more"], Choice]] = []
    for number, setting in enumerate(trials.settings):
        for direction, by in (("less", -1), ("more", 1)):
            index = centre.choice[number] + by
            if 0 <= index < len(setting.values):
                choice = (*centre.choice[:number], index, *centre.choice[number + 1 :])
                moves.append((number, "less" if direction == "less" else "more", choice))
    new = [choice for _, _, choice in moves if choice not in known]
    found = known | {one.choice: one for one in trials.candidates(new, len(known))}
    return [_step(trials, centre, number, direction, found[choice]) for number, direction, choice in moves]


def _step(trials: Trials, centre: Candidate, number: int, direction: Literal["less", "more"], other: Candidate) -> Step:
    wishes = trials.measurer.wishes
    if other.outcome == "impossible":
        return Step(number, direction, other, None, ())
    met = [one.verdict != "not met" for one in every_kept(wishes, centre.search)]
    breaks = [
        place for place, one in enumerate(every_kept(wishes, other.search)) if met[place] and one.verdict == "not met"
    ]
    try:
        against = difference(wishes, centre.search, other.search)
    except ValueError:  # no scenario has a value of both
        against = None
    return Step(number, direction, other, against, tuple(breaks))


def least_room(wishes: Wishes, measured: Measured) -> tuple[int, float] | None:
    """Return the constraint whose share of scenarios exceeds the required one least, and by how much; None of none."""
    kept = enumerate(zip(wishes.limits, every_kept(wishes, measured), strict=True))
    rooms = [(one.share - limit.probability, one.violation, number) for number, (limit, one) in kept]
    if not rooms:
        return None
    room, _, number = min(rooms, key=lambda one: (one[0], -one[1], one[2]))
    return number, room


def binding(steps: list[Step]) -> list[tuple[int, Step]]:
    """Return the constraints that keep a choice from doing better, each with a step that does better and breaks it."""
    found: dict[int, Step] = {}
    for one in steps:
        if one.against is not None and separates(one.against):
            for number in one.breaks:
                found.setdefault(number, one)
    return sorted(found.items(), key=lambda pair: pair[0])
