"""Reading the tables of library files: which keys they hold, and numbers of a plausible size."""

from __future__ import annotations

import math
from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.sources import Sourced, Unpublished, read_entry

Fields = dict[str, Sourced | Unpublished]

# Largest and least values that any device, layer or product could have; a slip of unit lands beyond them.
_MOST = {"mm": 1.0, "um": 1.0, "Hz": 1e4, "MHz": 1e9, "1": 1e5, "cm^2": 10.0, "deg": 0.5001 * math.pi}
_MOST |= {"W": 1e4, "V": 1e4, "A": 1e3, "ms": 600.0, "mJ": 1e3, "degC": 400.0}
_MOST |= {"ug": 1e-3, "min": 2_592_000.0}
_LEAST = {"degC": 273.15}
_MAY_BE_ZERO = ("minimum_depth", "depth_step", "depth_tolerance", "insulated_length")
_ANY_SIGN = ("log_octanol_water",)  # a logarithm


class WithFields:
    """An entry with a name and a table of values, some of which nobody published."""

    name: str
    fields: Fields

    def known(self, name: str) -> Sourced:
        """Return a field that a calculation needs.

        Raises
        ------
        LibraryError
            If nobody published it, or the entry has no such field.
        """
        entry = self.fields.get(name)
        if entry is None:
            raise LibraryError(f"{self.name} has no such field", value=name)
        if isinstance(entry, Unpublished):
            raise entry.needed()
        return entry

    def published(self, name: str) -> Sourced | None:
        """Return a field, or None where nobody published it or there is none of this name."""
        entry = self.fields.get(name)
        return entry if isinstance(entry, Sourced) else None


_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number with a decimal point",
    list: "a list",
    dict: "a table",
}


def take(name: str, raw: Any, needed: dict[str, type], optional: dict[str, Any]) -> dict[str, Any]:
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


def one_of(name: str, field: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return a word that is among those allowed."""
    if value not in allowed:
        raise LibraryError(f"{name} has no such {field}", value=value, allowed=", ".join(allowed))
    return value


def words(name: str, field: str, values: list[Any]) -> tuple[str, ...]:
    """Return a list of text."""
    if not all(isinstance(value, str) for value in values):
        raise LibraryError(f"{name} has a wrong kind of {field}", value=values, allowed="a list of text")
    return tuple(values)


def read_fields(name: str, raw: Any, units: dict[str, str] | None) -> Fields:
    """Read a table of entries; with ``units`` exactly those keys must be there."""
    if not isinstance(raw, dict):
        raise LibraryError(f"{name} must be a table of entries", value=raw)
    if units is not None:
        take(name, raw, dict.fromkeys(units, dict), {})
    return {key: read_entry(f"{name}.{key}", value, units[key] if units else None) for key, value in raw.items()}


def bounded(fields: Fields) -> Fields:
    """Check that numbers are of a size that a device, a product or a drug can have."""
    for key, entry in fields.items():
        if isinstance(entry, Sourced) and not isinstance(entry.value, str):
            least = -math.inf if key in _ANY_SIGN else _LEAST.get(entry.unit, 0.0)
            spread = entry.spread
            taken = [entry.si, *(one for one in (spread.values if spread else ()) if not isinstance(one, str))]
            high_enough = all(one >= least if key in _MAY_BE_ZERO else one > least for one in taken)
            lowest = spread.low if spread is not None and math.isfinite(spread.low) else least
            if not high_enough or lowest < least or max(taken) > _MOST.get(entry.unit, math.inf):
                raise LibraryError(f"{entry.name} is out of bounds", value=entry.text, allowed="a number above zero")
    return fields
