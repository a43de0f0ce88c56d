"""Spells: what lies on a zone from when to when, and what was done to its skin before.

A cream comes on at the start of its ``duration`` and stays until a step removes it, washes it off or puts on
another; one that nothing removes stays as long as the skin is followed. A film lies on it as long as it does. The
skin is open from the first needle on, with all channels of the session.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import SessionTimes
from percuta.library.entries import Product
from percuta.plan.model import Plan
from percuta.plan.steps import OPENINGS, Cleanse, Peel, RemoveAnaesthetic, Rinse, TopicalAnaesthetic

Floats = NDArray[np.float64]

FOLLOWED = 30 * 3600.0  # s after what the plan states of the session's length
_HOUR = 3600.0


@dataclass(frozen=True)
class Cream:
    """One application: the product, how much lies on the skin [kg/m^2], (m,), and whether under a film."""

    product: Product
    per_area: Floats
    occluded: bool


@dataclass(frozen=True)
class Spell:
    """A time without change at one zone.

    Attributes
    ----------
    duration : (m,)
        How long [s].
    cream, fresh
        What lies on the skin, and whether it is put on as the spell begins.
    peels
        How often the skin was peeled before.
    open_for : (m,)
        How long the skin has been open when the spell begins [s]; None before the first needle.
    """

    duration: Floats
    cream: Cream | None = None
    fresh: bool = False
    peels: int = 0
    open_for: Floats | None = None


@dataclass(frozen=True)
class _Change:
    """What changes for a zone at a time (m,) [s] since the first step."""

    when: Floats
    cream: Cream | None = None
    wiped: bool = False
    peeled: bool = False
    opened: bool = False


def followed(plan: Plan) -> float:
    """Return how long after the first step drugs are followed [s]: a day and more after any session."""
    steps = plan.session.steps
    stated = sum(step.duration.si for step in steps if step.duration is not None)
    stated += sum(step.needling_time.si * len(step.zones) for step in plan.needling if step.needling_time is not None)
    return float(np.ceil(stated / _HOUR) * _HOUR + FOLLOWED)


def clock(plan: Plan) -> Floats:
    """Return the times since the first step that a result keeps [s]: every two minutes, later every quarter hour."""
    end = followed(plan)
    fine = end - FOLLOWED + 2.0 * _HOUR
    return np.concatenate([np.arange(0.0, fine, 120.0), np.arange(fine, end + 1.0, 900.0)])


def spells_of(bench: Bench, zone: str, times: SessionTimes) -> tuple[Floats, list[Spell]]:
    """Return when the first cream comes on a zone (m,) [s] and what follows, to the end; no spells without cream."""
    changes = list(_changes(bench, zone, times))
    first = next((number for number, change in enumerate(changes) if change.cream is not None), None)
    if first is None:
        return np.zeros(bench.scenarios.members), []
    ends = [change.when for change in changes[1:]]
    ends.append(np.maximum(followed(bench.plan), changes[-1].when + _HOUR))
    cream: Cream | None = None
    peels, opened = 0, None
    spells = []
    for number, (change, end) in enumerate(zip(changes, ends, strict=True)):
        cream = change.cream or (None if change.wiped else cream)
        peels += change.peeled
        opened = change.when if change.opened else opened
        if number >= first:
            open_for = None if opened is None else change.when - opened
            spells.append(Spell(end - change.when, cream, change.cream is not None, peels, open_for))
    return changes[first].when, spells


def _changes(bench: Bench, zone: str, times: SessionTimes) -> Iterator[_Change]:
    now = np.zeros(bench.scenarios.members)
    opened = False
    for index, step in enumerate(bench.plan.session.steps):
        after = now + times.steps[:, index]
        if zone in bench.plan.zones_of(step):
            if isinstance(step, TopicalAnaesthetic):
                yield _Change(after - step.duration.si, cream=_cream(bench, step))
            elif isinstance(step, OPENINGS) and not opened:
                opened = True
                yield _Change(times.needles[zone][0], opened=True)
            elif isinstance(step, RemoveAnaesthetic | Cleanse | Rinse):
                yield _Change(after, wiped=True)
            elif isinstance(step, Peel):
                yield _Change(after, peeled=True)
        now = after


def _cream(bench: Bench, step: TopicalAnaesthetic) -> Cream:
    area = sum(bench.plan.zone(name).area.si for name in bench.plan.zones_of(step))
    per_area = np.full(bench.scenarios.members, step.amount.si / area)
    return Cream(bench.library.product(step.product), per_area, step.occluded)
