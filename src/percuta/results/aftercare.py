"""How long a person waits with what after the needles: fixed floors, which the computed closing may lengthen.

A floor is never shortened. What may reach open channels waits until 95 % of the pores' area has closed in 95 of 100
scenarios; exercise waits until redness has gone in as many, or until the downtime is over where nobody counted redness.
Times that are lengthened are rounded up to half days, from three days on to whole days.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from percuta.library.registry import Library
from percuta.units import parse

Floats = NDArray[np.float64]

QUANTILE = 0.95
"""Share of the scenarios in which the skin is ready by then."""

_HOUR, _DAY = 3_600.0, 86_400.0
_HALF_DAYS_UNTIL = 3.0 * _DAY
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Wait:
    """How long to wait [s] since the last needle, and whether the floor or the model says so."""

    time: float
    reason: Literal["floor", "model"]


@dataclass(frozen=True)
class AftercareTimes:
    """From when on each thing may be done again.

    Attributes
    ----------
    label_gel
        Until then nothing but the gel of the needles' label is put on.
    makeup, exercise, actives
        Make-up; sweating exercise; vitamins, retinoids, acids, fragrance.
    sunscreen
        Shade until then, sunscreen from then on; no sooner than anything else may be put on.
    """

    label_gel: Wait
    makeup: Wait
    exercise: Wait
    actives: Wait
    sunscreen: Wait


def aftercare_times(library: Library, pore_closure: Floats, redness: Floats | None = None) -> AftercareTimes:
    """Return the waiting times of one zone, or of zones whose scenarios are joined.

    Parameters
    ----------
    library
        Where the floors come from.
    pore_closure : (m,)
        Until 95 % of the pores' area is closed [s]; without scenarios the floors hold.
    redness : (m,)
        How long redness lasts, or the downtime in its place [s]; None where nobody counted either.
    """
    closed, pale = _late(pore_closure), _late(redness)

    def wait(name: str, ready: float) -> Wait:
        return _longer(library.parameter(f"aftercare.{name}").si, ready)

    return AftercareTimes(
        label_gel=wait("only_label_gel", closed),
        makeup=wait("makeup", closed),
        exercise=wait("exercise", pale),
        actives=wait("actives", closed),
        sunscreen=wait("sunscreen", closed),
    )


def aftercare_of(tree: xr.DataTree, library: Library) -> AftercareTimes:
    """Return the waiting times of a result, the longest of all its zones.

    Parameters
    ----------
    tree
        The result; zones without needles are left out.
    library
        Where the floors come from.
    """
    zones = tree.children["zones"].children.values() if "zones" in tree.children else ()
    found = []
    for zone in zones:
        if "barrier" in zone.children:
            closed = _seconds(zone, "barrier", "pore_closure_time")
            counted = (_seconds(zone, "tolerance", name) for name in ("redness_duration", "downtime"))
            redness = next((times for times in counted if times is not None), None)
            found.append(aftercare_times(library, np.empty(0) if closed is None else closed, redness))
    return _longest(found or [aftercare_times(library, np.empty(0))])


def _longest(found: list[AftercareTimes]) -> AftercareTimes:
    def longest(of: Callable[[AftercareTimes], Wait]) -> Wait:
        return max(map(of, found), key=lambda wait: wait.time)

    return AftercareTimes(
        label_gel=longest(lambda one: one.label_gel),
        makeup=longest(lambda one: one.makeup),
        exercise=longest(lambda one: one.exercise),
        actives=longest(lambda one: one.actives),
        sunscreen=longest(lambda one: one.sunscreen),
    )


def _seconds(zone: xr.DataTree, group: str, name: str) -> Floats | None:
    if group not in zone.children or name not in zone.children[group].dataset:
        return None
    variable = zone.children[group].dataset[name]
    return np.asarray(variable.to_numpy() * parse(f"1 {variable.attrs['units']}", "s").si)


def _late(times: Floats | None) -> float:
    return float(np.quantile(times, QUANTILE)) if times is not None and times.size else 0.0


def _longer(floor: float, ready: float) -> Wait:
    grain = 12.0 * _HOUR if ready < _HALF_DAYS_UNTIL else _DAY
    rounded = grain * math.ceil(ready / grain - _ROUNDING)
    return Wait(rounded, "model") if rounded > floor else Wait(floor, "floor")
