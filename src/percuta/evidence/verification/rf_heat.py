"""Radiofrequency: heat, boiling, damage and control against closed forms, and whole pulses against finite elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from percuta.engine.pulse_bench import kinetics_of
from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.verification.columns import (
    AREA,
    EXACT,
    column_course,
    column_setup,
    depth_where,
    log_damage,
)
from percuta.evidence.verification.conductors import BIPOLAR, GEL, MM, NEEDLE, PITCH, RADIUS, orders, resolved
from percuta.evidence.verification.rows import at_least_order, difference, relative
from percuta.library.registry import library
from percuta.numerics.grid import Refinement, centres, graded_edges
from percuta.physics.initial_temperature import initial_temperature
from percuta.physics.pulse import compute_pulse
from percuta.physics.pulse_course import Exactness, PulseCourse
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import Boiling, Drive, PulseSetup, SensorControl, Surface, TissueLayer

Floats = NDArray[np.float64]

_CELSIUS = 273.15  # K
_WATER = 0.65 * 1116.0 * 2.256e6  # J/m^3, that vaporise the water of dermis
_STEEL = replace(NEEDLE, conductivity=16.0, heat_capacity=4.0e6)
_HELD = float("inf")

# A pulse that boils twice and cools in between; chosen here, measured nowhere.
_BOILING = replace(
    BIPOLAR,
    layers=(replace(GEL, latent_heat=_WATER),),
    needle=_STEEL,
    boiling=Boiling(),
    drive=Drive(0.08, voltage=65.0, pulses=2, pause=0.2),
    top=Surface(1000.0, 278.15),
)
_PERFUSED = replace(GEL, perfusion=2e5)
_BLOOD = 308.15  # K

# Burn of layered skin (Jiang and others 2002): thickness [m], conductivity [W/(m K)], density times specific heat.
_BURN = (
    (80e-6, 0.24, 1200.0 * 3590.0, 0.0),
    (2e-3, 0.45, 1200.0 * 3300.0, 0.00125),
    (10e-3, 0.19, 1000.0 * 2500.0, 0.00125),
    (30e-3, 0.50, 1000.0 * 4000.0, 0.00125),
)
_BLOOD_HEAT = 1060.0 * 3770.0  # J/(m^3 K)
_DEGREES = (0.53, 1.0, 1e4)  # Omega of burns of first, second and third degree
_BURNT = {1.0: ((0.255, 0.243, 0.080), 35.5), 5.0: ((0.713, 0.685, 0.313), 51.8)}  # mm; degC 1 mm deep

# Boiling from a held surface: chosen here.
_BOILED, _RESTING, _HOT = 1.6e9, 34.0, 140.0  # J/m^3, degC, degC
_FRONT_CELLS = (16e-6, 8e-6, 4e-6)  # m

# Answers of independent finite elements, as written by benchmarks/ngsolve_reference.py: 50 implicit steps, and
# extrapolated to steps of no length. Power [W], rise [K], volume [mm^3] of one pitch x pitch cell.
STEPPED = {"power_start": 0.165018, "power_end": 0.241732, "mean_rise": 3.19181, "volume_above_60": 0.216007}
CONVERGED = {"power_start": 0.165047, "power_end": 0.243402, "mean_rise": 3.21201, "volume_above_60": 0.219576}
WITH_METAL = {"power_start": 0.165018, "power_end": 0.22318, "mean_rise": 2.82626, "needle_mean_rise": 33.4126}
IN_LAYERS = {"power_start": 0.106983, "power_end": 0.139316, "mean_rise": 1.18684, "needle_mean_rise": 24.8253}


def _boiling_energy() -> list[Row]:
    record = compute_pulse(_BOILING, "standard")
    boiled = f"up to {record.vaporised.max():.0%} of the water of a cell vaporised"
    kept = record.energy * (1.0 - record.energy_balance_error)
    volt_ampere = record.energy / (1.0 + record.joule_error)
    return [
        relative("heat stored and lost, of two pulses that boil", "J", record.energy, kept, 1e-4, boiled),
        relative("voltage times current, of the Joule heat", "J", record.energy, volt_ampere, 2e-3, boiled),
        difference("temperature while water is left", "degC", 101.0, max(101.0, _peak(record)), 0.1, "K above"),
    ]


def _peak(record: PulseRecord) -> float:
    return float(record.traces.tissue_peak.max()) - _CELSIUS


def _pennes() -> list[Row]:
    start = (307.15, 310.15)
    setup = column_setup(
        (_PERFUSED,),
        400.0,
        top=Surface(_HELD, start[0]),
        bottom=Surface(_HELD, start[1]),
        start=(start[0], start[0]),
        blood=_BLOOD,
    )
    errors, resting = [], replace(setup, start_core=start[1])
    for cells in (10, 20, 40):
        z = np.linspace(0.0, GEL.thickness, cells + 1)
        errors.append(float(np.abs(initial_temperature(resting, z) - _perfused(centres(z), start)).max()))
    z = np.linspace(0.0, GEL.thickness, 41)
    after = column_course(setup, z, Exactness(1e-6, 1e-7, 0.05, 20)).end_temperature
    marched = float(np.abs(after - _perfused(centres(z), start)).max())
    return [
        difference("steady Pennes slab, 40 cells", "K", 0.0, errors[-1], 5e-3, "K"),
        at_least_order("order in the cells, steady Pennes slab", 2.0, orders(errors, [1 / 10, 1 / 20, 1 / 40]), 0.2),
        difference("Pennes slab after 400 s of steps, 40 cells", "K", 0.0, marched, 5e-3, "K"),
    ]


def _perfused(depth: Floats, ends: tuple[float, float]) -> Floats:
    """Return the closed form of a perfused layer between two held faces [K]."""
    inverse = math.sqrt(_PERFUSED.perfusion / _PERFUSED.conductivity)
    rise = (ends[0] - _BLOOD) * np.sinh(inverse * (GEL.thickness - depth))
    rise += (ends[1] - _BLOOD) * np.sinh(inverse * depth)
    return np.asarray(_BLOOD + rise / math.sinh(inverse * GEL.thickness))


def _stefan() -> list[Row]:
    """Boil water behind a held surface; fronts and heat go with the root of time."""
    fronts, heat = _similarity()
    layer = replace(GEL, thickness=5e-3, conductivity=0.4, heat_capacity=3.7e6, latent_heat=_BOILED)
    hot = Surface(_HELD, _HOT + _CELSIUS)
    setup = column_setup((layer,), 1.0, top=hot, boiling=Boiling(recovered=1.0))
    found, stored = [], []
    for size in _FRONT_CELLS:
        z = graded_edges([0.0, 5e-3], [Refinement(0.0, 4e-4, size)], ratio=1.2)
        course = column_course(setup, z, Exactness(1e-6, 1e-7, 0.05, 50))
        found.append([depth_where(z, course.end_temperature - _CELSIUS, one) for one in (101.0, 100.0, 99.0)])
        stored.append(float(course.history.column(9)[-1]) / AREA)
    rows = [
        relative(f"depth of {name} after 1 s", "mm", 1e3 * front, 1e3 * depth, 5e-3)
        for name, front, depth in zip(("dry tissue", "half of the vapour", "boiling"), fronts, found[-1], strict=True)
    ]
    error = [one / heat - 1.0 for one in stored]
    return [
        *rows,
        relative("heat taken up in 1 s behind a boiling front", "J/m^2", heat, stored[-1], 2e-3),
        at_least_order("order in the cells, heat behind a boiling front", 1.0, orders(error, list(_FRONT_CELLS)), 0.2),
    ]


def _similarity() -> tuple[tuple[float, float, float], float]:
    """Return depths of 101, 100 and 99 degC after 1 s [m], and the heat taken up [J/m^2].

    Between 99 and 101 degC the heat capacity is raised by half of the latent heat per kelvin; error functions hold
    in each of the three parts, with temperature and flux alike on both sides of the fronts.
    """
    wet, boiling = 2.0 * math.sqrt(0.4 / 3.7e6), 2.0 * math.sqrt(0.4 / (3.7e6 + 0.5 * _BOILED))

    def slope(front: float, spread: float) -> float:
        return 2.0 / math.sqrt(math.pi) * math.exp(-((front / spread) ** 2)) / spread

    def jumps(fronts: Floats) -> list[float]:
        first, last = (float(one) for one in fronts)
        between = special.erf(last / boiling) - special.erf(first / boiling)
        dry = (101.0 - _HOT) * slope(first, wet) / special.erf(first / wet)
        moist = -(99.0 - _RESTING) * slope(last, wet) / special.erfc(last / wet)
        return [dry + 2.0 * slope(first, boiling) / between, moist + 2.0 * slope(last, boiling) / between]

    first, last = (float(one) for one in optimize.root(jumps, [8e-5, 1.2e-4]).x)
    middle = boiling * special.erfinv(0.5 * (special.erf(first / boiling) + special.erf(last / boiling)))
    heat = 4.0 * 0.4 * (_HOT - 101.0) / (special.erf(first / wet) * math.sqrt(math.pi) * wet)
    return (first, float(middle), last), float(heat)


def _burn() -> list[Row]:
    layers = tuple(
        TissueLayer(f"layer {number}", thick, 0.3, 0.3, 0.0, k, capacity, perfusion=_BLOOD_HEAT * rate)
        for number, (thick, k, capacity, rate) in enumerate(_BURN, 1)
    )
    planes = [0.0, *np.cumsum([one.thickness for one in layers])]
    z = graded_edges(planes, [Refinement(0.0, 1.2e-3, 5e-6)], ratio=1.2)
    rows = []
    for width, (depths, celsius) in _BURNT.items():
        setup = column_setup(
            layers,
            width,
            top=Surface(_HELD, 90.0 + _CELSIUS),
            bottom=Surface(_HELD, 37.0 + _CELSIUS),
            start=(34.0 + _CELSIUS, 37.0 + _CELSIUS),
            blood=34.0 + _CELSIUS,
            sets=(kinetics_of("henriques_moritz", library()),),
        )
        course = column_course(setup, z)
        damage = log_damage(course.damage)
        for omega, expected in zip(_DEGREES, depths, strict=True):
            found = 1e3 * depth_where(z, damage, math.log(omega))
            rows.append(relative(f"depth of Omega = {omega:g} after {width:g} s", "mm", expected, found, 0.01))
        deep = float(np.interp(1e-3, centres(z), course.end_temperature)) - _CELSIUS
        rows.append(difference(f"temperature 1 mm deep after {width:g} s", "degC", celsius, deep, 0.06, "K"))
    return rows


def _control() -> list[Row]:
    """Heat a body that conducts so well that it has one temperature, under a sampled control with a slow sensor."""
    control = SensorControl(345.15, 0.5 * MM, lag=0.1, interval=0.02, ideal=False, proportional=0.012, integral=0.02)
    setup = replace(
        BIPOLAR,
        layers=(replace(GEL, conductivity=2e3),),
        needle=replace(_STEEL, conductivity=2e3),
        drive=Drive(3.0, control=control),
        top=Surface(3000.0, 290.0),
    )
    course = PulseCourse(resolved(setup, "draft", 0.05 * MM), setup, EXACT)
    course.run(cooling=False)
    time, power, sensor = (course.history.column(index) for index in (0, 3, 5))
    samples = np.arange(0.0, float(time[-1]) - 1e-9, control.interval)
    expected, asked = _lumped(control, samples.size)
    reading = np.interp(samples, time, sensor)
    error = float(np.abs(reading - expected).max())
    late = samples.size - 1
    return [
        verified(
            "reading of a slow sensor under sampled control",
            "degC",
            float(expected.max()) - _CELSIUS,
            float(reading.max()) - _CELSIUS,
            error=error,
            tolerance=0.1,
            error_in="K, largest at any sample",
            note="shown is the highest reading",
        ),
        relative("power that holds the temperature", "W", float(asked[late]), float(power[-1]), 5e-3),
    ]


def _lumped(control: SensorControl, samples: int) -> tuple[Floats, Floats]:
    """Return reading [K] and power [W] at every sample of one body, by exact steps between samples."""
    metal = math.pi * RADIUS**2
    capacity = (PITCH**2 * GEL.thickness - metal * _STEEL.depth) * GEL.heat_capacity
    capacity += metal * _STEEL.depth * _STEEL.heat_capacity
    exchange = 3000.0 * (PITCH**2 - metal)
    decay, lag = exchange / capacity, 1.0 / control.lag
    temperature = reading = BIPOLAR.start_surface
    total, readings, powers = 0.0, [], []
    for _ in range(samples):
        error = control.target - reading
        total += control.integral * error * control.interval
        power = max(control.proportional * error + total, 0.0)
        readings.append(reading)
        powers.append(power)
        end = 290.0 + power / exchange
        rise = temperature - end  # T = end + rise exp(-decay t); the reading follows with its lag
        slow, quick = math.exp(-decay * control.interval), math.exp(-lag * control.interval)
        share = lag / (lag - decay)
        reading = end + share * rise * slow + (reading - end - share * rise) * quick
        temperature = end + rise * slow
    return np.array(readings), np.array(powers)


def _damage_steps() -> list[Row]:
    sets = tuple(kinetics_of(name, library()) for name in ("henriques_moritz", "liver"))
    setup = replace(BIPOLAR, needle=_STEEL, drive=Drive(0.1, voltage=50.0), cell_kinetics=sets)
    cells = resolved(setup, "draft")
    exact = _deaths(PulseCourse(cells, setup, Exactness(1e-5, 1e-6, 0.005, 100)))
    usual = _deaths(PulseCourse(cells, setup, Exactness(2e-4, 1e-4, 0.5, 10)))
    rows = [
        relative(f"dead share with controlled steps, {one.name.replace('_', ' ')}", "1", expected, found, 0.02)
        for one, expected, found in zip(sets, exact, usual, strict=True)
    ]
    fixed = []
    for steps in (50, 100, 200, 1600):
        course = PulseCourse(cells, setup, Exactness(1e-5, 1e-6, 1.0, 1))
        course.run_fixed(steps)
        fixed.append(_share(course)[0])
    order = orders([one / fixed[-1] - 1.0 for one in fixed[:3]], [1 / 50, 1 / 100, 1 / 200])
    return [*rows, at_least_order("order of the dead share in equal implicit steps", 1.0, order, 0.15)]


def _deaths(course: PulseCourse) -> Floats:
    course.run()
    return _share(course)


def _share(course: PulseCourse) -> Floats:
    volume = course.cells.volume.ravel()
    return np.asarray(-np.expm1(-course.damage.integral) @ volume / volume.sum())


def _pulses() -> list[Row]:
    skin = (
        replace(
            GEL, thickness=0.1 * MM, sigma_in_plane=0.1, sigma_in_depth=0.1, conductivity=0.25, heat_capacity=3.6e6
        ),
        replace(GEL, thickness=1.65 * MM, sigma_in_plane=0.38, sigma_in_depth=0.27, heat_capacity=3.7e6, perfusion=2e5),
        replace(
            GEL,
            thickness=2.25 * MM,
            sigma_in_plane=0.05,
            sigma_in_depth=0.05,
            conductivity=0.2,
            heat_capacity=2.1e6,
            perfusion=5e4,
        ),
    )
    metal = replace(BIPOLAR, needle=_STEEL)
    cooled = replace(metal, layers=skin, top=Surface(2000.0, 278.15))
    problems: tuple[tuple[str, PulseSetup, int | None, dict[str, float]], ...] = (
        ("a gel", BIPOLAR, None, CONVERGED),
        ("a gel in 50 steps", BIPOLAR, 50, STEPPED),
        ("a gel with metal needles in 50 steps", metal, 50, WITH_METAL),
        ("cooled and bled layers in 50 steps", cooled, 50, IN_LAYERS),
    )
    rows = []
    for name, setup, steps, answers in problems:
        found = _shown(compute_pulse(setup, "standard", steps=steps))
        for quantity, answer in answers.items():
            unit = {"power": "W", "mean": "K", "needle": "K", "volume": "mm^3"}[quantity.partition("_")[0]]
            words = quantity.replace("_", " ")
            rows.append(relative(f"{words}, {name}", unit, answer, found[quantity], 0.01))
    return rows


def _shown(record: PulseRecord) -> dict[str, float]:
    traces, end = record.traces, record.pulse_end
    return {
        "power_start": float(traces.power[0]),
        "power_end": float(traces.power[end]),
        "mean_rise": float(traces.mean_rise[end]),
        "volume_above_60": 1e9 * record.volume_above_60,
        "needle_mean_rise": float(traces.sensor[end]) - BIPOLAR.start_surface,
    }


def _case(identifier: str, title: str, run: Callable[[], list[Row]], source: tuple[str, ...] = ()) -> Case:
    return Case(identifier, title, "verification", source, False, run)


CASES = (
    _case("rf-boiling-energy", "Energy of two pulses through boiling and cooling", _boiling_energy),
    _case("rf-pennes", "A perfused slab against the closed form", _pennes),
    _case("rf-stefan", "A boiling front against the similarity solution", _stefan),
    _case("RF-V4", "Burn of layered skin against an independent computation", _burn, ("jiang_2002",)),
    _case("rf-control", "Sampled temperature control against a lumped body", _control),
    _case("rf-damage-steps", "Damage of a pulse against the time step", _damage_steps),
    _case("rf-pulse", "Whole pulses against finite elements", _pulses),
)
