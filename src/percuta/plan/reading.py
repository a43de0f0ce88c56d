"""Reading a plan file: TOML to the model, with errors that name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from percuta.errors import PercutaError, PlanError, Where, nearest
from percuta.library.files import parse_toml, read_text
from percuta.library.registry import Library, find, library
from percuta.plan.device import check_device, resolve_device
from percuta.plan.lines import Path as KeyPath
from percuta.plan.lines import key_lines, line_of, written
from percuta.plan.model import ZONE_NAME, Plan
from percuta.plan.steps import PLAIN_TEXT, PRODUCT_KINDS, STEP_KINDS

_KEY_PART = re.compile(r"([^.\[\]]+)|\[(\d{1,6})\]")
# What pydantic finds, in the words of a plan file: what was wrong, and what is allowed.
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
_PATTERNS = {
    PLAIN_TEXT: ("text with control characters", "letters, digits, signs, spaces and line ends"),
    ZONE_NAME: ("not the name of a zone", "40 letters, digits, spaces, _ and - at most, no space first"),
}


def load_plan(path: str | Path, known: Library | None = None) -> Plan:
    """Read a plan file and check it against the library.

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
    where = Where(Path(path))
    text = read_text(Path(path), where, PlanError, "`percuta new` writes a plan to start from")
    return read_plan(text, str(path), known)


def read_plan(text: str, name: str = "plan", known: Library | None = None) -> Plan:
    """Read a plan from TOML text; see :func:`load_plan`."""
    raw = parse_toml(text, Where(name), PlanError)
    lines = key_lines(text)
    try:
        plan = Plan.model_validate(raw)
    except ValidationError as faults:
        raise _first_fault(faults, name, lines) from None
    try:
        check_names(plan, known or library())
    except PercutaError as fault:
        if fault.where is not None and fault.where.file is not None:  # a file of the library, not the plan
            raise
        key = fault.where.key or "" if fault.where is not None else ""
        raise fault.at(Where(name, line_of(_path_of(key), lines), key)) from fault.__cause__
    return plan


def check_names(plan: Plan, known: Library) -> None:
    """Check every name of a plan against the library, and every setting against its device.

    Raises
    ------
    PlanError, LibraryError, DeviceLimitError
        With the key in ``where``.
    """
    for number, zone in enumerate(plan.zones):
        _look_up("site", known.sites, zone.site, f"zones[{number + 1}].site")
    for item in plan.patient.screening:
        _look_up("screening item", known.screening, item, f"patient.screening.{item}")
    rules = {**known.screening, **known.protocol}
    for number, override in enumerate(plan.overrides):
        _look_up("rule", rules, override.rule, f"overrides[{number + 1}].rule")
    for number, step in enumerate(plan.session.steps):
        key = f"session.steps[{number + 1}]"
        if (product := getattr(step, "product", None)) is not None:
            _check_product(step.do, product, known, f"{key}.product")
        for product in getattr(step, "products", ()):
            _check_product(step.do, product, known, f"{key}.products")
    if plan.device.model is not None:
        _look_up("device", known.devices, plan.device.model, "device.model")
    check_device(plan, resolve_device(plan.device, known))


def _check_product(step: str, name: str, known: Library, key: str) -> None:
    """Check that a product exists and is of a kind that the step puts on."""
    _look_up("product", known.products, name, key)
    product = known.products[name]
    if product.kind not in PRODUCT_KINDS[step]:
        fitting = [step for step, kinds in PRODUCT_KINDS.items() if product.kind in kinds]
        raise PlanError(
            f"{product.name} is of the kind {product.kind}, which this step does not put on",
            value=name,
            allowed=f"for {step}: products of the kind {' or '.join(PRODUCT_KINDS[step])}",
            do=f"write it in a step of its own: {' or '.join(fitting)}",
            where=Where(key=key),
        )


def _look_up(kind: str, known: dict[str, Any], name: str, key: str) -> None:
    try:
        find(kind, known, name)
    except PercutaError as fault:
        raise PlanError(fault.what, value=name, where=Where(key=key), do=fault.do) from None


def _first_fault(faults: ValidationError, name: str, lines: dict[KeyPath, int]) -> PlanError:
    """Turn the first fault into one message, and say how many more there are.

    An unknown key comes first: where a required key is misspelt, that is what has to be mended.
    """
    every = faults.errors(include_url=False)
    fault = next((fault for fault in every if fault["type"] == "extra_forbidden"), every[0])
    what, value, allowed, do, path = _described(fault)
    if isinstance(value, dict | list | tuple | BaseModel):
        value = None
    if len(every) > 1:
        more = f"mend this first; {len(every) - 1} more {'problem' if len(every) == 2 else 'problems'} after it"
        do = f"{do}; {more}" if do else more
    place = Where(name, line_of(path, lines), written(path) or None)
    return PlanError(what, value=value, allowed=allowed, do=do, where=place)


def _described(fault: ErrorDetails) -> tuple[str, Any, str | None, str | None, KeyPath]:
    """Return what was wrong, the value, what is allowed, what to do, and the path of the key."""
    kind, value, path = fault["type"], fault.get("input"), _path_in_file(fault["loc"])
    context: dict[str, Any] = fault.get("ctx") or {}
    if kind == "extra_forbidden":
        known = _fields_at(fault["loc"][:-1])
        return "unknown key", path[-1], ", ".join(known), _suggestion(path[-1], known), path
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        found = value.get("do") if isinstance(value, dict) else value
        return "no such step", found, ", ".join(STEP_KINDS), _suggestion(found, STEP_KINDS), (*path, "do")
    if kind == "literal_error":
        words = re.findall(r"'([^']+)'", context["expected"])
        return "not one of the allowed words", value, context["expected"], _suggestion(value, words), path
    if kind == "name":
        found, known = context["found"], context["known"]
        return fault["msg"], found, context["allowed"], _suggestion(found, known), tuple(context["path"])
    if plain := _PATTERNS.get(context.get("pattern", "")) or _PLAIN.get(kind):
        return plain[0], value, plain[1].format(**context), None, path
    return fault["msg"], value, context.get("allowed"), None, path


def _suggestion(found: object, known: Iterable[str]) -> str | None:
    alike = nearest(found, known) if isinstance(found, str) else None
    return f"did you mean {alike}?" if alike else None


def _path_in_file(path: KeyPath) -> KeyPath:
    """Return pydantic's path without the kind of the step, which stands in no file."""
    return path[:3] + path[4:] if path[:2] == ("session", "steps") else path


def _fields_at(path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known at a path of the model."""
    model: Any = Plan
    for part in path:
        if isinstance(part, int):
            continue
        if part in STEP_KINDS:
            model = STEP_KINDS[part]
            continue
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        model = _model_in(field.annotation) if field is not None else None
    return [field.alias or name for name, field in model.model_fields.items()] if model is not None else []


def _model_in(annotation: Any) -> Any:
    """Return the model class that an annotation holds, through tuples, options and annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _path_of(key: str) -> KeyPath:
    return tuple(int(index) - 1 if index else name for name, index in _KEY_PART.findall(key))
