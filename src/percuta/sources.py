"""Values that carry their unit, spread, evidence grade and source.

A *sourced value* is one library entry. Its spread is a probability distribution; scenarios draw from it by
its quantile function, so that one column of a Sobol sequence gives one value per scenario.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from percuta.errors import LibraryError, PercutaError
from percuta.units import convert, has_offset, parse, show, unit_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Grade = Literal["measured", "derived", "fitted", "assumed"]
GRADES: tuple[str, ...] = get_args(Grade)
_KEYS = {"value", "spread", "grade", "source", "population", "method", "note", "formula"}
_NUMBER_FIRST = re.compile(r"\s*[+-]?\s*(?:\.?\d|(?:nan|inf|infinity)\b)", re.IGNORECASE)
_SPREAD_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "normal": ({"sd"}, {"low", "high"}),
    "lognormal": ({"log_sd"}, {"low", "high"}),
    "uniform": ({"low", "high"}, set()),
    "beta": ({"a", "b", "low", "high"}, set()),
    "categories": ({"values", "weights"}, set()),
    "draws": ({"of", "column", "values"}, set()),
}


@dataclass(frozen=True)
class Unpublished:
    """A figure that nobody published, and where it was sought."""

    name: str
    where_sought: str

    def needed(self) -> LibraryError:
        """Return the error to raise where a calculation cannot go without this figure."""
        return LibraryError(
            f"{self.name} is not published (sought in: {self.where_sought})",
            do="give the figure in the plan or in a file of your own (--library), or choose another entry",
        )


@dataclass(frozen=True)
class Spread:
    """A probability distribution about a value, in SI units.

    ``kind`` is one of ``normal`` (``sd``; ``low`` and ``high`` cut it off), ``lognormal`` (``log_sd`` about the
    median), ``uniform``, ``beta`` (``a``, ``b`` scaled to ``low``..``high``), ``categories``, and ``draws``: one column
    of the posterior draws ``of`` a calibration. Entries of one calibration take the same row of it, so that what the
    data say of them together stays together.
    """

    kind: str
    sd: float = 0.0
    log_sd: float = 0.0
    a: float = 0.0
    b: float = 0.0
    low: float = float("-inf")
    high: float = float("inf")
    values: tuple[float | str, ...] = ()
    weights: tuple[float, ...] = ()
    of: str = ""
    column: str = ""


@dataclass(frozen=True)
class Sourced:
    """One number (or word) of the library with everything that is known about it.

    Attributes
    ----------
    name
        Dotted name, unique in the library.
    value
        Central value in SI units, or text.
    unit
        Unit in which it was written and is shown.
    spread
        Distribution, or None where the value is exact or its spread was never published.
    grade
        ``measured``, ``derived``, ``fitted`` or ``assumed``.
    source
        Keys of the bibliography.
    """

    name: str
    value: float | str
    unit: str
    spread: Spread | None
    grade: str
    source: tuple[str, ...] = ()
    population: str = ""
    method: str = ""
    note: str = ""
    formula: str = ""

    @property
    def si(self) -> float:
        """Central value as an SI float."""
        if isinstance(self.value, str):
            raise LibraryError(f"{self.name} is text, not a number", value=self.value)
        return self.value

    @property
    def text(self) -> str:
        """Central value as text."""
        return self.value if isinstance(self.value, str) else self.shown(self.value)

    def shown(self, si: float, digits: int = 4) -> str:
        """Return an SI number in this entry's own unit, as text."""
        return show(si, self.unit, digits)

    def quantile(self, probability: Floats) -> Floats:
        """Return the value at each probability of its distribution.

        Parameters
        ----------
        probability : (n,)
            Probabilities in (0, 1).

        Returns
        -------
        (n,) float64
            SI values; for categories of words, the index of the category.
        """
        return _quantile(self, probability)

    def band(self, low: float = 0.05, high: float = 0.95) -> tuple[float, float]:
        """Return two quantiles in SI units, 5 % and 95 % unless told otherwise."""
        import numpy as np

        if self.spread is not None and self.spread.kind == "draws":  # their rows may be sorted by another column
            ends = np.quantile(np.asarray(self.spread.values, dtype=np.float64), [low, high])
        else:
            ends = self.quantile(np.array([low, high]))
        return float(ends[0]), float(ends[1])

    @property
    def spread_text(self) -> str:
        """The distribution in words, in this entry's unit."""
        spread = self.spread
        if spread is None:
            return "taken as exact" if self.grade == "assumed" else "no spread published"
        if spread.kind == "categories":
            return "; ".join(
                f"{100 * weight:.0f} %: {value if isinstance(value, str) else self.shown(value)}"
                for value, weight in zip(spread.values, spread.weights, strict=True)
            )
        if spread.kind == "draws":
            ends, zero = self.band(), spread.values.count(0.0) / len(spread.values)
            drawn = f"{len(spread.values)} posterior draws, 9 of 10 from {self.shown(ends[0])} to {self.shown(ends[1])}"
            return drawn + (f", {100 * zero:.0f} % of them zero" if zero else "")
        if spread.kind == "uniform":
            return f"{self.shown(spread.low)} to {self.shown(spread.high)}, all alike"
        if spread.kind == "beta":
            return f"beta ({spread.a:g}, {spread.b:g}), {self.shown(spread.low)} to {self.shown(spread.high)}"
        if spread.kind == "normal":
            width = convert(spread.sd, self.unit) - convert(0.0, self.unit)  # a difference has no offset
            said = f"normal, standard deviation {width:.3g}" + ("" if self.unit == "1" else f" {self.unit}")
        else:
            said = f"log-normal, a factor of {math.exp(spread.log_sd):.3g} up or down"
        low = f", not below {self.shown(spread.low)}" if math.isfinite(spread.low) else ""
        high = f", not above {self.shown(spread.high)}" if math.isfinite(spread.high) else ""
        return said + low + high


def read_entry(name: str, raw: Any, unit: str | None = None) -> Sourced | Unpublished:
    """Read one library entry from its TOML table.

    Parameters
    ----------
    name
        Dotted name given to the entry.
    raw
        The table.
    unit
        Expected unit; None takes the unit as written, ``"text"`` expects a word.

    Raises
    ------
    LibraryError
        For a missing or unknown key, a wrong unit, or a value outside its spread.
    """
    if not isinstance(raw, dict):
        raise LibraryError(f"{name} must be a table with value, grade and source", value=raw)
    if set(raw) == {"unpublished"}:
        return Unpublished(name, str(raw["unpublished"]))
    unknown = set(raw) - _KEYS
    if unknown:
        raise LibraryError(
            f"{name} has an unknown key", value=", ".join(sorted(unknown)), allowed=", ".join(sorted(_KEYS))
        )
    missing = {"value", "grade"} - set(raw)
    if missing:
        raise LibraryError(f"{name} lacks {', '.join(sorted(missing))}")
    grade, source = raw["grade"], read_source(name, raw.get("source"))
    if grade not in GRADES:
        raise LibraryError(f"{name} has no such evidence grade", value=grade, allowed=", ".join(GRADES))
    if grade != "assumed" and not source:
        raise LibraryError(f"{name} is graded {grade} and names no source")
    if grade == "derived" and not raw.get("formula"):
        raise LibraryError(f"{name} is derived and states no formula")
    try:
        written = _unit_of(raw["value"]) if unit is None else unit
        entry = Sourced(
            name=name,
            value=_number(raw["value"], written),
            unit=written if written != "text" else "1",
            spread=_read_spread(raw.get("spread"), written),
            grade=grade,
            source=source,
            **{key: str(raw.get(key, "")) for key in ("population", "method", "note", "formula")},
        )
    except PercutaError as fault:
        raise LibraryError(f"{name}: {fault.what}", value=fault.value, allowed=fault.allowed) from fault
    _check_inside(entry)
    return entry


def read_source(name: str, raw: Any) -> tuple[str, ...]:
    """Return the keys of the bibliography that stand as ``source``: none, one key, or a list of keys."""
    keys = [] if raw is None else [raw] if isinstance(raw, str) else raw
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise LibraryError(f"{name} has a wrong kind of source", value=raw, allowed="a key or a list of keys")
    return tuple(keys)


def _unit_of(value: object) -> str:
    if isinstance(value, str):
        return unit_of(value) if _NUMBER_FIRST.match(value) else "text"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LibraryError("not a number or text", value=value)
    return "1"


def _number(value: Any, unit: str) -> float | str:
    if unit == "text":
        if not isinstance(value, str):
            raise LibraryError("not text", value=value)
        return value
    if unit == "1" and isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) < math.inf or abs(value) > sys.float_info.max:
            raise LibraryError("the value is not finite", value=value)
        return float(value)
    return parse(value, unit).si


def _read_spread(raw: Any, unit: str) -> Spread | None:
    if raw is None:
        return None
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in _SPREAD_KEYS or (unit == "text" and kind != "categories"):
        kinds = "categories" if unit == "text" else ", ".join(_SPREAD_KEYS)
        raise LibraryError("no such spread", value=raw, allowed=kinds)
    needed, optional = _SPREAD_KEYS[kind]
    given = set(raw) - {"kind"}
    if not needed <= given <= needed | optional:
        allowed = ", ".join(sorted(needed | optional))
        raise LibraryError(f"not the keys of a {kind} spread", value=", ".join(sorted(given)), allowed=allowed)
    if kind == "categories":
        if not isinstance(raw["values"], list) or not isinstance(raw["weights"], list):
            raise LibraryError("categories takes a list of values and a list of weights", value=raw)
        weights: Any = tuple(_number(item, "1") for item in raw["weights"])
        return Spread(kind, values=tuple(_number(item, unit) for item in raw["values"]), weights=weights)
    if kind == "draws":
        drawn = tuple(_number(item, unit) for item in raw["values"])  # bare numbers: a column has no unit but 1
        return Spread(kind, values=drawn, of=str(raw["of"]), column=str(raw["column"]))
    if isinstance(raw.get("sd"), str) and has_offset(unit_of(raw["sd"])):
        raise LibraryError("a standard deviation is a difference of temperatures", value=raw["sd"], allowed="K")
    units = {"sd": unit, "low": unit, "high": unit, "log_sd": "1", "a": "1", "b": "1"}
    fields: dict[str, Any] = {key: _number(raw[key], units[key]) for key in given}
    return Spread(kind, **fields)


def _check_inside(entry: Sourced) -> None:
    spread = entry.spread
    if spread is None:
        return
    if spread.kind == "categories":
        inside = entry.value in spread.values and len(spread.values) == len(spread.weights) > 0
        inside = inside and all(w >= 0 for w in spread.weights) and abs(sum(spread.weights) - 1) < 1e-9
    elif spread.kind == "draws":
        drawn = [float(value) for value in spread.values]
        inside = len(drawn) > 0 and min(drawn) <= entry.si <= max(drawn)
    else:
        widths = {"normal": spread.sd, "lognormal": spread.log_sd, "beta": min(spread.a, spread.b)}
        inside = widths.get(spread.kind, 1.0) > 0 and spread.low < spread.high
        inside = inside and (spread.kind != "lognormal" or entry.si > 0)
        inside = inside and spread.low <= entry.si <= spread.high
    if not inside:
        raise LibraryError(f"{entry.name}: the value lies outside its spread, or the spread is not a distribution")


def _quantile(entry: Sourced, probability: Floats) -> Floats:
    import numpy as np
    from scipy import special

    u = np.asarray(probability, dtype=np.float64)
    spread = entry.spread
    if spread is None:
        return np.full(u.shape, entry.si)
    if spread.kind in ("categories", "draws"):
        index = _place(spread, u)
        if isinstance(spread.values[0], str):
            return index.astype(np.float64)
        return np.asarray(spread.values, dtype=np.float64)[index]
    if spread.kind == "uniform":
        return spread.low + (spread.high - spread.low) * u
    if spread.kind == "beta":
        return spread.low + (spread.high - spread.low) * special.betaincinv(spread.a, spread.b, u)
    if spread.kind == "normal":
        centre, width, low, high = entry.si, spread.sd, spread.low, spread.high
    else:
        centre, width = np.log(entry.si), spread.log_sd
        low = np.log(spread.low) if spread.low > 0 else -np.inf
        high = np.log(spread.high)
    side = -1.0 if low > centre else 1.0  # far above the centre only 1 - p has digits left
    p_low, p_high = special.ndtr(side * (low - centre) / width), special.ndtr(side * (high - centre) / width)
    drawn = centre + side * width * special.ndtri(p_low + (p_high - p_low) * u)
    return np.exp(drawn) if spread.kind == "lognormal" else drawn


def _place(spread: Spread, u: Floats) -> NDArray[np.int64]:
    """Return which category, or which of the posterior draws, stands at each probability."""
    import numpy as np

    if spread.kind == "draws":
        return np.minimum((u * len(spread.values)).astype(np.int64), len(spread.values) - 1)
    return np.asarray(np.searchsorted(np.cumsum(spread.weights)[:-1], u, side="right"), dtype=np.int64)
