"""The kinds of library entries: device, site, product, rule, misleading term, pigment trial."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.library.device_fields import DEVICE_FIELDS, WORDS, fields_of
from percuta.sources import Sourced, Unpublished, read_entry, read_source
from percuta.units import dimension

Fields = dict[str, Sourced | Unpublished]

# Largest and least values that any device, layer or product could have; a slip of unit lands beyond them.
_MOST = {"mm": 1.0, "um": 1.0, "Hz": 1e4, "MHz": 1e9, "1": 1e5, "cm^2": 10.0, "deg": 0.5001 * math.pi}
_MOST |= {"W": 1e4, "V": 1e4, "A": 1e3, "ms": 600.0, "mJ": 1e3, "degC": 400.0}
_LEAST = {"degC": 273.15}
_MAY_BE_ZERO = ("minimum_depth", "depth_step", "depth_tolerance", "insulated_length")
_THICKEST = 0.1  # m
_AGES = re.compile(r"_\d+_to_\d+_years$")
_LABEL_UNITS = {
    "label_maximum_amount": "g",
    "label_maximum_area": "cm^2",
    "label_minimum_duration": "min",
    "label_maximum_duration": "min",
    "label_amount_per_area": "g/cm^2",
}
PRODUCT_KINDS = (
    "anaesthetic",
    "gel",
    "serum",
    "steroid",
    "antiseptic",
    "cleanser",
    "aftercare",
    "peel",
    "medication",
)
REGIONS = ("face", "neck", "body")
SEXES = ("female", "male", "any")
FAT_MEASURED = ("", "face", "nose", "perioral")  # regions with a thickness of their own in tissues/subcutis
SEVERITIES = ("refuse", "defer", "warn", "advise")
OVERRIDES = ("none", "prescriber")


@dataclass(frozen=True)
class Device:
    """A needling device: what its label says, and what nobody published."""

    id: str
    name: str
    kind: str
    maker: str
    summary: str
    generic: bool
    fields: Fields
    aliases: tuple[str, ...] = ()
    regulatory: dict[str, Any] = field(default_factory=dict)

    def known(self, name: str) -> Sourced:
        """Return a field that a calculation needs.

        Raises
        ------
        LibraryError
            If nobody published it, or the device has no such field.
        """
        entry = self.fields.get(name)
        if entry is None:
            raise LibraryError(f"{self.name} has no such field", value=name)
        if isinstance(entry, Unpublished):
            raise entry.needed()
        return entry

    def published(self, name: str) -> Sourced | None:
        """Return a field, or None where nobody published it or the kind has none."""
        entry = self.fields.get(name)
        return entry if isinstance(entry, Sourced) else None


@dataclass(frozen=True)
class Thickness:
    """Layer thickness at one site in one dataset, for one sex and band of age.

    Either ``epidermis`` and ``dermis`` are given, or ``full_skin``, which holds both together.
    """

    dataset: str
    label: str
    method: str
    sex: str
    age: tuple[float, float] | None
    epidermis: Sourced | None
    dermis: Sourced | None
    full_skin: Sourced | None


@dataclass(frozen=True)
class Site:
    """A place on the body with its layers as each dataset has them.

    ``fat`` tells which measurement of the superficial fat holds there, "" for none. ``nerve_exits`` names the nerves
    that come out of the bone below it.
    """

    id: str
    name: str
    region: str
    summary: str
    inside_orbital_rim: bool
    thickness: tuple[Thickness, ...]
    area: Sourced | Unpublished | None
    aliases: tuple[str, ...] = ()
    near_eyes: bool = False
    fat: str = ""
    nerve_exits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Product:
    """A topical product or medication, with its label limits."""

    id: str
    name: str
    kind: str
    summary: str
    drugs: tuple[str, ...]
    contains: tuple[str, ...]
    sterile: bool
    plain: bool
    intact_skin_only: bool
    fields: Fields

    def published(self, name: str) -> Sourced | None:
        """Return a field, or None where nobody published it."""
        entry = self.fields.get(name)
        return entry if isinstance(entry, Sourced) else None


@dataclass(frozen=True)
class Rule:
    """A safety rule: when it holds, how much it weighs, why, what to change, and what it rests on."""

    id: str
    severity: str
    reason: str
    change: str
    question: str = ""
    unknown: str = "defer"
    override: str = "none"
    when: dict[str, Any] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    claims: tuple[int, ...] = ()
    views: tuple[dict[str, str], ...] = ()
    thresholds: dict[str, Sourced] = field(default_factory=dict)


@dataclass(frozen=True)
class Term:
    """A misleading term in the words of a plan, and what to say instead."""

    pattern: str
    says: str
    claims: tuple[int, ...]
    source: tuple[str, ...]


@dataclass(frozen=True)
class PigmentTrial:
    """One trial's count of people with hyperpigmentation after needling.

    Where the text read gives no count, ``events`` or ``people`` is None and ``reported`` holds what is given.
    """

    label: str
    phototypes: tuple[int, ...]
    modality: str
    events: int | None
    people: int | None
    sessions: int | None
    source: tuple[str, ...]
    reported: str = ""
    note: str = ""


_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


def _take(name: str, raw: Any, needed: dict[str, type], optional: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of a table, with defaults; a missing, unknown or mistyped key is an error.

    An optional key takes the type of its default; with None as default the caller checks it.
    """
    if not isinstance(raw, dict):
        raise LibraryError(f"{name} must be a table", value=raw)
    for key in raw:
        if key not in needed and key not in optional:
            alike = nearest(key, [*needed, *optional])
            raise LibraryError(
                f"{name} has an unknown key", value=key, do=f"did you mean {alike}?" if alike else "remove it"
            )
    for key, kind in needed.items():
        if not isinstance(raw.get(key), kind):
            raise LibraryError(f"{name} lacks the required field {key}", allowed=_KINDS[kind])
    for key, default in optional.items():
        if key in raw and default is not None and not isinstance(raw[key], type(default)):
            raise LibraryError(f"{name} has a wrong kind of {key}", value=raw[key], allowed=_KINDS[type(default)])
    return optional | raw


def _one_of(name: str, field: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise LibraryError(f"{name} has no such {field}", value=value, allowed=", ".join(allowed))
    return value


def _words(name: str, field: str, values: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise LibraryError(f"{name} has a wrong kind of {field}", value=values, allowed="a list of text")
    return tuple(values)


def read_device(identifier: str, raw: dict[str, Any]) -> Device:
    """Read a device from its table."""
    given = _take(
        f"device {identifier}",
        raw,
        {"name": str, "kind": str, "fields": dict},
        {"maker": "", "summary": "", "generic": False, "aliases": [], "regulatory": {}},
    )
    kind = _one_of(f"device {identifier}", "kind", given["kind"], tuple(DEVICE_FIELDS))
    drive = given["fields"].get("drive")
    units = fields_of(kind, drive.get("value") if isinstance(drive, dict) else None)
    return Device(
        identifier,
        given["name"],
        kind,
        given["maker"],
        given["summary"],
        given["generic"],
        _bounded(_worded(read_fields(f"device.{identifier}", given["fields"], units))),
        _words(f"device {identifier}", "aliases", given["aliases"]),
        given["regulatory"],
    )


def read_fields(name: str, raw: Any, units: dict[str, str] | None) -> Fields:
    """Read a table of entries; with ``units`` exactly those keys must be there."""
    if not isinstance(raw, dict):
        raise LibraryError(f"{name} must be a table of entries", value=raw)
    if units is not None:
        _take(name, raw, dict.fromkeys(units, dict), {})
    return {key: read_entry(f"{name}.{key}", value, units[key] if units else None) for key, value in raw.items()}


def _worded(fields: Fields) -> Fields:
    """Check the fields that may hold only some words."""
    for key, allowed in WORDS.items():
        if isinstance(entry := fields.get(key), Sourced):
            _one_of(entry.name, "word", entry.text, allowed)
    return fields


def _bounded(fields: Fields) -> Fields:
    """Check that numbers are of a size that a device or a product can have."""
    for key, entry in fields.items():
        if isinstance(entry, Sourced) and not isinstance(entry.value, str):
            least = _LEAST.get(entry.unit, 0.0)
            high_enough = entry.si >= least if key in _MAY_BE_ZERO else entry.si > least
            spread = entry.spread
            lowest = spread.low if spread is not None and math.isfinite(spread.low) else least
            if not high_enough or lowest < least or entry.si > _MOST.get(entry.unit, math.inf):
                raise LibraryError(f"{entry.name} is out of bounds", value=entry.text, allowed="a number above zero")
    return fields


def _product_fields(name: str, raw: Any) -> Fields:
    """Read a product's fields; what a label limits has its unit and no other name."""
    fields = read_fields(name, raw, None)
    for key, entry in fields.items():
        limit = _AGES.sub("", key)
        if key.startswith("label_") and limit not in _LABEL_UNITS:
            alike = nearest(limit, _LABEL_UNITS)
            do = f"did you mean {alike}?" if alike else f"known: {', '.join(_LABEL_UNITS)}"
            raise LibraryError(f"{name} has an unknown label limit", value=key, do=do)
        unit = _LABEL_UNITS.get(limit)
        if unit is not None and isinstance(entry, Sourced) and dimension(entry.unit) != dimension(unit):
            raise LibraryError(f"{entry.name} has the wrong unit", value=entry.text, allowed=unit)
    return _bounded(fields)


def read_site(identifier: str, raw: dict[str, Any]) -> Site:
    """Read a site from its table."""
    name = f"site {identifier}"
    given = _take(
        name,
        raw,
        {"name": str, "region": str, "thickness": list},
        {
            "summary": "",
            "aliases": [],
            "inside_orbital_rim": False,
            "near_eyes": False,
            "area": {},
            "fat": "",
            "nerve_exits": [],
        },
    )
    if given["region"] == "face" and "near_eyes" not in raw:
        raise LibraryError(f"{name} must state near_eyes, as every site of the face", allowed="true or false")
    area = _take(f"{name}, area", given["area"], {}, {"both_sides": None})["both_sides"]
    return Site(
        identifier,
        given["name"],
        _one_of(name, "region", given["region"], REGIONS),
        given["summary"],
        given["inside_orbital_rim"],
        tuple(_read_thickness(identifier, block) for block in given["thickness"]),
        None if area is None else read_entry(f"site.{identifier}.area", area, "cm^2"),
        _words(name, "aliases", given["aliases"]),
        given["near_eyes"],
        _one_of(name, "fat", given["fat"], FAT_MEASURED),
        _words(name, "nerve_exits", given["nerve_exits"]),
    )


def _read_thickness(site: str, raw: Any) -> Thickness:
    name = f"site {site}, thickness"
    optional = {"age": None, "epidermis": None, "dermis": None, "full_skin": None}
    given = _take(name, raw, {"dataset": str, "label": str, "method": str, "sex": str}, optional)
    name += f" {given['dataset']}"
    layers = given["epidermis"] is not None and given["dermis"] is not None
    if layers == (given["full_skin"] is not None):
        raise LibraryError(f"{name} must give either epidermis and dermis, or full_skin")

    age = _age_band(name, given["age"])

    def layer(key: str) -> Sourced | None:
        if given[key] is None:
            return None
        band = "-".join(f"{year:g}" for year in age or ())
        label = ".".join(part for part in ("site", site, given["dataset"], given["sex"], band, key) if part)
        entry = read_entry(label, given[key], "mm")
        if isinstance(entry, Unpublished):
            raise LibraryError(f"{name}: a thickness dataset without its thickness")
        if not 0.0 < entry.si < _THICKEST:
            raise LibraryError(f"{entry.name} is out of bounds", value=entry.text, allowed="above 0 to 100 mm")
        return entry

    return Thickness(
        given["dataset"],
        given["label"],
        given["method"],
        _one_of(name, "sex", given["sex"], SEXES),
        age,
        layer("epidermis"),
        layer("dermis"),
        layer("full_skin"),
    )


def _age_band(name: str, raw: Any) -> tuple[float, float] | None:
    if raw is None:
        return None
    years = raw if isinstance(raw, list) and all(type(year) in (int, float) for year in raw) else []
    if len(years) != 2 or not 0 <= years[0] <= years[1] <= 120:
        allowed = "two ages in years, the younger first"
        raise LibraryError(f"{name} has no such band of age", value=raw, allowed=allowed)
    return float(years[0]), float(years[1])


def read_product(identifier: str, raw: dict[str, Any]) -> Product:
    """Read a product from its table."""
    name = f"product {identifier}"
    given = _take(
        name,
        raw,
        {"name": str, "kind": str},
        {
            "summary": "",
            "drugs": [],
            "contains": [],
            "sterile": False,
            "plain": False,
            "collagen_credit": False,
            "intact_skin_only": False,
            "fields": {},
        },
    )
    return Product(
        identifier,
        given["name"],
        _one_of(name, "kind", given["kind"], PRODUCT_KINDS),
        given["summary"],
        _words(name, "drugs", given["drugs"]),
        _words(name, "contains", given["contains"]),
        given["sterile"],
        given["plain"],
        given["intact_skin_only"],
        _product_fields(f"product.{identifier}", given["fields"]),
    )


def read_rule(raw: dict[str, Any]) -> Rule:
    """Read one screening or protocol rule."""
    name = f"rule {raw.get('id')}"
    given = _take(
        name,
        raw,
        {"id": str, "severity": str, "reason": str, "change": str},
        {
            "question": "",
            "unknown": "defer",
            "override": "none",
            "when": {},
            "source": None,
            "claims": [],
            "views": [],
            "thresholds": {},
        },
    )
    for key, allowed in (("severity", SEVERITIES), ("unknown", SEVERITIES), ("override", OVERRIDES)):
        _one_of(name, key, given[key], allowed)
    thresholds = read_fields(f"rule.{given['id']}", given["thresholds"], None)
    return Rule(
        **{
            key: given[key] for key in ("id", "severity", "reason", "change", "question", "unknown", "override", "when")
        },
        source=read_source(name, given["source"]),
        claims=tuple(given["claims"]),
        views=tuple(given["views"]),
        thresholds={key: entry for key, entry in thresholds.items() if isinstance(entry, Sourced)},
    )


def read_term(raw: dict[str, Any]) -> Term:
    """Read one misleading term."""
    given = _take("a term", raw, {"pattern": str, "says": str}, {"claims": [], "source": None})
    source = read_source("a term", given["source"])
    return Term(given["pattern"], given["says"], tuple(given["claims"]), source)


def read_pigment_trial(raw: dict[str, Any]) -> PigmentTrial:
    """Read one row of the pigment trials."""
    optional = {"events": None, "people": None, "sessions": None, "source": None, "reported": "", "note": ""}
    given = _take("a pigment trial", raw, {"label": str, "phototypes": list, "modality": str}, optional)
    return PigmentTrial(
        given["label"],
        tuple(given["phototypes"]),
        given["modality"],
        given["events"],
        given["people"],
        given["sessions"],
        read_source("a pigment trial", given["source"]),
        given["reported"],
        given["note"],
    )
