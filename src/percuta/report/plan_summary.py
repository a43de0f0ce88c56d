"""The plan in words, beside what the labels of device and products say."""

from __future__ import annotations

from typing import Any

from percuta.library.entries import Product
from percuta.plan.steps import AnyStep, Needling, RfPulses, WearPatch
from percuta.report.material import ReportMaterial
from percuta.report.sheet import settings
from percuta.report.step_effects import effects
from percuta.report.wording import DEVICE_KINDS, EFFECTS, STEPS, duration, joined, phototypes, pretty
from percuta.sources import Sourced
from percuta.units import convert, show

Said = tuple[str, tuple[str, ...]]  # what a label says, and the keys of its references

_PERSONS = {"female": "Woman", "male": "Man"}
_SIDES = {"both": "both sides", "left": "left", "right": "right", "middle": "middle"}
_PRODUCT_LABELS = {
    "label_minimum_duration": "on for at least {}",
    "label_maximum_duration": "on for at most {}",
    "label_amount_per_area": "{}",
    "label_maximum_amount": "at most {} in all",
    "label_maximum_area": "on at most {}",
}


def facts(material: ReportMaterial) -> list[tuple[str, list[str]]]:
    """Return the person, the zones, the device and the course as labels with lines."""
    plan = material.plan
    patient = plan.patient
    phototype = phototypes([patient.phototype]).removeprefix("type ")
    person = f"{_PERSONS[patient.sex]}, {patient.age}, {patient.mass}, phototype {phototype}"
    aim = EFFECTS[patient.desired_effect]
    if patient.scar_types:
        aim += f" ({joined(kind.replace('_', '-') for kind in patient.scar_types)})"
    zones = []
    for zone in plan.zones:
        site = material.library.site(zone.site)
        masked = f"; left out: {', '.join(zone.masked)}" if zone.masked else ""
        zones.append(f"{zone.name}: {site.name.lower()}, {_SIDES[zone.side]}, {pretty(zone.area)}{masked}")
    device, course = material.device, plan.course
    maker = "" if device.generic else device.maker
    times = "1 session" if course.sessions == 1 else f"{course.sessions} sessions, {course.interval} apart"
    return [
        ("Person", [person]),
        ("Aim", [aim]),
        ("Zones", zones),
        ("Device", [", ".join(part for part in (device.name, DEVICE_KINDS[device.kind], maker) if part)]),
        ("Course", [f"{times}; followed for {course.follow_up_after_last_session} after the last session"]),
        ("Use", [f"{plan.use} use"]),
        ("Screening", _screening(material)),
    ]


def _screening(material: ReportMaterial) -> list[str]:
    answers = material.plan.patient.screening
    rules = material.library.screening
    counts = {word: sum(answer == word for answer in answers.values()) for word in ("yes", "no", "unknown")}
    if not answers:
        return ["no question has been answered"]
    lines = [f"{counts['no']} questions answered no, {counts['yes']} yes, {counts['unknown']} unknown"]
    for word in ("yes", "unknown"):
        lines += [
            f"{word}: {rules[item].question if item in rules else item.replace('_', ' ')}"
            for item, answer in answers.items()
            if answer == word
        ]
    return lines


def label_facts(material: ReportMaterial) -> dict[str, Any]:
    """Return what the device's label and regulator say."""
    device = material.device
    regulatory = device.regulatory
    source = regulatory.get("source", ())
    return {
        "summary": device.summary,
        "clearance": list(regulatory.get("clearance", ())),
        "cleared_for": list(regulatory.get("cleared_for", ())),
        "source": [source] if isinstance(source, str) else list(source),
    }


def steps(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the steps of a session: settings, what each changes, what the labels say of it, and where that stands."""
    rows = []
    for step in material.plan.session.steps:
        says = _label_of(step, material)
        rows.append(
            {
                "label": STEPS[step.do],
                "zones": ", ".join(step.zones or ()),
                "settings": settings(step, material.library),
                "effects": effects(step, material),
                "note": step.note or "",
                "says": [text for text, _ in says],
                "source": list(dict.fromkeys(key for _, keys in says for key in keys)),
            }
        )
    return rows


def _label_of(step: AnyStep, material: ReportMaterial) -> list[Said]:
    if isinstance(step, Needling | RfPulses):
        return _device_label(material)
    if isinstance(step, WearPatch):
        return _patch_label(material)
    name = getattr(step, "product", None)
    product = material.library.products.get(name) if name else None
    return [] if product is None else _product_label(product)


def _device_label(material: ReportMaterial) -> list[Said]:
    device = material.device
    said = []
    evaluated, deepest = device.published("label_maximum_depth"), device.published("maximum_depth")
    slowest, fastest = device.published("minimum_rate"), device.published("maximum_rate")
    if evaluated is not None:
        said.append(_says(f"evaluated down to {evaluated.text}", evaluated))
    if deepest is not None:
        said.append(_says(f"can be set down to {deepest.text}", deepest))
    if slowest is not None and fastest is not None:
        rate = fastest.text if slowest.si == fastest.si else f"{slowest.text} to {fastest.text}"
        said.append(_says(f"{rate}", fastest))
    if not said:
        return [("no label figure is published", ())]
    return [("taken for this generic device:", ()), *said] if device.generic else said


def _patch_label(material: ReportMaterial) -> list[Said]:
    device = material.device
    worn, load, drug = (device.published(name) for name in ("label_wear_time", "load_per_patch", "drug"))
    said = [] if worn is None else [_says(f"worn for {duration(convert(worn.si, 'min'))}", worn)]
    if load is not None:
        size = show(load.si, "mg" if load.si >= 1e-6 else "ug")
        said.append(_says(f"{pretty(size)}{f' of {drug.text}' if drug is not None else ''} in a patch", load))
    if not said:
        return [("no label figure is published", ())]
    return [("taken for this generic device:", ()), *said] if device.generic else said


def _product_label(product: Product) -> list[Said]:
    said: list[Said] = [("for intact skin only", ())] if product.intact_skin_only else []
    for field, words in _PRODUCT_LABELS.items():
        entry = product.published(field)
        if entry is not None:
            said.append(_says(words.format(pretty(entry.text)), entry))
    return said


def _says(text: str, entry: Sourced) -> Said:
    return text, entry.source
