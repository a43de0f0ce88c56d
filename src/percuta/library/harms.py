"""What needling can do to a person, in plain words for the person treated, and with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from percuta.library.tables import one_of, take
from percuta.sources import GRADES, read_source

NEEDLES = ("any", "mechanical", "rf")


@dataclass(frozen=True)
class Harm:
    """One harm.

    Attributes
    ----------
    id
        Identifier.
    says
        What can happen, as sentences for the person treated.
    needles
        The needles that bring it: ``any``, ``mechanical`` or ``rf``.
    rule
        The rule in whose place it stands where that rule is found; empty where it can come to anybody.
    grade, source
        How it is known, and keys of the bibliography.
    """

    id: str
    says: str
    needles: str
    rule: str
    grade: str
    source: tuple[str, ...]


def read_harm(raw: dict[str, Any]) -> Harm:
    """Read one harm from its table."""
    given = take("a harm", raw, {"id": str, "says": str, "needles": str, "grade": str, "source": list}, {"rule": ""})
    name = f"harm {given['id']}"
    return Harm(
        given["id"],
        given["says"],
        one_of(name, "needles", given["needles"], NEEDLES),
        given["rule"],
        one_of(name, "grade", given["grade"], GRADES),
        read_source(name, given["source"]),
    )
