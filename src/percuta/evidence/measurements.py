"""Published evidence: one TOML file per publication under ``library/data/evidence``.

A file holds what was read from one publication: its design, people, device and settings, our judgement of its risk
of bias, and its findings. Each finding has a role: ``fit`` where it was used to choose a parameter of the model,
``judge`` where a prediction is compared with it that it did not set, ``context`` where nothing is computed against it.
Keys that all findings of a file share stand once at its top.

A trial in which people are needled (a design of ``words.TRIALS`` with a modality of ``words.NEEDLING``) states its
settings and its risk of bias; what it does not report stands as ``unpublished``.

What a trial found of the benefit stands as ``benefit``: the aim of treatment, and a plain sentence for people.
Such a sentence is context: nothing is computed against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from percuta.errors import LibraryError, PercutaError, Where, nearest
from percuta.evidence.figures import (
    SHARED,
    Benefit,
    Curve,
    Direction,
    Measurement,
    check_keys,
    check_kinds,
    check_word,
    read_benefit,
    read_curve,
    read_direction,
    read_measurement,
)
from percuta.evidence.words import ALWAYS_STATED, BIAS, DESIGNS, MODALITIES, NEEDLING, SETTINGS, TRIALS, UNPUBLISHED
from percuta.library.files import read_toml, shipped
from percuta.units import parse

__all__ = [
    "Benefit",
    "Curve",
    "Direction",
    "Measurement",
    "Publication",
    "RiskOfBias",
    "benefits",
    "publication",
    "publication_keys",
    "publications",
    "read_publication",
]

_TEXTS = ("source", "summary", "design", "modality", "population")
_OPTIONAL = ("device", "passes", "note", "n", "completed", "indication", "controlled", "registration")
_LISTS = ("measurement", "direction", "curve", "benefit")
_TABLES = {"settings", "risk_of_bias", *_LISTS}
_COUNTED = {"n", "completed", "passes"}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_RANGE = re.compile(rf"^(?:at most |at least )?({_NUMBER})(?:(?: to | or |, )({_NUMBER}))*( \S.*)?$")


@dataclass(frozen=True)
class RiskOfBias:
    """Our judgement of how far a trial's result may be off for reasons of its design, and why."""

    level: str
    why: str


@dataclass(frozen=True)
class Publication:
    """All that was read from one publication.

    Attributes
    ----------
    design, modality
        Words of ``words.DESIGNS`` and ``words.MODALITIES``.
    n, completed
        People (or animals) enrolled, and those who completed, where stated.
    controlled
        What the treated were compared with; empty if with nothing.
    settings
        Settings of the treatment as text with units, or ``unpublished``.
    device
        The library's device, or the name as published.
    passes
        Passes of a laboratory experiment that a case repeats.
    """

    source: str
    summary: str
    design: str
    modality: str
    population: str
    device: str = ""
    passes: int | None = None
    note: str = ""
    n: int | None = None
    completed: int | None = None
    indication: str = ""
    controlled: str = ""
    registration: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    risk_of_bias: RiskOfBias | None = None
    measurements: dict[str, Measurement] = field(default_factory=dict)
    directions: dict[str, Direction] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    benefits: tuple[Benefit, ...] = ()

    @property
    def needling_trial(self) -> bool:
        """Whether people were treated with needles, so that settings and risk of bias are stated."""
        return self.design in TRIALS and self.modality in NEEDLING


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


@cache
def publication_keys() -> frozenset[str]:
    """Return the keys of what was read, by the names of the files: to read them all takes far longer."""
    files = (shipped() / "evidence").iterdir()
    return frozenset(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def publication(source: str) -> Publication:
    """Return one publication.

    Raises
    ------
    LibraryError
        If nothing was read from it, with the nearest one.
    """
    every = publications()
    try:
        return every[source]
    except KeyError:
        alike = nearest(source, every)
        do = f"did you mean {alike}?" if alike else None
        raise LibraryError("no evidence from this publication", value=source, do=do) from None


def benefits(aim: str) -> list[Benefit]:
    """Return what the publications say of the benefit for one aim of treatment, randomised trials first."""
    found = [one for study in publications().values() for one in study.benefits if one.aim == aim]
    return sorted(found, key=lambda one: not publication(one.source).design.startswith("randomised"))


def read_publication(raw: dict[str, Any]) -> Publication:
    """Read one publication from its table.

    Raises
    ------
    LibraryError
        For a missing or unknown key, a word that is not among the known ones, or a wrong unit; and for a trial of
        needling that does not state its settings and its risk of bias.
    """
    name = f"publication {raw.get('source')}"
    check_keys(name, raw, {*_TEXTS, *_OPTIONAL, *_TABLES, *SHARED}, set(_TEXTS))
    check_kinds(name, raw, _COUNTED, {*_TABLES, "sets"})
    if not all(isinstance(raw.get(key, {}), dict) for key in ("settings", "risk_of_bias")):
        raise LibraryError(f"{name}: settings and risk_of_bias have to be tables")
    for key in _LISTS:
        _check_tables(name, key, raw.get(key, []))
    check_word(name, "design", raw["design"], DESIGNS)
    check_word(name, "modality", raw["modality"], MODALITIES)
    shared = {key: raw.get(key, default) for key, default in SHARED.items()}
    curve_shared = {key: shared[key] for key in ("role", "outcome", "sets")}
    measurements = [read_measurement(shared | one) for one in raw.get("measurement", [])]
    directions = [read_direction(shared | one) for one in raw.get("direction", [])]
    curves = [read_curve(curve_shared | one) for one in raw.get("curve", [])]
    names = [one.id for group in (measurements, directions, curves) for one in group]
    if len(set(names)) != len(names):
        raise LibraryError("two findings of a publication have the same id", value=raw["source"])
    study = Publication(
        **{key: raw[key] for key in (*_TEXTS, *_OPTIONAL) if key in raw},
        settings=_settings(name, raw.get("settings", {})),
        risk_of_bias=_risk_of_bias(name, raw["risk_of_bias"]) if "risk_of_bias" in raw else None,
        measurements={one.id: one for one in measurements},
        directions={one.id: one for one in directions},
        curves={one.id: one for one in curves},
        benefits=tuple(read_benefit(raw["source"], one) for one in raw.get("benefit", [])),
    )
    _check_trial(name, study)
    return study


def _check_tables(name: str, key: str, tables: Any) -> None:
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise LibraryError(f"{name}: {key} has to be a list of tables", do=f"write [[{key}]]")


def _check_trial(name: str, study: Publication) -> None:
    """Refuse a trial of needling without settings or risk of bias, and more people at the end than at the start."""
    if study.needling_trial:
        if missing := [key for key in ALWAYS_STATED if key not in study.settings]:
            raise LibraryError(f"{name}: the settings of a trial of needling lack {', '.join(missing)}")
        if study.risk_of_bias is None:
            raise LibraryError(f"{name}: a trial of needling lacks risk_of_bias")
    if study.n is not None and study.completed is not None and study.completed > study.n:
        raise LibraryError(f"{name}: more people completed than were enrolled", value=study.completed)


def _risk_of_bias(name: str, raw: dict[str, str]) -> RiskOfBias:
    check_keys(f"{name}, risk_of_bias", raw, {"level", "why"}, {"level", "why"})
    check_kinds(f"{name}, risk_of_bias", raw)
    check_word(name, "level", raw["level"], BIAS)
    return RiskOfBias(**raw)


def _settings(name: str, raw: dict[str, str]) -> dict[str, str]:
    check_keys(f"{name}, settings", raw, set(SETTINGS), set())
    check_kinds(f"{name}, settings", raw)
    for key, text in raw.items():
        unit = SETTINGS[key]
        if unit is not None and text != UNPUBLISHED:
            match = _RANGE.match(text)
            if match is None:
                raise LibraryError(f"{name}: not a setting", value=f"{key} = {text}", allowed="0.5 to 1.5 mm, 1 or 4")
            parse(f"{match[1]}{match[3] or ''}", unit)
    return raw
