"""The published JSON Schemas: of the plan file and of every output in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from percuta.errors import PlanError, nearest
from percuta.plan.schema import plan_schema

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}


def _record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _endpoint() -> dict[str, Any]:
    head = {"name": _TEXT, "zone": _or_null(_TEXT), "unit": _TEXT, "definition": _TEXT}
    share = _record({"value": _NUMBER, "low": _NUMBER, "high": _NUMBER})
    numbers = {"p5": _NUMBER, "p50": _NUMBER, "p95": _NUMBER, "tail_error": _NUMBER, "assumed_share": _or_null(share)}
    shares = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}}
    return {
        "oneOf": [
            _record(head | numbers),
            _record(head | {"probabilities": shares}),
            _record(head | {"withheld": _TEXT}),
        ]
    }


def _finding() -> dict[str, Any]:
    return _record(
        {
            "rule": _TEXT,
            "kind": {"enum": ["screening", "protocol", "limit", "term"]},
            "severity": {"enum": ["refuse", "defer", "warn", "advise"]},
            "reason": _TEXT,
            "change": _TEXT,
            "override": {"enum": ["none", "prescriber"]},
            "detail": _TEXT,
            "zone": _or_null(_TEXT),
            "step": _or_null({"type": "integer", "minimum": 1}),
            "source": _TEXTS,
            "claims": {"type": "array", "items": {"type": "integer"}},
            "views": {"type": "array", "items": {"type": "object", "additionalProperties": _TEXT}},
            "overridden": _or_null(_record({"name": _TEXT, "reason": _TEXT})),
        }
    )


def _findings() -> dict[str, Any]:
    verdicts = ["refused", "deferred", "passes_with_warnings", "passes"]
    return _record(
        {"verdict": {"enum": verdicts}, "sentence": _TEXT, "findings": {"type": "array", "items": _finding()}}
    )


def _manifest() -> dict[str, Any]:
    texts = ("percuta", "python", "platform", "plan_sha256", "library_sha256", "verdict", "started", "finished")
    required: dict[str, Any] = {key: _TEXT for key in texts}
    required |= {"libraries": {"type": "object", "additionalProperties": _TEXT}, "study": {"type": "boolean"}}
    override = _record({key: _TEXT for key in ("rule", "name", "reason")})
    required["overrides"] = {"type": "array", "items": override}
    return _record(required | {key: {"type": "integer"} for key in ("members", "seed")} | {"seconds": _NUMBER})


def _error() -> dict[str, Any]:
    where = _record({"file": _or_null(_TEXT), "line": _or_null({"type": "integer"}), "key": _or_null(_TEXT)})
    optional = {key: _or_null(_TEXT) for key in ("value", "allowed", "do")}
    return _record(
        {"error": _TEXT, "what": _TEXT, "exit_code": {"type": "integer"}, "where": _or_null(where)} | optional
    )


def _planned() -> dict[str, Any]:
    return _record({"verdict": _TEXT, "folder": _TEXT, "endpoints": {"type": "array", "items": _endpoint()}})


def _values() -> dict[str, Any]:
    return {
        "type": "array",
        "items": _record({key: _TEXT for key in ("name", "value", "spread", "grade", "source", "note")}),
    }


def _library_entry() -> dict[str, Any]:
    return {"type": "object", "properties": {"id": _TEXT, "values": _values()}, "required": ["id", "values"]}


def _library_list() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]}}


def _references() -> dict[str, Any]:
    keys = ("key", "kind", "author", "title", "year", "journal", "doi", "pmid", "verified", "note", "text")
    return {"type": "array", "items": _record({key: _TEXT for key in keys})}


def _validated() -> dict[str, Any]:
    verdicts = ("pass", "fail", "inside", "outside", "not comparable")
    texts = ("quantity", "unit", "error_in", "expected_text", "predicted_text", "note")
    numbers = ("expected", "predicted", "spread", "error", "tolerance")
    row: dict[str, Any] = {key: _TEXT for key in texts} | {key: _or_null(_NUMBER) for key in numbers}
    row["verdict"] = {"enum": list(verdicts)}
    row["fitted"] = {"type": "boolean"}
    row["band"] = _or_null({"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2})
    case: dict[str, Any] = {key: _TEXT for key in ("case", "title")} | {"source": _TEXTS, "fitted": {"type": "boolean"}}
    case["kind"] = {"enum": ["verification", "validation"]}
    case["rows"] = {"type": "array", "items": _record(row)}
    counts = _record({verdict: {"type": "integer"} for verdict in verdicts})
    return _record({"counts": counts, "cases": {"type": "array", "items": _record(case)}})


def _doctor() -> dict[str, Any]:
    texts = {key: _TEXT for key in ("percuta", "python", "platform", "kernel cache", "library")}
    versions = {"type": "object", "additionalProperties": _TEXT}
    counts = {key: {"type": "integer"} for key in ("processors", "library values", "references")}
    return _record(texts | counts | {"libraries": versions, "threads": {"anyOf": [versions, _TEXT]}})


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "plan": plan_schema,
    "endpoints": lambda: {"type": "array", "items": _endpoint()},
    "findings": _findings,
    "manifest": _manifest,
    "planned": _planned,
    "new": lambda: _record({"plan": _TEXT}),
    "report": lambda: _record({"report": _TEXT}),
    "library_list": _library_list,
    "library_entry": _library_entry,
    "references": _references,
    "validated": _validated,
    "doctor": _doctor,
    "error": _error,
}


def schema(name: str) -> dict[str, Any]:
    """Return one published schema.

    Raises
    ------
    PlanError
        If there is none of that name.
    """
    if name not in SCHEMAS:
        alike = nearest(name, SCHEMAS)
        raise PlanError(
            "no schema of this name",
            value=name,
            allowed=", ".join(SCHEMAS),
            do=f"did you mean {alike}?" if alike else None,
        )
    return {"$schema": _DRAFT, "title": f"Percuta {name}", **SCHEMAS[name]()}
