"""The published JSON Schemas: of the plan file, the pulse file and of every output in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from percuta.errors import PlanError, nearest
from percuta.evidence.words import BIAS, DESIGNS, FOUND, MODALITIES, OUTCOMES, ROLES
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.pulse_tables import UnitOfArray
from percuta.plan.schema import plan_schema, pulse_schema
from percuta.sources import GRADES

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_COUNT = {"type": "integer", "minimum": 0}
_ACCURACY = {"enum": list(get_args(Accuracy))}
_VALUE = {"type": ["string", "number", "boolean"]}  # what a key of a pulse file may be varied over


def _record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _share() -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return _record({"value": share, "low": share, "high": share})


def _influence() -> dict[str, Any]:
    of = {"input": _TEXT, "grade": _TEXT, "unit": _TEXT, "entries": _TEXTS}
    inputs = {"type": "array", "items": _record(of | {"first": _share(), "total": _share()})}
    head = {"name": _TEXT, "zone": _or_null(_TEXT)}
    texts = ("plan", "plan_sha256", "percuta", "library_sha256", "verdict")
    counts = {key: _COUNT for key in ("members", "replicates", "seed", "screened")}
    return _record(
        {key: _TEXT for key in texts}
        | {"accuracy": _ACCURACY, "interval": _NUMBER, "without_effect": _TEXTS}
        | counts
        | {"endpoints": {"type": "array", "items": _record(head | {"unit": _TEXT, "inputs": inputs})}}
        | {"left_out": {"type": "array", "items": _record(head | {"reason": _TEXT})}}
    )


def _endpoint() -> dict[str, Any]:
    head = {"name": _TEXT, "zone": _or_null(_TEXT), "unit": _TEXT, "definition": _TEXT}
    numbers = {"p5": _NUMBER, "p50": _NUMBER, "p95": _NUMBER, "tail_error": _NUMBER}
    numbers["spread_shares"] = _or_null(_record({grade: _share() for grade in GRADES}))
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


def _run(texts: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a manifest; what every run states, and what one kind of run has besides."""
    texts = ("percuta", "python", "platform", "library_sha256", "started", "finished", *texts)
    libraries = {"libraries": {"type": "object", "additionalProperties": _TEXT}}
    return _record({key: _TEXT for key in texts} | libraries | {"seconds": _NUMBER} | more)


def _manifest() -> dict[str, Any]:
    override = _record({key: _TEXT for key in ("rule", "name", "reason")})
    more = {"members": _COUNT, "seed": _COUNT, "accuracy": _ACCURACY, "study": {"type": "boolean"}}
    return _run(("plan_sha256", "verdict"), more | {"overrides": {"type": "array", "items": override}})


def _pulse_manifest() -> dict[str, Any]:
    return _run(("pulse", "pulse_sha256"), {"accuracy": _ACCURACY, "sweep": _varied()})


def _varied() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "array", "items": _VALUE, "minItems": 1}}


def _figure(unit: str, *, known: bool = True) -> dict[str, Any]:
    return _record({"value": _NUMBER if known else _or_null(_NUMBER), "unit": {"const": unit}})


def _zone() -> dict[str, Any]:
    by_set = {"type": "object", "additionalProperties": _figure("mm^3"), "minProperties": 1}
    extents = {"width": _figure("mm"), "height": _figure("mm")}
    end_point = {"end_point": {"enum": ["collagen", "cell"]}}
    one = _record(end_point | extents | {"top": _figure("mm", known=False)})
    return _record(
        {
            "unit_of_array": {"enum": list(get_args(UnitOfArray))},
            "accuracy": _ACCURACY,
            "cells": _COUNT,
            "steps": _COUNT,
            **{key: _figure("W") for key in ("power_start", "power_end")},
            **{key: _figure("ohm", known=False) for key in ("resistance_start", "resistance_end")},
            **{key: _figure("J") for key in ("energy", "energy_per_needle")},
            "peak_voltage": _figure("V"),
            "temperature_mean_rise": _figure("K"),
            "temperature_peak": _figure("degC"),
            "sensor_reached": _figure("s", known=False),
            "volume_above_60": _figure("mm^3"),
            **{key: by_set for key in ("coagulated_volume", "necrotic_volume")},
            "zone_set": _TEXT,
            **{key: _figure("mm") for key in ("zone_width", "zone_height")},
            "zones": {"type": "object", "additionalProperties": one},
            "energy_balance_error": _figure("1"),
            "discretisation_error": _figure("1", known=False),
        }
    )


def _sweep(**more: Any) -> dict[str, Any]:
    values = {"type": "object", "additionalProperties": _VALUE}
    row = _record({"values": values, "zone": _or_null(_zone()), "error": _or_null(_error())})
    rows = {"type": "array", "items": row}
    return _record(more | {"title": _TEXT, "varied": _varied(), "accuracy": _ACCURACY, "rows": rows})


def _error() -> dict[str, Any]:
    where = _record({"file": _or_null(_TEXT), "line": _or_null({"type": "integer"}), "key": _or_null(_TEXT)})
    optional = {key: _or_null(_TEXT) for key in ("value", "allowed", "do")}
    return _record(
        {"error": _TEXT, "what": _TEXT, "exit_code": {"type": "integer"}, "where": _or_null(where)} | optional
    )


def _planned() -> dict[str, Any]:
    written = {"verdict": _TEXT, "folder": _TEXT, "aftercare": _or_null(_TEXT)}
    return _record(written | {"endpoints": {"type": "array", "items": _endpoint()}})


def _values() -> dict[str, Any]:
    return {
        "type": "array",
        "items": _record({key: _TEXT for key in ("name", "value", "spread", "grade", "source", "note")}),
    }


def _library_entry() -> dict[str, Any]:
    return {"type": "object", "properties": {"id": _TEXT, "values": _values()}, "required": ["id", "values"]}


def _library_list() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]}}


def _words(**known: tuple[str, ...]) -> dict[str, Any]:
    return {key: {"enum": list(words)} for key, words in known.items()}


def _evidence_list() -> dict[str, Any]:
    row: dict[str, Any] = {key: _TEXT for key in ("id", "year", "summary")} | _words(
        modality=MODALITIES, design=DESIGNS
    )
    row |= {"n": _or_null(_COUNT), "outcomes": _TEXTS, "roles": _TEXTS}
    return {"type": "array", "items": _record(row)}


def _evidence_finding() -> dict[str, Any]:
    """Return the schema of a finding: a number, a direction, or a course in time."""
    every: dict[str, Any] = {key: _TEXT for key in ("id", "quantity", "text", "note")}
    every |= _words(outcome=OUTCOMES, role=ROLES) | {"sets": _TEXTS}
    once: dict[str, Any] = {key: _TEXT for key in ("time", "time_from", "scale", "site", "method", "population")}
    once |= {"n": _or_null(_COUNT)}
    ends = _or_null({"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2})
    optional = ("spread", "half_width", "reading_band", "control", "control_spread", "interval_level")
    number = {"value": _NUMBER, **{key: _or_null(_NUMBER) for key in optional}, "interval": ends}
    number |= {"control_interval": ends, **{key: _TEXT for key in ("unit", "spread_is", "control_text")}}
    numbers = {"type": "array", "items": _NUMBER}
    points = _record({"time_in_days": numbers, "value": numbers})
    return {
        "oneOf": [
            _record(every | {"kind": {"const": "measurement"}} | once | number),
            _record(every | {"kind": {"const": "direction"}} | once | _words(found=FOUND)),
            _record(every | {"kind": {"const": "curve"}, "normalised": _TEXT, "points": points}),
        ]
    }


def _evidence_entry() -> dict[str, Any]:
    texts = ("id", "reference", "summary", "population", "indication", "device", "controlled", "registration", "note")
    bias = _or_null(_record(_words(level=BIAS) | {"why": _TEXT}))
    tables = {"settings": {"type": "object", "additionalProperties": _TEXT}, "risk_of_bias": bias}
    items = {"findings": _evidence_finding(), "benefits": _record({"aim": _TEXT, "says": _TEXT})}
    return _record(
        {key: _TEXT for key in texts}
        | _words(design=DESIGNS, modality=MODALITIES)
        | {key: _or_null(_COUNT) for key in ("n", "completed")}
        | tables
        | {key: {"type": "array", "items": one} for key, one in items.items()}
    )


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
    required = texts | counts | {"libraries": versions, "threads": {"anyOf": [versions, _TEXT]}}
    return _record(required, {"seconds to compile": _NUMBER})


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "plan": plan_schema,
    "endpoints": lambda: {"type": "array", "items": _endpoint()},
    "findings": _findings,
    "manifest": _manifest,
    "planned": _planned,
    "influence": _influence,
    "pulse": pulse_schema,
    "zone": _zone,
    "sweep": _sweep,
    "pulse_manifest": _pulse_manifest,
    "pulsed": lambda: _record({"folder": _TEXT, "zone": _zone()}),
    "swept": lambda: _sweep(folder=_TEXT),
    "new": lambda: _record({"plan": _TEXT}),
    "report": lambda: _record({"report": _TEXT, "aftercare": _or_null(_TEXT)}),
    "library_list": _library_list,
    "library_entry": _library_entry,
    "evidence_list": _evidence_list,
    "evidence_entry": _evidence_entry,
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
