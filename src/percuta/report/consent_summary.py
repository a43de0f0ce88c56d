"""What the person treated should know before they sign: goal, choices, what is known, risks, and when to get help.

It is written for the person and not for the practitioner. What it says of a benefit and of a risk stands in the
findings, the trials and the library, with its source; where nothing is known it says so. A plan that the checks stop
has a summary that says why, and no lines to sign.
"""

from __future__ import annotations

import re
from typing import Any

from percuta.evidence.measurements import publication, publications
from percuta.evidence.words import NEEDLING
from percuta.plan.steps import Needling, RfPulses, TopicalAnaesthetic
from percuta.report.judgement import benefit, overridden, pigment, verdict
from percuta.report.material import Citations, ReportMaterial
from percuta.report.outcome import recovery, session
from percuta.report.plan_summary import label_facts
from percuta.report.rendering import rendered
from percuta.report.risks import own_risks, risks_of_all
from percuta.report.sheet import product_name
from percuta.report.wording import EFFECTS, STEPS, endpoint_label, joined, pretty, upper, withheld
from percuta.results.course import NOT_ASKED

_DEVICES = {
    "pen": "a motorised pen with fine needles",
    "stamp": "a stamp with fine needles",
    "roller": "a roller with fine needles",
    "rf_array": "fine needles that heat the skin with radiofrequency current",
    "dissolving_patch": "a patch with needles that dissolve in the skin",
    "porous_patch": "a patch with needles that give up what they hold",
}
# What a study can show, by its design, in words for people; the rest of the designs counts people as they came.
_SHOWS = {
    "randomised trial": "Chance decided who got what. This is the stronger kind of study.",
    "randomised trial within persons": "Chance decided which side got what. This is the stronger kind of study.",
    "series": "So nobody can tell how much of it came from the treatment.",
    "retrospective series": "So nobody can tell how much of it came from the treatment.",
}
_MODALITY = {"pen": "pen", "stamp": "stamp", "roller": "roller", "rf_array": "rf"}
_MODALITY |= dict.fromkeys(("dissolving_patch", "porous_patch"), "patch")
# What people ask for beside the grade of what they want changed.
_ASKED = ("pain_peak", "redness_duration", "firmness_change", "recoil_change")
_CHANCE = "probability_one_grade_better_than_untreated"
_GRADE = {
    "wrinkles": ("wrinkle_grade_change", _CHANCE),
    "laxity": ("laxity_grade_change", _CHANCE),
    "acne_scars": ("scar_grade_change", _CHANCE),
}
_HALF = re.compile(r" on the other (half|side)$|^the other half of the \w+, ")
# Aims of a plan as the indications of trials name them.
_INDICATIONS = {"wrinkles": ("wrinkles", "ageing"), "texture": ("texture", "ageing"), "laxity": ("laxity", "ageing")}
# Words that mark what a trial compared with as a treatment of its own, and not as none, a sham or an addition.
_OTHER_TREATMENT = re.compile(r"\b(laser|peel alone|glycolic peel|botulinum|facelift|microdermabrasion|micro-plasma)\b")


def consent_summary(material: ReportMaterial) -> str:
    """Return the summary as one HTML page of one or two printed sheets."""
    citations = Citations()
    plan = material.plan
    return rendered(
        "consent.html.j2",
        style="consent.css",
        cite=citations,
        references=citations.listed,
        title=plan.title,
        stopped=material.stopped,
        verdict=verdict(material),
        goal=EFFECTS[plan.patient.desired_effect],
        zones=[_place(material, zone.name) for zone in plan.zones],
        treatment=_treatment(material),
        steps=[STEPS[step.do].lower() for step in plan.session.steps],
        known=[_known(one, material.device.kind) for one in benefit(material)["known"]],
        graded=benefit(material)["graded"],
        open=_open(material),
        compared=[] if plan.patches else compared(plan.patient.desired_effect),
        label=label_facts(material),
        device=material.device,
        beyond_label="depth_beyond_label" in _rules_found(material),
        recovery=recovery(material),
        own_risks=own_risks(material),
        overridden=overridden(material),
        risks_of_all=risks_of_all(material),
        pigment=pigment(material),
        creams=_creams(material),
        signs=_signs(material),
        end_points=_stops(material),
        worn=bool(plan.patches),
    )


def _place(material: ReportMaterial, name: str) -> str:
    zone = material.plan.zone(name)
    return f"{name} ({material.library.site(zone.site).name.lower()}, {pretty(zone.area)})"


def _treatment(material: ReportMaterial) -> list[str]:
    """Return what will be done, as sentences."""
    plan, device = material.plan, material.device
    said = [f"We use {_DEVICES[device.kind]}: {device.name}."]
    for step in plan.session.steps:
        if isinstance(step, Needling | RfPulses):
            depths = [step.set_depth] if isinstance(step, Needling) else list(step.depths)
            passes = "" if step.passes is None else f", and go over each place {_times(step.passes)}"
            said.append(f"{upper(joined(step.zones))}: the needles are set to {joined(map(str, depths))} deep{passes}.")
    many = plan.course.sessions
    times = "There is 1 session." if many == 1 else f"There are {many} sessions, {plan.course.interval} apart."
    return [*said, times, session(material)["sentence"].replace("About", "Each takes about")]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _known(fact: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what a study found, with what a study of its kind can show, and whether its needles were others."""
    studies = [publication(key) for key in fact["source"] if key in publications()]
    shows = list(dict.fromkeys(_SHOWS[study.design] for study in studies if study.design in _SHOWS))
    alike = _MODALITY[kind], "needling"
    others = [study for study in studies if study.modality not in alike]
    return fact | {"shows": shows + ["It used other needles than yours."] * bool(others)}


def _open(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what nobody can tell of that which people ask for, and why; what a plan leaves out is none of it."""
    wanted = {*_ASKED, *_GRADE.get(material.plan.patient.desired_effect, ())}
    asked = [one for one in material.endpoints if one["name"] in wanted and one.get("withheld") != NOT_ASKED]
    return [
        {"labels": [endpoint_label(name).lower() for name in one.names], "why": _why(one.sentence)}
        for one in withheld(asked)
    ]


def _why(sentence: str) -> str:
    return upper(re.sub(r"^not (predicted|given): ", "", sentence, flags=re.IGNORECASE).rstrip(".")) + "."


def compared(aim: str) -> list[dict[str, Any]]:
    """Return the trials that compared needling with another treatment for one aim: with what, and where it stands."""
    wanted = _INDICATIONS.get(aim, (aim.replace("_", " "),))
    return [
        {"with": _HALF.sub("", study.controlled), "source": [study.source]}
        for study in publications().values()
        if study.modality in NEEDLING
        and study.indication in wanted
        and study.design.startswith("randomised")
        and _OTHER_TREATMENT.search(study.controlled)
    ]


def _rules_found(material: ReportMaterial) -> set[str]:
    return {str(finding["rule"]) for finding in material.findings["findings"]}


def _creams(material: ReportMaterial) -> list[str]:
    steps = [step for step in material.plan.session.steps if isinstance(step, TopicalAnaesthetic)]
    return [f"{product_name(material.library, step.product)}, {step.amount}, on for {step.duration}" for step in steps]


def _signs(material: ReportMaterial) -> list[Any]:
    """Return the signs that the drugs of the plan's creams may bring."""
    steps = [step for step in material.plan.session.steps if isinstance(step, TopicalAnaesthetic)]
    drugs = {drug for step in steps for drug in material.library.product(step.product).drugs}
    return [signs for signs in material.library.warning_signs if drugs & set(signs.drugs)]


def _stops(material: ReportMaterial) -> list[str]:
    """Return what is wanted to be seen at the end of needling, where the plan names it."""
    words = {"uniform_erythema": "your skin is evenly red", "pinpoint_bleeding": "tiny spots of blood show"}
    seen = (step.end_point for step in material.plan.session.steps if isinstance(step, Needling | RfPulses))
    return list(dict.fromkeys(words[point] for point in seen if point in words))
