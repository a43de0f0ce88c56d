"""Ageing: the untreated course solves the equations of healing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from percuta.evidence.cases import Case, Row, verified
from percuta.evidence.rates import central_rates
from percuta.library.registry import library
from percuta.physics.ageing import REFERENCE_AGE, YEAR, reference_collagen, reference_collagen_rate
from percuta.physics.healing import SessionInjuries, healing_course

Floats = NDArray[np.float64]

_TOLERANCE = 1e-8  # of the collagen
_YOUNGEST, _OLDEST = 20.0 * YEAR, 95.0 * YEAR


def _law(sex: str) -> tuple[float, ...]:
    known = library()
    names = ("collagen_decline", "menopause_age", "menopause_loss", "menopause_duration", "later_decline")
    decline, menopause, *rest = (known.parameter(f"ageing.{name}").si for name in names)
    return (decline, menopause if sex == "female" else np.inf, *rest)


def _integrated(ages: Floats, law: tuple[float, ...], loss: float) -> Floats:
    """Return collagen by integration of C' = -mu C + b with b = mu C_ref + C_ref', between the bends of the law.

    Parameters
    ----------
    ages
        Ages to give collagen at [s], rising.
    law
        Parameters of the untreated course.
    loss
        Loss mu of mature collagen [1/s].
    """
    _, menopause, _, duration, _ = law
    bends = [age for age in (REFERENCE_AGE, menopause, menopause + duration) if ages[0] < age < ages[-1]]
    collagen, state = np.empty_like(ages), np.array([1.0])
    for start, stop in pairwise([float(ages[0]), *bends, float(ages[-1])]):
        last = stop - 1.0  # s; the rate at the bend belongs to the next period of life

        def slope(age: float, c: Floats, last: float = last) -> Floats:
            before = min(age, last)
            basal = loss * reference_collagen(age, *law) + reference_collagen_rate(before, *law)
            return np.asarray(basal - loss * c)

        inside = (ages >= start) & (ages <= stop)
        times = np.unique([*ages[inside], stop])
        solution = solve_ivp(slope, (start, stop), state, "LSODA", times, rtol=1e-11, atol=1e-13)
        collagen[inside] = solution.y[0, : np.count_nonzero(inside)]
        state = solution.y[:, -1]
    return collagen


def _solution() -> list[Row]:
    losses = library().parameter("healing.mature_collagen_loss").band(0.01, 0.99)
    ages = np.linspace(_YOUNGEST, _OLDEST, 76)
    rows = []
    for sex, person in (("female", "woman"), ("male", "man")):
        law = _law(sex)
        closed = reference_collagen(ages, *law)
        for loss in losses:
            integrated = _integrated(ages, law, loss)
            rows.append(
                verified(
                    f"collagen of a {person} at 95 years, loss of {loss * YEAR:.3f} a year",
                    "1",
                    float(integrated[-1]),
                    float(closed[-1]),
                    error=float(np.abs(closed / integrated - 1.0).max()),
                    tolerance=_TOLERANCE,
                    error_in="of the collagen",
                    note="the largest error at any age from 20 years",
                )
            )
    return [*rows, _without_injury()]


def _without_injury() -> Row:
    """Compare a course in which nothing happens with the law it should follow."""
    law, none = _law("female"), np.zeros((1, 1, 1))
    start = 50.0 * YEAR
    course = healing_course(
        central_rates(),
        SessionInjuries(np.zeros(1), none, none, none),
        end=2.0 * YEAR,
        synthesis_capacity=np.ones(1),
        reference=lambda time: reference_collagen(start + time[:, None], *law),
    )
    closed = reference_collagen(start + course.time, *law)
    computed = course.mature_collagen[:, 0, 0]
    return verified(
        "collagen after two years without injury",
        "1",
        float(closed[-1]),
        float(computed[-1]),
        error=float(np.abs(computed / closed - 1.0).max()),
        tolerance=_TOLERANCE,
        error_in="of the collagen",
    )


CASES = (
    Case(
        "ageing-solution",
        "The untreated course solves the equations of healing",
        "verification",
        (),
        False,
        _solution,
    ),
)
