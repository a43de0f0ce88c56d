"""Reading a pulse file: TOML to the model, with errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from percuta.errors import PercutaError, PlanError, Where
from percuta.library.files import parse_toml, read_text
from percuta.library.registry import Library, library
from percuta.plan.faults import Form, path_of, placed, validated
from percuta.plan.lines import key_lines
from percuta.plan.model import ONE_LINE
from percuta.plan.pulse_file import PulseFile
from percuta.plan.reading import look_up
from percuta.plan.steps import PLAIN_TEXT

Changes = Mapping[str, object]
KINETICS = {"cell": "rf.cell_kinetics", "collagen": "rf.collagen_kinetics"}
_PULSE_FILE = Form(
    PulseFile,
    {
        PLAIN_TEXT: ("text with control characters", "letters, digits, signs, spaces and line ends"),
        ONE_LINE: ("not one line of text", "letters, digits, signs and spaces, with a letter or a digit among them"),
    },
)


def load_pulse(path: str | Path, known: Library | None = None) -> PulseFile:
    """Read a pulse file and check its names against the library.

    Parameters
    ----------
    path
        The TOML file.
    known
        The library to look names up in; the shipped one when left out.

    Raises
    ------
    PlanError
        For anything in the file that cannot be used, with file, line, key, value and what is expected.
    """
    return read_pulse(pulse_text(path), str(path), known)


def pulse_text(path: str | Path) -> str:
    """Return the text of a pulse file.

    Raises
    ------
    PlanError
        If it cannot be read.
    """
    return read_text(Path(path), Where(Path(path)), PlanError, "see examples/pulse_bipolar.toml for one to start from")


def read_pulse(
    text: str, name: str = "pulse", known: Library | None = None, changes: Changes | None = None
) -> PulseFile:
    """Read a pulse from TOML text; see :func:`load_pulse`.

    Parameters
    ----------
    text, name, known
        The text, what to call it in errors, and the library.
    changes
        Values to put in place of those of the text, by key, such as ``layers[1].thickness``.
    """
    raw = parse_toml(text, Where(name), PlanError)
    for key, value in (changes or {}).items():
        _put(raw, key, value)
    lines = key_lines(text)
    pulse = validated(raw, name, lines, _PULSE_FILE)
    try:
        _check_names(pulse, known or library())
    except PercutaError as fault:
        raise placed(fault, name, lines) from fault.__cause__
    return pulse


def kinetic_sets(kind: str, known: Library) -> tuple[str, ...]:
    """Return the names of the kinetic sets of the library, the usual one first; ``kind`` is cell or collagen."""
    entry = known.parameter(KINETICS[kind])
    others = entry.spread.values if entry.spread is not None else ()
    return tuple(dict.fromkeys(str(name) for name in (entry.value, *others)))


def _check_names(pulse: PulseFile, known: Library) -> None:
    for number, layer in enumerate(pulse.layers):
        if layer.tissue is not None:
            look_up("tissue", known.tissues, layer.tissue, f"layers[{number + 1}].tissue")
    for kind in KINETICS:
        sets = dict.fromkeys(kinetic_sets(kind, known))
        for number, name in enumerate(getattr(pulse.damage, kind) or ()):
            look_up(f"{kind} kinetic set", sets, name, f"damage.{kind}[{number + 1}]")


def _put(raw: dict[str, Any], key: str, value: object) -> None:
    """Put a value at a key, into tables that are made where they are missing."""
    *parents, last = path_of(key) or ("",)
    place: Any = raw
    for part in parents:
        if isinstance(place, dict) and isinstance(part, str):
            place = place.setdefault(part, {})
        elif isinstance(place, list) and isinstance(part, int) and part < len(place):
            place = place[part]
        else:
            place = None
    fits = isinstance(place, dict) and isinstance(last, str)
    if not fits and not (isinstance(place, list) and isinstance(last, int) and last < len(place)):
        raise PlanError("the file has no such place", value=key, allowed="a key such as layers[1].thickness")
    place[last] = value
