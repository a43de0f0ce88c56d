"""Radiofrequency: the library's dispersions and damage sets, and the damage integral against the time step."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import integrate

from percuta.engine.pulse_bench import cole_cole_of, kinetics_of
from percuta.evidence.cases import Case, Row, verified
from percuta.library.registry import library
from percuta.physics.damage import log_damage_integral, temperature_for
from percuta.physics.dielectric import conductivity, permittivity
from percuta.physics.pulse_setup import Kinetics

Floats = NDArray[np.float64]

_CELSIUS = 273.15  # K

# A published table of conductivity [S/m] and relative permittivity at 1 MHz.
_AT_1_MHZ = {
    "skin_dry": (0.0132, 990.76),
    "skin_wet": (0.2214, 1832.8),
    "fat_not_infiltrated": (0.0251, 27.222),
    "muscle": (0.5027, 1836.4),
}
_TABLE = 5e-3  # of the tabulated value

# Constant temperature [degC] at which Omega is 1 after each dwell [s], from an independent computation.
_DWELLS = (0.02, 0.1, 0.5, 1.0, 4.0, 10.0, 60.0)
_THRESHOLDS = {
    "henriques_moritz": (65.8, 63.3, 60.9, 59.9, 57.9, 56.6, 54.0),
    "weaver_stoll": (69.6, 64.8, 60.2, 58.2, 54.4, 51.9, 49.0),
    "takata": (63.3, 61.0, 58.8, 57.8, 55.9, 54.7, 52.3),
    "mehta_wong": (79.4, 75.8, 72.2, 70.8, 67.8, 65.9, 62.2),
    "liver": (79.5, 73.2, 67.0, 64.5, 59.5, 56.2, 50.1),
    "agah": (88.8, 84.8, 80.9, 79.2, 75.9, 73.7, 69.6),
    "pearce": (94.2, 88.4, 82.8, 80.4, 75.8, 72.8, 67.0),
}
_SHOWN = 4  # place of the dwell that the rows show: 4 s
_THRESHOLD_TOLERANCE = 0.1  # K

# A pulse that heats towards 76 degC for half a second and then cools; chosen here, measured nowhere.
_START, _RISE, _PULSE, _END = 34.0, 42.0, 0.5, 2.0  # degC, K, s, s
_HEATING, _COOLING = 0.2, 0.4  # s, time constants
_STEPS = (40, 80, 160, 320)
_INTEGRAL_TOLERANCE = 2e-4  # of Omega, at the finest steps
_ORDER_TOLERANCE = 0.25


def _dispersions() -> list[Row]:
    rows = []
    for tissue, (sigma, epsilon) in _AT_1_MHZ.items():
        cole_cole = cole_cole_of(tissue, library())
        for quantity, unit, tabulated, computed in (
            ("conductivity", "S/m", sigma, float(conductivity(cole_cole, 1e6))),
            ("relative permittivity", "1", epsilon, float(permittivity(cole_cole, 1e6))),
        ):
            rows.append(
                verified(
                    f"{quantity} at 1 MHz, {tissue.replace('_', ' ')}",
                    unit,
                    tabulated,
                    computed,
                    error=abs(computed / tabulated - 1.0),
                    tolerance=_TABLE,
                    error_in="of the tabulated value",
                )
            )
    return rows


def _thresholds() -> list[Row]:
    rows = []
    for name, expected in _THRESHOLDS.items():
        found = temperature_for(kinetics_of(name, library()), np.array(_DWELLS)) - _CELSIUS
        rows.append(
            verified(
                f"temperature for Omega = 1 in {_DWELLS[_SHOWN]:g} s, {name.replace('_', ' ')}",
                "degC",
                expected[_SHOWN],
                float(found[_SHOWN]),
                error=float(np.abs(found - expected).max()),
                tolerance=_THRESHOLD_TOLERANCE,
                error_in="K",
                note=f"the largest error for dwells of {_DWELLS[0]:g} to {_DWELLS[-1]:g} s",
            )
        )
    return rows


def _temperature(time: Floats) -> Floats:
    """Return the temperature of the pulse [K]."""
    heated = np.expm1(-np.minimum(time, _PULSE) / _HEATING) / np.expm1(-_PULSE / _HEATING)
    cooled = np.exp(-np.maximum(time - _PULSE, 0.0) / _COOLING)
    return np.asarray(_CELSIUS + _START + _RISE * heated * cooled)


def _integrated(kinetics: Kinetics) -> float:
    """Return ln Omega of the pulse by adaptive quadrature of the rates as the literature writes them."""

    def rate(time: float) -> float:
        temperature = float(_temperature(np.array(time)))
        if temperature > kinetics.break_temperature:
            return math.exp(kinetics.log_factor_above - kinetics.activation_above / temperature)
        return math.exp(kinetics.log_factor - kinetics.activation / temperature)

    kinks = [_PULSE]
    if math.isfinite(kinetics.break_temperature):
        share = (kinetics.break_temperature - _CELSIUS - _START) / _RISE
        kinks.append(-_HEATING * math.log1p(share * math.expm1(-_PULSE / _HEATING)))
        kinks.append(_PULSE - _COOLING * math.log(share))
    return math.log(integrate.quad(rate, 0.0, _END, points=kinks, epsabs=0.0, epsrel=1e-11, limit=400)[0])


def _time_steps() -> list[Row]:
    rows = []
    for name in (*_THRESHOLDS, "diller_klutke"):
        kinetics = kinetics_of(name, library())
        exact = _integrated(kinetics)
        found = [
            float(log_damage_integral(kinetics, time, _temperature(time)))
            for time in (np.linspace(0.0, _END, steps + 1) for steps in _STEPS)
        ]
        errors = np.abs(np.expm1(np.array(found) - exact))
        order = float(np.mean([np.log2(coarse / fine) for coarse, fine in pairwise(errors)]))
        rows.append(
            verified(
                f"ln Omega after a pulse in {_STEPS[-1]} steps, {name.replace('_', ' ')}",
                "1",
                exact,
                found[-1],
                error=float(errors[-1]),
                tolerance=_INTEGRAL_TOLERANCE,
                error_in="of Omega",
            )
        )
        rows.append(
            verified(
                f"order in the time step, {name.replace('_', ' ')}",
                "1",
                2.0,
                order,
                error=max(2.0 - order, 0.0),
                tolerance=_ORDER_TOLERANCE,
                error_in="of an order below",
            )
        )
    return rows


CASES = (
    Case(
        "RF-V1",
        "Dispersions of the library against a published table",
        "verification",
        ("gabriel_1996", "biomedical_engineering_online_0473"),
        False,
        _dispersions,
    ),
    Case(
        "RF-V5",
        "Damage sets of the library: temperatures at which a dwell damages",
        "verification",
        (),
        False,
        _thresholds,
    ),
    Case(
        "damage-time-step",
        "Damage integral of a pulse: against adaptive quadrature, and its order in the time step",
        "verification",
        (),
        False,
        _time_steps,
    ),
)
