"""What a file has wrong, as one message: file, line, key, value, what is allowed, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from percuta.errors import PercutaError, PlanError, Where, nearest
from percuta.plan.lines import Path, line_of, written

Model = TypeVar("Model", bound=BaseModel)
Check = Callable[[], object]
"""Raises a fault where what it looks at does not fit."""

_KEY_PART = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]")
# What pydantic finds, in the words of a file: what was wrong, and what is allowed.
_PLAIN = {
    "missing": ("a required key is missing", ""),
    "model_type": ("not a table", "a table"),
    "model_attributes_type": ("not a table", "a table"),
    "dict_type": ("not a table", "a table"),
    "tuple_type": ("not a list", "a list"),
    "string_type": ("not text", "text in quotes"),
    "int_type": ("not a whole number", "a whole number"),
    "float_type": ("not a number", "a number"),
    "bool_type": ("not true or false", "true or false"),
    "finite_number": ("not a finite number", "a finite number"),
    "greater_than": ("out of bounds", "more than {gt}"),
    "greater_than_equal": ("out of bounds", "{ge} or more"),
    "less_than": ("out of bounds", "less than {lt}"),
    "less_than_equal": ("out of bounds", "{le} or less"),
    "too_short": ("too few entries", "{min_length} or more"),
    "too_long": ("too many entries", "{max_length} or fewer"),
    "string_too_short": ("too short", "{min_length} or more characters"),
    "string_too_long": ("too long", "{max_length} or fewer characters"),
    "int_parsing_size": ("out of bounds", "a number of a few digits"),
}


@dataclass(frozen=True)
class Form(Generic[Model]):
    """What a kind of file is made of.

    Attributes
    ----------
    model
        The model of the whole file.
    patterns
        What a text that does not fit a pattern is, and what is allowed in its place.
    kinds_at, kinds
        Where the file lists tables of several kinds, and their models by the word under ``do``.
    """

    model: type[Model]
    patterns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kinds_at: Path = ()
    kinds: Mapping[str, type[BaseModel]] = field(default_factory=dict)

    def has_kind_after(self, path: Path) -> bool:
        """Tell whether pydantic writes the kind of a table behind this path; it stands in no file."""
        return bool(self.kinds) and path[:-1] == self.kinds_at and isinstance(path[-1], int)


def misfit(
    what: str,
    path: Path,
    found: object = None,
    *,
    allowed: str = "",
    known: Sequence[str] = (),
    do: str = "",
) -> PydanticCustomError:
    """Return the fault of a key that does not fit with others, for a validator to raise.

    Parameters
    ----------
    what
        What is wrong.
    path
        Of the key, from the table that is validated.
    found
        The value.
    allowed, do
        What is allowed in its place, and what to do.
    known
        Names that may be in its place: the nearest is suggested.
    """
    context = {"what": what, "found": found, "allowed": allowed, "known": list(known), "do": do, "path": path}
    return PydanticCustomError("misfit", "{what}", context)


def read_model(raw: Mapping[str, Any], form: Form[Model]) -> Model | list[tuple[Path, PlanError]]:
    """Return the model of plain data, or every fault with the path of its key.

    An unknown key comes first: where a required key is misspelt, that is what has to be mended.
    """
    try:
        return form.model.model_validate(raw)
    except ValidationError as faults:
        found = faults.errors(include_url=False)
    # a list whose only entry has a fault counts as empty to pydantic
    broken = {fault["loc"][:length] for fault in found for length in range(len(fault["loc"]))}
    every = [fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in broken]
    return [_described(fault, form) for fault in sorted(every, key=lambda fault: fault["type"] != "extra_forbidden")]


def validated(raw: Mapping[str, Any], name: str, lines: dict[Path, int], form: Form[Model]) -> Model:
    """Return the model of a file.

    Raises
    ------
    PlanError
        For the first fault, with file, line and key, and how many more there are.
    """
    read = read_model(raw, form)
    if not isinstance(read, list):
        return read
    path, fault = read[0]
    if len(read) > 1:
        more = f"mend this first; {len(read) - 1} more {'problem' if len(read) == 2 else 'problems'} after it"
        fault.do = f"{fault.do}; {more}" if fault.do else more
    raise fault.at(Where(name, line_of(path, lines), written(path) or None))


def gathered(checks: Iterable[Check]) -> list[PercutaError]:
    """Return what each of many checks finds, where the first to fail would end them all."""
    found = []
    for check in checks:
        try:
            check()
        except PercutaError as fault:
            found.append(fault)
    return found


def placed(fault: PercutaError, name: str, lines: dict[Path, int]) -> PercutaError:
    """Return a fault that was found after reading, with the file and the line of its key."""
    if fault.where is not None and fault.where.file is not None:  # a file of the library
        return fault
    key = fault.where.key or "" if fault.where is not None else ""
    return fault.at(Where(name, line_of(path_of(key), lines), key))


def path_of(key: str) -> Path:
    """Return the path of a key as it is spoken of; see `percuta.plan.lines.written`."""
    return tuple(int(index) - 1 if index else name for name, index in _KEY_PART.findall(key))


def suggestion(found: object, known: Iterable[str]) -> str | None:
    """Return the nearest of the known names as a question, or None where none is alike."""
    alike = nearest(found, known) if isinstance(found, str) else None
    return f"did you mean {alike}?" if alike else None


def _described(fault: ErrorDetails, form: Form[Model]) -> tuple[Path, PlanError]:
    """Return the path of a key, and what is wrong with it."""
    what, value, allowed, do, path = _in_words(fault, form)
    if isinstance(value, dict | list | tuple | BaseModel):
        value = None
    return path, PlanError(what, value=value, allowed=allowed, do=do, where=Where(key=written(path)))


def _in_words(fault: ErrorDetails, form: Form[Model]) -> tuple[str, Any, str | None, str | None, Path]:
    """Return what was wrong, the value, what is allowed, what to do, and the path of the key."""
    kind, value, path = fault["type"], fault.get("input"), _path_in_file(fault["loc"], form)
    context: dict[str, Any] = fault.get("ctx") or {}
    if kind == "extra_forbidden":
        known = _fields_at(fault["loc"][:-1], form)
        return "unknown key", path[-1], ", ".join(known), suggestion(path[-1], known), path
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        found = value.get("do") if isinstance(value, dict) else value
        return "no such step", found, ", ".join(form.kinds), suggestion(found, form.kinds), (*path, "do")
    if kind == "literal_error":
        words = re.findall(r"'([^']+)'", context["expected"])
        return "not one of the allowed words", value, context["expected"], suggestion(value, words), path
    if kind == "misfit":
        do = suggestion(context["found"], context["known"]) or context["do"]
        return fault["msg"], context["found"], context["allowed"], do or None, (*path, *context["path"])
    if plain := form.patterns.get(context.get("pattern", "")) or _PLAIN.get(kind):
        return plain[0], value, plain[1].format(**context), None, path
    return fault["msg"], value, context.get("allowed"), None, path


def _path_in_file(path: Path, form: Form[Model]) -> Path:
    """Return pydantic's path without the kind of a table, which stands in no file."""
    end = len(form.kinds_at) + 1
    return path[:end] + path[end + 1 :] if form.has_kind_after(path[:end]) else path


def _fields_at(path: Path, form: Form[Model]) -> list[str]:
    """Return the keys that are known at a path of the model."""
    model: Any = form.model
    for number, part in enumerate(path):
        if isinstance(part, int):
            continue
        if form.has_kind_after(path[:number]):
            model = form.kinds[part]
            continue
        found = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        model = _model_in(found.annotation) if found is not None else None
    return [found.alias or name for name, found in model.model_fields.items()] if model is not None else []


def _model_in(annotation: Any) -> Any:
    """Return the model class that an annotation holds, through tuples, options and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
