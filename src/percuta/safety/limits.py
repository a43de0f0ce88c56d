"""Limits of the device and of the skin: depth against device, label and layers, and figures nobody published."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.library.device_fields import PATCH_FIGURES
from percuta.library.thickness import LayerSet
from percuta.plan.device import deepest_setting, with_cartridge
from percuta.plan.pulse_dose import figures_needed
from percuta.plan.steps import Needling, RfPulses, WearPatch
from percuta.safety.protocol import Case, Hit, RuleBook, above, depths_of
from percuta.safety.reach import FIGURES_OF_DENSITY
from percuta.sources import Sourced
from percuta.units import convert, show

rule = RuleBook("limit")

STAMPING = ("pen", "stamp")
_WRITTEN = {"puncture_rate": "rate (or frequency in each needling step)"}


@rule("device_fields_needed")
def device_fields_needed(case: Case) -> Iterator[Hit]:
    """The computation needs figures of the device that nobody published."""
    missing: dict[str, None] = {}
    for placed in case.steps(Needling):
        opened = with_cartridge(case.device, case.plan.device, placed.step.cartridge)
        for name in ("needle_diameter", *FIGURES_OF_DENSITY.get(opened.kind, ())):
            if opened.published(name) is None and not (name == "puncture_rate" and placed.step.frequency):
                missing[_WRITTEN.get(name, name)] = None
    if any(case.steps(WearPatch)):
        needed = PATCH_FIGURES.get(case.device.kind, ())
        missing |= dict.fromkeys(name for name in needed if case.device.published(name) is None)
    for pulsed in case.steps(RfPulses):
        missing |= dict.fromkeys(figures_needed(case.device, pulsed.step))
    if missing:
        yield Hit(detail=f"{case.device.name}: {', '.join(missing)}.")


@rule("device_depth_unknown")
def device_depth_unknown(case: Case) -> Iterator[Hit]:
    """Nobody published how deep the device can be set."""
    if deepest_setting(case.device) is None and case.first_needles():
        yield Hit(detail=f"{case.device.name}.")


@rule("depth_beyond_label")
def depth_beyond_label(case: Case) -> Iterator[Hit]:
    """A depth is set that was not evaluated for the label."""
    for zone, (depth, step) in _deepest(case).items():
        limit = case.device.published("label_maximum_depth")
        on_face = case.library.site(case.plan.zone(zone).site).region == "face"
        if limit is None and case.device.kind in STAMPING and on_face:
            limit = case.threshold("evaluated_depth_on_face")
        if limit is not None and above(depth, limit.si):
            detail = f"{case.device.name}: set depth {show(depth, 'mm')}, evaluated up to {limit.text}."
            yield Hit(zone, step, detail, limit.source)


@rule("depth_against_layers")
def depth_against_layers(case: Case) -> Iterator[Hit]:
    """A depth is set that may lie beyond the dermis of this person, by at least one thickness dataset."""
    share = case.threshold("share_of_skin").si
    patient = case.plan.patient
    for zone, (depth, step) in _deepest(case).items():
        datasets = case.library.layers(case.plan.zone(zone).site, patient.sex, patient.age.to("years"))
        said: dict[str, list[str]] = {"likely exceeded": [], "possibly exceeded": [], "not exceeded": []}
        for layers in datasets:
            low, centre, _ = layers.depth_band()
            likely, possible = above(depth, share * centre), above(depth, share * low)
            said[("likely" if likely else "possibly" if possible else "not") + " exceeded"].append(_lower_face(layers))
        if said["likely exceeded"] or said["possibly exceeded"]:
            shown = ". ".join(f"{word.capitalize()}: {'; '.join(named)}" for word, named in said.items() if named)
            detail = f"Set depth {show(depth, 'mm')}; lower face of the dermis, centre (5 to 95 %). {shown}."
            yield Hit(zone, step, detail, tuple(key for layers in datasets for key in _measured_in(layers)))


def _deepest(case: Case) -> dict[str, tuple[float, int]]:
    """Return the deepest setting of each zone [m], and the step that sets it."""
    deepest: dict[str, tuple[float, int]] = {}
    for placed in case.needles():
        depth = max(quantity.si for quantity in depths_of(placed.step))
        for zone in placed.zones:
            if zone not in deepest or depth > deepest[zone][0]:
                deepest[zone] = depth, placed.number
    return deepest


def _lower_face(layers: LayerSet) -> str:
    low, centre, high = (f"{convert(value, 'mm'):.2f}" for value in layers.depth_band())
    return f"{layers.label}, {centre} mm ({low} to {high} mm)"


def _measured_in(layers: LayerSet) -> tuple[str, ...]:
    entries: tuple[Sourced | None, ...] = (layers.dermis, layers.full_skin)
    return tuple(key for entry in entries if entry is not None for key in entry.source)
