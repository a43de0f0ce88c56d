"""Whether the plan should be carried out, why not, and what is known and not known of its benefit."""

from __future__ import annotations

import re
from typing import Any

from percuta.library.entries import PigmentTrial
from percuta.report.material import ReportMaterial
from percuta.report.wording import (
    EFFECTS,
    KNOWN,
    KNOWN_ELSEWHERE,
    MODALITIES,
    SEVERITIES,
    VERDICTS,
    endpoint_label,
    joined,
    phototypes,
)

_ORDER = ("refuse", "defer", "unanswered", "overridden", "warn", "advise")
_DECISIVE = {"refused": ("refuse", "defer"), "deferred": ("defer",), "passes_with_warnings": ("warn",), "passes": ()}


def _group(material: ReportMaterial, finding: dict[str, Any]) -> str:
    """Return where a finding stands: by severity, apart if it was overridden or a question has no answer."""
    if finding["overridden"]:
        return "overridden"
    asked = finding["kind"] == "screening" and finding["severity"] in ("refuse", "defer")
    if asked and material.plan.patient.answer(str(finding["rule"])) == "unknown":
        return "unanswered"
    return str(finding["severity"])


def _place(finding: dict[str, Any]) -> str:
    zone, step = finding["zone"], finding["step"]
    return ", ".join([f"zone {zone}"] * bool(zone) + [f"step {step}"] * bool(step))


def sorted_findings(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the findings in groups, the gravest first; each group has its findings in the order of the check."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in _ORDER}
    for finding in material.findings["findings"]:
        groups[_group(material, finding)].append(
            finding | {"place": _place(finding), "question": _question(material, str(finding["rule"]))}
        )
    return [{"kind": kind, "label": SEVERITIES[kind], "rows": rows} for kind, rows in groups.items() if rows]


def _question(material: ReportMaterial, rule: str) -> str:
    known = material.library.screening.get(rule)
    return rule.replace("_", " ") if known is None else known.question


def overridden(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the findings that a prescriber has overridden."""
    return [finding for finding in material.findings["findings"] if finding["overridden"]]


def verdict(material: ReportMaterial) -> dict[str, Any]:
    """Return the answer of the first line: should it be done, and why not."""
    findings = material.findings["findings"]
    places: dict[tuple[str, str], list[str]] = {}
    for kind in _DECISIVE[material.verdict]:
        for finding in findings:
            if _group(material, finding) == kind:
                places.setdefault((kind, _first_sentence(finding["reason"])), []).append(_place(finding))
    reasons = [
        {
            "severity": SEVERITIES[kind],
            "kind": kind,
            "text": text,
            "place": "; ".join(place for place in where if place),
        }
        for (kind, text), where in places.items()
    ]
    unanswered = sum(_group(material, finding) == "unanswered" for finding in findings)
    if unanswered:
        text = f"{unanswered} screening question{'s have' if unanswered > 1 else ' has'} no answer yet."
        reasons.append({"severity": SEVERITIES["defer"], "kind": "defer", "text": text, "place": ""})
    return {
        "word": material.verdict,
        "answer": VERDICTS[material.verdict],
        "sentence": str(material.findings.get("sentence", "")),
        "reasons": reasons,
    }


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", text, maxsplit=1)[0]


def answered_claims(material: ReportMaterial) -> list[tuple[int, str]]:
    """Return the claims of the article that findings answer, each with the rules that do."""
    rules: dict[int, list[str]] = {}
    for finding in material.findings["findings"]:
        for claim in finding["claims"]:
            words = str(finding["rule"]).replace("_", " ")
            if words not in rules.setdefault(int(claim), []):
                rules[int(claim)].append(words)
    return [(claim, joined(rules[claim])) for claim in sorted(rules)]


def pigment(material: ReportMaterial) -> dict[str, Any]:
    """Return the trials that counted dark marks: those of the person's phototype, and those that state none."""
    own, with_current = material.plan.patient.phototype, material.device.kind == "rf_array"
    alike = [
        trial
        for trial in material.library.pigment_trials
        if trial.modality in MODALITIES and (trial.modality == "rf_needles") == with_current
    ]
    return {
        "phototype": phototypes([own]).removeprefix("type "),
        "device": "radiofrequency needles" if with_current else "needles without current",
        "applies": [_pigment_row(trial) for trial in alike if own in trial.phototypes],
        "unstated": [_pigment_row(trial) for trial in alike if not trial.phototypes],
    }


def _pigment_row(trial: PigmentTrial) -> dict[str, Any]:
    counted = trial.events is not None and trial.people is not None
    said = ["one trial", phototypes(trial.phototypes)] if trial.phototypes else ["one trial"]
    said.append(MODALITIES[trial.modality])
    if trial.sessions is not None:
        said.append(f"{trial.sessions} sessions")
    return {
        "counted": f"{trial.events} of {trial.people}" if counted else trial.reported or "count not given",
        "said": ", ".join(said),
        "label": "; ".join(part for part in (trial.label, trial.note) if part),
        "source": trial.source,
    }


def benefit(material: ReportMaterial) -> dict[str, Any]:
    """Return what trials say of the wanted effect, and what Percuta withholds."""
    aim = material.plan.patient.desired_effect
    return {
        "aim": EFFECTS[aim],
        "known": [{"text": text, "source": source} for text, source in KNOWN.get(aim, KNOWN_ELSEWHERE)],
        "withheld": _withheld(material),
        "modelled": any(
            endpoint["name"] == "modelled_collagen_vs_untreated" and "withheld" not in endpoint
            for endpoint in material.endpoints
        ),
    }


def _withheld(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return each sentence that withholds something, with what it withholds and where."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in dict.fromkeys(str(endpoint["name"]) for endpoint in material.endpoints):
        places: dict[str, list[str]] = {}
        for endpoint in material.endpoints:
            if endpoint["name"] == name and "withheld" in endpoint:
                places.setdefault(str(endpoint["withheld"]), []).append(str(endpoint["zone"] or "whole plan"))
        for sentence, zones in places.items():
            found.setdefault((sentence, tuple(zones)), []).append(endpoint_label(name))
    every = tuple(zone.name for zone in material.plan.zones)
    return [
        {
            "sentence": sentence[:1].upper() + sentence[1:],
            "labels": labels,
            "zones": "" if zones in (every, ("whole plan",)) else joined(zones),
        }
        for (sentence, zones), labels in found.items()
    ]
