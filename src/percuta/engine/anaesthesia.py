"""Anaesthesia: how deep a zone is blocked during the session, against a threshold from one published case."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Anaesthesia, Channels, SessionTimes
from percuta.engine.passage import Passage, passage_of, skin_of, vehicle_of
from percuta.engine.skin import layers_of
from percuta.engine.topicals import Uptake, clock
from percuta.physics.anaesthesia import block_depth
from percuta.physics.diffusion import Course, Phase, diffuse
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
    product = bench.library.product(CALIBRATION_PRODUCT)
    passages = [passage_of(bench, bench.library.drug(name)) for name in product.drugs]
    zone = Zone.model_validate({"name": "calibration", "site": CALIBRATION_SITE, "area": "100 cm^2"})
    layers = layers_of(bench.plan, zone, bench.library, bench.scenarios)
    skin = skin_of(bench, zone.site, layers, passages)
    per_area = bench.parameter(f"anaesthesia.{stimulus}_amount_per_area")
    rows = np.ones(skin.width.shape[0])
    on, test = (
        rows * bench.library.parameter(f"anaesthesia.{stimulus}_{name}").si for name in ("cream_time", "test_delay")
    )
    unoccluded = np.tile(bench.parameter("permeation.unoccluded_permeability"), len(passages))
    cream = vehicle_of(bench, product, per_area, passages)
    course = diffuse(skin, [Phase(on, cream, True, rows, rows), Phase(test, None, False, unoccluded, rows)])
    held = course.concentration[:, -1].reshape(len(passages), -1, skin.width.shape[1])
    together = _as_lidocaine(passages, held)
    depth = bench.parameter(f"anaesthesia.{stimulus}_depth")
    return _at_depth(skin.depth[: depth.size], together, depth)


def anaesthesia_of(
    bench: Bench, zone: str, uptake: Uptake, threshold: Floats, channels: Channels, times: SessionTimes
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
    threshold : (m,)
        See :func:`threshold_of`.
    channels
        Tells how deep its needles reach.
    times
        Of the session.
    """
    own_time, block = block_course(uptake, threshold)
    time = clock(bench.plan)
    first, last = times.needles[zone]
    needles = np.linspace(first, last, 5, axis=1)
    reach = channels.reached_typical
    return Anaesthesia(
        time=time,
        block_depth=_interpolated(np.broadcast_to(time, (reach.size, time.size)), own_time, block),
        at_needling=_interpolated(needles, own_time, block).min(axis=1),
        onset=_onset(own_time - uptake.start[:, None], block, reach, uptake.lateral),
        lasting=_lasting(own_time, block, reach, uptake),
        needles_start=first,
        needles_end=last,
    )


def block_course(uptake: Uptake, threshold: Floats, course: Course | None = None) -> tuple[Floats, Floats]:
    """Return the times since the first step [s] and the block depth [m] at each, both (m, t)."""
    course = course or uptake.course
    drugs, members = len(uptake.passages), threshold.size
    horny = uptake.skin.horny
    living = course.concentration[:, :, horny:].reshape(drugs, members, course.time.shape[1], -1)
    effect = _as_lidocaine(uptake.passages, living) / threshold[:, None, None]
    surface = uptake.skin.width[:members, :horny].sum(axis=1)
    block = block_depth(uptake.skin.depth[:members, horny:], effect, surface)
    blocked = effect[:, :, 0] >= 1.0
    return uptake.start[:, None] + course.time[:members], np.where(blocked, block, 0.0)


def _as_lidocaine(passages: list[Passage], held: Floats) -> Floats:
    """Return concentrations (drugs, m, ...) together, as that of lidocaine of the same effect, (m, ...)."""
    potency = np.array([each.potency for each in passages])
    return np.asarray(np.einsum("dm,dm...->m...", potency, held))


def _at_depth(places: Floats, values: Floats, depth: Floats) -> Floats:
    """Return values (m, n) at one depth of each scenario, exponential between the cells."""
    logs = np.log(np.maximum(values, 1e-300))
    return np.exp([np.interp(one, row, log) for one, row, log in zip(depth, places, logs, strict=True)])


def _interpolated(wanted: Floats, time: Floats, values: Floats) -> Floats:
    """Return courses (m, t) at other times (m, k); nothing before their start."""
    return np.array([np.interp(at, own, row, left=0.0) for at, own, row in zip(wanted, time, values, strict=True)])


def _onset(time: Floats, block: Floats, reach: Floats, lateral: Floats | None) -> Floats:
    """Return when the block is as deep as the needles reach [s]; NaN where it never is.

    Through channels not before the drug has evened out between them: until then the skin beside them feels.
    """
    deep = block >= reach[:, None]
    first = time[np.arange(reach.size), deep.argmax(axis=1)]
    return np.where(deep.any(axis=1), first if lateral is None else np.maximum(first, lateral), np.nan)


def _lasting(time: Floats, block: Floats, reach: Floats, uptake: Uptake) -> Floats:
    """Return how long after the first removal of cream the block stays as deep as the needles reach [s].

    NaN where it is not that deep by then, and where nothing removes the cream.
    """
    removed = uptake.removed
    if not uptake.comes_off:
        return np.full_like(reach, np.nan)
    deep = (block >= reach[:, None]) & (time >= removed[:, None] - 1.0)
    rows = np.arange(reach.size)
    last = deep.shape[1] - 1 - deep[:, ::-1].argmax(axis=1)
    return np.where(deep.any(axis=1), np.maximum(time[rows, last] - removed, 0.0), np.nan)
