"""What happens one step around a choice of settings, and which of its constraints binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from percuta.optimisation.candidates import Candidate, Trials
from percuta.optimisation.choosing import difference
from percuta.optimisation.judging import every_kept, kept
from percuta.optimisation.measuring import Measured
from percuta.optimisation.search import Choice
from percuta.optimisation.wishes import Wishes
from percuta.results.paired import Paired


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


def binding(wishes: Wishes, measured: Measured) -> tuple[int, float] | None:
    """Return the constraint with the least room, and that room as a share of its limit; None without constraints."""
    margins = [
        (-kept(limit, values).violation, number)
        for number, (limit, values) in enumerate(zip(wishes.limits, measured.limits, strict=True))
    ]
    if not margins:
        return None
    margin, number = min(margins)
    return number, margin
