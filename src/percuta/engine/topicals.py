"""What the skin of a zone takes up of the creams that lie on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.engine.barrier import closing_times
from percuta.engine.bench import Bench
from percuta.engine.handovers import Channels, Layers, SessionTimes
from percuta.engine.passage import (
    Passage,
    channel_mobility,
    ion_factor,
    open_share,
    passage_of,
    skin_of,
    vehicle_of,
)
from percuta.engine.spells import Spell, spells_of
from percuta.library.anaesthetics import anaesthetics_of, missing_figures
from percuta.physics.diffusion import LEAST_STEPS, Course, OpenChannels, Phase, Skin, diffuse, without_channels
from percuta.physics.permeation import lateral_equilibration_time
from percuta.plan.steps import TopicalAnaesthetic

Floats = NDArray[np.float64]

_LONG, _LONG_STEPS = 4 * 3600.0, 48  # s; spells that take more time steps


@dataclass(frozen=True)
class ThroughChannels:
    """What is special where cream lies on needled skin.

    Attributes
    ----------
    closed
        The course of the same creams on intact skin.
    met : (m,)
        When drug and channels meet, since the course began [s].
    lateral : (m,)
        Time in which the drug evens out between the channels [s].
    """

    closed: Course
    met: Floats
    lateral: Floats


@dataclass(frozen=True)
class Uptake:
    """What the skin of one zone takes up.

    Attributes
    ----------
    start : (m,)
        When the first cream comes on, since the first step [s]; the courses count from there.
    removed : (m,)
        When it is first off again, since the first step [s]; NaN where nothing takes it off.
    passages
        The drugs.
    skin
        Its cells.
    course
        Rows are drugs times scenarios.
    bare_for : (m, t)
        How long no cream has lain on the skin, at the times of the course [s].
    channels
        None where no cream lies on needled skin.
    area
        Of the zone [m^2].
    """

    start: Floats
    removed: Floats
    passages: list[Passage]
    skin: Skin
    course: Course
    bare_for: Floats
    channels: ThroughChannels | None
    area: float


def missing_in(bench: Bench, zone: str | None = None) -> tuple[str, ...]:
    """Return the figures of creams that nobody published, of one zone or of the whole plan."""
    missing: dict[str, None] = {}
    for step in bench.plan.session.steps:
        if isinstance(step, TopicalAnaesthetic) and (zone is None or zone in bench.plan.zones_of(step)):
            missing |= dict.fromkeys(missing_figures(bench.library.product(step.product), bench.library))
    return tuple(missing)


def uptake_of(bench: Bench, zone: str, layers: Layers, channels: Channels | None, times: SessionTimes) -> Uptake | None:
    """Return what the skin of a zone takes up in one session, or None where no anaesthetic comes on it.

    The figures of its creams are known; see :func:`missing_in`.
    """
    start, spells = spells_of(bench, zone, times)
    creams = [spell.cream.product for spell in spells if spell.cream is not None]
    if not any(anaesthetics_of(product, bench.library) for product in creams):
        return None
    place = bench.plan.zone(zone)
    return uptake_during(bench, place.site, layers, spells, start, place.area.si, (zone, channels))


def uptake_during(
    bench: Bench,
    site: str,
    layers: Layers,
    spells: Sequence[Spell],
    start: Floats,
    area: float,
    needled: tuple[str, Channels | None] = ("", None),
) -> Uptake:
    """Return what skin takes up during some spells, the first of which begins with a cream.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    site, layers
        The skin.
    spells
        What lies on it.
    start : (m,)
        When the first spell begins, since the first step [s].
    area
        Of the skin [m^2].
    needled
        Zone and its channels, where there are any.
    """
    creams = [spell.cream.product for spell in spells if spell.cream is not None]
    drugs = {drug.id: drug for product in creams for drug in anaesthetics_of(product, bench.library)}
    passages = [passage_of(bench, drug) for drug in drugs.values()]
    skin = skin_of(bench, site, layers, passages)
    zone, channels = needled
    holes = None if channels is None else Holes(bench, zone, open_share(channels, skin), passages)
    phases = _phases(bench, spells, passages, holes)
    met = (
        ThroughChannels(
            diffuse(skin, without_channels(phases)),
            _elapsed(itertools.takewhile(lambda spell: spell.open_for is None, spells), start),
            lateral_equilibration_time(channels.density, passages[0].diffusivity),
        )
        if channels is not None and _meet(phases)
        else None
    )
    covered = list(itertools.takewhile(lambda spell: spell.cream is not None, spells))
    removed = start + _elapsed(covered, start) if len(covered) < len(spells) else np.full_like(start, np.nan)
    course = diffuse(skin, phases)
    bare_for = _bare_for(course.time[: start.size], spells)
    return Uptake(start, removed, passages, skin, course, bare_for, met, area)


def _bare_for(time: Floats, spells: Sequence[Spell]) -> Floats:
    """Return how long no cream has lain on the skin at each time (m, t) since the first spell began [s]."""
    begin, cream_off, bare = np.zeros(time.shape[0]), np.zeros(time.shape[0]), np.zeros_like(time)
    for spell in spells:
        if spell.cream is None:
            bare = np.where(time > begin[:, None], time - cream_off[:, None], bare)
        else:
            cream_off = begin + spell.duration
            bare = np.where(time > begin[:, None], 0.0, bare)
        begin = begin + spell.duration
    return bare


def _meet(phases: list[Phase]) -> bool:
    return any(phase.channels is not None and phase.vehicle is not None for phase in phases)


def _elapsed(spells: Iterable[Spell], like: Floats) -> Floats:
    """Return how long some spells last together [s], (m,)."""
    return np.asarray(np.sum([np.zeros_like(like), *(spell.duration for spell in spells)], axis=0))


def _phases(bench: Bench, spells: Sequence[Spell], passages: list[Passage], holes: Holes | None) -> list[Phase]:
    """Return spells as phases of the diffusion equation."""
    phases: list[Phase] = []
    vehicle = None
    for number, spell in enumerate(spells):
        if spell.cream is None:
            vehicle = None
        elif spell.fresh:
            vehicle = vehicle_of(bench, spell.cream.product, spell.cream.per_area, passages)
        passes, holds = _horny_layer(bench, spell, passages)
        long = number == len(spells) - 1 or float(np.median(spell.duration)) > _LONG
        phases.append(
            Phase(
                np.tile(spell.duration, len(passages)),
                vehicle,
                spell.fresh,
                passes,
                holds,
                None if holes is None else holes.during(spell),
                _LONG_STEPS if long else LEAST_STEPS,
            )
        )
    return phases


class Holes:
    """The open channels of a zone, followed from spell to spell; under a film they close more slowly."""

    def __init__(self, bench: Bench, zone: str, share: Floats, passages: list[Passage]) -> None:
        self.free, self.under_film = (
            np.tile(closing_times(bench, zone, occluded=film)[1], len(passages)) for film in (False, True)
        )
        self.share, self.mobility, self.drugs = share, channel_mobility(bench, passages), len(passages)
        self.counting = False

    def during(self, spell: Spell) -> OpenChannels | None:
        """Return the channels of one spell, and let them close until its end; None before the needles."""
        if spell.open_for is None:
            return None
        if not self.counting:
            self.counting = True
            self._close(spell.open_for, self.free)
        closing = self.under_film if spell.cream is not None and spell.cream.occluded else self.free
        channels = OpenChannels(self.share, self.mobility, closing)
        self._close(spell.duration, closing)
        return channels

    def _close(self, duration: Floats, closing: Floats) -> None:
        self.share = self.share * np.exp(-np.tile(duration, self.drugs) / closing)[:, None]


def _horny_layer(bench: Bench, spell: Spell, passages: list[Passage]) -> tuple[Floats, Floats]:
    """Return the factors on mobility and hold of the stratum corneum, each (r,)."""
    rows, drugs = np.ones(bench.scenarios.members * len(passages)), len(passages)
    ions = rows if spell.cream is None else ion_factor(bench, spell.cream.product, passages)
    film = rows
    if spell.cream is None or not spell.cream.occluded:
        film = np.tile(bench.parameter("permeation.unoccluded_permeability"), drugs)
    left = rows
    if spell.peels:
        left = np.tile(bench.parameter("permeation.peel_thickness_share") ** spell.peels, drugs)
    return ions * film / left, ions * left
