"""Creams in a session: what lies on a zone from when to when, and what of it the skin takes up.

A cream comes on at the start of its ``duration`` and stays until a step removes it, washes it off or puts on
another; one that nothing removes stays as long as the skin is followed. A film lies on it as long as it does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.barrier import closing_times
from percuta.engine.bench import Bench
from percuta.engine.handovers import Channels, Layers, SessionTimes
from percuta.engine.passage import (
    Passage,
    channel_mobility,
    ion_factor,
    missing_figures,
    open_share,
    passage_of,
    skin_of,
    vehicle_of,
)
from percuta.library.entries import Product
from percuta.physics.diffusion import LEAST_STEPS, Course, OpenChannels, Phase, Skin, Vehicle, diffuse, without_channels
from percuta.physics.permeation import lateral_equilibration_time
from percuta.plan.model import Plan
from percuta.plan.steps import Cleanse, Needling, Peel, RemoveAnaesthetic, RfPulses, Rinse, TopicalAnaesthetic

Floats = NDArray[np.float64]

FOLLOWED = 30 * 3600.0  # s after what the plan states of the session's length
_HOUR = 3600.0
_LATER_STEPS = 48


@dataclass(frozen=True)
class Cream:
    """One application: the product, how much lies on the skin [kg/m^2], and whether under a film."""

    product: Product
    per_area: float
    occluded: bool


@dataclass(frozen=True)
class Spell:
    """A time without change at one zone: how long (m,) [s], the cream on it, and what was done to the skin before."""

    duration: Floats
    cream: Cream | None = None
    fresh: bool = False
    peels: int = 0
    channels_since: Floats | None = None  # from the first needles to the start of the spell


@dataclass(frozen=True)
class Uptake:
    """What the skin of one zone takes up.

    Attributes
    ----------
    start, removed : (m,)
        When the first cream comes on and when it is first off again, since the first step [s]; ``course`` counts from
        ``start``.
    passages
        The drugs.
    skin
        Its cells.
    course
        Rows are drugs times scenarios.
    closed
        The same without channels, where cream lies on needled skin; else None.
    area
        Of the zone [m^2].
    comes_off
        Whether anything takes the cream off.
    lateral : (m,)
        Time in which a drug evens out between the channels [s], where cream lies on them.
    """

    start: Floats
    removed: Floats
    passages: list[Passage]
    skin: Skin
    course: Course
    closed: Course | None
    area: float
    comes_off: bool = True
    lateral: Floats | None = None


def followed(plan: Plan) -> float:
    """Return how long after the first step drugs are followed [s]: a day and more after any session."""
    stated = sum(step.duration.si for step in plan.session.steps if step.duration is not None)
    return float(np.ceil(stated / _HOUR) * _HOUR + FOLLOWED)


def clock(plan: Plan) -> Floats:
    """Return the times since the first step that a result keeps [s]: every two minutes, later every quarter hour."""
    end = followed(plan)
    fine = end - FOLLOWED + 2.0 * _HOUR
    return np.concatenate([np.arange(0.0, fine, 120.0), np.arange(fine, end + 1.0, 900.0)])


def missing_in(bench: Bench, zone: str | None = None) -> tuple[str, ...]:
    """Return the figures of creams that nobody published, of one zone or of the whole plan."""
    missing: dict[str, None] = {}
    for step in bench.plan.session.steps:
        if isinstance(step, TopicalAnaesthetic) and (zone is None or zone in bench.plan.zones_of(step)):
            missing |= dict.fromkeys(missing_figures(bench.library.product(step.product)))
    return tuple(missing)


def uptake_of(bench: Bench, zone: str, layers: Layers, channels: Channels | None, times: SessionTimes) -> Uptake | None:
    """Return what the skin of a zone takes up in one session, or None where no cream comes on it.

    The figures of its creams are known; see :func:`missing_in`.
    """
    start, spells = spells_of(bench, zone, times)
    if not spells:
        return None
    drugs = dict.fromkeys(drug for spell in spells if spell.cream is not None for drug in spell.cream.product.drugs)
    passages = [passage_of(bench, bench.library.drug(name)) for name in drugs]
    skin = skin_of(bench, bench.plan.zone(zone).site, layers, passages)
    phases = phases_of(bench, zone, spells, passages, skin, channels)
    course = diffuse(skin, phases)
    on_channels = any(phase.channels is not None and phase.vehicle is not None for phase in phases)
    closed = diffuse(skin, without_channels(phases)) if on_channels else None
    removed = start + sum(
        spell.duration for spell in itertools.takewhile(lambda spell: spell.cream is not None, spells)
    )
    comes_off = any(spell.cream is None for spell in spells)
    lateral = None
    if channels is not None and on_channels:
        lateral = lateral_equilibration_time(channels.density, passages[0].diffusivity)
    return Uptake(start, removed, passages, skin, course, closed, bench.plan.zone(zone).area.si, comes_off, lateral)


def spells_of(bench: Bench, zone: str, times: SessionTimes) -> tuple[Floats, list[Spell]]:
    """Return when the first cream comes on a zone (m,) [s] and what follows, to the end; no spells without cream."""
    events = list(_events(bench, zone, times))
    first = next((number for number, (_, change) in enumerate(events) if change.get("cream")), None)
    if first is None:
        return np.zeros(bench.scenarios.members), []
    end = np.maximum(followed(bench.plan), events[-1][0] + _HOUR)
    cream: Cream | None = None
    peels, opened = 0, None
    spells = []
    for number, (when, change) in enumerate(events):
        cream = change.get("cream", cream)
        peels += change.get("peels", 0)
        opened = change.get("opened", opened)
        if number >= first:
            until = events[number + 1][0] if number + 1 < len(events) else end
            since = None if opened is None else when - opened
            spells.append(Spell(until - when, cream, bool(change.get("cream")), peels, since))
    return events[first][0], spells


def _events(bench: Bench, zone: str, times: SessionTimes) -> Iterator[tuple[Floats, dict[str, Any]]]:
    """Yield what changes for a zone: when, since the first step (m,) [s], and which part of its spell."""
    now = np.zeros(bench.scenarios.members)
    needled = False
    for index, step in enumerate(bench.plan.session.steps):
        after = now + times.steps[:, index]
        if zone in bench.plan.zones_of(step):
            if isinstance(step, TopicalAnaesthetic):
                yield after - step.duration.si, {"cream": _cream(bench, step)}
            elif isinstance(step, Needling | RfPulses) and not needled:
                needled = True
                yield times.needles[zone][0], {"opened": times.needles[zone][0]}
            elif isinstance(step, RemoveAnaesthetic | Cleanse | Rinse):
                yield after, {"cream": None}
            elif isinstance(step, Peel):
                yield after, {"peels": 1}
        now = after


def _cream(bench: Bench, step: TopicalAnaesthetic) -> Cream:
    area = sum(bench.plan.zone(name).area.si for name in bench.plan.zones_of(step))
    return Cream(bench.library.product(step.product), step.amount.si / area, step.occluded)


def phases_of(
    bench: Bench, zone: str, spells: list[Spell], passages: list[Passage], skin: Skin, channels: Channels | None
) -> list[Phase]:
    """Return the spells of a zone as phases of the diffusion equation."""
    vehicles: dict[int, Vehicle] = {}
    for spell in spells:
        if spell.cream is not None and id(spell.cream) not in vehicles:
            vehicles[id(spell.cream)] = vehicle_of(
                bench, spell.cream.product, np.full(bench.scenarios.members, spell.cream.per_area), passages
            )
    holes = (
        None if channels is None else Holes(bench, zone, open_share(channels, skin), channel_mobility(bench, passages))
    )
    phases = []
    for number, spell in enumerate(spells):
        passes, holds = _horny_layer(bench, spell, passages)
        phases.append(
            Phase(
                np.tile(spell.duration, len(passages)),
                None if spell.cream is None else vehicles[id(spell.cream)],
                spell.fresh,
                passes,
                holds,
                None if holes is None else holes.during(spell),
                _LATER_STEPS if number == len(spells) - 1 else LEAST_STEPS,
            )
        )
    return phases


class Holes:
    """The open channels of a zone, followed from spell to spell; under a film they close more slowly."""

    def __init__(self, bench: Bench, zone: str, opened: Floats, mobility: Floats) -> None:
        drugs = mobility.size // bench.scenarios.members
        self.free, self.under_film = (
            np.tile(closing_times(bench, zone, occluded=film)[1], drugs) for film in (False, True)
        )
        self.mobility, self.share, self.drugs = mobility, opened, drugs
        self.counting = False

    def during(self, spell: Spell) -> OpenChannels | None:
        """Return the channels of one spell, and let them close until its end; None before the needles."""
        if spell.channels_since is None:
            return None
        if not self.counting:
            self.counting = True
            self._close(spell.channels_since, self.free)
        closing = self.under_film if spell.cream is not None and spell.cream.occluded else self.free
        channels = OpenChannels(self.share, self.mobility, closing)
        self._close(spell.duration, closing)
        return channels

    def _close(self, duration: Floats, closing: Floats) -> None:
        self.share = self.share * np.exp(-np.tile(duration, self.drugs) / closing)[:, None]


def _horny_layer(bench: Bench, spell: Spell, passages: list[Passage]) -> tuple[Floats, Floats]:
    """Return the factors on mobility and hold of the stratum corneum, each (r,)."""
    one, drugs = np.ones(bench.scenarios.members), len(passages)
    passes, holds = np.tile(one, drugs), np.tile(one, drugs)
    if spell.cream is not None:
        ions = ion_factor(bench, spell.cream.product, passages)
        passes, holds = passes * ions, holds * ions
    if spell.cream is None or not spell.cream.occluded:
        passes = passes * np.tile(bench.parameter("permeation.unoccluded_permeability"), drugs)
    if spell.peels:
        left = np.tile(bench.parameter("permeation.peel_thickness_share") ** spell.peels, drugs)
        passes, holds = passes / left, holds * left
    return passes, holds
