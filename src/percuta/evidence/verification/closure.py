"""Closing of skin: decay, films against an integrated rate, and when it is over."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from percuta.evidence.cases import Case, Row
from percuta.evidence.verification.rows import relative
from percuta.physics import closure

Floats = NDArray[np.float64]

# The problem: times of the order that skin takes, chosen here and measured nowhere.
_HOUR = 3_600.0
_FREE, _UNDER = 0.7 * _HOUR, 30.0 * _HOUR
_FILMS = ((0.25 * _HOUR, 2.0 * _HOUR), (2.5 * _HOUR, 9.0 * _HOUR))
_EXACT, _INTEGRATED = 1e-12, 1e-7  # of the value


def _one(value: float) -> Floats:
    return np.array([value])


def _films() -> list[closure.Film]:
    return [(_one(on), _one(off)) for on, off in _FILMS]


def _decay() -> list[Row]:
    free, under = _one(_FREE), _one(_UNDER)
    rows = []
    for lives in (1.0, 3.0, 10.0):
        share = closure.open_share(_one(lives * _FREE), free, under)[0, 0]
        rows.append(relative(f"share left after {lives:g} time constants", "1", np.exp(-lives), float(share), _EXACT))
    half = closure.time_to_close(free, under, share=0.5)[0]
    rows.append(relative("half-life", "h", np.log(2.0) * _FREE / _HOUR, float(half) / _HOUR, _EXACT))
    back = closure.closing_time(_one(float(half)), 0.5)[0]
    rows.append(relative("time constant from a half-life", "h", _FREE / _HOUR, float(back) / _HOUR, _EXACT))
    return rows


def _fall(_: float, share: Floats, constant: float) -> Floats:
    return -share / constant


def _integrated(end: float) -> float:
    """Return the share left at a time, by integration of the rate between the edges of the films."""
    edges = sorted({0.0, end, *(edge for film in _FILMS for edge in film if edge < end)})
    share = np.ones(1)
    for start, stop in pairwise(edges):
        middle = 0.5 * (start + stop)
        constant = _UNDER if any(on < middle < off for on, off in _FILMS) else _FREE
        share = solve_ivp(_fall, (start, stop), share, args=(constant,), rtol=1e-11, atol=0.0).y[:, -1]
    return float(share[0])


def _under_films() -> list[Row]:
    free, under = _one(_FREE), _one(_UNDER)
    rows = []
    for hours in (0.2, 1.0, 2.25, 6.0, 11.0):
        found = closure.open_share(_one(hours * _HOUR), free, under, _films())[0, 0]
        expected = _integrated(hours * _HOUR)
        rows.append(relative(f"share left after {hours:g} h with two films", "1", expected, float(found), _INTEGRATED))
    for share in (0.65, 0.3, 0.05):
        time = float(closure.time_to_close(free, under, _films(), share)[0])
        name = f"share left when it is said to be {share:g}"
        rows.append(relative(name, "1", share, _integrated(time), _INTEGRATED))
    return rows


def _water() -> list[Row]:
    intact, without, surface = _one(10.0), _one(70.0), _one(0.02)
    rows = []
    for share, expected in ((1.0, 11.2), (0.5, 10.6), (0.0, 10.0)):
        lost = closure.water_loss(intact, without, surface, np.array([[share]]))[0, 0]
        rows.append(relative(f"water loss with {share:g} of the holes open", "g/m^2/h", expected, float(lost), _EXACT))
    return rows


CASES = (
    Case("closure-decay", "Closing of skin against its closed form", "verification", (), False, _decay),
    Case("closure-films", "Closing under films against an integrated rate", "verification", (), False, _under_films),
    Case("closure-water-loss", "Water loss of a mixture against arithmetic", "verification", (), False, _water),
)
