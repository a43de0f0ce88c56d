r"""The linear part of healing: from debris through inflammation to collagen-secreting fibroblasts.

Amounts are volume fractions of the treated compartment. Sessions are instants :math:`t_s` at which the
fractions :math:`\varphi` of the compartment are punctured (p), coagulated (c) and heat-shocked (h):

.. math::
    D_m' &= -k_m D_m + \sum \varphi_p\,\delta(t - t_s)           &&\text{mechanical debris} \\
    D_t' &= -k_t D_t + \sum \varphi_c\,\delta(t - t_s)           &&\text{coagulated debris} \\
    J'   &= k_m D_m + g_t k_t D_t - k_J J                        &&\text{mediator} \\
    M'   &= k_J J - k_M M                                        &&\text{macrophage} \\
    G'   &= k_M M - a G + \sum \eta\,\varphi_h\,\delta(t - t_s)  &&\text{growth drive} \\
    P'   &= a G - a P                                            &&\text{activated fibroblast} \\
    Y'   &= a P - a Y                                            &&\text{secreting fibroblast}

Symbols: rates :math:`k_m, k_t, k_J, k_M, a` [1/s]; :math:`g_t` mediator per cleared coagulated volume
relative to mechanical debris [1]; :math:`\eta` growth drive per heat-shocked fraction [1].

Method: coefficients are constant, so that powers of one matrix exponential per member are exact at every
node, at equal rates as well, where eigenvectors fail.

Range: healthy adults, tracks well below a millimetre wide. The rates of the literature rest on curves of
wounds of 4 to 6 mm. There is no late macrophage response to coagulated matrix, so the infiltrate after
radiofrequency treatment fades too early.

References: a cascade of the kind of Segal and others 2012 (Bull Math Biol 74:2165) with three equal
fibroblast stages.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.matrix_exponential import small_expm

FloatArray = NDArray[np.float64]

CASCADE = (
    "mechanical_debris",
    "coagulated_debris",
    "mediator",
    "macrophage",
    "growth_drive",
    "activated_fibroblast",
    "secreting_fibroblast",
)
"""The seven linear states in their order."""

_PEAK_GRID = 512
_PEAK_ITERATIONS = 40  # bisection alone would reach the tolerance in 31

_NOT_ZERO = (
    "debris_clearance",
    "coagulated_clearance",
    "mediator_clearance",
    "macrophage_clearance",
    "fibroblast_stage_rate",
    "collagen_capacity",
)


@dataclass(frozen=True)
class HealingRates:
    """Constants of healing, each an array of shape (members,).

    Parameters
    ----------
    debris_clearance, coagulated_clearance, mediator_clearance, macrophage_clearance
        Rates of clearance k_m, k_t, k_J, k_M [1/s], above 0.
    fibroblast_stage_rate
        Rate a of each of the three fibroblast stages [1/s], above 0.
    maturation
        Rate kappa at which immature collagen matures [1/s].
    mature_loss
        Rate mu at which mature collagen is lost [1/s].
    coagulated_mediator_ratio
        Mediator g_t per cleared coagulated volume, relative to mechanical debris [1].
    heat_shock_drive
        Growth drive eta per heat-shocked fraction [1].
    synthesis_gain
        Collagen A made per punctured fraction in young skin far from capacity [1]; it includes the share of
        the punctured fraction that is really torn.
    collagen_capacity
        Collagen C_max at which synthesis ceases [1], above 0; inf for no limit.
    coagulated_replacement
        Share r of coagulated collagen that is laid down anew, 0 to 1 [1].

    Raises
    ------
    ValueError
        If shapes differ or a value is out of range.
    """

    debris_clearance: FloatArray
    coagulated_clearance: FloatArray
    mediator_clearance: FloatArray
    macrophage_clearance: FloatArray
    fibroblast_stage_rate: FloatArray
    maturation: FloatArray
    mature_loss: FloatArray
    coagulated_mediator_ratio: FloatArray
    heat_shock_drive: FloatArray
    synthesis_gain: FloatArray
    collagen_capacity: FloatArray
    coagulated_replacement: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value.shape != (self.members,):
                raise ValueError(f"{field.name} has shape {value.shape}, not ({self.members},)")
            if not np.all(value >= 0.0) or (field.name != "collagen_capacity" and np.isinf(value).any()):
                raise ValueError(f"{field.name} must be finite and not negative")
        for name in _NOT_ZERO:
            if not np.all(getattr(self, name) > 0.0):
                raise ValueError(f"{name} must be positive")
        if np.any(self.coagulated_replacement > 1.0):
            raise ValueError("coagulated_replacement must be a fraction from 0 to 1")

    @property
    def members(self) -> int:
        """Number of scenario members."""
        return int(self.debris_clearance.size)

    def cascade_matrix(self) -> FloatArray:
        """Return the matrix of the linear states [1/s], shape (members, 7, 7)."""
        stage = self.fibroblast_stage_rate
        losses = (
            self.debris_clearance,
            self.coagulated_clearance,
            self.mediator_clearance,
            self.macrophage_clearance,
            stage,
            stage,
            stage,
        )
        matrix = np.zeros((self.members, 7, 7))
        for state, loss in enumerate(losses):
            matrix[:, state, state] = -loss
        matrix[:, 2, 0] = self.debris_clearance
        matrix[:, 2, 1] = self.coagulated_mediator_ratio * self.coagulated_clearance
        for state in range(3, 7):
            matrix[:, state, state - 1] = losses[state - 1]
        return matrix

    def impulses(self) -> FloatArray:
        """Return the jump of the linear states per punctured, coagulated and heat-shocked fraction.

        The shape is (members, 7, 3).
        """
        jumps = np.zeros((self.members, 7, 3))
        jumps[:, CASCADE.index("mechanical_debris"), 0] = 1.0
        jumps[:, CASCADE.index("coagulated_debris"), 1] = 1.0
        jumps[:, CASCADE.index("growth_drive"), 2] = self.heat_shock_drive
        return jumps


class Residual(NamedTuple):
    """What is left of one session at a later time, as a fraction of its peak; shape (members,) each."""

    mediator: FloatArray
    secreting_fibroblast: FloatArray


def matrix_powers(matrix: FloatArray, highest: int) -> FloatArray:
    """Return the powers 0 to `highest` of square matrices.

    Parameters
    ----------
    matrix
        Shape (members, n, n).
    highest
        Highest power, 0 or more.

    Returns
    -------
    ndarray
        Shape (members, highest + 1, n, n). Each power is a product of at most log2(highest) + 1 factors, so
        rounding does not build up with the number of steps.
    """
    members, size, _ = matrix.shape
    powers = np.empty((members, highest + 1, size, size))
    powers[:, 0] = np.eye(size)
    powers[:, 1:2] = matrix[:, None]
    known = 1
    while known < highest:
        new = min(known, highest - known)
        rows = powers[:, 1 : new + 1].reshape(members, new * size, size)
        powers[:, known + 1 : known + new + 1] = (rows @ powers[:, known]).reshape(members, new, size, size)
        known += new
    return powers


def unit_responses(rates: HealingRates, step: FloatArray, steps: int) -> FloatArray:
    """Return the linear states after one unit of each injury.

    Parameters
    ----------
    rates
        Constants of healing.
    step
        Time between two nodes [s], shape (members,).
    steps
        Number of steps.

    Returns
    -------
    ndarray
        Shape (steps + 1, members, 7, 3): the states `CASCADE` after a punctured, coagulated or heat-shocked
        fraction of 1.
    """
    powers = matrix_powers(small_expm(rates.cascade_matrix() * step[:, None, None]), steps)
    responses = powers.reshape(rates.members, -1, 7) @ rates.impulses()
    return np.moveaxis(responses.reshape(rates.members, steps + 1, 7, 3), 0, 1)


def cascade_peaks(rates: HealingRates) -> tuple[FloatArray, FloatArray]:
    """Return time [s] and height of every linear state's peak after a unit puncture, both (members, 7).

    Coagulated debris stays at zero. Peaks are bracketed on a grid as long as one and a half mean passage
    times of the cascade, then the exact derivative's zero is found by Newton's method inside the bracket.
    """
    matrix = rates.cascade_matrix()
    passed = [CASCADE.index(name) for name in CASCADE if name != "coagulated_debris"]
    step = 1.5 * np.sum(-1.0 / matrix[:, passed, passed], axis=1, keepdims=True) / _PEAK_GRID
    highest = np.argmax(unit_responses(rates, step[:, 0], _PEAK_GRID)[..., 0], axis=0)
    times = highest * step
    low, high = np.maximum(times - step, 0.0), times + step * (highest > 0)
    each = np.arange(7)
    for _ in range(_PEAK_ITERATIONS):
        slopes = matrix[:, None] @ _after_puncture(rates, times)
        slope, curvature = slopes[:, each, each, 0], (matrix[:, None] @ slopes)[:, each, each, 0]
        low, high = np.where(slope > 0.0, times, low), np.where(slope > 0.0, high, times)
        newton = times - slope / np.where(curvature < 0.0, curvature, np.nan)  # nan: bisect
        better = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
        settled = np.abs(better - times) <= 1e-9 * step
        times = better
        if np.all(settled):
            break
    return times, _after_puncture(rates, times)[:, each, each, 0]


def residual_at_interval(rates: HealingRates, interval: float) -> Residual:
    """Return what a mechanical session has left of mediator and secreting fibroblast, relative to the peaks.

    Parameters
    ----------
    rates
        Constants of healing.
    interval
        Time since the session [s], such as the time to the next one.
    """
    _, heights = cascade_peaks(rates)
    left = _after_puncture(rates, np.full((rates.members, 1), interval))[:, 0, :, 0]
    mediator, fibroblast = CASCADE.index("mediator"), CASCADE.index("secreting_fibroblast")
    return Residual(left[:, mediator] / heights[:, mediator], left[:, fibroblast] / heights[:, fibroblast])


def _after_puncture(rates: HealingRates, times: FloatArray) -> FloatArray:
    """Return the states at times (members, n) after a unit puncture, shape (members, n, 7, 1)."""
    exponentials = small_expm(rates.cascade_matrix()[:, None] * times[..., None, None])
    return np.asarray(exponentials @ rates.impulses()[:, None, :, :1])
