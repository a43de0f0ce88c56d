"""An endpoint before it is summed up: one value per scenario, or the sentence that withholds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.units import convert

Floats = NDArray[np.float64]
Variable = tuple[tuple[str, ...], Floats, dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """One endpoint before it is summed up.

    Attributes
    ----------
    name, zone, unit, definition
        What it is, where (None for the whole plan), its unit, and how it is defined.
    values
        One value per scenario in ``unit``; NaN where a scenario has none. None where it is withheld.
    words
        Names of the categories that ``values`` indexes.
    withheld
        Why it is not given.
    """

    name: str
    zone: str | None
    unit: str
    definition: str
    values: Floats | None = None
    words: tuple[str, ...] = ()
    withheld: str = ""


def convert_array(si: Floats, unit: str) -> Floats:
    """Return SI values in another unit; the zero of degC lies elsewhere than that of kelvin."""
    zero = convert(0.0, unit)
    return np.asarray(si * (convert(1.0, unit) - zero) + zero)


def variable(dims: tuple[str, ...], si: Floats, unit: str, label: str) -> Variable:
    """Return SI values as a variable of a dataset in another unit, with its attributes."""
    return dims, convert_array(si, unit), {"units": unit, "long_name": label}
