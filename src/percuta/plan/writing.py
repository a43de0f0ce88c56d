"""Writing a plan as TOML: the same model and the same unit strings as were read."""

from __future__ import annotations

from typing import Any

import tomlkit

from percuta.plan.model import Plan


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain data, without what was left at its default."""
    data = plan.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    for step, kept in zip(plan.session.steps, data["session"]["steps"], strict=True):
        kept.setdefault("do", step.do)
    return {"schema": plan.schema_number, **data}


def write_plan(plan: Plan) -> str:
    """Return the plan as the text of a plan file; reading it gives an equal plan."""
    document = tomlkit.document()
    data = plan_as_data(plan)
    data["session"]["steps"] = [{"do": step.pop("do"), **step} for step in data["session"]["steps"]]
    for key, value in data.items():
        document.add(key, tomlkit.item(value))
    return tomlkit.dumps(document)
