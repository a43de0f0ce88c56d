"""Single published findings: a number, a direction without a number, a course in time, a sentence on the benefit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist
from typing import Any, TypeVar, cast, get_args

import numpy as np
from numpy.typing import NDArray

from percuta.errors import LibraryError, nearest
from percuta.evidence.words import FOUND, OUTCOMES, ROLES, SPREADS, TIME_FROM
from percuta.plan.model import DesiredEffect
from percuta.units import Quantity, convert, parse, unit_of

Floats = NDArray[np.float64]
Numbers = TypeVar("Numbers", float, Floats)

# Keys that all findings of a publication may share at the top of its file, and what they are if nobody states them.
SHARED: dict[str, Any] = {
    "role": "",
    "outcome": "",
    "spread_is": "none",
    "method": "",
    "population": "",
    "site": "",
    "sets": (),
}
_WHEN = {"time", "time_from", "scale"}
_FINDING = {"id", "quantity", "n", "note", *_WHEN}
_CONTROL = {"control", "control_spread", "control_interval"}
_MEASUREMENT = {
    *_FINDING,
    *SHARED,
    *_CONTROL,
    "value",
    "spread",
    "interval",
    "interval_level",
    "reading_band",
    "sex",
    "layer",
}
_DIRECTION = {*_FINDING, *SHARED, "found"}
_CURVE = {
    *("id", "quantity", "outcome", "normalised", "time_unit", "time", "value", "reading_band", "role", "sets", "note")
}
_BENEFIT = {"aim", "says"}
_COUNTED = {"n"}
_FIGURES = {"value", "spread", "interval", "interval_level", "reading_band", *_CONTROL, "sets"}
# Standard deviations in a spread between people; an interquartile range is taken as that of a normal distribution.
_DEVIATIONS = {"sd": 1.0, "interquartile range": 0.5 / NormalDist().inv_cdf(0.75)}


@dataclass(frozen=True)
class Measurement:
    """One published number.

    Attributes
    ----------
    value, unit
        SI magnitude, and the unit it is shown in. A relative change is a fraction.
    outcome
        What kind of thing was measured, one of ``words.OUTCOMES``.
    spread
        The figure published after the value [SI], or None.
    spread_is
        ``sd``, ``standard error``, ``interquartile range`` (its whole width), ``not stated``, or ``none``.
    interval, interval_level
        Ends of the interval of the mean [SI], and its level as a fraction.
    n
        Number of people, animals or samples, where stated.
    reading_band
        Half width within which a value without spread is read [SI]; assumed, and said so in ``note``.
    control, control_spread, control_interval
        The same in those who were not treated, or were treated otherwise [SI].
    time, time_from
        When it was measured, and since what.
    scale
        Name of the scale of a grade or score.
    site, sex, layer
        Where it was measured, in the library's words.
    sets
        Names, or patterns of names, of the library's values that this measurement was used to choose.
    """

    id: str
    quantity: str
    value: float
    unit: str
    role: str
    outcome: str
    spread: float | None = None
    spread_is: str = "none"
    interval: tuple[float, float] | None = None
    interval_level: float | None = None
    n: int | None = None
    reading_band: float | None = None
    control: float | None = None
    control_spread: float | None = None
    control_interval: tuple[float, float] | None = None
    time: Quantity | None = None
    time_from: str = ""
    scale: str = ""
    site: str = ""
    sex: str = ""
    layer: str = ""
    method: str = ""
    population: str = ""
    sets: tuple[str, ...] = ()
    note: str = ""

    @property
    def half_width(self) -> float | None:
        """How far the measured mean may lie from the value [SI].

        The standard error where it is published or follows from the spread between people and their number, or from
        the interval of the mean; otherwise the spread as published; the reading band where there is none.
        """
        if self.spread is not None:
            spread = self.spread * _DEVIATIONS.get(self.spread_is, 1.0)
            among = self.spread_is in _DEVIATIONS and self.n is not None
            return spread / float(np.sqrt(cast("int", self.n))) if among else spread
        if self.interval is not None:
            return self.standard_error_of(self.interval)
        return self.reading_band

    def standard_error_of(self, interval: tuple[float, float]) -> float:
        """Return the standard error of a mean from its interval at ``interval_level``, taken as normal."""
        low, high = interval
        return (high - low) / 2.0 / NormalDist().inv_cdf(0.5 + cast("float", self.interval_level) / 2.0)

    def shown(self, si: Numbers) -> Numbers:
        """Return an SI magnitude, or an array of them, in this measurement's unit."""
        shown: Numbers = cast("Any", convert)(si, self.unit)
        return shown


@dataclass(frozen=True)
class Direction:
    """A published finding without a readable value: whether something rose, fell or did neither measurably.

    Attributes
    ----------
    found
        ``increase`` or ``decrease`` (significant in the publication), ``no significant change`` over time, or
        ``no significant difference`` from the control.
    """

    id: str
    quantity: str
    outcome: str
    found: str
    role: str
    n: int | None = None
    time: Quantity | None = None
    time_from: str = ""
    scale: str = ""
    site: str = ""
    method: str = ""
    population: str = ""
    sets: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A published course in time, normalised as ``normalised`` says; ``time`` in SI, shape (n,) as ``value``."""

    id: str
    quantity: str
    outcome: str
    normalised: str
    time: Floats
    value: Floats
    role: str
    reading_band: float | None = None
    sets: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Benefit:
    """What one publication found of the benefit, for one aim of treatment, as a sentence for people."""

    source: str
    aim: str
    says: str


def read_measurement(raw: dict[str, Any]) -> Measurement:
    """Read one number from its table, with the shared keys of its publication filled in."""
    name = f"measurement {raw.get('id')}"
    check_keys(name, raw, _MEASUREMENT, {"id", "quantity", "value", "role", "outcome"})
    check_kinds(name, raw, _COUNTED, _FIGURES)
    _check_finding(name, raw)
    check_word(name, "spread_is", raw["spread_is"], SPREADS)
    if ("spread" in raw) == (raw["spread_is"] == "none"):
        raise LibraryError(f"{name}: spread and spread_is go together", value=raw["spread_is"])
    if ("interval" in raw) != ("interval_level" in raw) or ("control_interval" in raw and "interval" not in raw):
        raise LibraryError(f"{name}: interval and interval_level go together")
    unit = unit_of(raw["value"]) if isinstance(raw["value"], str) else "1"
    numbers = ("value", "spread", "reading_band", "control", "control_spread")
    read: dict[str, Any] = {key: _si(raw[key], unit) for key in numbers if key in raw}
    read |= {key: _ends(name, raw[key], unit) for key in ("interval", "control_interval") if key in raw}
    if "interval_level" in raw:
        read["interval_level"] = _si(raw["interval_level"], "1")
    read |= {"unit": unit, "sets": _sets(raw)}
    one = Measurement(**(_timed(raw) | read))
    _check_interval(name, one)
    return one


def read_direction(raw: dict[str, Any]) -> Direction:
    """Read one finding without a number from its table."""
    name = f"direction {raw.get('id')}"
    raw = {key: value for key, value in raw.items() if key != "spread_is"}
    check_keys(name, raw, _DIRECTION, {"id", "quantity", "found", "role", "outcome"})
    check_kinds(name, raw, _COUNTED, {"sets"})
    _check_finding(name, raw)
    check_word(name, "found", raw["found"], FOUND)
    return Direction(**(_timed(raw) | {"sets": _sets(raw)}))


def read_curve(raw: dict[str, Any]) -> Curve:
    """Read one course in time from its table."""
    name = f"curve {raw.get('id')}"
    check_keys(name, raw, _CURVE, _CURVE - {"reading_band", "sets", "note"})
    check_kinds(name, raw, set(), {"time", "value", "reading_band", "sets"})
    _check_finding(name, raw)
    second = parse(f"1 {raw['time_unit']}", "s").si
    try:
        time, value = np.array(raw["time"], dtype=np.float64) * second, np.array(raw["value"], dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise LibraryError(f"{name}: times and values are numbers") from fault
    if not np.all(np.isfinite(value)) or _si(raw.get("reading_band", 0.0), "1") < 0.0:
        raise LibraryError(f"{name}: a value is not finite, or its reading band below zero")
    if time.shape != value.shape or not np.all(np.diff(time) > 0.0):
        raise LibraryError(f"{name}: times must rise, and each must have one value")
    kept = ("id", "quantity", "outcome", "normalised", "role", "reading_band", "note")
    rest = {key: raw[key] for key in kept if key in raw}
    return Curve(time=time, value=value, sets=_sets(raw), **rest)


def read_benefit(source: str, raw: dict[str, Any]) -> Benefit:
    """Read one sentence on the benefit from its table."""
    name = f"a benefit of {source}"
    check_keys(name, raw, _BENEFIT, _BENEFIT)
    check_kinds(name, raw)
    check_word(name, "aim", raw["aim"], get_args(DesiredEffect))
    return Benefit(source=source, **raw)


def check_keys(name: str, raw: dict[str, Any], known: set[str], needed: set[str]) -> None:
    """Refuse unknown and missing keys.

    Raises
    ------
    LibraryError
        For either; with the nearest known key.
    """
    for key in raw:
        if key not in known:
            alike = nearest(key, known)
            raise LibraryError(f"{name} has an unknown key", value=key, do=f"did you mean {alike}?" if alike else None)
    if missing := needed - {key for key, value in raw.items() if value != ""}:
        raise LibraryError(f"{name} lacks {', '.join(sorted(missing))}")


def check_kinds(name: str, raw: dict[str, Any], counted: Collection[str] = (), others: Collection[str] = ()) -> None:
    """Refuse what is no whole number above zero where people are counted, and no text where nothing else is meant.

    Raises
    ------
    LibraryError
        For either.
    """
    for key, value in raw.items():
        if key in counted and (type(value) is not int or value < 1):
            raise LibraryError(f"{name}: {key} has to be a whole number above zero", value=value)
        if key not in counted and key not in others and not isinstance(value, str):
            raise LibraryError(f"{name}: {key} has to be text", value=value)


def check_word(name: str, key: str, word: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not among the known ones.

    Raises
    ------
    LibraryError
        With the known words and the nearest one.
    """
    if word not in known:
        alike = nearest(word, known)
        raise LibraryError(
            f"{name} has no such {key}",
            value=word,
            allowed=", ".join(known),
            do=f"did you mean {alike}?" if alike else None,
        )


def _check_finding(name: str, raw: dict[str, Any]) -> None:
    check_word(name, "role", raw["role"], ROLES)
    check_word(name, "outcome", raw["outcome"], OUTCOMES)
    if "time_from" in raw:
        check_word(name, "time_from", raw["time_from"], TIME_FROM)
        if "time" not in raw:
            raise LibraryError(f"{name}: time_from needs time")


def _check_interval(name: str, one: Measurement) -> None:
    for spread in (one.spread, one.reading_band, one.control_spread):
        if spread is not None and spread < 0.0:
            raise LibraryError(f"{name}: a spread below zero", value=one.shown(spread))
    if one.interval is not None and not one.interval[0] <= one.value <= one.interval[1]:
        raise LibraryError(f"{name}: the value lies outside its interval", value=one.shown(one.value))
    if one.interval_level is not None and not 0.5 <= one.interval_level < 1.0:
        raise LibraryError(f"{name}: not the level of an interval", value=one.interval_level, allowed="0.5 to 1")


def _sets(raw: dict[str, Any]) -> tuple[str, ...]:
    """Return what a finding sets; what stands at the top of the file holds for those used in a fit."""
    return tuple(raw["sets"]) if raw["role"] == "fit" else ()


def _timed(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | ({"time": parse(raw["time"], "day")} if "time" in raw else {})


def _ends(name: str, ends: list[float | str], unit: str) -> tuple[float, float]:
    if len(ends) != 2:
        raise LibraryError(f"{name}: an interval has two ends", value=ends)
    low, high = (_si(end, unit) for end in ends)
    if low >= high:
        raise LibraryError(f"{name}: the ends of an interval rise", value=ends)
    return low, high


def _si(value: Any, unit: str) -> float:
    if isinstance(value, str):
        return parse(value, unit).si
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise LibraryError("not a finite number", value=value)
    return float(value)
