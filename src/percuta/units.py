"""Units at the border: text with a unit outside, SI floats inside.

A quantity is written as text, ``"1.0 mm"``. It is parsed once, checked against the dimension that is
expected, and kept both as written and as an SI magnitude. Temperatures are kelvin inside and degC outside.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from percuta.errors import UnitError

if TYPE_CHECKING:
    import pint

_WRITTEN = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$", re.ASCII)
_POWERS = r"(?:[A-Za-zµμ°]+|%)(?: ?(?:\^|\*\*) ?-?\d{1,2})?"
_PRODUCT = rf"(?:1? ?/ ?)?{_POWERS}(?:(?: ?[*/] ?| ){_POWERS})*"
_UNIT_TEXT = re.compile(rf"(?=.{{1,40}}$)(?:{_PRODUCT})?(?: ?1? ?/ ?\({_PRODUCT}\))?")


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the one pint registry, made on first use because it is slow to build.

    A turn counts as 1 and not as 2 pi, so that 7000 rpm of a pen are 7000 punctures per minute.
    """
    import pint

    units: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None, on_redefinition="ignore")
    for name in ("turn = 1 = _ = revolution = circle", "cycle = 1"):
        units.define(name)
    return units


@cache
def _scale(unit: str) -> tuple[float, float, str]:
    """Return factor and offset from ``unit`` to SI base units, and its dimension as text."""
    if unit in ("", "1"):
        return 1.0, 0.0, "dimensionless"
    if unit == "%":
        return 0.01, 0.0, "dimensionless"
    if not _UNIT_TEXT.fullmatch(unit):
        raise UnitError("not a unit", value=unit)
    written = f"1{unit}" if unit.startswith("/") else unit
    try:
        steps = [registry().Quantity(number, written) for number in (0.0, 1.0, 2.0)]
        zero, one, two = (float(step.to_base_units().magnitude) for step in steps)
    except Exception as fault:  # pint raises many kinds for text that is no unit
        raise UnitError("not a known unit", value=unit) from fault
    factor = one - zero
    if not (0 < factor < math.inf and math.isclose(two - one, factor, rel_tol=1e-9)):
        raise UnitError("not a unit on a linear scale", value=unit)
    return factor, zero, str(steps[1].dimensionality)


def dimension(unit: str) -> str:
    """Return the physical dimension of a unit as text, for example ``[length]``."""
    return _scale(unit)[2]


def has_offset(unit: str) -> bool:
    """Tell whether the zero of a unit is not the zero of SI, as with degC."""
    return _scale(unit)[1] != 0.0


@dataclass(frozen=True)
class Quantity:
    """A number with a unit: as written, and in SI.

    Attributes
    ----------
    text
        The quantity as the author wrote it.
    si
        Magnitude in SI base units (kelvin for temperatures).
    """

    text: str
    si: float

    def to(self, unit: str) -> float:
        """Return the magnitude in ``unit``."""
        return convert(self.si, unit)

    def __str__(self) -> str:
        return self.text


def parse(text: object, unit: str) -> Quantity:
    """Read a quantity and check that it has the dimension of ``unit``.

    Parameters
    ----------
    text
        Text such as ``"1.0 mm"``.
    unit
        The expected unit; any unit of the same dimension is taken.

    Raises
    ------
    UnitError
        For a bare number, an unknown unit, another dimension, or a value that is not finite.
    """
    expected = f'text with a unit of the same kind as "{unit}", for example "{_example(unit)}"'
    if isinstance(text, Quantity):
        text = text.text
    if isinstance(text, bool) or not isinstance(text, str):
        raise UnitError("a quantity must be text with its unit", value=text, allowed=expected)
    match = _WRITTEN.match(text) if len(text) <= 80 else None
    if match is None:
        raise UnitError("not a number with a unit", value=text, allowed=expected)
    number, written = float(match[1]), match[2]
    if not written and dimension(unit) != "dimensionless":
        raise UnitError("the unit is missing", value=text, allowed=expected)
    try:
        factor, offset, found = _scale(written)
    except UnitError as fault:
        raise UnitError(fault.what, value=text, allowed=expected) from fault
    if found != dimension(unit):
        raise UnitError(f"wrong kind of unit ({found} instead of {dimension(unit)})", value=text, allowed=expected)
    si = number * factor + offset
    if not math.isfinite(si):
        raise UnitError("the value is not finite", value=text, allowed=expected)
    return Quantity(text, si)


def unit_of(text: str) -> str:
    """Return the unit that a quantity is written in, ``"1"`` where it has none.

    Raises
    ------
    UnitError
        If the text is not a number with a known unit.
    """
    match = _WRITTEN.match(text) if len(text) <= 80 else None
    if match is None:
        raise UnitError("not a number with a unit", value=text)
    dimension(match[2])
    return match[2] or "1"


def convert(si: float, unit: str) -> float:
    """Return an SI magnitude in ``unit``; arrays are converted elementwise."""
    factor, offset, _ = _scale(unit)
    return (si - offset) / factor


def show(si: float, unit: str, digits: int = 3) -> str:
    """Return an SI magnitude as text in ``unit`` with a few significant digits."""
    number = f"{convert(si, unit):.{digits}g}"
    if "e" in number:
        number = f"{float(number):,.0f}" if abs(float(number)) >= 1 else number
    return number if unit in ("", "1") else f"{number} {unit}"


def _example(unit: str) -> str:
    examples = {"mm": "1.0 mm", "cm^2": "76 cm^2", "years": "52 years", "kg": "68 kg", "Hz": "90 Hz", "min": "60 min"}
    return examples.get(unit, f"1 {unit}")
