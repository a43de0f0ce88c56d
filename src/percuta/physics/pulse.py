"""One RF pulse, from the setup to the coagulated zones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from percuta.physics.array_cells import ArrayCells, upright_cells
from percuta.physics.array_piece import Fineness, needles_of
from percuta.physics.oblique_cells import oblique_cells
from percuta.physics.pulse_course import Exactness, PulseCourse
from percuta.physics.pulse_record import DamageField, PulseRecord, Traces
from percuta.physics.pulse_setup import Accuracy, PulseSetup
from percuta.physics.zones import ZoneGrid, measure_zone, share_above

Floats = NDArray[np.float64]

# Size of the smallest cell in needle radii, ratio of neighbours, largest cell in pitches, ratio in the single field.
_FINENESS: dict[str, tuple[float, float, float, float]] = {
    "draft": (0.5, 1.3, 0.1, 1.2),
    "standard": (0.4, 1.2, 0.05, 1.15),
    "reference": (0.15, 1.1, 0.03, 1.06),
}
_EXACTNESS: dict[str, Exactness] = {
    "draft": Exactness(field=2e-3, heat=1e-3, temperature=2.0, fewest=5),
    "standard": Exactness(field=1e-3, heat=1e-4, temperature=0.5, fewest=10),
    "reference": Exactness(field=1e-5, heat=1e-6, temperature=0.05, fewest=40),
}
_SMALLEST_SPREAD = 5e-6  # m; cells follow how far heat spreads in the pulse down to this size
_HEAT_SHOCK = 318.15  # K
_REACTION = (318.15, 328.15)  # K
_SURVIVED = 0.05  # Omega_cell below which cells count as alive


def compute_pulse(
    setup: PulseSetup,
    accuracy: Accuracy = "standard",
    *,
    companion: bool = False,
    progress: Callable[[float], None] | None = None,
    cell_size: float | None = None,
    steps: int | None = None,
    heat_shock_peak: float = _HEAT_SHOCK,
) -> PulseRecord:
    """Compute one pulse.

    Parameters
    ----------
    setup
        Layers, needles, array, drive.
    accuracy
        ``draft``, ``standard`` or ``reference``.
    companion
        Repeat the pulse with cells of twice the size, and give the difference as the error of the discretisation.
    progress
        Called with the share that is done.
    cell_size
        Size of the smallest cell in place of the accuracy's [m].
    steps
        Number of equal backward Euler steps in place of the controlled ones, without the cooling after the pulse;
        for comparison with other codes.
    heat_shock_peak
        Least peak temperature of living tissue that counts as heat-shocked [K].

    Raises
    ------
    PlanError
        If the cells would not fit in memory; said before it is taken.
    ConvergenceError
        If a solve misses its tolerance, or a sensor is never near its target.
    """
    fineness = fineness_of(setup, accuracy, cell_size)
    course = _follow(setup, fineness, _EXACTNESS[accuracy], steps, progress)
    record = _record(course, heat_shock_peak)
    if not companion:
        return record
    coarse = _record(_follow(setup, _halved(fineness), _EXACTNESS[accuracy], steps, None), heat_shock_peak)
    return replace(record, discretisation_error=_difference(record, coarse))


def fineness_of(setup: PulseSetup, accuracy: Accuracy, cell_size: float | None = None) -> Fineness:
    """Return how fine the cells are: by the needle, its bare part, and how far heat spreads in the pulse."""
    radii, ratio, pitches, field_ratio = _FINENESS[accuracy]
    layer = setup.layers[-1]
    spread = sqrt(4.0 * layer.conductivity / layer.heat_capacity * setup.drive.width)
    needle = setup.needle
    between = (setup.array.pitch - needle.diameter) / 6.0
    size = cell_size or min(
        radii * 0.5 * needle.diameter, needle.exposed_length / 3.0, between, max(0.5 * spread, _SMALLEST_SPREAD)
    )
    return Fineness(size, ratio, pitches * setup.array.pitch, field_ratio)


def warm() -> None:
    """Compile every loop that a pulse runs, for this machine, and keep the result in the cache."""
    from percuta.physics.pulse_setup import Boiling, Drive, Kinetics, Needle, NeedleArray, TissueLayer

    layer = TissueLayer("warm", 3e-3, 0.3, 0.3, 0.015, 0.4, 3.7e6, latent_heat=1.6e9)
    setup = PulseSetup(
        layers=(layer,),
        needle=Needle(0.25e-3, 1.5e-3, 0.5e-3),
        array=NeedleArray("checkerboard", 1.5e-3),
        drive=Drive(0.05, voltage=60.0),
        boiling=Boiling(),
        cell_kinetics=(Kinetics("warm", 226.8, 75_000.0),),
    )
    compute_pulse(setup, "draft")


def _follow(
    setup: PulseSetup,
    fineness: Fineness,
    exactness: Exactness,
    steps: int | None,
    progress: Callable[[float], None] | None,
) -> PulseCourse:
    cells = cells_of(setup, fineness)
    course = PulseCourse(cells, setup, exactness)
    if steps is None:
        course.run(progress)
    else:
        course.run_fixed(steps)
    return course


def cells_of(setup: PulseSetup, fineness: Fineness) -> ArrayCells:
    """Discretise the smallest piece of an array.

    Raises
    ------
    PlanError
        If the cells would not fit in memory.
    """
    return (oblique_cells if setup.array.pattern == "pair" else upright_cells)(setup, fineness)


def _halved(fineness: Fineness) -> Fineness:
    """Return half the resolution: as if pairs of cells were merged, in the single needle's field too."""
    return Fineness(2.0 * fineness.size, fineness.ratio**2, 2.0 * fineness.largest, fineness.field_ratio**2)


def _difference(fine: PulseRecord, coarse: PulseRecord) -> float:
    """Return the largest relative difference of delivered energy and mean rise between two grids."""
    pairs = [
        (fine.energy, coarse.energy),
        (float(fine.traces.mean_rise[fine.pulse_end]), float(coarse.traces.mean_rise[coarse.pulse_end])),
    ]
    return max((abs(one / other - 1.0) for one, other in pairs if one > 0.0 and other > 0.0), default=0.0)


def _record(course: PulseCourse, heat_shock_peak: float) -> PulseRecord:
    cells, shape = course.cells, course.cells.shape
    grid = ZoneGrid(cells.x, cells.y, cells.z, _share(cells), cells.mirrored)
    column = course.history.column
    traces = Traces(*(column(index) for index in range(11)))
    damage = tuple(
        _damage_field(grid, one.name, one.collagen, integral.reshape(shape), cells.copies)
        for one, integral in zip(course.damage.sets, course.damage.integral, strict=True)
    )
    peak = course.damage.peak.reshape(shape)
    alive = (course.damage.integral[0] < _SURVIVED if course.damage.sets else np.ones(peak.size, bool)).reshape(shape)
    living = (course.damage.integral[0] < 1.0 if course.damage.sets else np.ones(peak.size, bool)).reshape(shape)
    reaction = (peak >= _REACTION[0]) & (peak <= _REACTION[1]) & living
    weight = cells.volume / np.maximum(cells.volume.sum(axis=(0, 1)), 1e-30)
    field = course.field
    volts = traces.voltage[course.pulse_end] or traces.voltage[max(course.pulse_end - 1, 0)]
    delivered = course.delivered * cells.copies
    balance = course.kept - course.lost - course.carried + course.blood - traces.stored[-1] / cells.copies
    turned_over = max(course.kept, abs(course.lost), abs(course.blood), abs(traces.stored[-1]) / cells.copies)
    return PulseRecord(
        x=cells.x,
        y=cells.y,
        z=cells.z,
        tissue_share=_share(cells),
        layer=cells.layer,
        copies=cells.copies,
        mirrored=cells.mirrored,
        potential=_single(field.solver.box(field.potential) * volts),
        temperature=_single(course.end_temperature.reshape(shape)),
        peak=_single(peak),
        joule=_single(field.solver.box(field.joule) * volts**2 / _size(cells)),
        vaporised=_single(course.steam.reshape(shape)),
        damage=damage,
        cem43_log=_single(_log(course.damage.cem43).reshape(shape)),
        heat_shocked=np.sum(weight * (alive & (peak >= heat_shock_peak)), axis=(0, 1)),
        thermal_reaction=np.sum(weight * reaction, axis=(0, 1)),
        traces=traces,
        pulse_end=course.pulse_end,
        energy=delivered,
        energy_per_needle=delivered / needles_of(course.setup.array),
        needle_energy=np.stack([cells.needle_x, cells.needle_y, course.needle_energy], axis=1),
        volume_above_60=float(
            np.sum(share_above(grid, course.end_temperature.reshape(shape), 333.15) * grid.tissue_volume) * cells.copies
        ),
        energy_balance_error=balance / turned_over if turned_over > 0.0 else 0.0,
        joule_error=field.conductance / field.current() - 1.0,
        residual=max(course.field_residual, course.heat.residual),
        discretisation_error=float("nan"),
        cells=int(np.prod(shape)),
        steps=course.steps,
        field_solves=course.field_solves,
        sensor_reached=course.sensor_reached,
        peak_voltage=course.peak_voltage,
    )


def _damage_field(grid: ZoneGrid, name: str, collagen: bool, integral: Floats, copies: float) -> DamageField:
    logarithm = _single(_log(integral))
    zone = measure_zone(grid, logarithm)
    return DamageField(
        name, collagen, logarithm, zone.fraction, zone.volume * copies, zone.width, zone.height, zone.top
    )


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _single(values: Floats) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _size(cells: ArrayCells) -> Floats:
    return np.asarray(np.diff(cells.x)[:, None, None] * np.diff(cells.y)[:, None] * np.diff(cells.z))


def _share(cells: ArrayCells) -> NDArray[np.float32]:
    return _single(cells.volume / _size(cells))
