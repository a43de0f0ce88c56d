"""Diffusion through the skin and the blood's course, against closed forms at constant area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from percuta.evidence.cases import Case, Row, verified
from percuta.physics.diffusion import (
    Course,
    OpenChannels,
    Phase,
    Skin,
    Vehicle,
    cleared_resistance,
    diffuse,
    layered_lag,
    steady_flux,
)
from percuta.physics.pharmacokinetics import plasma_course

Floats = NDArray[np.float64]

_ONE = np.ones(1)
_HOUR = 3600.0
_ENDLESS, _FREE = 1e6, 1e-3  # capacity and mobility [m^2/s] of a well-stirred endless reservoir
_SINK = (1e-7, 1.0, 1e-3, 1e9)  # thickness [m], capacity, mobility [m^2/s] and clearance [1/s]


def stack(*layers: tuple[float, float, float, float], cells: int = 24, horny: int = 1) -> Skin:
    """Return one row of skin from layers of thickness [m], ``K``, ``M`` [m^2/s] and clearance [1/s].

    The first ``horny`` layers are stratum corneum.
    """
    columns = [np.repeat(np.array(each)[:, None], cells, axis=1) for each in layers]
    width, capacity, mobility, clearance = np.hstack(columns)[:, None]
    return Skin(width / cells, capacity, mobility, clearance, horny * cells)


def endless(level: float) -> Vehicle:
    """Return a reservoir that keeps its level [kg/m^3]."""
    return Vehicle(_ONE, _ENDLESS * level * _ONE, _ENDLESS * _ONE, _ENDLESS * _FREE * _ONE)


def under(vehicle: Vehicle, hours: float, steps: int = 400, channels: OpenChannels | None = None) -> Phase:
    """Return a phase in which a vehicle lies on the skin."""
    return Phase(hours * _HOUR * _ONE, vehicle, True, _ONE, _ONE, channels, steps)


def _line(course: Course) -> tuple[float, float]:
    """Return slope and intercept with the time axis of the amount absorbed, at the end."""
    time, absorbed = course.time[0], course.absorbed[0]
    slope = float((absorbed[-1] - absorbed[-5]) / (time[-1] - time[-5]))
    return slope, float(time[-1] - absorbed[-1] / slope)


_LAYERS = ((15e-6, 14.0, 14.0 * 1.2e-14, 0.0), (60e-6, 4.2, 4.2 * 1.2e-12, 0.0), (200e-6, 4.2, 4.2 * 2e-12, 0.0))


def _lag() -> list[Row]:
    rows = []
    for words, layers in (("one layer", _LAYERS[:1]), ("three layers", _LAYERS)):
        slope, lag = _line(diffuse(stack(*layers, _SINK, horny=1), [under(endless(4.0), 60.0)]))
        holds = [np.array([capacity * thickness]) for thickness, capacity, _, _ in layers]
        resistances = [np.array([thickness / mobility]) for thickness, _, mobility, _ in layers]
        flux = float(steady_flux(4.0 * _ONE, resistances)[0])
        exact = float(layered_lag(holds, resistances)[0])
        rows.append(_relative(f"steady flux, {words}", "kg/m^2/s", flux, slope, 1e-5))
        rows.append(_relative(f"time lag, {words}", "s", exact, lag, 2e-3))
    thickness, _, mobility, _ = _LAYERS[0]
    slab = thickness**2 / (6.0 * mobility / 14.0)
    exact = float(layered_lag([np.array([14.0 * thickness])], [np.array([thickness / mobility])])[0])
    return [*rows, _relative("closed form of one layer against h^2/(6 D)", "s", slab, exact, 1e-12)]


def _front() -> list[Row]:
    """A constant level on thick tissue: ``C = K u erfc(z / (2 sqrt(D t)))``, with 60, 120 and 240 cells."""
    diffusivity, seconds, depth = 2e-10, 2.0 * _HOUR, 1.5e-3
    exact = 4.2 * float(erfc(depth / (2.0 * np.sqrt(diffusivity * seconds))))
    errors = []
    for cells in (60, 120, 240):
        skin = stack((12e-3, 4.2, 4.2 * diffusivity, 0.0), cells=cells, horny=0)
        course = diffuse(skin, [under(endless(1.0), seconds / _HOUR)])
        found = _cubic(skin.depth[0], course.concentration[0, -1], depth)
        errors.append(abs(found / exact - 1.0))
    order = float(np.log2(errors[0] / errors[2]) / 2.0)
    return [
        verified(
            "front in thick tissue, 240 cells",
            "1",
            0.0,
            errors[2],
            error=errors[2],
            tolerance=2e-3,
            error_in="relative",
        ),
        verified("observed order in space", "1", 2.0, order, error=order - 2.0, tolerance=0.25, error_in="order"),
    ]


def _cubic(places: Floats, values: Floats, at: float) -> float:
    """Return a value between the cells, by a cubic through the logarithms of the four nearest."""
    near = np.argsort(np.abs(places - at))[:4]
    return float(np.exp(np.polyfit(places[near] - at, np.log(values[near]), 3)[-1]))


def _cleared() -> list[Row]:
    """Thick tissue that the blood clears, at rest: flux and depth at which the level falls to 1/e."""
    capacity, diffusivity, clearance = 4.2, 2e-10, 3e-4
    graded = np.geomspace(5e-6, 4e-4, 160)
    skin = Skin(
        graded[None],
        np.full((1, 160), capacity),
        np.full((1, 160), capacity * diffusivity),
        np.full((1, 160), clearance),
        0,
    )
    course = diffuse(skin, [under(endless(1.0), 24.0)])
    slope, _ = _line(course)
    exact = float(
        1.0 / cleared_resistance(np.array([capacity * diffusivity]), np.array([capacity]), np.array([clearance]))[0]
    )
    logs = np.log(course.concentration[0, -1])
    depth = skin.depth[0]
    reach = -float(1.0 / np.polyfit(depth[20:80], logs[20:80], 1)[0])
    return [
        _relative("flux into tissue that the blood clears", "m/s", exact, slope, 2e-3),
        _relative("depth in which the level falls to 1/e", "m", float(np.sqrt(diffusivity / clearance)), reach, 2e-3),
    ]


def _balance() -> list[Row]:
    """A thin cream that is used up, wiped off, put on again; channels that close; a sum that must not change."""
    skin = stack(*_LAYERS, (3e-3, 4.2, 4.2 * 2e-10, 3e-4))
    cream = Vehicle(20e-6 * _ONE, 25.0 * _ONE, 6.0 * _ONE, 6.0 * 5e-10 * _ONE)
    share = np.full((1, skin.width.shape[1]), 0.02)
    channels = OpenChannels(share, 4.2 * 4e-10 * _ONE, _HOUR * _ONE)
    phases = [
        under(cream, 2.0, 40),
        Phase(_HOUR * _ONE, None, False, 0.3 * _ONE, 0.7 * _ONE, None, 40),
        under(cream, 2.0, 40, channels),
    ]
    course = diffuse(skin, phases)
    lost = float(np.abs(course.balance).max())
    shut = stack(*_LAYERS, (3e-3, 4.2, 4.2 * 2e-10, 0.0))
    resting = diffuse(shut, [under(cream, 500.0, 400)])
    hold = 6.0 * 20e-6 + sum(thickness * capacity for thickness, capacity, _, _ in _LAYERS) + 3e-3 * 4.2
    level = float(resting.concentration[0, -1, -1] / 4.2)
    return [
        verified("drug lost or made, of the dose", "1", 0.0, lost, error=lost, tolerance=1e-10, error_in="of the dose"),
        _relative("level at rest in skin without blood", "kg/m^3", 25.0 * 20e-6 / hold, level, 1e-9),
    ]


def _channels() -> list[Row]:
    """Channels beside a thin layer: flux at constant area, and the amount that passes while they close."""
    thickness, capacity, mobility, _ = _LAYERS[0]
    share, path, closing = 0.01, 4.2 * 4e-10, 2.0 * _HOUR
    skin = stack((thickness, capacity, mobility, 0.0), _SINK)
    open_share = np.full((1, skin.width.shape[1]), share)
    steady = OpenChannels(open_share, path * _ONE, 1e15 * _ONE)
    slope, _ = _line(diffuse(skin, [under(endless(4.0), 40.0, channels=steady)]))
    both = (1.0 - share) * mobility + share * path
    wide = stack((thickness, 1e-3, mobility, 0.0), _SINK)  # holds nearly nothing: always at rest
    closes = OpenChannels(open_share, path * _ONE, closing * _ONE)
    passed = float(diffuse(wide, [under(endless(4.0), 8.0, channels=closes)]).absorbed[0, -1])
    seconds = 8.0 * _HOUR
    open_time = closing * -np.expm1(-seconds / closing)
    exact = 4.0 / thickness * (mobility * (seconds - share * open_time) + share * path * open_time)
    return [
        _relative("flux beside channels of constant area", "kg/m^2/s", 4.0 * both / thickness, slope, 1e-4),
        _relative("amount that passes closing channels", "kg/m^2", exact, passed, 1e-3),
    ]


def _blood() -> list[Row]:
    """An even intake for three hours, then none: the closed form of one compartment."""
    time = np.linspace(0.0, 12.0 * _HOUR, 73)
    rate, volume, clearance, stop = 5e-9, 0.09, 1.1e-5, 3.0 * _HOUR
    absorbed = rate * np.minimum(time, stop)
    found = plasma_course(time, absorbed[None], np.array([volume]), np.array([clearance]))[0]
    speed = clearance / volume
    rising = rate / clearance * -np.expm1(-speed * np.minimum(time, stop))
    exact = rising * np.exp(-speed * np.maximum(time - stop, 0.0))
    error = float(np.abs(found - exact).max() / exact.max())
    return [verified("plasma course", "1", 0.0, error, error=error, tolerance=1e-12, error_in="of the peak")]


def _relative(quantity: str, unit: str, exact: float, found: float, tolerance: float) -> Row:
    return verified(quantity, unit, exact, found, error=found / exact - 1.0, tolerance=tolerance, error_in="relative")


CASES = (
    Case("SKIN-LAG", "Steady flux and time lag of layers", "verification", (), False, _lag),
    Case("SKIN-FRONT", "A front that enters thick tissue", "verification", (), False, _front),
    Case("SKIN-CLEARED", "Thick tissue that the blood clears", "verification", (), False, _cleared),
    Case("SKIN-BALANCE", "No drug is lost or made", "verification", (), False, _balance),
    Case("SKIN-CHANNELS", "Open channels beside a layer", "verification", (), False, _channels),
    Case("SKIN-BLOOD", "Plasma of one compartment", "verification", (), False, _blood),
)
