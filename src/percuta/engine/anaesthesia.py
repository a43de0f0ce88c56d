"""Anaesthesia: how deep a zone is blocked during the session, against a threshold from one published case."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Anaesthesia, Channels, SessionTimes
from percuta.engine.skin import layers_of
from percuta.engine.spells import Cream, Spell, clock
from percuta.engine.topicals import Uptake, uptake_during
from percuta.physics.anaesthesia import block_depth
from percuta.physics.diffusion import Course
from percuta.plan.model import Zone

Floats = NDArray[np.float64]

STIMULI = ("needle", "hypodermic")
"""A biopsy punch, which takes a deep block, and a single thin needle; each with its calibration case."""
CALIBRATION_SITE = "thigh"
CALIBRATION_PRODUCT = "lidocaine-prilocaine-2.5-2.5"


def threshold_of(bench: Bench, stimulus: str = STIMULI[0]) -> Floats:
    """Return the concentration at which a stimulus is no longer felt, as lidocaine [kg/m^3], (m,).

    That which the scenario's own skin has at the depth and time at which it was just not felt after the
    calibration cream. See :mod:`percuta.physics.anaesthesia` for why it is not a number of its own.

    Parameters
    ----------
    bench
        Library and scenarios.
    stimulus
        One of :data:`STIMULI`; each was calibrated on one published case.
    """
    place = Zone.model_validate({"name": "calibration", "site": CALIBRATION_SITE, "area": "1 cm^2"})
    layers = layers_of(bench, place)
    one = np.ones(bench.scenarios.members)
    per_area = bench.parameter(f"anaesthesia.{stimulus}_amount_per_area")
    cream = Cream(bench.library.product(CALIBRATION_PRODUCT), per_area, occluded=True)
    on, until_test = (
        one * bench.library.parameter(f"anaesthesia.{stimulus}_{name}").si for name in ("cream_time", "test_delay")
    )
    spells = [Spell(on, cream, fresh=True), Spell(until_test)]
    uptake = uptake_during(bench, place.site, layers, spells, 0.0 * one, place.area.si)
    depth = bench.parameter(f"anaesthesia.{stimulus}_depth")
    return _at_depth(uptake.skin.depth[: one.size], _as_lidocaine(uptake, uptake.course)[:, -1], depth)


def anaesthesia_of(
    bench: Bench, zone: str, uptake: Uptake, thresholds: dict[str, Floats], channels: Channels, times: SessionTimes
) -> Anaesthesia:
    """Return the block of one needled zone.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    zone
        Its name.
    uptake
        What its skin takes up.
    thresholds
        See :func:`threshold_of`; onset and duration follow the first.
    channels
        Tells how deep its needles reach.
    times
        Of the session.
    """
    time = clock(bench.plan)
    longest = bench.library.parameter("anaesthesia.followed_after_removal").si
    deepest = bench.library.parameter("anaesthesia.deepest_tested").si
    courses = [block_course(uptake, threshold, longest, deepest) for threshold in thresholds.values()]
    own_time, block = courses[0]
    at_clock = np.broadcast_to(time, (block.shape[0], time.size))
    first, last = times.needles[zone]
    needles = np.linspace(first, last, 5, axis=1)
    reach = channels.reached_typical
    return Anaesthesia(
        time=time,
        stimuli=tuple(thresholds),
        block_depth=np.stack([_interpolated(at_clock, own_time, depth) for _, depth in courses], axis=1),
        at_needling=_interpolated(needles, own_time, block).min(axis=1),
        onset=_onset(own_time - uptake.start[:, None], block, reach),
        lasting=np.minimum(_lasting(own_time, block, reach, uptake.removed), longest),
        needles_start=first,
        needles_end=last,
    )


def block_course(
    uptake: Uptake, threshold: Floats, longest: float = np.inf, deepest: float = np.inf
) -> tuple[Floats, Floats]:
    """Return the times since the first step [s] and the block depth [m] at each, both (m, t).

    What comes through channels does not count before it has evened out between them: until then the skin beside
    them feels, and the block is that of intact skin. Nor does a block count for longer after the cream, or deeper,
    than anybody has looked.

    Parameters
    ----------
    uptake
        What the skin takes up.
    threshold : (m,)
        See :func:`threshold_of`.
    longest, deepest
        How long after the cream a block was looked for [s], and the deepest that was found [m].
    """
    time = uptake.course.time[: threshold.size]
    block = block_of(uptake, uptake.course, threshold)
    if uptake.channels is not None:
        uneven = time < (uptake.channels.met + uptake.channels.lateral)[:, None]
        block = np.where(uneven, block_of(uptake, uptake.channels.closed, threshold), block)
    return uptake.start[:, None] + time, np.where(uptake.bare_for > longest, 0.0, np.minimum(block, deepest))


def block_of(uptake: Uptake, course: Course, threshold: Floats) -> Floats:
    """Return the block depth along a course [m], (m, t)."""
    horny, members = uptake.skin.horny, threshold.size
    effect = _as_lidocaine(uptake, course)[:, :, horny:] / threshold[:, None, None]
    return block_depth(uptake.skin.depth[:members, horny:], effect)


def _as_lidocaine(uptake: Uptake, course: Course) -> Floats:
    """Return the concentrations of all drugs together, as that of lidocaine of the same effect, (m, t, n)."""
    held = course.concentration.reshape(len(uptake.passages), -1, *course.concentration.shape[1:])
    potency = np.array([each.potency for each in uptake.passages])
    return np.asarray(np.einsum("dm,dmtn->mtn", potency, held))


def _at_depth(places: Floats, values: Floats, depth: Floats) -> Floats:
    """Return values (m, n) at one depth of each scenario, exponential between the cells."""
    logs = np.log(np.maximum(values, 1e-300))
    return np.exp([np.interp(one, row, log) for one, row, log in zip(depth, places, logs, strict=True)])


def _interpolated(wanted: Floats, time: Floats, values: Floats) -> Floats:
    """Return courses (m, t) at other times (m, k); nothing before their start."""
    return np.array([np.interp(at, own, row, left=0.0) for at, own, row in zip(wanted, time, values, strict=True)])


def _onset(time: Floats, block: Floats, reach: Floats) -> Floats:
    """Return when the block is as deep as the needles reach [s]; NaN where it never is."""
    deep = block >= reach[:, None]
    return np.where(deep.any(axis=1), time[np.arange(reach.size), deep.argmax(axis=1)], np.nan)


def _lasting(time: Floats, block: Floats, reach: Floats, removed: Floats) -> Floats:
    """Return how long after the first removal of cream the block stays as deep as the needles reach [s].

    NaN where it is not that deep by then, and where nothing removes the cream.
    """
    rows, since = np.arange(reach.size), time - removed[:, None]
    free = (block < reach[:, None]) & (since >= 0.0)
    until = np.where(free.any(axis=1), since[rows, free.argmax(axis=1)], since[:, -1])
    numb = ~free[rows, (since >= 0.0).argmax(axis=1)]
    return np.where(np.isfinite(removed) & numb, until, np.nan)
