"""What a fit is: the library's values that it sets, the findings that it uses, and the comparison of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from percuta.evidence.measurements import publication
from percuta.library.registry import library
from percuta.sources import Sourced

VALUE_TOLERANCE = 0.01
SPREAD_TOLERANCE = 0.05
"""Relative; what is shipped is rounded, to two digits at least."""


@dataclass(frozen=True)
class Repeated:
    """What a fit gives for one value of the library, in SI units.

    Attributes
    ----------
    value
        The central value; None where the fit gives something of the spread only.
    spread
        What it gives of the spread, by the name of the parameter (``sd``, ``log_sd``, ``low``, ``high``).
    holds
        Figures that the spread was chosen to hold between its 5 % and its 95 %.
    """

    value: float | None = None
    spread: Mapping[str, float] = field(default_factory=dict)
    holds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Fit:
    """A choice of values of the library that rests on published findings, and can be repeated.

    Attributes
    ----------
    name, says
        Short name, and what is done in one sentence; where judgement remains, what it is.
    grade
        Evidence grade of what it sets: ``measured`` where a figure is taken as it stands, ``derived`` where it is
        arithmetic, ``fitted`` where parameters are estimated from data, ``assumed`` where judgement remains in it.
    sets
        Names of the library's values.
    uses
        Publication and finding, for every finding of role ``fit`` that it rests on. Conditions of an experiment are not
        among them.
    run
        Repeats it; gives what it finds by the name of the value.
    """

    name: str
    says: str
    grade: str
    sets: tuple[str, ...]
    uses: tuple[tuple[str, str], ...]
    run: Callable[[], dict[str, Repeated]]


@dataclass(frozen=True)
class Compared:
    """One figure of a fit beside what the library ships, in the unit of the library's value.

    ``part`` is ``value``, a parameter of the spread, or ``holds``; ``shipped`` and ``repeated`` are texts to show.
    """

    name: str
    part: str
    shipped: str
    repeated: str
    agrees: bool


def figure(source: str, finding: str) -> float:
    """Return the value of one published measurement [SI]."""
    return publication(source).measurements[finding].value


@cache
def _shipped() -> dict[str, Sourced]:
    return {value.name: value for value in library().values() if isinstance(value, Sourced)}


def shipped_value(name: str) -> Sourced:
    """Return a value of the library by its dotted name, wherever it stands; KeyError if there is none."""
    return _shipped()[name]


def compare(fit: Fit) -> list[Compared]:
    """Repeat a fit and set it beside the library, figure by figure."""
    return [one for name, repeated in fit.run().items() for one in _compared(shipped_value(name), repeated)]


def _compared(entry: Sourced, repeated: Repeated) -> list[Compared]:
    found = []
    if repeated.value is not None:
        agrees = _alike(entry.si, repeated.value, VALUE_TOLERANCE)
        found.append(Compared(entry.name, "value", entry.text, entry.shown(repeated.value), agrees))
    for part, value in repeated.spread.items():
        own = float("nan") if entry.spread is None else float(getattr(entry.spread, part))
        shipped, again = (f"{of:.3g}" if part == "log_sd" else entry.shown(of, 3) for of in (own, value))
        found.append(Compared(entry.name, part, shipped, again, _alike(own, value, SPREAD_TOLERANCE)))
    for value in repeated.holds:
        low, high = entry.band()
        band = f"{entry.shown(low, 3)} to {entry.shown(high, 3)}"
        found.append(Compared(entry.name, "holds", band, entry.shown(value, 3), low <= value <= high))
    return found


def _alike(shipped: float, repeated: float, tolerance: float) -> bool:
    return abs(shipped - repeated) <= tolerance * abs(repeated)
