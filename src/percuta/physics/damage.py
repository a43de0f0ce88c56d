r"""Thermal damage: first-order rates, their integral over a temperature history, equivalent minutes at 43 degC.

Damage integral of a kinetic set (Henriques and Moritz 1947):

.. math:: \Omega = \int k(T)\,dt, \qquad k(T) = \exp(\ln A - B/T)

with :math:`\ln(A\,\mathrm{s})`, :math:`B = E/R` [K] and temperature :math:`T` [K]; a set may have a second pair of
constants above a break. The damaged fraction is :math:`1 - \exp(-\Omega)`.

Between two samples of a history temperature is linear and the rate exponential, so that a step :math:`\Delta t`
adds :math:`\Delta t\,(k_2 - k_1)/\ln(k_2/k_1)`: exact where the rate is log-linear, of second order otherwise. A step
that crosses the break is divided where it does. Everything is carried as logarithms, since rates span hundreds of
orders of magnitude.

Equivalent time at 43 degC (Sapareto and Dewey 1984): a second at temperature :math:`T` counts as
:math:`R^{43-T}` seconds, R = 0.5 from 43 degC, 0.25 from 39 to 43 degC, and not at all below. Meant for 2 to 15 K
above body temperature; not to be used where tissue passes 52 degC.

A single rate overestimates the death of cells between 43 and 55 degC, where a shoulder delays it (Pearce 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from percuta.physics.pulse_setup import Kinetics

Floats = NDArray[np.float64]

_CELSIUS = 273.15  # K
_CERTAIN = 5.0  # ln Omega from which 1 - exp(-Omega) is 1 to the last bit


def log_rate(kinetics: Kinetics, temperature: ArrayLike) -> Floats:
    """Return ln(k s).

    Parameters
    ----------
    kinetics
        The damage set.
    temperature
        [K], of any shape; the lower branch holds up to and with the break.
    """
    temperature = np.asarray(temperature, dtype=np.float64)
    above = temperature > kinetics.break_temperature
    factor = np.where(above, kinetics.log_factor_above, kinetics.log_factor)
    activation = np.where(above, kinetics.activation_above, kinetics.activation)
    return np.asarray(factor - activation / temperature)


def log_damage_integral(kinetics: Kinetics, time: Floats, temperature: ArrayLike) -> Floats:
    """Return ln Omega after a sampled temperature history.

    Parameters
    ----------
    kinetics
        The damage set.
    time : (n,)
        Times of the samples [s], never falling; two samples at one time are a jump.
    temperature : (..., n)
        Temperatures [K].

    Returns
    -------
    (...) float64
        -inf for a history that takes no time.

    Raises
    ------
    ValueError
        If the times fall.
    """
    temperature = np.asarray(temperature, dtype=np.float64)
    steps = np.diff(time)
    if np.any(steps < 0.0):
        raise ValueError("the times of a temperature history must not fall")
    middle = kinetics.break_temperature
    below = _share_below(temperature[..., :-1], temperature[..., 1:], middle)
    lower = kinetics.log_factor - kinetics.activation / np.minimum(temperature, middle)
    with np.errstate(divide="ignore"):  # ln 0 = -inf is what a step of no length adds
        added = [np.log(steps * below) + _log_mean(lower)]
        if np.isfinite(middle):
            upper = kinetics.log_factor_above - kinetics.activation_above / np.maximum(temperature, middle)
            added.append(np.log(steps * (1.0 - below)) + _log_mean(upper))
    return np.asarray(np.logaddexp.reduce(np.concatenate(added, axis=-1), axis=-1))


def temperature_for(kinetics: Kinetics, dwell: ArrayLike) -> Floats:
    """Return the least constant temperature at which Omega reaches 1 within a time [K].

    Parameters
    ----------
    kinetics
        The damage set.
    dwell
        Time at that temperature [s], of any shape.
    """
    log_time = np.log(np.asarray(dwell, dtype=np.float64))
    lower = kinetics.activation / (kinetics.log_factor + log_time)
    if not np.isfinite(kinetics.break_temperature):
        return np.asarray(lower)
    upper = kinetics.activation_above / (kinetics.log_factor_above + log_time)
    # where the rate jumps at the break, a range of times belongs to the break itself
    return np.where(lower <= kinetics.break_temperature, lower, np.maximum(upper, kinetics.break_temperature))


def damaged_fraction(log_integral: ArrayLike) -> Floats:
    """Return 1 - exp(-Omega) from ln Omega, which may be -inf."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(log_integral, _CERTAIN))), dtype=np.float64)


def cem43_rate(temperature: ArrayLike) -> Floats:
    """Return how many seconds at 43 degC one second counts for.

    Parameters
    ----------
    temperature
        [K], of any shape.
    """
    above = np.asarray(temperature, dtype=np.float64) - _CELSIUS - 43.0
    return np.where(above >= -4.0, np.where(above >= 0.0, 0.5, 0.25) ** -above, 0.0)


def _share_below(before: Floats, after: Floats, level: float) -> Floats:
    """Return the share of each step during which a linear course is at or below a level."""
    if not np.isfinite(level):
        return np.ones(before.shape)
    low, high = np.minimum(before, after), np.maximum(before, after)
    rise = np.where(high > low, high - low, 1.0)
    return np.where(high > low, np.clip((level - low) / rise, 0.0, 1.0), low <= level)


def _log_mean(log_values: Floats) -> Floats:
    """Return ln of the mean over each step of a value that is exponential in time between samples (last axis)."""
    first, last = log_values[..., :-1], log_values[..., 1:]
    return np.asarray(np.maximum(first, last) + np.log(special.exprel(-np.abs(last - first))))
