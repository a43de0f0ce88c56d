"""SI values as people read them: computed ones to a few digits, given ones as they were written."""

from __future__ import annotations

import math

from percuta.report.wording import significant
from percuta.units import convert

_WRITTEN = {"degC": "°C", "ohm": "Ω", "mm^3": "mm³", "W/m/K": "W/(m K)"}
_NOTHING = "–"  # for what is not known
_GAP = "\u00a0"  # a number stays with its unit


def figure(si: float, unit: str, digits: int = 3) -> str:
    """Return a value with its unit."""
    if not math.isfinite(si):
        return _NOTHING
    return f"{significant(convert(si, unit), digits)}{_GAP}{_WRITTEN.get(unit, unit)}"


def from_to(start: float, end: float, unit: str) -> str:
    """Return two values of one unit, or one where they look the same."""
    first, second = figure(start, unit), figure(end, unit)
    if first in (second, _NOTHING):
        return second
    return f"{first.removesuffix(f'{_GAP}{_WRITTEN.get(unit, unit)}')} to {second}"


def degrees(kelvin: float) -> str:
    """Return a temperature in degrees Celsius."""
    return f"{significant(convert(kelvin, 'degC'), 3)}{_GAP}°C" if math.isfinite(kelvin) else _NOTHING


def energy(joule: float) -> str:
    """Return an energy, in mJ below one joule."""
    return figure(joule, "mJ") if abs(joule) < 1.0 else figure(joule, "J")


def given(si: float, unit: str) -> str:
    """Return a value that was put in, without digits that nobody wrote."""
    value = convert(si, unit)
    return f"{significant(value, 4) if abs(value) >= 1e4 else f'{value:.4g}'}{_GAP}{_WRITTEN.get(unit, unit)}"


def lasts(seconds: float) -> str:
    """Return a time that was put in, in ms below one second."""
    return given(seconds, "ms") if seconds < 1.0 else given(seconds, "s")


def percent(share: float, digits: int = 2) -> str:
    """Return the size of a share in percent."""
    if not math.isfinite(share):
        return _NOTHING
    if abs(share) < 1e-6:
        return f"below 0.0001{_GAP}%"
    return f"{significant(100.0 * abs(share), digits)}{_GAP}%"
