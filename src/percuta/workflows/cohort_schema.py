"""The JSON Schema of ``cohort.json``."""

from __future__ import annotations

from typing import Any

from percuta.cohort.between_people import KINDS
from percuta.cohort.people import PHOTOTYPES, SEXES
from percuta.cohort.summary import QUANTILES
from percuta.cohort.table import VERDICTS
from percuta.workflows.schema_parts import (
    ACCURACY,
    COUNT,
    NUMBER,
    SHARE,
    TEXT,
    TEXTS,
    or_null,
    record,
    share_with_interval,
    words,
)

_NUMBERS = {"type": "array", "items": NUMBER}
_COUNTS = {"type": "array", "items": COUNT}
_QUANTILES = {name: NUMBER for name in QUANTILES}
_OF = words(of=("all", "sex", "age"))


def cohort_schema(**more: Any) -> dict[str, Any]:
    """Return the schema, with ``more`` keys before the others."""
    texts = ("plan", "plan_sha256", "percuta", "library_sha256", "verdict")
    lists = {
        "failures": record({"reason": TEXT, "patients": COUNT, "first": _COUNTS}),
        "groups": record({"name": TEXT, **_OF, "people": COUNT}),
        "verdicts": record(words(verdict=VERDICTS) | {"people": COUNT, "share": SHARE, "low": SHARE, "high": SHARE}),
        "endpoints": _endpoint(),
    }
    return record(
        more
        | {key: TEXT for key in texts}
        | {"seed": COUNT, "patients": COUNT, "accuracy": ACCURACY}
        | {"asked": _asked(), "statuses": record({"computed": COUNT, "failed": COUNT}), "people": _people()}
        | {key: {"type": "array", "items": one} for key, one in lists.items()}
        | {"spread": _spread()}
    )


def _asked() -> dict[str, Any]:
    ages = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
    types = {"type": "array", "items": {"enum": list(PHOTOTYPES)}, "minItems": 1}
    return record({"age": or_null(ages), **words(sex=SEXES), "phototype": or_null(types)})


def _people() -> dict[str, Any]:
    ages = record({"edges": _NUMBERS, "women": _COUNTS, "men": _COUNTS})
    return record(
        {
            **{trait: or_null(record(_QUANTILES)) for trait in ("age", "mass")},
            "sex": record({"female": SHARE, "male": SHARE}),
            "phototype": record({str(one): SHARE for one in PHOTOTYPES}),
            "age_by_sex": or_null(ages),
        }
    )


def _endpoint() -> dict[str, Any]:
    """Return the schema of an endpoint: a number over the people, a category, or one that is withheld."""
    head = {"name": TEXT, "zone": or_null(TEXT), "unit": TEXT, "definition": TEXT}
    group = {"group": TEXT, **_OF, "people": COUNT}
    number = record(group | _QUANTILES | {"median_low": NUMBER, "median_high": NUMBER})
    shares = record(group | {"shares": {"type": "object", "additionalProperties": SHARE}})
    histogram = record({"edges": _NUMBERS, "counts": _COUNTS, "below": COUNT, "above": COUNT})
    spread = record({kind: share_with_interval() for kind in KINDS})
    numbers = {"groups": {"type": "array", "items": number, "minItems": 1}}
    numbers |= {"histogram": or_null(histogram), "spread": or_null(spread)}
    return {
        "oneOf": [
            record(head | {"without": COUNT} | numbers),
            record(head | {"without": COUNT, "probabilities": {"type": "array", "items": shares, "minItems": 1}}),
            record(head | {"withheld": TEXT}),
        ]
    }


def _spread() -> dict[str, Any]:
    kinds = {"type": "array", "items": record(words(kind=KINDS) | {"reasons": TEXTS})}
    return record({"people": COUNT, "replicates": COUNT, "interval": SHARE, "kinds": kinds})
