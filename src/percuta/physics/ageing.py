r"""Ageing of dermal collagen without treatment, and of the capacity to make new collagen.

Load-bearing collagen per skin area, relative to the age of 25 years (`REFERENCE_AGE`), follows a rate of
loss that is constant within each period of life:

.. math::  C' = -\lambda(\mathrm{age})\, C, \qquad C(25\,\mathrm{y}) = 1

===============================================  ==========================================
period                                           rate of loss :math:`\lambda`
===============================================  ==========================================
up to 25 years                                   0
adult life                                       ``decline``
from menopause, for ``menopause_duration``       ``-ln(1 - menopause_loss) / menopause_duration``
then, for ``later_duration``                     ``later_decline``
afterwards                                       ``decline``
===============================================  ==========================================

The course is continuous; its derivative jumps where a period begins (the rate returned there is the one
of the period that begins). What is published after menopause is the whole loss, not an addition to the adult
decline, so it stands in the place of the adult decline.

Symbols: ages and durations [s], rates of loss [1/s], ``menopause_loss`` and collagen [1].

Assumptions and range: adults of 18 to 95 years; the fast loss after menopause runs at an even rate,
since only its sum is published. The capacity to make new collagen falls on a straight line between 25
and 80 years; only its two ends are measured (Varani and others 2006), and wounds of the old, which gain
as much collagen in 14 days as those of the young (Holt and others 1992), suggest that it may not fall at
all: its value at 80 years is an uncertain input.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

YEAR = 365.25 * 86400.0
"""Julian year [s]."""

REFERENCE_AGE = 25.0 * YEAR
"""Age at which load-bearing collagen and the capacity to make it are 1 [s]."""

OLD_AGE = 80.0 * YEAR
"""Age from which the capacity to make collagen is at its value for the old [s]."""


def reference_collagen(
    age: ArrayLike,
    decline: ArrayLike,
    menopause_age: ArrayLike,
    menopause_loss: ArrayLike,
    menopause_duration: ArrayLike,
    later_decline: ArrayLike,
    later_duration: ArrayLike = np.inf,
) -> FloatArray:
    """Return load-bearing collagen of untreated skin, relative to the age of 25.

    All arguments broadcast against each other, such as ages of shape (times, members) and parameters of
    shape (members,).

    Parameters
    ----------
    age
        Age [s].
    decline
        Rate of loss in adult life [1/s].
    menopause_age
        Age at menopause [s]; nan or inf where there is none.
    menopause_loss
        Fraction lost over `menopause_duration` after menopause, 0 to below 1 [1].
    menopause_duration
        Duration of the fast loss [s], above 0.
    later_decline
        Rate of loss after the fast loss [1/s].
    later_duration
        Duration of the later loss [s]; without end by default.

    Returns
    -------
    ndarray
        Collagen [1], of the broadcast shape.

    Raises
    ------
    ValueError
        If `menopause_loss` or `menopause_duration` is out of range.
    """
    fast_decline = _fast_decline(menopause_loss, menopause_duration)
    adult, fast, later = _years_lived(age, menopause_age, menopause_duration, later_duration)
    adult_loss, later_loss = np.asarray(decline) * adult, np.asarray(later_decline) * later
    return np.asarray(np.exp(-(adult_loss + fast_decline * fast + later_loss)))


def reference_collagen_rate(
    age: ArrayLike,
    decline: ArrayLike,
    menopause_age: ArrayLike,
    menopause_loss: ArrayLike,
    menopause_duration: ArrayLike,
    later_decline: ArrayLike,
    later_duration: ArrayLike = np.inf,
) -> FloatArray:
    """Return the time derivative [1/s] of `reference_collagen`, whose parameters it shares.

    Where a period of life begins, the derivative to the right is returned.
    """
    after_menopause = np.asarray(age, dtype=np.float64) - _menopause(menopause_age)
    since_fast = after_menopause - np.asarray(menopause_duration)
    rate = np.where(np.asarray(age) >= REFERENCE_AGE, decline, 0.0)
    rate = np.where(after_menopause >= 0.0, _fast_decline(menopause_loss, menopause_duration), rate)
    rate = np.where(since_fast >= 0.0, later_decline, rate)
    rate = np.where(since_fast >= np.asarray(later_duration), decline, rate)
    collagen = reference_collagen(
        age, decline, menopause_age, menopause_loss, menopause_duration, later_decline, later_duration
    )
    return np.asarray(-rate * collagen)


def synthesis_capacity(age: ArrayLike, at_80: ArrayLike) -> FloatArray:
    """Return the capacity to make new collagen relative to young skin [1].

    It is 1 up to the age of 25, falls on a straight line to `at_80` at 80 years and stays there.

    Parameters
    ----------
    age
        Age [s].
    at_80
        Capacity from 80 years on [1].
    """
    share = np.clip((np.asarray(age, dtype=np.float64) - REFERENCE_AGE) / (OLD_AGE - REFERENCE_AGE), 0.0, 1.0)
    return np.asarray(1.0 - share * (1.0 - np.asarray(at_80, dtype=np.float64)))


def _menopause(menopause_age: ArrayLike) -> FloatArray:
    age = np.asarray(menopause_age, dtype=np.float64)
    return np.where(np.isnan(age), np.inf, age)


def _fast_decline(menopause_loss: ArrayLike, menopause_duration: ArrayLike) -> FloatArray:
    loss = np.asarray(menopause_loss, dtype=np.float64)
    duration = np.asarray(menopause_duration, dtype=np.float64)
    if not np.all((loss >= 0.0) & (loss < 1.0)):
        raise ValueError("menopause_loss must be a fraction from 0 to below 1")
    if not np.all(duration > 0.0):
        raise ValueError("menopause_duration must be positive")
    return np.asarray(-np.log1p(-loss) / duration)


def _years_lived(
    age: ArrayLike, menopause_age: ArrayLike, menopause_duration: ArrayLike, later_duration: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the time [s] lived at the adult, the fast and the later rate of loss."""
    age = np.asarray(age, dtype=np.float64)
    menopause = _menopause(menopause_age)
    since_fast = age - menopause - np.asarray(menopause_duration)
    adult = np.clip(np.minimum(age, menopause) - REFERENCE_AGE, 0.0, None)
    fast = np.clip(age - menopause, 0.0, menopause_duration)
    later = np.clip(since_fast, 0.0, later_duration)
    afterwards = np.clip(since_fast - np.asarray(later_duration), 0.0, None)
    return adult + afterwards, fast, later
