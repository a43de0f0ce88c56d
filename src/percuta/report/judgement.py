"""Whether the plan should be carried out, why not, and what is known and not known of its benefit."""

from __future__ import annotations

import re
from typing import Any

from percuta.evidence.measurements import benefits
from percuta.library.entries import PigmentTrial
from percuta.report.material import ReportMaterial
from percuta.report.patch import known_of_patches
from percuta.report.wording import (
    EFFECTS,
    MODALITIES,
    NO_MODEL_OF_BENEFIT,
    NOT_FOUND,
    SEVERITIES,
    VERDICTS,
    endpoint_label,
    figures,
    in_people,
    joined,
    phototypes,
    pretty,
    upper,
    withheld,
)
from percuta.results.course import NOT_ASKED

_ORDER = ("refuse", "defer", "unanswered", "overridden", "warn", "advise")
# Findings whose detail a page shows whole elsewhere: identifier and title of that place.
_SHOWN_BELOW = {
    "depth_against_layers": ("depth", "Needle in the skin"),
    "pigment_trials": ("pigment", "Dark marks afterwards"),
}
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
    """Return the findings in groups, the gravest first; each group has its findings in the order of the check.

    ``below`` is the section that shows a finding's detail whole, or None.
    """
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in _ORDER}
    for finding in material.findings["findings"]:
        rule = str(finding["rule"])
        added = {"place": _place(finding), "question": _question(material, rule), "below": _SHOWN_BELOW.get(rule)}
        groups[_group(material, finding)].append(finding | added)
    return [{"kind": kind, "label": SEVERITIES[kind], "rows": rows} for kind, rows in groups.items() if rows]


def _question(material: ReportMaterial, rule: str) -> str:
    known = material.library.screening.get(rule)
    return rule.replace("_", " ") if known is None else known.question


def overridden(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the findings that a prescriber has overridden."""
    return [finding for finding in material.findings["findings"] if finding["overridden"]]


def overrides(findings: dict[str, Any]) -> list[dict[str, str]]:
    """Return rule, name and reason of every override that acts on the content of ``findings.json``, each once."""
    acting = [{"rule": str(one["rule"]), **one["overridden"]} for one in findings["findings"] if one["overridden"]]
    return [one for number, one in enumerate(acting) if one not in acting[:number]]


def verdict(material: ReportMaterial) -> dict[str, Any]:
    """Return the answer of the first line: should it be done, and why not."""
    findings = material.findings["findings"]
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for kind in _DECISIVE[material.verdict]:
        for finding in findings:
            if _group(material, finding) == kind:
                alike.setdefault((kind, _first_sentence(finding["reason"])), []).append(finding)
    reasons = [_reason(kind, text, group) for (kind, text), group in alike.items()]
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


def _reason(kind: str, text: str, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one reason of the first line: the rule's sentence, what in this plan it speaks of, and where."""
    details = dict.fromkeys(str(one["detail"]) for one in findings if str(one["rule"]) not in _SHOWN_BELOW)
    places = dict.fromkeys(_place(one) for one in findings)
    return {
        "severity": SEVERITIES[kind],
        "kind": kind,
        "text": " ".join(pretty(part) for part in (text, *details) if part),
        "place": "; ".join(place for place in places if place),
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
    with_patch = bool(material.plan.patches)
    alike = [
        trial
        for trial in material.library.pigment_trials
        if trial.modality in MODALITIES and (trial.modality == "rf_needles") == with_current and not with_patch
    ]
    needles = "radiofrequency needles" if with_current else "needles without current"
    return {
        "phototype": phototypes([own]).removeprefix("type "),
        "device": "dissolving or porous needles" if with_patch else needles,
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
    known: list[dict[str, Any]] = [{"text": one.says, "source": [one.source]} for one in benefits(aim)]
    known += [{"text": text, "source": []} for text in NOT_FOUND.get(aim, (NO_MODEL_OF_BENEFIT,))]
    if material.plan.patches:
        known = known_of_patches(aim)
    return {
        "aim": EFFECTS[aim],
        "known": known,
        "graded": [said for zone in material.plan.zones if (said := _graded(material, zone.name))],
        "withheld": [
            {"sentence": one.sentence, "zones": one.place, "labels": [endpoint_label(name) for name in one.names]}
            for one in withheld(each for each in material.endpoints if each.get("withheld") != NOT_ASKED)
        ],
        "modelled": any(
            endpoint["name"] == "modelled_collagen_vs_untreated" and "withheld" not in endpoint
            for endpoint in material.endpoints
        ),
    }


_GRADED = {
    "wrinkle_grade_change": "wrinkle grade (Lemperle, 0 to 5)",
    "laxity_grade_change": "laxity grade (after Alexiades, 0 to 4)",
    "scar_grade_change": "scar grade (after Goodman and Baron, 1 to 4)",
}


def _graded(material: ReportMaterial, zone: str) -> str:
    """Return what the calibrated grade says of one zone, or nothing where none is predicted."""
    chance = material.known_endpoint("probability_one_grade_better_than_untreated", zone)
    for name, scale in _GRADED.items():
        grade = material.known_endpoint(name, zone)
        if grade is not None and chance is not None:
            middle, least, most = figures((-grade["p50"], -grade["p95"], -grade["p5"]), 1)
            return (
                f"{upper(zone)}: {scale} lower by about {middle} ({least} to {most}) than without treatment by the "
                f"end of follow-up; {_one_grade(chance)}."
            )
    return ""


_OPEN = 0.8  # of all people: a range wider than this says nothing


def _one_grade(chance: dict[str, Any]) -> str:
    """Return how many people fall by a whole grade, or that this is open."""
    low, middle, high = (float(chance[key]) for key in ("p5", "p50", "p95"))
    if high - low > _OPEN:
        return "how many people fall by a whole grade is open, from hardly anybody to nearly everybody"
    return f"at least one grade lower in {in_people(low, middle, high)}"
