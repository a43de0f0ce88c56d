"""Browsing the published evidence: a list of the publications, and one of them whole."""

from __future__ import annotations

from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.evidence.measurements import (
    Curve,
    Direction,
    Measurement,
    Publication,
    publication,
    publication_keys,
    publications,
)
from percuta.evidence.words import BIAS, MODALITIES, OUTCOMES, ROLES, UNPUBLISHED
from percuta.library.bibliography import bibliography

Row = dict[str, Any]
Finding = Measurement | Direction | Curve

_FILTERS = {"outcome": OUTCOMES, "modality": MODALITIES, "role": ROLES}
_SPREADS = {"sd": "sd", "standard error": "standard error", "interquartile range": "interquartile range"}


def evidence_rows(outcome: str | None = None, modality: str | None = None, role: str | None = None) -> list[Row]:
    """Return one short row for each publication, in the order of their keys.

    Parameters
    ----------
    outcome, role
        Only publications with a finding of this outcome, and of this role; of both in one finding if both are given.
    modality
        Only publications on this way of treatment.

    Returns
    -------
    list of dict
        ``id``, ``year``, ``modality``, ``design``, ``n`` (None if not stated), ``outcomes``, ``roles``, ``summary``.

    Raises
    ------
    LibraryError
        For a word that is not known, with the nearest one.
    """
    for key, word in (("outcome", outcome), ("modality", modality), ("role", role)):
        _check_word(key, word)
    rows = []
    for study in publications().values():
        kept = [one for one in findings(study) if outcome in (None, one.outcome) and role in (None, one.role)]
        asked = bool(kept) or (outcome is None and role is None)
        if asked and modality in (None, study.modality):
            rows.append(_short(study))
    return rows


def evidence_entry(source: str) -> Row:
    """Return one publication whole: its reference, people, settings, risk of bias and every finding.

    Raises
    ------
    LibraryError
        If nothing was read from it, with the nearest key.
    """
    study = publication(source)
    bias = study.risk_of_bias
    kept = ("summary", "design", "modality", "population", "n", "completed", "indication", "device", "controlled")
    return {
        "id": source,
        "reference": bibliography()[source].text,
        **{key: getattr(study, key) for key in kept},
        "registration": study.registration,
        "settings": study.settings,
        "risk_of_bias": {"level": bias.level, "why": bias.why} if bias else None,
        "note": study.note,
        "findings": [finding_row(one) for one in findings(study)],
        "benefits": [{"aim": one.aim, "says": one.says} for one in study.benefits],
    }


def has_evidence(source: str) -> bool:
    """Tell whether findings were read from a publication."""
    return source in publication_keys()


def trials() -> list[Row]:
    """Return the trials in which people were needled, and what each leaves unsaid, in the order of their keys.

    Returns
    -------
    list of dict
        ``id``, ``device``, ``population``, ``indication``, ``n``, ``completed`` (None if not stated), ``bias`` (our
        judgement), and ``unpublished``: the names of settings that were not stated.
    """
    kept = ("device", "population", "indication", "n", "completed")
    return [
        {
            "id": study.source,
            **{key: getattr(study, key) for key in kept},
            "bias": study.risk_of_bias.level if study.risk_of_bias else BIAS[-1],
            "unpublished": [name for name, said in study.settings.items() if said == UNPUBLISHED],
        }
        for study in publications().values()
        if study.needling_trial
    ]


def findings(study: Publication) -> list[Finding]:
    """Return all findings of a publication, numbers before directions and curves."""
    return [*study.measurements.values(), *study.directions.values(), *study.curves.values()]


def finding_row(one: Finding) -> Row:
    """Return a finding with its figures in its own unit; ``text`` holds value and spread in words."""
    row: Row = {key: getattr(one, key) for key in ("id", "quantity", "outcome", "role", "note")}
    row |= {"kind": type(one).__name__.lower(), "text": _text(one), "sets": list(one.sets)}
    if isinstance(one, Curve):
        points = {"time_in_days": [float(t) / 86_400.0 for t in one.time], "value": [float(v) for v in one.value]}
        return row | {"normalised": one.normalised, "points": points}
    row |= {key: getattr(one, key) for key in ("n", "time_from", "scale", "site", "method", "population")}
    row["time"] = one.time.text if one.time else ""
    if isinstance(one, Direction):
        return row | {"found": one.found}
    figures = ("value", "spread", "half_width", "reading_band", "control", "control_spread")
    row |= {key: _in_unit(one, getattr(one, key)) for key in figures}
    for key in ("interval", "control_interval"):
        ends: tuple[float, float] | None = getattr(one, key)
        row[key] = [_in_unit(one, end) for end in ends] if ends else None
    return row | {
        "unit": one.unit,
        "spread_is": one.spread_is,
        "interval_level": one.interval_level,
        "control_text": _control(one),
    }


def _short(study: Publication) -> Row:
    every = findings(study)
    return {
        "id": study.source,
        "year": bibliography()[study.source].year,
        "modality": study.modality,
        "design": study.design,
        "n": study.n,
        "outcomes": list(dict.fromkeys(one.outcome for one in every)),
        "roles": [role for role in ROLES if any(one.role == role for one in every)],
        "summary": study.summary,
    }


def _check_word(key: str, word: str | None) -> None:
    known = _FILTERS[key]
    if word is not None and word not in known:
        alike = nearest(word, known)
        raise LibraryError(
            f"no such {key}", value=word, allowed=", ".join(known), do=f"did you mean {alike}?" if alike else None
        )


def _in_unit(one: Measurement, si: float | None) -> float | None:
    """Return a figure in the measurement's unit, without the last digits that the conversion adds."""
    return None if si is None else float(f"{one.shown(si):.10g}")


def _text(one: Finding) -> str:
    if isinstance(one, Direction):
        return one.found
    if isinstance(one, Curve):
        return f"{len(one.value)} points, {one.normalised}"
    unit = _unit(one)
    text = f"{one.shown(one.value):.6g}{unit}"
    if one.spread is not None:
        kind = _SPREADS.get(one.spread_is, "kind of spread not stated")
        text += f" ± {one.shown(one.spread):.4g}{unit} ({kind})"
    if one.interval is not None and one.interval_level is not None:
        text += f" ({100.0 * one.interval_level:g} % interval {_ends(one, one.interval)})"
    if one.spread is None and one.reading_band is not None:
        text += f" (read within ± {one.shown(one.reading_band):.4g}{unit})"
    return text


def _control(one: Measurement) -> str:
    if one.control is None:
        return ""
    unit = _unit(one)
    text = f"{one.shown(one.control):.6g}{unit}"
    if one.control_spread is not None:
        text += f" ± {one.shown(one.control_spread):.4g}{unit}"
    return text + (f" ({_ends(one, one.control_interval)})" if one.control_interval else "")


def _unit(one: Measurement) -> str:
    return "" if one.unit == "1" else f" {one.unit}"


def _ends(one: Measurement, ends: tuple[float, float]) -> str:
    return " to ".join(f"{one.shown(end):.6g}" for end in ends)
