"""Damage integrals in every cell, carried along with the temperature.

Between two times the rate is taken as exponential in time, which is exact for a temperature that changes its 1/T
linearly; equations and sources stand in `percuta.physics.damage`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.physics.pulse_setup import Kinetics

Array = NDArray[Any]
Floats = NDArray[np.float64]

COLDEST = 312.15
"""Below this nothing counts [K]: 39 degC, where the equivalent minutes begin."""


class DamageFields:
    """The damage integrals of all sets, the equivalent minutes at 43 degC, and the highest temperature.

    Attributes
    ----------
    integral : (sets, cells)
        Omega.
    cem43 : (cells,)
        [min].
    peak : (cells,)
        [K].
    """

    def __init__(self, sets: tuple[Kinetics, ...], temperature: Floats) -> None:
        self.sets = sets
        self.integral = np.zeros((len(sets), temperature.size))
        self.cem43 = np.zeros(temperature.size)
        self.peak = temperature.copy()
        self._constants = np.array(
            [
                (
                    one.log_factor,
                    one.activation,
                    one.break_temperature,
                    one.log_factor_above,
                    one.activation_above,
                )
                for one in sets
            ]
        ).reshape(len(sets), 5)

    def add(self, before: Floats, after: Floats, step: float) -> None:
        """Add the damage of one step [s] between two temperatures of every cell [K]."""
        np.maximum(self.peak, after, out=self.peak)
        if max(float(before.max()), float(after.max())) <= COLDEST:
            return
        hot = np.flatnonzero(np.maximum(before, after) > COLDEST)
        _add_damage(self.integral, self.cem43, self._constants, before, after, step, hot)


@vectorised
def _log_mean(low: float, high: float, step: float) -> float:
    """Return the integral of a rate that goes exponentially from exp(low) to exp(high)."""
    change = high - low
    if abs(change) < 1e-6:
        return float(step * np.exp(0.5 * (low + high)))
    return float(step * (np.exp(high) - np.exp(low)) / change)


@vectorised
def _log_rate(constants: Array, temperature: float) -> float:
    if temperature <= constants[2]:
        return float(constants[0] - constants[1] / temperature)
    return float(constants[3] - constants[4] / temperature)


@vectorised
def _add_damage(
    integral: Array, cem43: Array, constants: Array, before: Array, after: Array, step: float, hot: Array
) -> None:
    for index in range(hot.shape[0]):
        c = hot[index]
        a, b = before[c], after[c]
        for one in range(constants.shape[0]):
            integral[one, c] += _log_mean(_log_rate(constants[one], a), _log_rate(constants[one], b), step)
        middle = 0.5 * (a + b)
        if middle > 312.15:
            per_kelvin = np.log(2.0) if middle > 316.15 else np.log(4.0)
            cem43[c] += step / 60.0 * np.exp(per_kelvin * (middle - 316.15))
