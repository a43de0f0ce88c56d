"""The published JSON Schemas: of the plan file, the pulse file and of every output in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from percuta.errors import PlanError, nearest
from percuta.evidence.words import BIAS, DESIGNS, FOUND, MODALITIES, OUTCOMES, ROLES
from percuta.plan.pulse_tables import UnitOfArray
from percuta.plan.schema import plan_schema, pulse_schema
from percuta.safety.findings import Verdict
from percuta.sources import GRADES
from percuta.workflows.schema_parts import ACCURACY as _ACCURACY
from percuta.workflows.schema_parts import COUNT as _COUNT
from percuta.workflows.schema_parts import NUMBER as _NUMBER
from percuta.workflows.schema_parts import SHARE as _SHARE
from percuta.workflows.schema_parts import TEXT as _TEXT
from percuta.workflows.schema_parts import TEXTS as _TEXTS
from percuta.workflows.schema_parts import or_null as _or_null
from percuta.workflows.schema_parts import record as _record
from percuta.workflows.schema_parts import share_with_interval as _share
from percuta.workflows.schema_parts import words as _words

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_STATUSES = ("front", "dominated", "infeasible", "stopped early", "refused", "impossible")  # of tried settings
_VALUE = {"type": ["string", "number", "boolean"]}  # what a key of a pulse file may be varied over


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


def _compared() -> dict[str, Any]:
    """Return the schema of a comparison of plans; lists have one item for each plan, in their order."""
    quantiles = {key: _NUMBER for key in ("p5", "p50", "p95")}
    share, interval = _or_null(_SHARE), {"low": _or_null(_SHARE), "high": _or_null(_SHARE)}
    words = ["better", "worse", "same", "not separated"]
    shares = {key: share for key in ("p_better", "p_worse", "p_same")} | interval
    number = {"pairs": _COUNT, **quantiles, "mean": _NUMBER, "mean_error": _or_null(_NUMBER), **shares}
    number["standing"] = _or_null({"enum": words})
    category = {"pairs": _COUNT, "p_same": _SHARE, "low": _SHARE, "high": _SHARE}
    chances = {"probabilities": {"type": "object", "additionalProperties": _SHARE}}
    given = [_record(quantiles | {"tail_error": _NUMBER}), _record(chances), _record({"withheld": _TEXT})]
    row = {"name": _TEXT, "zone": _or_null(_TEXT), "unit": _TEXT, "better": _or_null({"enum": ["higher", "lower"]})}
    row["definitions"] = {"type": "array", "items": _or_null(_TEXT)}
    row["plans"] = {"type": "array", "items": {"oneOf": [*given, {"type": "null"}]}}
    row["against_first"] = {"type": "array", "items": {"oneOf": [_record(number), _record(category), {"type": "null"}]}}
    texts = ("letter", "file", "title", "plan_sha256", "verdict", "sentence")
    difference = {"key": _TEXT, "values": {"type": "array", "items": _or_null(_TEXT)}}
    lists = {
        "plans": _record({key: _TEXT for key in texts} | {"zones": _TEXTS}),
        "differences": _record(difference),
        "endpoints": _record(row),
    }
    head = {"percuta": _TEXT, "library_sha256": _TEXT, "accuracy": _ACCURACY, "members": _COUNT, "seed": _COUNT}
    every = {key: {"type": "array", "items": one} for key, one in lists.items()}
    return _record(head | {"interval": _SHARE, "remarks": _TEXTS} | every)


def _optimisation(**more: Any) -> dict[str, Any]:
    texts = ("plan", "plan_sha256", "percuta", "library_sha256")
    counts = ("seed", "members", "fresh_members", "fresh_seed")
    trials = ("done", "computed", "stopped_early", "refused", "impossible")
    kept: dict[str, Any] = {"constraint": _COUNT, "sentence": _TEXT}
    chosen = {"type": "object", "additionalProperties": _TEXT}
    lists = {
        **_wished(),
        "candidates": _candidate(chosen),
        "around": _neighbour(),
        "relax": _record(kept | {"limit": _NUMBER, "to": _NUMBER, "settings": chosen}),
        "chosen_because": _TEXT,
        "unseparated": _COUNT,
    }
    return _record(
        more
        | {key: _TEXT for key in texts}
        | {key: _COUNT for key in counts}
        | {"accuracy": _ACCURACY, "fresh_accuracy": _ACCURACY, "interval": _SHARE}
        | {"trials": _record({key: _COUNT for key in trials})}
        | {key: {"type": "array", "items": one} for key, one in lists.items()}
        | {"recommended": _or_null(_COUNT), "binding": _or_null(_record(kept | {"margin": _NUMBER}))}
        | {"sentences": _record({"verdict": _TEXT})}
    )


def _wished() -> dict[str, Any]:
    """Return what the objectives, constraints and settings of a search state of themselves."""
    every = {"reason": _TEXT, "default": {"type": "boolean"}}
    of = {"endpoint": _TEXT, "zone": _or_null(_TEXT), "unit": _TEXT, "time": _or_null(_TEXT), "source": _TEXTS, **every}
    setting = {"name": _TEXT, "step": _or_null(_COUNT), "unit": _TEXT, "values": _TEXTS, "current": _or_null(_TEXT)}
    return {
        "objectives": _record(of | _words(goal=("maximise", "minimise")) | {"quantile": _SHARE}),
        "constraints": _record(of | _words(side=("below", "above")) | {"limit": _NUMBER, "probability": _SHARE}),
        "settings": _record(setting | every),
    }


def _candidate(chosen: dict[str, Any]) -> dict[str, Any]:
    quantiles = {key: _NUMBER for key in ("p5", "p50", "p95", "value")}
    held = {key: _SHARE for key in ("share", "low", "high")} | {"quantile": _or_null(_NUMBER)}
    held |= _words(verdict=("met", "met, not shown", "not met"))
    listed: dict[str, dict[str, Any]] = {"objectives": quantiles, "constraints": held}
    lists = {key: {"type": "array", "items": _record(one)} for key, one in listed.items()}
    sampled = _or_null(_record({"members": _COUNT, "lost": _COUNT} | lists))
    head = {"number": _COUNT, "settings": chosen, "current": {"type": "boolean"}, "why": _or_null(_TEXT)}
    more = {"injury": _or_null(_NUMBER), "beyond_label": {"type": "boolean"}, "search": sampled, "fresh": sampled}
    return _record(head | _words(status=_STATUSES) | more)


def _neighbour() -> dict[str, Any]:
    texts = {key: _TEXT for key in ("setting", "from", "to", "sentence")} | {"why": _or_null(_TEXT)}
    difference = _or_null(_record({key: _NUMBER for key in ("p5", "p50", "p95")}))
    judged = {"difference": difference, "better": _or_null(_SHARE), "breaks": {"type": "array", "items": _COUNT}}
    return _record(texts | _words(direction=("less", "more"), status=(*_STATUSES, "computed")) | judged)


def _cohort(**more: Any) -> dict[str, Any]:
    from percuta.workflows.cohort_schema import cohort_schema  # with the engine, which is slow to import

    return cohort_schema(**more)


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
    verdicts = list(get_args(Verdict))  # "open" is told of plans in the making alone
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
    "compare": _compared,
    "optimisation": _optimisation,
    "optimised": lambda: _optimisation(folder=_TEXT),
    "wishes": lambda: _record({"toml": _TEXT}),
    "cohort": _cohort,
    "treated": lambda: _cohort(folder=_TEXT),
    "pulse": pulse_schema,
    "zone": _zone,
    "sweep": _sweep,
    "pulse_manifest": _pulse_manifest,
    "pulsed": lambda: _record({"folder": _TEXT, "zone": _zone()}),
    "swept": lambda: _sweep(folder=_TEXT),
    "new": lambda: _record({"plan": _TEXT}),
    "report": lambda: _record(dict.fromkeys(("report", "consent", "session", "aftercare"), _or_null(_TEXT))),
    "archive": lambda: _record({"archive": _TEXT}),
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
