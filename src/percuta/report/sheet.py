"""The session sheet: what was planned, with room for what was done. One A4 page."""

from __future__ import annotations

from typing import Any

from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import Needling, RfPulses, Step, TopicalAnaesthetic, WearPatch
from percuta.report.wording import AGENTS, EFFECTS, END_POINTS, STEPS, joined, phototypes, pretty

ROWS_OF_A_FULL_PAGE = 14  # steps and zones together, above which the sheet is set smaller


def product_name(library: Library, identifier: str) -> str:
    """Return a product's name; a product outside the library keeps its identifier."""
    product = library.products.get(identifier)
    return identifier if product is None else product.name


def settings(step: Step, library: Library) -> list[str]:
    """Return what a plan states about one step, in words with units."""
    said: list[str] = []
    if isinstance(step, Needling | RfPulses):
        said += _needle_settings(step)
    if isinstance(step, WearPatch):
        said += _worn(step)
    elif isinstance(step, TopicalAnaesthetic):
        said.append(f"{step.amount}")
        said.append(f"on for {step.duration}")
        said.append("under a film" if step.occluded else "not covered")
    elif step.duration is not None:
        said.append(f"{step.duration}")
    said = [product_name(library, name) for name in step.product_names] + said
    agent, effect = getattr(step, "agent", None), getattr(step, "effect", None)
    if agent is not None:
        said.append(f"with {AGENTS[agent]}")
    if getattr(step, "dry", None) is not None:
        said.append("left to dry" if getattr(step, "dry", None) else "not left to dry")
    if effect is not None:
        said.append(f"{effect.replace('_', ' ')}, by {getattr(step, 'route', '')}")
    days = getattr(step, "days", None)
    if days is not None:
        said.append(f"{days} day{'s' if days != 1 else ''}")
    return said


def _depth(step: Needling | RfPulses) -> str:
    depths = [step.set_depth] if isinstance(step, Needling) else list(step.depths)
    return joined(str(depth) for depth in depths)


def _passes(step: Needling | RfPulses) -> str:
    said = [] if step.passes is None else [f"{step.passes} pass{'es' if step.passes != 1 else ''}"]
    if isinstance(step, Needling) and step.needling_time is not None:
        said.append(f"needling for {step.needling_time}")
    return ", ".join(said)


def _worn(step: WearPatch) -> list[str]:
    many = f"{step.patches} patch{'es' if step.patches != 1 else ''} on each zone"
    return [many if step.patches is not None else "as many as cover each zone", f"worn for {step.duration}"]


def _needle_settings(step: Needling | RfPulses) -> list[str]:
    said = [f"set depth {_depth(step)}", _passes(step), *_further_settings(step)]
    return said + ([f"stop at {END_POINTS[step.end_point]}"] if step.end_point is not None else [])


def _further_settings(step: Needling | RfPulses) -> list[str]:
    named = (
        ("cartridge", "cartridge {}"),
        ("frequency", "{} stamps"),
        ("glide_speed", "hand speed {}"),
        ("pulse_width", "pulses of {}"),
        ("energy_per_pin", "{} per pin"),
        ("power", "{}"),
        ("voltage", "{}"),
        ("sensor_temperature", "sensor at {}"),
        ("level", "level {} of the device's own scale"),
    )
    said = [words.format(pretty(getattr(step, key))) for key, words in named if getattr(step, key, None) is not None]
    overlap = getattr(step, "overlap", None)
    return said + ([f"stamps overlap by {100 * overlap:.3g} %"] if overlap else [])


def session_sheet(plan: Plan, library: Library, device: Device) -> dict[str, Any]:
    """Return what the session sheet prints."""
    steps = [
        {"label": STEPS[step.do], "settings": ", ".join(settings(step, library)), "zones": ", ".join(step.zones or ())}
        for step in plan.session.steps
    ]
    zones = [
        {
            "zone": zone,
            "depth": _depth(step),
            "passes": _passes(step),
            "other": ", ".join(_further_settings(step)),
            "end_point": END_POINTS[step.end_point] if step.end_point is not None else "",
        }
        for step in plan.session.steps
        if isinstance(step, Needling | RfPulses)
        for zone in step.zones
    ]
    zones += [
        {"zone": zone, "depth": "–", "passes": ", ".join(_worn(step)), "other": "", "end_point": ""}
        for step in plan.patches
        for zone in step.zones
    ]
    creams = [
        {"product": product_name(library, step.product), "amount": str(step.amount), "duration": str(step.duration)}
        for step in plan.session.steps
        if isinstance(step, TopicalAnaesthetic)
    ]
    patient = plan.patient
    return {
        "about": [EFFECTS[patient.desired_effect], f"photo{phototypes([patient.phototype])}", device.name],
        "steps": steps,
        "zones": zones,
        "creams": creams,
        "masked": [f"{zone.name}: {', '.join(zone.masked)}" for zone in plan.zones if zone.masked],
        "dense": len(steps) + len(zones) > ROWS_OF_A_FULL_PAGE,
        "sessions": plan.course.sessions,
    }
