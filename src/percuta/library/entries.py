"""The kinds of library entries: device, site, product, rule, misleading term, pigment trial."""

from __future__ import annotations

import math
import re
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.library.device_fields import DEVICE_FIELDS, WORDS, fields_of
from percuta.library.tables import Fields, WithFields, bounded, one_of, read_fields, take, words
from percuta.sources import Sourced, Unpublished, read_entry, read_source
from percuta.units import dimension

_THICKEST = 0.1  # m
_AGES = re.compile(r"_\d+_to_\d+_years$")
# What a product says of each of its drugs beside the strength: the share of its intrinsic solubility in water at which
# the vehicle holds the un-ionised drug, and a measured permeability of human skin.
_DRUG_UNITS = {"saturation": "1", "permeability": "cm/h"}
_MOST_ACID, _MOST_ALKALINE = 0.0, 14.0
_MOST_SATURATED = 2.0  # above it a drug soon comes out of its vehicle
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
# What a screening question is about, in the order in which they are asked.
TOPICS = ("field", "skin", "health", "allergies", "medicines", "treatments", "session")


@dataclass(frozen=True)
class Device(WithFields):
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

    ``fat`` tells which measurement of the superficial fat holds there, "" for none, and ``stratum_corneum`` which one
    of the stratum corneum. ``nerve_exits`` names the nerves that come out of the bone below it.
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
    stratum_corneum: str = "elsewhere"


@dataclass(frozen=True)
class Product(WithFields):
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

    @staticmethod
    def field_of(name: str, drug: str) -> str:
        """Return the name of a field about one drug, for example ``strength_betamethasone_valerate``."""
        return f"{name}_{drug.replace('-', '_')}"

    @property
    def is_steroid(self) -> bool:
        """Whether it lowers the synthesis of collagen as steroids do."""
        return self.kind == "steroid" or "synthesis_factor" in self.fields


@dataclass(frozen=True)
class Rule:
    """A safety rule: when it holds, how much it weighs, why, what to change, and what it rests on."""

    id: str
    severity: str
    reason: str
    change: str
    question: str = ""
    topic: str = ""
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


def read_device(identifier: str, raw: dict[str, Any]) -> Device:
    """Read a device from its table."""
    given = take(
        f"device {identifier}",
        raw,
        {"name": str, "kind": str, "fields": dict},
        {"maker": "", "summary": "", "generic": False, "aliases": [], "regulatory": {}},
    )
    kind = one_of(f"device {identifier}", "kind", given["kind"], tuple(DEVICE_FIELDS))
    drive = given["fields"].get("drive")
    units = fields_of(kind, drive.get("value") if isinstance(drive, dict) else None)
    return Device(
        identifier,
        given["name"],
        kind,
        given["maker"],
        given["summary"],
        given["generic"],
        bounded(_worded(read_fields(f"device.{identifier}", given["fields"], units))),
        words(f"device {identifier}", "aliases", given["aliases"]),
        given["regulatory"],
    )


def _worded(fields: Fields) -> Fields:
    """Check the fields that may hold only some words."""
    for key, allowed in WORDS.items():
        if isinstance(entry := fields.get(key), Sourced):
            one_of(entry.name, "word", entry.text, allowed)
    return fields


def _product_fields(name: str, raw: Any, drugs: tuple[str, ...]) -> Fields:
    """Read a product's fields; what a label limits and what is said of a drug has its unit and no other name."""
    fields = read_fields(name, raw, None)
    units = {Product.field_of(of, drug): unit for of, unit in _DRUG_UNITS.items() for drug in drugs}
    for key, entry in fields.items():
        limit = _AGES.sub("", key)
        if key.startswith("label_") and limit not in _LABEL_UNITS:
            alike = nearest(limit, _LABEL_UNITS)
            do = f"did you mean {alike}?" if alike else f"known: {', '.join(_LABEL_UNITS)}"
            raise LibraryError(f"{name} has an unknown label limit", value=key, do=do)
        if key.startswith(tuple(f"{of}_" for of in _DRUG_UNITS)) and key not in units:
            raise LibraryError(f"{name} tells this of a drug that it does not hold", value=key, do="add it to drugs")
        unit = _LABEL_UNITS.get(limit) or units.get(key)
        if unit is not None and isinstance(entry, Sourced) and dimension(entry.unit) != dimension(unit):
            raise LibraryError(f"{entry.name} has the wrong unit", value=entry.text, allowed=unit)
        if isinstance(entry, Sourced):
            _check_share(key, entry)
    return bounded(fields)


def _check_share(key: str, entry: Sourced) -> None:
    """Refuse a strength that is no share or above 100 %, a vehicle far above saturation, and a pH no water has."""
    if key.startswith("strength_"):
        if dimension(entry.unit) != dimension("1"):
            what = f"{entry.name} is no mass by mass; its unit is {entry.unit}"
            raise LibraryError(what, value=entry.text, allowed="a share in mg/g or %")
        if entry.si > 1.0:
            raise LibraryError(f"{entry.name} is above 100 %", value=entry.text, allowed="at most 1 g/g")
    if key.startswith("saturation_"):
        _check_saturation(entry)
    if key == "vehicle_ph" and not _MOST_ACID <= entry.si <= _MOST_ALKALINE:
        raise LibraryError(f"{entry.name} is no pH", value=entry.text, allowed="0 to 14")


def _check_saturation(entry: Sourced) -> None:
    """Refuse a saturation above the most that a vehicle holds, its spread included."""
    most = entry.si
    if entry.spread is not None:
        most = entry.spread.high if math.isfinite(entry.spread.high) else entry.band()[1]
    if max(most, entry.si) > _MOST_SATURATED:
        what = f"{entry.name} goes above {_MOST_SATURATED:g} times the solubility"
        value = entry.text if entry.spread is None else f"{entry.text}, spread up to {entry.shown(most)}"
        raise LibraryError(what, value=value, allowed=f"at most {_MOST_SATURATED:g}; 1 is saturated")


def read_site(identifier: str, raw: dict[str, Any], horny_layers: tuple[str, ...]) -> Site:
    """Read a site from its table; ``horny_layers`` are the places where the stratum corneum was measured."""
    name = f"site {identifier}"
    given = take(
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
            "stratum_corneum": "elsewhere",
        },
    )
    if given["region"] == "face" and "near_eyes" not in raw:
        raise LibraryError(f"{name} must state near_eyes, as every site of the face", allowed="true or false")
    area = take(f"{name}, area", given["area"], {}, {"both_sides": None})["both_sides"]
    return Site(
        identifier,
        given["name"],
        one_of(name, "region", given["region"], REGIONS),
        given["summary"],
        given["inside_orbital_rim"],
        tuple(_read_thickness(identifier, block) for block in given["thickness"]),
        None if area is None else read_entry(f"site.{identifier}.area", area, "cm^2"),
        words(name, "aliases", given["aliases"]),
        given["near_eyes"],
        one_of(name, "fat", given["fat"], FAT_MEASURED),
        words(name, "nerve_exits", given["nerve_exits"]),
        one_of(name, "stratum_corneum", given["stratum_corneum"], horny_layers),
    )


def _read_thickness(site: str, raw: Any) -> Thickness:
    name = f"site {site}, thickness"
    optional = {"age": None, "epidermis": None, "dermis": None, "full_skin": None}
    given = take(name, raw, {"dataset": str, "label": str, "method": str, "sex": str}, optional)
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
        one_of(name, "sex", given["sex"], SEXES),
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


def read_product(identifier: str, raw: dict[str, Any], known_drugs: Container[str]) -> Product:
    """Read a product from its table; its drugs are among those known.

    Antiseptics and excipients are no drugs here: they stand in ``contains``, since nothing computes their way.
    """
    name = f"product {identifier}"
    given = take(
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
    drugs = words(name, "drugs", given["drugs"])
    for drug in drugs:
        if drug not in known_drugs:
            do = "add a file of type drug, or name it in contains if its way through the skin does not matter"
            raise LibraryError(f"{name} holds a drug that the library does not know", value=drug, do=do)
    if given["kind"] == "anaesthetic" and not drugs:
        do = 'name what numbs, for example drugs = ["lidocaine"]'
        raise LibraryError(f"{name} is an anaesthetic without a drug", value=given["drugs"], do=do)
    return Product(
        identifier,
        given["name"],
        one_of(name, "kind", given["kind"], PRODUCT_KINDS),
        given["summary"],
        drugs,
        words(name, "contains", given["contains"]),
        given["sterile"],
        given["plain"],
        given["intact_skin_only"],
        _product_fields(f"product.{identifier}", given["fields"], drugs),
    )


def read_rule(raw: dict[str, Any]) -> Rule:
    """Read one screening or protocol rule."""
    name = f"rule {raw.get('id')}"
    given = take(
        name,
        raw,
        {"id": str, "severity": str, "reason": str, "change": str},
        {
            "question": "",
            "topic": "",
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
        one_of(name, key, given[key], allowed)
    if given["question"] or given["topic"]:
        one_of(name, "topic", given["topic"], TOPICS)
    thresholds = read_fields(f"rule.{given['id']}", given["thresholds"], None)
    words = ("id", "severity", "reason", "change", "question", "topic", "unknown", "override", "when")
    return Rule(
        **{key: given[key] for key in words},
        source=read_source(name, given["source"]),
        claims=tuple(given["claims"]),
        views=tuple(given["views"]),
        thresholds={key: entry for key, entry in thresholds.items() if isinstance(entry, Sourced)},
    )


def read_term(raw: dict[str, Any]) -> Term:
    """Read one misleading term."""
    given = take("a term", raw, {"pattern": str, "says": str}, {"claims": [], "source": None})
    source = read_source("a term", given["source"])
    return Term(given["pattern"], given["says"], tuple(given["claims"]), source)


def read_pigment_trial(raw: dict[str, Any]) -> PigmentTrial:
    """Read one row of the pigment trials."""
    optional = {"events": None, "people": None, "sessions": None, "source": None, "reported": "", "note": ""}
    given = take("a pigment trial", raw, {"label": str, "phototypes": list, "modality": str}, optional)
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
