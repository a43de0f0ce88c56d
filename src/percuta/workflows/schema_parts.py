"""What the published JSON Schemas are put together from: records, lists, numbers and words."""

from __future__ import annotations

from typing import Any, get_args

from percuta.physics.pulse_setup import Accuracy

NUMBER: dict[str, Any] = {"type": "number"}
TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
ACCURACY: dict[str, Any] = {"enum": list(get_args(Accuracy))}


def record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object with these keys and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that null meets too."""
    return {"anyOf": [schema, {"type": "null"}]}


def words(**known: tuple[str, ...]) -> dict[str, Any]:
    """Return keys with the words that each may have."""
    return {key: {"enum": list(named)} for key, named in known.items()}


def share_with_interval() -> dict[str, Any]:
    """Return the schema of a share with its interval."""
    return record({"value": SHARE, "low": SHARE, "high": SHARE})
