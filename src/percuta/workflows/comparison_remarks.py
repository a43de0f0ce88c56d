"""What has to be known of a comparison before its numbers are read, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from percuta.library.registry import Library
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.plan.writing import plan_as_data
from percuta.report.wording import DEVICE_KINDS, joined
from percuta.results.side_by_side import Zones
from percuta.units import show

LETTERS = "ABC"
_PERSON = {"age": "age", "sex": "sex", "phototype": "phototype", "mass": "mass", "menopause_age": "age at menopause"}
_ROUNDING = 1e-9


def followed(plan: Plan) -> float:
    """Return how long after the first session a plan is followed [s]."""
    course = plan.course
    return (course.sessions - 1) * course.interval.si + course.follow_up_after_last_session.si


def read_at(plans: Sequence[Plan]) -> list[float | None]:
    """Return when the course of each plan is read: at the earliest end of all [s]; None is its own end."""
    earliest = min(followed(plan) for plan in plans)
    return [None if followed(plan) <= earliest * (1.0 + _ROUNDING) else earliest for plan in plans]


def remarks(plans: Sequence[Plan], zones: Sequence[Zones], known: Library) -> list[str]:
    """Return what has to be known of a comparison.

    Parameters
    ----------
    plans
        The plans, in their order.
    zones
        Which of their zones are compared.
    known
        The library.
    """
    return [*_same(plans), *_people(plans), *_devices(plans, known), *_places(plans, zones), *_times(plans)]


def _same(plans: Sequence[Plan]) -> Iterator[str]:
    first, *others = (plan_as_data(plan) for plan in plans)
    for letter, other in zip(LETTERS[1:], others, strict=False):
        if other == first:
            yield f"A and {letter} are the same plan, so that every difference is zero."


def _people(plans: Sequence[Plan]) -> Iterator[str]:
    differing = [
        label for name, label in _PERSON.items() if len({str(getattr(plan.patient, name)) for plan in plans}) > 1
    ]
    if differing:
        yield (
            f"The plans do not say the same of the person ({joined(differing)}): the differences hold that, besides "
            "what is done."
        )


def _devices(plans: Sequence[Plan], known: Library) -> Iterator[str]:
    devices = [resolve_device(plan.device, known) for plan in plans]
    names = list(dict.fromkeys(device.name for device in devices))
    kinds = list(dict.fromkeys(DEVICE_KINDS[device.kind] for device in devices))
    if len(kinds) > 1:
        yield (
            f"The plans are of different kinds ({joined(kinds)}): a difference between kinds is what the models say, "
            "and stands for no trial that compared them."
        )
    if len(names) > 1:
        yield (
            f"The plans have different devices ({joined(names)}): each device draws its own figures, all from the same "
            "place in their ranges."
        )


def _places(plans: Sequence[Plan], zones: Sequence[Zones]) -> Iterator[str]:
    for number, (letter, plan) in enumerate(zip(LETTERS, plans, strict=False)):
        matched = {row[number] for row in zones}
        if number and not any(row[number] for row in zones):
            yield f"A and {letter} have no zone in common: only what concerns the whole plan is compared."
        elif alone := [zone.name for zone in plan.zones if zone.name not in matched and matched]:
            which = "another plan" if number == 0 else "A"
            yield f"Not compared, since no zone of {which} has the name: {joined(alone)} of {letter}."
    for row in zones:
        named = {zone for zone in row if zone is not None}
        if len(named) > 1:
            said = joined(f"{zone} of {letter}" for letter, zone in zip(LETTERS, row, strict=False) if zone is not None)
            yield f"Each plan has one zone, and these are compared though their names differ: {said}."


def _times(plans: Sequence[Plan]) -> Iterator[str]:
    read = read_at(plans)
    if any(one is not None for one in read):
        ends = joined(
            f"{letter} after {show(followed(plan), 'week')}s" for letter, plan in zip(LETTERS, plans, strict=False)
        )
        earliest = min(followed(plan) for plan in plans)
        yield (
            f"The plans are followed for different times ({ends} from the first session): what becomes of the skin is "
            f"compared at {show(earliest, 'week')}s after the first session of each."
        )
