"""Exposure: what of the anaesthetics of all zones together reaches the blood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Exposure
from percuta.engine.topicals import Uptake, clock
from percuta.library.drugs import Drug
from percuta.physics.pharmacokinetics import plasma_course

Floats = NDArray[np.float64]


def exposure_of(bench: Bench, uptakes: list[Uptake]) -> Exposure:
    """Return what the blood takes up over all zones.

    On needled skin what passes beyond the dose through intact skin is multiplied by a factor with a tenfold band:
    nobody has measured it. It never exceeds what was put on.

    Parameters
    ----------
    bench
        Plan, library and scenarios.
    uptakes
        Of every zone with cream.
    """
    time = clock(bench.plan)
    drugs = list({each.drug.id: each.drug for one in uptakes for each in one.passages}.values())
    absorbed, closed, applied = (np.zeros((bench.scenarios.members, time.size, len(drugs))) for _ in range(3))
    for one in uptakes:
        for number, each in enumerate(one.passages):
            place = [drug.id for drug in drugs].index(each.drug.id)
            absorbed[:, :, place] += _amount(one, number, time, closed=False)
            closed[:, :, place] += _amount(one, number, time, closed=True)
            applied[:, :, place] += (one.area * _rows(one, one.course.applied, number))[:, None]
    on_channels = any(one.closed is not None for one in uptakes)
    multiple = intact = None
    if on_channels:
        beyond = bench.parameter("permeation.channel_uncertainty")[:, None, None] * (absorbed - closed)
        absorbed = np.minimum(closed + beyond, applied)
        intact = closed[:, -1].sum(axis=1)
        multiple = absorbed[:, -1].sum(axis=1) / intact
    plasma = np.stack([_plasma(bench, drug, time, absorbed[:, :, n]) for n, drug in enumerate(drugs)], axis=2)
    laterals = [one.lateral for one in uptakes if one.lateral is not None]
    lateral = np.max(laterals, axis=0) if laterals else None
    return Exposure(time, tuple(drug.id for drug in drugs), absorbed, plasma, on_channels, multiple, intact, lateral)


def _amount(uptake: Uptake, number: int, time: Floats, *, closed: bool) -> Floats:
    """Return what one drug of one zone brought into the blood so far [kg], (m, t)."""
    course = uptake.closed if closed and uptake.closed is not None else uptake.course
    own_time = uptake.start[:, None] + _rows(uptake, course.time, number)
    rows = zip(own_time, _rows(uptake, course.absorbed, number), strict=True)
    return uptake.area * np.array([np.interp(time, own, row, left=0.0) for own, row in rows])


def _rows(uptake: Uptake, values: Floats, number: int) -> Floats:
    members = uptake.start.size
    return values[number * members : (number + 1) * members]


def _plasma(bench: Bench, drug: Drug, time: Floats, absorbed: Floats) -> Floats:
    volume, clearance = drug.published("distribution_volume"), drug.published("plasma_clearance")
    if volume is None or clearance is None:
        return np.full_like(absorbed, np.nan)
    body = bench.scenarios.draw(volume, "drug.distribution_volume") * bench.plan.patient.mass.si
    return plasma_course(time, absorbed, body, bench.scenarios.draw(clearance, "drug.plasma_clearance"))
