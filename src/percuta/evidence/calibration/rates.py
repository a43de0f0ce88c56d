r"""Healing rates, fitted to the time courses of healing wounds.

A wound is one unit of debris that passes a chain of first-order steps with nothing lost on the way,

.. math:: D \to J \to M \to G \to \dots \to Y \to C_n \to C,

with rates :math:`k_m, k_J, k_M`, :math:`a` for each of the equal fibroblast stages (three in the model), and
:math:`\kappa`: `percuta.physics.cascade` and `percuta.physics.healing` without ageing, loss or limit of collagen. Each
curve is met by one state, divided by its own peak or scaled to the curve's last point, as the curve is normalised. What
is minimised is the sum of squares over all points, all alike, over the logarithms of the rates (Levenberg and
Marquardt, all sets of weights at once).

Two spreads of each rate stand side by side. The *spread by point* comes from the Jacobian and takes digitised points as
independent, which they are not. The *spread by curve* takes whole curves as what was drawn: the fit is repeated with
curves weighted by Dirichlet draws (Bayesian bootstrap; Rubin, Ann Stat 9:130, 1981). Neither holds the error of the
chain itself, of which the comparison of stage counts gives an idea.

Range: wounds of 4 to 6 mm, their curves partly read from schematics of reviews; needle tracks are 0.1 to 0.3 mm wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.calibration.fit import Fit, Repeated
from percuta.evidence.measurements import Curve, publication
from percuta.numerics.matrix_exponential import small_expm

Floats = NDArray[np.float64]

SOURCE = "skibidy_2026"
RATES = ("debris_clearance", "mediator_clearance", "macrophage_clearance", "fibroblast_stage_rate", "maturation")
CURVES = ("inflammation", "macrophages", "myofibroblasts", "collagen", "tensile_strength")
STAGES = 3

DAY = 86_400.0
_START = np.log(np.array([1.0, 0.3, 0.6, 0.1, 0.05]) / DAY)  # of each rate; the fibroblasts' times the stage count
_GRID = np.arange(0.5, 30.1, 0.5) * DAY  # brackets the peaks
_DIFFERENCE = 1e-5  # of a rate's logarithm, for the Jacobian
_ITERATIONS, _SETTLED = 200, 1e-4  # of the logarithms
_DRAWS, _SEED = 200, 0
_LEAST_SPREAD = np.array([0.0, 0.0, 0.0, 0.1, 0.0])
"""Of the logarithms; 0.1 for what the number of stages leaves open of the time that they take together."""


@dataclass(frozen=True)
class FittedRates:
    """The fit and how sure it is.

    Attributes
    ----------
    rates : (5,)
        In the order of :data:`RATES` [1/s].
    by_point, by_curve : (5,)
        Standard deviation of their logarithms, with points and with whole curves taken as independent.
    correlation : (5, 5)
        Of their logarithms, by curve.
    misses
        Root mean square over the points of each curve.
    """

    rates: Floats
    by_point: Floats
    by_curve: Floats
    correlation: Floats
    misses: dict[str, float]


def curves() -> tuple[Curve, ...]:
    """Return the curves that the rates are fitted to."""
    known = publication(SOURCE).curves
    return tuple(known[name] for name in CURVES)


def wound(rates: Floats, times: Floats, stages: int = STAGES) -> Floats:
    """Return the states of a wound that starts as one unit of debris.

    Parameters
    ----------
    rates : (m, 5)
        In the order of :data:`RATES` [1/s].
    times : (t,)
        Rising [s].
    stages
        Number of equal fibroblast stages.

    Returns
    -------
    (t, m, stages + 5) float64
        Debris, mediator, macrophage, the fibroblast stages, immature and mature collagen.
    """
    matrix = _chain(rates, stages)
    states = np.zeros((times.size, *matrix.shape[:2]))
    state, before = np.eye(matrix.shape[1])[0] * np.ones((len(rates), 1)), 0.0
    steps: dict[float, Floats] = {}
    for place, time in enumerate(times):
        step = round(float(time - before), 3)
        if step not in steps:
            steps[step] = small_expm(matrix * step)
        state = (steps[step] @ state[..., None])[..., 0]
        states[place], before = state, float(time)
    return states


def residuals(log_rates: Floats, stages: int = STAGES) -> list[Floats]:
    """Return model less curve at the points of each curve, each (m, points).

    Parameters
    ----------
    log_rates : (m, 5)
        Logarithms of the rates [1/s].
    stages
        Number of equal fibroblast stages.
    """
    rates = np.exp(log_rates)
    matrix = _chain(rates, stages)
    times = np.unique(np.concatenate([_GRID, *(curve.time for curve in curves())]))
    states = wound(rates, times, stages)
    shown = {"inflammation": 1, "macrophages": 2, "myofibroblasts": stages + 2, "tensile_strength": stages + 4}
    missed = []
    for curve in curves():
        at = np.searchsorted(times, curve.time)
        if curve.normalised == "peak = 1":
            number = shown[curve.id]
            model = states[at, :, number] / _peak(matrix, times, states, number)
        else:
            made = states[at, :, shown[curve.id]] if curve.id in shown else states[at, :, -2:].sum(axis=-1)
            model = made * curve.value[-1] / made[-1]
        missed.append(np.asarray(model.T - curve.value))
    return missed


def fit_curves(weights: Floats, stages: int = STAGES, start: Floats | None = None) -> Floats:
    """Return the logarithms of the rates that fit best, (w, 5).

    Parameters
    ----------
    weights : (w, curves)
        Weight of each curve's squares, one row for each fit.
    stages
        Number of equal fibroblast stages.
    start : (5,)
        Where the search begins; the model's rates in round numbers if not given.
    """
    roots = np.sqrt(np.repeat(weights, [curve.value.size for curve in curves()], axis=1))
    start = _START + np.log([1.0, 1.0, 1.0, stages, 1.0]) if start is None else start
    found, damping = np.tile(start, (len(weights), 1)), np.full(len(weights), 1e-3)
    miss = roots * _stacked(found, stages)
    open_ = np.arange(len(weights))  # the fits that still move
    for _ in range(_ITERATIONS):
        slopes = roots[open_, :, None] * jacobian(found[open_], stages)
        step = _step(slopes, miss[open_], damping[open_])
        new = roots[open_] * _stacked(found[open_] + step, stages)
        better = (new**2).sum(axis=1) <= (miss[open_] ** 2).sum(axis=1)
        taken = open_[better]
        found[taken], miss[taken] = found[taken] + step[better], new[better]
        damping[open_] *= np.where(better, 0.1, 10.0)
        open_ = open_[np.abs(step).max(axis=1) > _SETTLED]
        if not open_.size:
            break
    return found


def _step(slopes: Floats, miss: Floats, damping: Floats) -> Floats:
    """Return the step of Levenberg and Marquardt from slopes (m, points, 5) and residuals (m, points)."""
    normal = np.swapaxes(slopes, 1, 2) @ slopes
    each = np.arange(len(RATES))
    normal[:, each, each] *= 1.0 + damping[:, None]
    step = -np.linalg.solve(normal, np.swapaxes(slopes, 1, 2) @ miss[..., None])[..., 0]
    return np.clip(step, -1.0, 1.0)


def jacobian(log_rates: Floats, stages: int = STAGES) -> Floats:
    """Return the slopes of all residuals in the logarithms of the rates, (m, points, 5), by central differences."""
    shifts = _DIFFERENCE * np.eye(len(RATES))
    slopes = [_stacked(log_rates + shift, stages) - _stacked(log_rates - shift, stages) for shift in shifts]
    return np.stack(slopes, axis=-1) / (2.0 * _DIFFERENCE)


def misses(log_rates: Floats, stages: int = STAGES) -> dict[str, float]:
    """Return the root mean square over the points of each curve, for one set of rates (1, 5)."""
    return {
        name: float(np.sqrt(np.mean(missed**2)))
        for name, missed in zip(CURVES, residuals(log_rates, stages), strict=True)
    }


@cache
def fitted_rates() -> FittedRates:
    """Return the rates of the model's three stages with their spreads."""
    best = fit_curves(np.ones((1, len(CURVES))))
    missed, slopes = _stacked(best)[0], jacobian(best)[0]
    free = missed.size - sum(curve.normalised != "peak = 1" for curve in curves()) - len(RATES)
    by_point = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)) * (missed @ missed) / free)
    drawn = np.random.default_rng(_SEED).dirichlet(np.ones(len(CURVES)), _DRAWS) * len(CURVES)
    repeated = fit_curves(drawn, start=best[0])
    return FittedRates(
        rates=np.exp(best[0]),
        by_point=by_point,
        by_curve=repeated.std(axis=0),
        correlation=np.asarray(np.corrcoef(repeated, rowvar=False)),
        misses=misses(best),
    )


def _chain(rates: Floats, stages: int) -> Floats:
    """Return the matrix of the chain [1/s], (m, stages + 5, stages + 5)."""
    order = [0, 1, 2, *([3] * stages), 4]
    losses = rates[:, order]
    each = np.arange(len(order))
    matrix = np.zeros((len(rates), len(order) + 1, len(order) + 1))
    matrix[:, each, each] = -losses
    matrix[:, each + 1, each] = losses
    return matrix


def _peak(matrix: Floats, times: Floats, states: Floats, number: int) -> Floats:
    """Return the highest value (m,) that one state takes, by Newton's method from its highest node."""
    highest = np.argmax(states[..., number], axis=0)
    state = states[highest, np.arange(len(matrix))][..., None]
    longest = np.diff(times).min()
    for _ in range(3):
        slope = matrix @ state
        shift = -slope[:, number, 0] / (matrix @ slope)[:, number, 0]
        state = small_expm(matrix * np.clip(shift, -longest, longest)[:, None, None]) @ state
    return np.asarray(state[:, number, 0])


def _stacked(log_rates: Floats, stages: int = STAGES) -> Floats:
    """Return the residuals of all curves side by side, (m, points)."""
    return np.concatenate(residuals(log_rates, stages), axis=1)


def _as_values() -> dict[str, Repeated]:
    """Return what the library ships: the rates, with the widest of their spreads."""
    found = fitted_rates()
    widest = np.maximum(np.maximum(found.by_point, found.by_curve), _LEAST_SPREAD)
    return {
        f"healing.{name}": Repeated(float(rate), {"log_sd": float(spread)})
        for name, rate, spread in zip(RATES, found.rates, widest, strict=True)
    }


FITS = (
    Fit(
        "healing rates",
        "Least squares on five curves of wounds of 4 to 6 mm, three equal fibroblast stages; of the spreads by point "
        "and by curve the wider is shipped, but at least 0.1 for the stage rate: the stage count is judgement.",
        "fitted",
        tuple(f"healing.{name}" for name in RATES),
        tuple((SOURCE, name) for name in CURVES),
        _as_values,
    ),
)
