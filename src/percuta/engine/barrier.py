"""How needled skin closes in the days after the session, and what it loses until then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Barrier, Channels, SessionTimes
from percuta.engine.spells import spells_of
from percuta.engine.steroid import on_the_skin, steroids_on_the_skin
from percuta.library.registry import Library
from percuta.physics import closure
from percuta.plan.steps import (
    Aftercare,
    AnyStep,
    Gel,
    Medication,
    SteroidGel,
)

Floats = NDArray[np.float64]

_DAY = 86_400.0
_FOLLOWED = 7.0 * _DAY
_FIRST, _POINTS = 60.0, 119  # s; times after the needles, evenly spaced on a logarithmic scale
_FILM_AT_HOME = _DAY  # a film of the aftercare is on for the first day


def barrier_of(bench: Bench, zone: str, channels: Channels, times: SessionTimes) -> Barrier:
    """Return how one zone closes again after its last needle.

    Water loss follows the barrier, the open share of the surface follows the pores.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zone
        Name of a zone with needles.
    channels
        What the needles left in it.
    times
        Durations of the steps, for films that are put on after the needles.
    """
    time = np.concatenate([[0.0], np.geomspace(_FIRST, _FOLLOWED, _POINTS)])
    films = films_after_needles(bench, zone, times)
    constants = zip(closing_times(bench, zone), closing_times(bench, zone, occluded=True), strict=True)
    (barrier, closed), (pores, shut) = (
        (closure.open_share(time, free, under, films), closure.time_to_close(free, under, films))
        for free, under in constants
    )
    intact, surface = _intact_water_loss(bench, zone), channels.open[:, 0]
    without = np.maximum(bench.parameter("closure.water_loss_without_barrier"), intact)  # nothing holds back more
    return Barrier(
        time=time,
        open_fraction=surface[:, None] * pores,
        water_loss=closure.water_loss(intact, without, surface, barrier),
        baseline=intact,
        barrier_closure=closed,
        pore_closure=shut,
    )


def closing_times(bench: Bench, zone: str, *, occluded: bool = False) -> tuple[Floats, Floats]:
    """Return the time constants with which barrier and pores of a zone close [s], each (m,).

    Age and what is put on the zone are counted. No pore closes sooner than the barrier.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zone
        Name of the zone.
    occluded
        Whether the skin is under a film.
    """
    ending = "_occluded" if occluded else ""
    slowing, hastening = _factors(bench, zone)
    barrier = slowing * bench.parameter(f"closure.barrier_time{ending}")
    pores = slowing * hastening * bench.parameter(f"closure.pore_time{ending}")
    return barrier, np.maximum(pores, barrier)


def films_after_needles(bench: Bench, zone: str, times: SessionTimes) -> list[closure.Film]:
    """Return when films lie on a zone, since its last needle [s], in the order in which they come on.

    A film over cream stays as long as the cream, also through the needles; one of the aftercare for the first day.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zone
        Name of a zone with needles.
    times
        Of the session.
    """
    last = times.needles[zone][1]
    ends = np.cumsum(times.steps, axis=1)
    films = _films_over_cream(bench, zone, times)
    for index, step in _on_zone(bench, zone):
        if isinstance(step, Gel | SteroidGel) and step.occluded:
            films.append((ends[:, index] - times.steps[:, index], ends[:, index]))
        elif isinstance(step, Aftercare) and step.occluded:
            films.append((last, last + _FILM_AT_HOME))
    since = [(np.maximum(on - last, 0.0), np.maximum(off - last, 0.0)) for on, off in films]
    return sorted((film for film in since if (film[1] > 0.0).any()), key=lambda film: float(np.median(film[0])))


def _films_over_cream(bench: Bench, zone: str, times: SessionTimes) -> list[closure.Film]:
    now, spells = spells_of(bench, zone, times)
    films = []
    for spell in spells:
        if spell.cream is not None and spell.cream.occluded:
            films.append((now, now + spell.duration))
        now = now + spell.duration
    return films


def _on_zone(bench: Bench, zone: str) -> list[tuple[int, AnyStep]]:
    steps = enumerate(bench.plan.session.steps)
    return [(index, step) for index, step in steps if zone in bench.plan.zones_of(step)]


def _factors(bench: Bench, zone: str) -> tuple[Floats, Floats]:
    """Return factors on all closing times, and on those of the pores alone."""
    steps = [step for _, step in _on_zone(bench, zone)]
    slowing = closure.age_factor(bench.people.age, bench.parameter("closure.age_factor_at_77"))
    if any(slows_closing(bench.library, step) for step in steps):
        slowing = slowing * bench.parameter("closure.anti_inflammatory_factor")
    if any(hastens_closing(bench.library, step) for step in steps):
        return slowing, bench.parameter("closure.dexpanthenol_factor")
    return slowing, np.ones_like(slowing)


def slows_closing(library: Library, step: AnyStep) -> bool:
    """Tell whether a step puts something against inflammation on the skin: a medicine, or any steroid."""
    medicine = isinstance(step, Medication) and step.effect == "anti_inflammatory" and on_the_skin(step)
    return medicine or bool(steroids_on_the_skin(library, step))


def hastens_closing(library: Library, step: AnyStep) -> bool:
    """Tell whether a step leaves dexpanthenol on the skin."""
    return on_the_skin(step) and any("dexpanthenol" in library.product(name).contains for name in step.product_names)


def _intact_water_loss(bench: Bench, zone: str) -> Floats:
    region = bench.library.site(bench.plan.zone(zone).site).region
    return bench.parameter(f"closure.water_loss_{'face' if region == 'face' else 'body'}")
