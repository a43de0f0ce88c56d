"""The six phototypes in plain words: what the sun does to a skin, and how it looks where no sun reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from percuta.errors import LibraryError
from percuta.library.tables import take
from percuta.sources import read_source

PHOTOTYPES = (1, 2, 3, 4, 5, 6)


@dataclass(frozen=True)
class Phototype:
    """One phototype of Fitzpatrick's scale.

    Attributes
    ----------
    type
        1 to 6.
    sun
        What the sun does to such skin, as a sentence.
    colour
        How such skin looks where no sun reaches.
    source
        Keys of the bibliography.
    """

    type: int
    sun: str
    colour: str
    source: tuple[str, ...]


def read_phototypes(rows: list[dict[str, Any]]) -> tuple[Phototype, ...]:
    """Read the phototypes from their tables.

    Raises
    ------
    LibraryError
        If one is missing, stands twice or out of order, or lacks something.
    """
    needed = {"type": int, "sun": str, "colour": str, "source": list}
    given = [take("a phototype", row, needed, {}) for row in rows]
    found = tuple(row["type"] for row in given)
    if found != PHOTOTYPES:
        raise LibraryError("the phototypes must stand once each and in order", value=found, allowed=str(PHOTOTYPES))
    return tuple(
        Phototype(row["type"], row["sun"], row["colour"], read_source(f"phototype {row['type']}", row["source"]))
        for row in given
    )
