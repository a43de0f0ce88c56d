"""How needled skin closes in the days after the session, and what it loses until then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Barrier, Channels, SessionTimes
from percuta.library.registry import Library
from percuta.physics import closure
from percuta.plan.steps import (
    Aftercare,
    AnyStep,
    Gel,
    Medication,
    Needling,
    RfPulses,
    SteroidGel,
    TopicalAnaesthetic,
    WearPatch,
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
    """Return when films lie on a zone, since its last needle; a film of the aftercare stays for the first day.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zone
        Name of a zone with needles.
    times
        Durations of the steps.
    """
    steps = _on_zone(bench, zone)
    last = max(index for index, step in steps if isinstance(step, Needling | RfPulses | WearPatch))
    films = []
    for index, step in steps:
        film = isinstance(step, TopicalAnaesthetic | Gel | SteroidGel | Aftercare) and step.occluded
        if film and (index > last or isinstance(step, Aftercare)):
            on = times.steps[:, last + 1 : index].sum(axis=1)
            off = np.full_like(on, _FILM_AT_HOME) if isinstance(step, Aftercare) else on + times.steps[:, index]
            films.append((on, off))
    return films


def _on_zone(bench: Bench, zone: str) -> list[tuple[int, AnyStep]]:
    steps = enumerate(bench.plan.session.steps)
    return [(index, step) for index, step in steps if zone in bench.plan.zones_of(step)]


def _factors(bench: Bench, zone: str) -> tuple[Floats, Floats]:
    """Return factors on all closing times, and on those of the pores alone."""
    steps = [step for _, step in _on_zone(bench, zone)]
    slowing = closure.age_factor(bench.plan.patient.age.si, bench.parameter("closure.age_factor_at_77"))
    if any(slows_closing(bench.library, step) for step in steps):
        slowing = slowing * bench.parameter("closure.anti_inflammatory_factor")
    if any(hastens_closing(bench.library, step) for step in steps):
        return slowing, bench.parameter("closure.dexpanthenol_factor")
    return slowing, np.ones_like(slowing)


def slows_closing(library: Library, step: AnyStep) -> bool:
    """Tell whether a step puts something against inflammation on the skin: a medicine, or any steroid."""
    if isinstance(step, Medication):
        return step.route == "topical" and step.effect == "anti_inflammatory"
    return any(library.product(name).kind == "steroid" for name in _left_on(step))


def hastens_closing(library: Library, step: AnyStep) -> bool:
    """Tell whether a step leaves dexpanthenol on the skin."""
    return any("dexpanthenol" in library.product(name).contains for name in _left_on(step))


def _left_on(step: AnyStep) -> tuple[str, ...]:
    """Return the products that a step leaves on the skin after the session."""
    return step.product_names if isinstance(step, Gel | SteroidGel | Aftercare) else ()


def _intact_water_loss(bench: Bench, zone: str) -> Floats:
    region = bench.library.site(bench.plan.zone(zone).site).region
    return bench.parameter(f"closure.water_loss_{'face' if region == 'face' else 'body'}")
