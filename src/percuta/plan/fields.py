"""What may be entered at each key of a plan: kind, unit, bounds and words, from the models alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel, StrictBool
from pydantic.fields import FieldInfo

from percuta.plan.faults import path_of
from percuta.plan.lines import Path
from percuta.plan.model import ONE_LINE, ZONE_NAME, Plan
from percuta.plan.quantities import QuantityField
from percuta.plan.steps import STEP_KINDS
from percuta.units import Quantity

Kind = Literal[
    "quantity",
    "quantities",
    "whole",
    "share",
    "number",
    "word",
    "words",
    "answer",
    "flag",
    "text",
    "line",
    "lines",
    "site",
    "zones",
    "device",
    "cartridge",
    "product",
    "products",
    "rule",
    "written",
]
# Fields whose text is a name: of the library, or of another part of the plan.
_NAMES: dict[str, Kind] = {
    "site": "site",
    "zones": "zones",
    "model": "device",
    "cartridge": "cartridge",
    "product": "product",
    "products": "products",
    "rule": "rule",
}
_KINDS: dict[Any, Kind] = {Quantity: "quantity", int: "whole", bool: "flag", StrictBool: "flag", Any: "written"}
_LONGEST_NAME = 80  # characters; longer text may have several lines
_MANY: dict[Kind, Kind] = {"quantity": "quantities", "word": "words", "line": "lines"}


@dataclass(frozen=True)
class Field:
    """What may be entered at one key.

    Attributes
    ----------
    name
        Last part of the key; for a screening answer its item.
    kind
        ``quantity`` (text with a unit), ``whole`` (a whole number), ``share`` (0 to 1), ``number``, ``word`` (one of
        ``words``), ``answer`` (likewise, to a screening question), ``flag`` (true or false), ``text``, ``line`` (text
        on one line), a name: ``site``, ``zones``, ``device``, ``cartridge``, ``product``, ``products``, ``rule``; or
        ``written``, a value whose kind hangs on others. ``quantities``, ``words`` and ``lines`` are lists.
    unit
        Of a quantity, and of its bounds: what a plain number is taken to be in.
    low, high
        Bounds of numbers and quantities; None where there is none.
    words
        The words that are allowed.
    required
        Whether the key must be given.
    longest
        Most characters of a text.
    default
        What counts where the key is left out; None where nothing does.
    """

    name: str
    kind: Kind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    required: bool = True
    longest: int | None = None
    default: Any = None


class _Bare(NamedTuple):
    """A type and what is noted of it; ``many`` where the annotation is a list of them."""

    type: Any
    notes: tuple[Any, ...]
    many: bool = False


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """Return the fields of a part of a plan by name, without its tables and without words that never change.

    Parameters
    ----------
    model
        A model of `percuta.plan`, such as ``Zone`` or a kind of step.
    """
    found = {name: _field(name, info) for name, info in model.model_fields.items()}
    return {name: field for name, field in found.items() if field is not None}


def field_at(key: str, data: Mapping[str, Any]) -> Field | None:
    """Return the field at a key of a plan, or None where there is none.

    Parameters
    ----------
    key
        As messages write it: ``patient.age``, ``zones[1].area``, ``session.steps[3].amount``.
    data
        The plan as plain data; a step is of the kind that its ``do`` says.
    """
    path = path_of(key)
    table = _held_at(path[:-1], data)
    if not path or table is None or table.many:
        return None
    if _is_model(table.type):
        return fields_of(table.type).get(str(path[-1]))
    entry = get_args(table.type)[1] if get_origin(table.type) is dict else None
    answer = _of_type(str(path[-1]), entry, required=False)
    return replace(answer, kind="answer") if answer is not None and answer.kind == "word" else None


def _held_at(path: Path, data: Any) -> _Bare | None:
    """Return what a plan holds at a path, or None where it has no such place."""
    held: _Bare | None = _Bare(Plan, ())
    for place, part in enumerate(path):
        data = _part_of(data, part)
        if held is None:
            return None
        if path[:place] == ("session", "steps"):
            kind = STEP_KINDS.get(str(data.get("do"))) if isinstance(data, Mapping) else None
            held = None if kind is None else _Bare(kind, ())
        elif held.many:
            held = held._replace(many=False) if isinstance(part, int) else None
        elif _is_model(held.type):
            info = held.type.model_fields.get(part)
            held = None if info is None else _bare(info.annotation)
        else:
            held = _bare(get_args(held.type)[1]) if get_origin(held.type) is dict else None
    return held


def _part_of(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bare(annotation: Any, notes: tuple[Any, ...] = ()) -> _Bare:
    """Return a type without its options, annotations and list."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        held = [note.metadata if isinstance(note, FieldInfo) else [note] for note in inner[1:]]
        return _bare(inner[0], (*notes, *(note for one in held for note in one)))
    if origin in (Union, UnionType):
        options = [option for option in inner if option is not NoneType]
        return _bare(options[0], notes) if len(options) == 1 else _Bare(annotation, notes)
    if origin is tuple:
        return _bare(inner[0])._replace(many=True)
    return _Bare(annotation, notes)


def _field(name: str, info: FieldInfo) -> Field | None:
    annotation: Any = info.annotation
    for note in info.metadata:
        annotation = Annotated[annotation, note]
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return _of_type(name, annotation, required=info.is_required(), default=default)


def _of_type(name: str, annotation: Any, *, required: bool, default: Any = None) -> Field | None:
    bare = _bare(annotation)
    kind = _kind(name, bare)
    words = get_args(bare.type) if get_origin(bare.type) is Literal else ()
    if kind is None or len(words) == 1:  # a table, or a word that never changes
        return None
    unit, low, high = _bounds(bare.notes)
    longest = _noted(bare.notes, MaxLen, "max_length") if kind in ("text", "line", "lines") else None
    return Field(name, kind, unit, low, high, words, required, longest, default)


def _kind(name: str, bare: _Bare) -> Kind | None:
    """Return the kind of a field, or None for a table."""
    if name in _NAMES and bare.type is str:
        return _NAMES[name]
    kind = _kind_of_one(bare)
    return _MANY.get(kind, kind) if bare.many and kind is not None else kind


def _kind_of_one(bare: _Bare) -> Kind | None:
    _, low, high = _bounds(bare.notes)
    if bare.type is float:
        return "share" if (low, high) == (0.0, 1.0) else "number"
    if bare.type is str:
        pattern, longest = _pattern(bare.notes), _noted(bare.notes, MaxLen, "max_length")
        return "line" if pattern in (ONE_LINE, ZONE_NAME) or (longest or 0) <= _LONGEST_NAME else "text"
    if get_origin(bare.type) is Literal:
        return "word"
    return _KINDS.get(bare.type)


def _bounds(notes: tuple[Any, ...]) -> tuple[str, float | None, float | None]:
    """Return the unit of a number, and its bounds in it."""
    quantity = next((note for note in notes if isinstance(note, QuantityField)), None)
    if quantity is not None:
        return quantity.unit, quantity.low, quantity.high
    ends = ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt"))
    least, above, most, below = (_noted(notes, limit, name) for limit, name in ends)
    return "", above if least is None else least, below if most is None else most


def _noted(notes: tuple[Any, ...], kind: type, name: str) -> Any:
    return next((getattr(note, name) for note in notes if isinstance(note, kind)), None)


def _pattern(notes: tuple[Any, ...]) -> str | None:
    return next((note.pattern for note in notes if hasattr(note, "pattern")), None)
