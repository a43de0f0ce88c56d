"""The OpenAPI description: the published JSON Schemas stand in it, so that every way to Percuta says the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from percuta.web.api.problems import MEDIA_TYPE, Problem
from percuta.web.api.shapes import GlanceAsked

_REF = "#/components/schemas/{model}"
_PUBLISHED = {
    "LibraryList": "library_list",
    "LibraryEntry": "library_entry",
    "EvidenceList": "evidence_list",
    "EvidenceEntry": "evidence_entry",
    "Findings": "findings",
    "Endpoints": "endpoints",
    "Optimisation": "optimisation",
    "Comparison": "compare",
}
_HELD = (("KeptPlan", "findings", "Findings"), ("GlanceAsked", "plan", "Plan"))  # published, where a model holds one
Answers = dict[int | str, dict[str, Any]]
_SAID = {
    400: "The content is no JSON.",
    403: "Sent by a page of another origin.",
    404: "There is nothing of this name.",
    409: "Not in this state.",
    412: "The plan was changed since that version; nothing was overwritten.",
    413: "The content is too large.",
    415: "The content is not sent as JSON.",
    422: "The content cannot be used; each fault of a plan is listed.",
    428: "The question does not say which version of the plan it changes (If-Match).",
}
_EXAMPLE = {
    "type": "urn:percuta:problem:plan",
    "title": _SAID[422],
    "status": 422,
    "instance": "/api/v1/check",
    "detail": "out of bounds",
    "key": "session.steps[3].passes",
    "value": "0",
    "allowed": "1 or more",
}


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a schema of the description."""
    return {"$ref": _REF.format(model=name)}


def answers(*codes: int, **content: Any) -> Answers:
    """Return what an operation may answer besides its success: problems of these codes, and any other.

    Parameters
    ----------
    *codes
        HTTP statuses that are told apart.
    **content
        Of the answer 200, by ``schema`` and ``media`` (``application/json`` when left out).
    """
    problem = {MEDIA_TYPE: {"schema": ref("Problem"), "example": _EXAMPLE}}
    told: Answers = {code: {"description": _SAID[code], "content": problem} for code in codes}
    told["default"] = {"description": "Any other fault, such as a method that is not there.", "content": problem}
    if content:
        media = {content.get("media", "application/json"): {"schema": content["schema"]}}
        told[200] = {"description": content.get("said", "What was asked for."), "content": media}
    return told


def taken(schema: dict[str, Any], example: Any, said: str) -> dict[str, Any]:
    """Return the description of a body, for ``openapi_extra``."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "description": said, "content": content}}


def described(api: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what gives the description of an application, computed once."""

    @cache
    def openapi() -> dict[str, Any]:
        found = get_openapi(
            title=api.title,
            version=api.version,
            summary=api.summary,
            description=api.description,
            routes=api.routes,
            tags=api.openapi_tags,
            servers=[{"url": "/api/v1"}],
        )
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        for left in ("HTTPValidationError", "ValidationError"):
            schemas.pop(left, None)  # answered as problems
        schemas.update(_schemas())
        for model, field, of in _HELD:
            schemas[model]["properties"][field] = ref(of)
        return found

    return openapi


def _schemas() -> dict[str, Any]:
    from percuta.plan.model import Plan
    from percuta.web.job_options import OptimiseOptions, SimulateOptions
    from percuta.workflows.schemas import schema

    models = [(one, "validation") for one in (Plan, GlanceAsked, SimulateOptions, OptimiseOptions, Problem)]
    _, own = models_json_schema(models, by_alias=True, ref_template=_REF)  # type: ignore[arg-type]
    published = {
        name: {key: one for key, one in schema(of).items() if key != "$schema"} for name, of in _PUBLISHED.items()
    }
    return {**own["$defs"], **published}
