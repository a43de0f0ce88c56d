"""The JSON Schema of the plan file, from the same model that reads it."""

from __future__ import annotations

from typing import Any

from percuta.plan.model import Plan


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a plan file."""
    schema = Plan.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Percuta plan",
        **{key: value for key, value in schema.items() if key != "title"},
    }
