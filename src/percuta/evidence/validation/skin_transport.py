"""Creams on intact skin: flux, dose absorbed, blood levels and depth of block, against what was measured.

The speed through the stratum corneum is fitted to one time lag, and the threshold of block of each stimulus to one
depth. All else is predicted: how much passes comes from a correlation over other drugs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from percuta.engine.anaesthesia import CALIBRATION_PRODUCT, block_course, threshold_of
from percuta.engine.bench import Bench
from percuta.engine.passage import Passage, horny_thickness, passage_of
from percuta.engine.skin import layers_of
from percuta.engine.spells import Cream, Spell
from percuta.engine.topicals import Uptake, uptake_during
from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import publication
from percuta.evidence.validation.scenes import bench_of, plan_of
from percuta.evidence.validation.verdicts import judged
from percuta.library.entries import Product
from percuta.library.tables import Fields
from percuta.physics.diffusion import layered_lag, steady_flux
from percuta.physics.pharmacokinetics import plasma_course
from percuta.units import parse

Floats = NDArray[np.float64]

_MEMBERS = 128
_HOUR, _MINUTE = 3600.0, 60.0
_FOLLOWED = 24.0  # h
_MASS = 70.0  # kg; the studies do not give it
_KUSHLA, _LABEL, _PEEL = "kushla_zatz_1991", "emla_absorption_smpc", "pliaglis_label"
_PATCH, _FOUR = "lidoderm_label", "gammaitoni_2002"
_PUNCH, _NEEDLE, _FOREARM = "wahlgren_2000", "bjerring_1990", "junputipong_2022"


@cache
def _bench() -> Bench:
    """Return a bench for creams; nothing here depends on the pen that has to stand in for a device."""
    return bench_of(plan_of("thigh", "female", {"model": "generic-pen-12"}, "0.5 mm", 1), _MEMBERS)


@dataclass(frozen=True)
class Applied:
    """One study's cream: product, kg per m^2, m^2, site, hours."""

    product: str
    per_area: float
    area: float
    site: str
    hours: float


def _uptake(applied: Applied, product: Product | None = None) -> Uptake:
    """Return what intact skin takes up under a cream, followed for a day from when it came on."""
    bench = _bench()
    place = bench.plan.zones[0].model_copy(update={"site": applied.site})
    layers = layers_of(bench, place)
    one = np.ones(bench.scenarios.members)
    cream = Cream(product or bench.library.product(applied.product), applied.per_area * one, occluded=True)
    later = (_FOLLOWED - applied.hours) * _HOUR * one
    spells = [Spell(applied.hours * _HOUR * one, cream, fresh=True), Spell(later)]
    return uptake_during(bench, applied.site, layers, spells, 0.0 * one, applied.area)


def _plasma(uptake: Uptake, number: int) -> tuple[Floats, Floats]:
    """Return times [s] and plasma levels (m, t) [kg/m^3] of one drug."""
    bench = _bench()
    members = bench.scenarios.members
    rows = slice(number * members, (number + 1) * members)
    time = uptake.course.time[0]  # alike in all rows
    drug = uptake.passages[number].drug
    volume = _MASS * bench.scenarios.draw(drug.known("distribution_volume"), "drug.distribution_volume")
    clearance = bench.scenarios.draw(drug.known("plasma_clearance"), "drug.plasma_clearance")
    return time, plasma_course(time, uptake.area * uptake.course.absorbed[rows], volume, clearance)


def _flux() -> list[Row]:
    """Dermatomed skin over a sink; the vehicle, of which 40 % is propylene glycol, is taken as water."""
    bench, measured = _bench(), publication(_KUSHLA).measurements
    passage = passage_of(bench, bench.library.drug("lidocaine"))
    horny = horny_thickness(bench, "thigh")
    living = bench.library.parameter("permeation.lag_membrane").si - horny
    rows = []
    for ph, strength in ((10.0, "19.58 mg/ml"), (4.0, "66 mg/ml")):
        level, more = _dissolved(passage, ph, parse(strength, "mg/ml").si)
        resistances = [
            horny / (more * passage.horny_mobility),
            living / (passage.diffusivity * passage.tissue_capacity),
        ]
        holds = [more * passage.horny_capacity * horny, passage.tissue_capacity * living]
        rows.append(judged(measured[f"flux_ph_{ph:g}"], steady_flux(level, resistances)))
        rows.append(judged(measured[f"lag_ph_{ph:g}"], layered_lag(holds, resistances)))
    return rows


def _dissolved(passage: Passage, ph: float, strength: float) -> tuple[Floats, Floats]:
    """Return un-ionised drug in water [kg/m^3] and the factor for the ionised that passes too, each (m,)."""
    ionised = passage.ionised(np.full_like(passage.solubility, ph))
    return strength / (1.0 + ionised), 1.0 + _bench().parameter("permeation.ion_permeability_ratio") * ionised


_THIGH = Applied(CALIBRATION_PRODUCT, 1.5, 0.04, "thigh", 3.0)
_FACE = Applied(CALIBRATION_PRODUCT, 1.0, 0.01, "cheek", 2.0)


def _absorption() -> list[Row]:
    measured = publication(_LABEL).measurements
    rows = []
    for place, applied in (("thigh", _THIGH), ("face", _FACE)):
        uptake = _uptake(applied)
        members = uptake.start.size
        both = uptake.course.absorbed[:, -1].reshape(-1, members).sum(axis=0)
        share = both / uptake.course.applied.reshape(-1, members).sum(axis=0)
        rows.append(judged(measured[f"{place}_absorbed_share"], share))
        for number, each in enumerate(uptake.passages):
            _, plasma = _plasma(uptake, number)
            rows.append(judged(measured[f"{place}_peak_{each.drug.id}"], plasma.max(axis=1)))
    return rows


def _patches() -> list[Row]:
    """Patches as a product of their own: 0.1 g/cm^2 with 50 mg/g, taken as saturated."""
    known, bench = publication(_PATCH).measurements, _bench()
    usual = bench.library.product("lidocaine-4")
    fields: Fields = {
        "strength_lidocaine": replace(usual.known("strength_lidocaine"), value=0.05),
        "saturation_lidocaine": replace(usual.known("strength_lidocaine"), value=1.0, unit="1"),
    }
    patch = replace(usual, id="lidocaine-patch", fields=fields)
    uptake = _uptake(Applied("", 1.0, 0.042, "back", 12.0), patch)
    time, plasma = _plasma(uptake, 0)
    note = "taken as saturated; the share of dissolved base in the adhesive is not published"
    rows = [
        judged(known["patch_absorbed"], uptake.area * uptake.course.absorbed[:, -1], note=note),
        judged(known["patch_peak"], plasma.max(axis=1), note=note),
        judged(known["patch_peak_time"], time[plasma.argmax(axis=1)]),
    ]
    time, plasma = _plasma(_uptake(Applied("", 1.0, 0.056, "back", 18.0), patch), 0)
    four = publication(_FOUR).measurements
    return [
        *rows,
        judged(four["four_patches_peak"], plasma.max(axis=1)),
        judged(four["four_patches_exposure"], np.asarray(np.trapezoid(plasma, time, axis=1))),
        judged(four["four_patches_peak_time"], time[plasma.argmax(axis=1)]),
    ]


def _peel() -> list[Row]:
    measured = publication(_PEEL).measurements
    rows = []
    for name, hours in (("peel_peak", 2.0), ("peel_peak_30_min", 0.5)):
        uptake = _uptake(Applied("lidocaine-tetracaine-7-7", 1.475, 0.04, "thigh", hours))
        _, plasma = _plasma(uptake, [each.drug.id for each in uptake.passages].index("lidocaine"))
        rows.append(judged(measured[name], plasma.max(axis=1)))
    return rows


def _blocked(threshold: Floats, minutes: float, delay: float, deepest: float = np.inf, site: str = "thigh") -> Floats:
    """Return the block depth some minutes after a cream of some minutes came off [m], (m,)."""
    applied = Applied(CALIBRATION_PRODUCT, 1.5, 0.01, site, minutes / 60.0)
    time, block = block_course(_uptake(applied), threshold)
    at = (minutes + delay) * _MINUTE
    return np.minimum([np.interp(at, own, row) for own, row in zip(time, block, strict=True)], deepest)


def _onset(threshold: Floats, depth: float, site: str) -> Floats:
    """Return after how long a cream that stays on blocks a depth [s], (m,); the whole time where it does not."""
    time, block = block_course(_uptake(Applied(CALIBRATION_PRODUCT, 1.5, 0.01, site, 5.0)), threshold)
    deep = block >= depth
    last = np.where(deep.any(axis=1), deep.argmax(axis=1), -1)
    return np.asarray(time[np.arange(time.shape[0]), last])


def _block() -> list[Row]:
    bench = _bench()
    punch, needle, forearm = (publication(name).measurements for name in (_PUNCH, _NEEDLE, _FOREARM))
    by_punch, by_needle = threshold_of(bench, "needle"), threshold_of(bench, "hypodermic")
    return [
        judged(punch["block_60_min"], _blocked(by_punch, 60.0, 10.0)),
        judged(punch["block_120_min"], _blocked(by_punch, 120.0, 10.0)),
        judged(punch["block_180_min"], _blocked(by_punch, 210.0, 10.0, deepest=6e-3)),
        judged(needle["needle_90_min"], _blocked(by_needle, 90.0, 30.0)),
        judged(needle["needle_120_min"], _blocked(by_needle, 120.0, 30.0)),
        judged(forearm["forearm_60_min"], _blocked(by_needle, 60.0, 5.0, site="volar-forearm")),
        judged(forearm["forearm_120_min"], _blocked(by_needle, 120.0, 5.0, site="volar-forearm")),
        judged(forearm["forearm_onset_4_mm"], _onset(by_needle, 4e-3, "volar-forearm")),
    ]


CASES = (
    Case("MECH-V1", "Lidocaine through leg skin at two pH values", "validation", (_KUSHLA,), True, _flux),
    Case("MECH-V2", "Lidocaine/prilocaine cream on thigh and face", "validation", (_LABEL,), False, _absorption),
    Case("MECH-V3", "Lidocaine patch", "validation", (_PATCH, _FOUR), False, _patches),
    Case("MECH-V3b", "Lidocaine/tetracaine peel", "validation", (_PEEL,), False, _peel),
    Case("MECH-V4", "Depth of block against time of cream", "validation", (_PUNCH, _NEEDLE, _FOREARM), True, _block),
)
