"""Exposure: what of the anaesthetics of all zones together reaches the blood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Exposure
from percuta.engine.spells import clock
from percuta.engine.topicals import Uptake
from percuta.library.drugs import Drug
from percuta.physics.pharmacokinetics import plasma_course

Floats = NDArray[np.float64]


def exposure_of(bench: Bench, uptakes: list[Uptake]) -> Exposure:
    """Return what the blood takes up over all zones.

    Where cream lies on needled skin, what passes beyond the dose through intact skin is multiplied by a factor with a
    tenfold band: nobody has measured it. It never exceeds what was put on.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    uptakes
        Of every zone with cream.
    """
    time = clock(bench.plan)
    drugs = {each.drug.id: each.drug for one in uptakes for each in one.passages}
    opened = [one for one in uptakes if one.channels is not None]
    absorbed = {name: np.zeros((bench.scenarios.members, time.size)) for name in drugs}
    for one in uptakes:
        for number, each in enumerate(one.passages):
            absorbed[each.drug.id] += _amount(bench, one, number, time)
    plasma = {name: _plasma(bench, drug, time, absorbed[name]) for name, drug in drugs.items()}
    taken_up, in_plasma = (np.stack([each[name] for name in drugs], axis=2) for each in (absorbed, plasma))
    if not opened:
        return Exposure(time, tuple(drugs), taken_up, in_plasma)
    multiple, intact = _against_intact(bench, opened, time)
    lateral = np.max([one.channels.lateral for one in opened if one.channels is not None], axis=0)
    return Exposure(time, tuple(drugs), taken_up, in_plasma, multiple, intact, lateral)


def _against_intact(bench: Bench, opened: list[Uptake], time: Floats) -> tuple[Floats, Floats]:
    """Return multiple and dose [kg] of the creams on needled skin against the same on intact skin, each (m,).

    The larger of two multiples: of the dose, and of the highest level, which a dose that is used up still raises.
    """
    through, intact = (np.zeros(bench.scenarios.members) for _ in range(2))
    peaks = []
    for one in opened:
        shut = replace(one, course=one.channels.closed, channels=None) if one.channels is not None else one
        for number, each in enumerate(one.passages):
            pair = [_amount(bench, either, number, time) for either in (one, shut)]
            through, intact = through + pair[0][:, -1], intact + pair[1][:, -1]
            levels = [_plasma(bench, each.drug, time, amount).max(axis=1) for amount in pair]
            peaks.append(np.where(levels[1] > 0.0, levels[0] / np.maximum(levels[1], 1e-300), np.nan))
    dose = through / np.maximum(intact, 1e-300)
    return np.asarray(np.fmax.reduce([dose, *peaks])), intact


def _amount(bench: Bench, uptake: Uptake, number: int, time: Floats) -> Floats:
    """Return what one drug of one zone brought into the blood so far [kg], (m, t)."""
    own_time = uptake.start[:, None] + _rows(uptake, uptake.course.time, number)
    amount = _rows(uptake, uptake.course.absorbed, number)
    if uptake.channels is not None:
        intact = _rows(uptake, uptake.channels.closed.absorbed, number)
        beyond = bench.parameter("permeation.channel_uncertainty")[:, None] * (amount - intact)
        applied = _rows(uptake, uptake.course.applied, number)[:, None]
        amount = np.maximum.accumulate(np.minimum(intact + beyond, applied), axis=1)
    rows = zip(own_time, amount, strict=True)
    return uptake.area * np.array([np.interp(time, own, row, left=0.0) for own, row in rows])


def _rows(uptake: Uptake, values: Floats, number: int) -> Floats:
    members = uptake.start.size
    return values[number * members : (number + 1) * members]


def _plasma(bench: Bench, drug: Drug, time: Floats, absorbed: Floats) -> Floats:
    volume, clearance = drug.published("distribution_volume"), drug.published("plasma_clearance")
    if volume is None or clearance is None:
        return np.full_like(absorbed, np.nan)
    body = bench.scenarios.draw(volume, "drug.distribution_volume") * bench.people.mass
    return plasma_course(time, absorbed, body, bench.scenarios.draw(clearance, "drug.plasma_clearance"))
