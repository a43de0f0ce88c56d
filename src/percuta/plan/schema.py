"""The JSON Schemas of the plan file and the pulse file, from the same models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from percuta.plan.model import Plan
from percuta.plan.pulse_file import PulseFile


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a plan file."""
    return _schema(Plan, "Percuta plan")


def pulse_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a pulse file."""
    return _schema(PulseFile, "Percuta pulse")


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **{key: value for key, value in schema.items() if key != "title"},
    }
