"""Published measurements: one TOML file per publication under ``library/data/evidence``.

Each measurement has a value with its unit, its spread as published, and a role: ``fit`` where it was used to
choose a parameter of the model, ``judge`` where it was not, ``context`` where nothing is computed against it.
Keys that all measurements of a file share stand once at its top.

What a trial found of the benefit stands as ``benefit``: the aim of treatment, and a plain sentence for people.
Such a sentence is context: nothing is computed against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast, get_args

import numpy as np
from numpy.typing import NDArray

from percuta.errors import LibraryError, PercutaError, Where, nearest
from percuta.library.files import read_toml, shipped
from percuta.plan.model import DesiredEffect
from percuta.units import convert, parse, unit_of

Floats = NDArray[np.float64]
Numbers = TypeVar("Numbers", float, Floats)

ROLES = ("fit", "judge", "context")
SPREADS = ("sd", "standard error", "not stated", "none")
_SHARED = {"role": "", "spread_is": "none", "method": "", "population": ""}
_FILE = {"source", "summary", "design", "device", "passes", "note", "measurement", "curve", "benefit", *_SHARED}
_MEASUREMENT = {"id", "quantity", "value", "spread", "n", "reading_band", "site", "sex", "layer", "note", *_SHARED}
_BENEFIT = {"aim", "says"}
_CURVE = {"id", "quantity", "normalised", "time_unit", "time", "value", "reading_band", "role", "note"}


@dataclass(frozen=True)
class Measurement:
    """One published number.

    Attributes
    ----------
    value, unit
        SI magnitude, and the unit it is shown in.
    spread
        The figure published after the value [SI], or None.
    spread_is
        ``sd``, ``standard error``, ``not stated``, or ``none``.
    n
        Number of people, animals or samples, where stated.
    reading_band
        Half width within which a value without spread is read [SI]; assumed, and said so in ``note``.
    site, sex, layer
        Where it was measured, in the library's words.
    """

    id: str
    quantity: str
    value: float
    unit: str
    role: str
    spread: float | None = None
    spread_is: str = "none"
    n: int | None = None
    reading_band: float | None = None
    site: str = ""
    sex: str = ""
    layer: str = ""
    method: str = ""
    population: str = ""
    note: str = ""

    @property
    def half_width(self) -> float | None:
        """How far the measured mean may lie from the value [SI].

        The standard error where it is published or follows from standard deviation and number; otherwise the
        spread as published; the reading band where there is none.
        """
        if self.spread is None:
            return self.reading_band
        if self.spread_is == "sd" and self.n is not None:
            return self.spread / float(np.sqrt(self.n))
        return self.spread

    def shown(self, si: Numbers) -> Numbers:
        """Return an SI magnitude, or an array of them, in this measurement's unit."""
        shown: Numbers = cast("Any", convert)(si, self.unit)
        return shown


@dataclass(frozen=True)
class Curve:
    """A published course in time, normalised as ``normalised`` says; ``time`` in SI, shape (n,) as ``value``."""

    id: str
    quantity: str
    normalised: str
    time: Floats
    value: Floats
    role: str
    reading_band: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Benefit:
    """What one publication found of the benefit, for one aim of treatment, as a sentence for people."""

    source: str
    aim: str
    says: str


@dataclass(frozen=True)
class Publication:
    """All that was read from one publication."""

    source: str
    summary: str
    design: str
    population: str
    device: str = ""
    passes: int | None = None
    note: str = ""
    measurements: dict[str, Measurement] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    benefits: tuple[Benefit, ...] = ()


@cache
def publications() -> dict[str, Publication]:
    """Return every publication of the evidence folder by its key in the bibliography."""
    folder = shipped() / "evidence"
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            try:
                one = read_publication(read_toml(file))
            except PercutaError as fault:
                raise fault.at(Where(file.name)) from fault
            found[one.source] = one
    return found


def publication(source: str) -> Publication:
    """Return one publication.

    Raises
    ------
    LibraryError
        If nothing was read from it.
    """
    try:
        return publications()[source]
    except KeyError:
        raise LibraryError("no evidence from this publication", value=source) from None


def benefits(aim: str) -> list[Benefit]:
    """Return what the publications say of the benefit for one aim of treatment, randomised trials first."""
    found = [one for study in publications().values() for one in study.benefits if one.aim == aim]
    return sorted(found, key=lambda one: not publication(one.source).design.startswith("randomised"))


def read_publication(raw: dict[str, Any]) -> Publication:
    """Read one publication from its table.

    Raises
    ------
    LibraryError
        For a missing or unknown key, an unknown role or kind of spread, or a wrong unit.
    """
    _check_keys("a publication", raw, _FILE, {"source", "summary", "design", "population"})
    shared = {key: raw.get(key, default) for key, default in _SHARED.items()}
    measurements = [_measurement(shared | one) for one in raw.get("measurement", [])]
    curves = [_curve(one) for one in raw.get("curve", [])]
    names = [one.id for one in measurements] + [one.id for one in curves]
    if len(set(names)) != len(names):
        raise LibraryError("two measurements of a publication have the same id", value=raw["source"])
    return Publication(
        **{key: raw[key] for key in ("source", "summary", "design", "population")},
        **{key: raw[key] for key in ("device", "passes", "note") if key in raw},
        measurements={one.id: one for one in measurements},
        curves={one.id: one for one in curves},
        benefits=tuple(_benefit(raw["source"], one) for one in raw.get("benefit", [])),
    )


def _measurement(raw: dict[str, Any]) -> Measurement:
    name = f"measurement {raw.get('id')}"
    _check_keys(name, raw, _MEASUREMENT, {"id", "quantity", "value"})
    _check_word(name, "role", raw["role"], ROLES)
    _check_word(name, "spread_is", raw["spread_is"], SPREADS)
    if ("spread" in raw) == (raw["spread_is"] == "none"):
        raise LibraryError(f"{name}: spread and spread_is go together", value=raw["spread_is"])
    unit = unit_of(raw["value"]) if isinstance(raw["value"], str) else "1"
    numbers = {key: _si(raw[key], unit) for key in ("value", "spread", "reading_band") if key in raw}
    fields: dict[str, Any] = raw | numbers | {"unit": unit}
    return Measurement(**fields)


def _benefit(source: str, raw: dict[str, Any]) -> Benefit:
    name = f"a benefit of {source}"
    _check_keys(name, raw, _BENEFIT, _BENEFIT)
    _check_word(name, "aim", raw["aim"], get_args(DesiredEffect))
    return Benefit(source=source, **raw)


def _curve(raw: dict[str, Any]) -> Curve:
    name = f"curve {raw.get('id')}"
    _check_keys(name, raw, _CURVE, _CURVE - {"reading_band", "note"})
    _check_word(name, "role", raw["role"], ROLES)
    second = parse(f"1 {raw['time_unit']}", "s").si
    time, value = np.array(raw["time"], dtype=np.float64) * second, np.array(raw["value"], dtype=np.float64)
    if time.shape != value.shape or not np.all(np.diff(time) > 0.0):
        raise LibraryError(f"{name}: times must rise, and each must have one value")
    rest = {key: raw[key] for key in ("id", "quantity", "normalised", "role", "reading_band", "note") if key in raw}
    return Curve(time=time, value=value, **rest)


def _si(value: float | str, unit: str) -> float:
    return parse(value, unit).si if isinstance(value, str) else float(value)


def _check_keys(name: str, raw: dict[str, Any], known: set[str], needed: set[str]) -> None:
    for key in raw:
        if key not in known:
            alike = nearest(key, known)
            raise LibraryError(f"{name} has an unknown key", value=key, do=f"did you mean {alike}?" if alike else None)
    if missing := needed - set(raw):
        raise LibraryError(f"{name} lacks {', '.join(sorted(missing))}")


def _check_word(name: str, key: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise LibraryError(f"{name} has no such {key}", value=word, allowed=", ".join(known))
