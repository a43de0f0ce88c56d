"""Drugs: what carries them through the skin, and what the body makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from percuta.library.tables import Fields, WithFields, bounded, one_of, read_fields, take
from percuta.sources import Sourced

IONISES_AS = ("base", "acid", "none")
_SHARED_UNITS = {
    "molecular_mass": "g/mol",
    "log_octanol_water": "1",
    "pka": "1",
    "ionises_as": "text",
    "aqueous_solubility": "mg/ml",
    "plasma_clearance": "L/min",
    "distribution_volume": "L/kg",
}
_ANAESTHETIC_UNITS = {"anaesthetic_potency": "1", "first_signs_level": "ug/ml", "toxic_level": "ug/ml"}
DRUG_FIELDS: dict[str, dict[str, str]] = {
    "anaesthetic": _SHARED_UNITS | _ANAESTHETIC_UNITS,
    "steroid": _SHARED_UNITS,
    "active": _SHARED_UNITS,
}


@dataclass(frozen=True)
class Drug(WithFields):
    """A drug that products hold.

    Octanol:water ratio and solubility are those of the un-ionised form; the distribution volume is per body mass, the
    potency relative to lidocaine, and the levels are those in plasma at which signs begin and toxicity is feared.
    """

    id: str
    name: str
    kind: str
    summary: str
    fields: Fields


def read_drug(identifier: str, raw: dict[str, Any]) -> Drug:
    """Read a drug from its table."""
    name = f"drug {identifier}"
    given = take(name, raw, {"name": str, "kind": str, "fields": dict}, {"summary": ""})
    kind = one_of(name, "kind", given["kind"], tuple(DRUG_FIELDS))
    fields = bounded(read_fields(f"drug.{identifier}", given["fields"], DRUG_FIELDS[kind]))
    if isinstance(ionises := fields["ionises_as"], Sourced):
        one_of(ionises.name, "word", ionises.text, IONISES_AS)
    return Drug(identifier, given["name"], kind, given["summary"], fields)
