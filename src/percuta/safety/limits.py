"""Limits with a number: anaesthetic amounts, areas, times and doses, and depth against device, label and skin."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.library.entries import Product
from percuta.library.thickness import LayerSet
from percuta.plan.device import deepest_setting
from percuta.plan.steps import TopicalAnaesthetic
from percuta.safety.protocol import Case, Hit, Placed, RuleBook, depths_of, hits
from percuta.sources import Sourced
from percuta.units import convert, show

rule = RuleBook("limit")

LABEL_LIMITS = ("label_maximum_amount", "label_maximum_area", "label_maximum_duration")
STAMPING = ("pen", "stamp")


@rule("anaesthetic_overdose")
def anaesthetic_overdose(case: Case) -> Iterator[Hit]:
    """An anaesthetic exceeds its label, or the lidocaine absorbed of all of them exceeds the greatest dose."""
    amounts: dict[str, float] = {}
    for placed, product in _anaesthetics(case):
        step = placed.step
        amounts[product.id] = amounts.get(product.id, 0.0) + step.amount.si
        planned = {
            "label_maximum_amount": amounts[product.id],
            "label_maximum_area": case.area(placed.zones),
            "label_maximum_duration": step.duration.si,
        }
        for name, value in planned.items():
            limit = product.published(name)
            if limit is not None and _above(value, limit.si):
                what = name.removeprefix("label_maximum_")
                detail = f"{product.name}: {what} {limit.shown(value, 3)}; the label allows {limit.text}."
                yield Hit(_only(placed), placed.number, detail, limit.source)
    yield from _absorbed_lidocaine(case)


@rule("anaesthetic_amount_per_area")
def anaesthetic_amount_per_area(case: Case) -> Iterator[Hit]:
    """A layer of cream is thicker than on the label."""
    for placed, product in _anaesthetics(case):
        limit = product.published("label_amount_per_area")
        planned = placed.step.amount.si / case.area(placed.zones)
        if limit is not None and _above(planned, limit.si):
            detail = f"{product.name}: {limit.shown(planned, 3)}; the label recommends {limit.text}."
            yield Hit(_only(placed), placed.number, detail, limit.source)


@rule("anaesthetic_duration")
def anaesthetic_duration(case: Case) -> Iterator[Hit]:
    """A cream is on for less time than on the label."""
    for placed, product in _anaesthetics(case):
        least = product.published("label_minimum_duration")
        if least is not None and _above(least.si, placed.step.duration.si):
            detail = f"{product.name}: {placed.step.duration}; the label gives at least {least.text}."
            yield Hit(_only(placed), placed.number, detail, least.source)


@rule("anaesthetic_high_strength")
def anaesthetic_high_strength(case: Case) -> Iterator[Hit]:
    """A cream holds more lidocaine than creams without prescription may."""
    limit = case.threshold("strength")
    for placed, product in _anaesthetics(case):
        strength = product.published("strength_lidocaine")
        if strength is not None and _above(strength.si, limit.si):
            holds, least = show(strength.si, "%"), show(limit.si, "%")
            detail = f"{product.name}: {holds} lidocaine; the warning is of more than {least}."
            yield Hit(_only(placed), placed.number, detail, strength.source)


@rule("anaesthetic_near_eyes")
def anaesthetic_near_eyes(case: Case) -> Iterator[Hit]:
    """A cream is put on near the eyes."""
    for placed, product in _anaesthetics(case):
        yield from hits(placed.zones, placed.number, f"{product.name}.")


@rule("anaesthetic_label_unknown")
def anaesthetic_label_unknown(case: Case) -> Iterator[Hit]:
    """A cream has label limits that nobody published, so that they could not be checked."""
    for placed, product in _anaesthetics(case):
        missing = [name for name in LABEL_LIMITS if product.published(name) is None]
        if missing:
            words = ", ".join(name.removeprefix("label_maximum_") for name in missing)
            yield Hit(_only(placed), placed.number, f"{product.name}, not checked: {words}.")


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
        if limit is not None and _above(depth, limit.si):
            detail = f"{case.device.name}: set depth {show(depth, 'mm')}, evaluated up to {limit.text}."
            yield Hit(zone, step, detail, limit.source)


@rule("depth_against_layers")
def depth_against_layers(case: Case) -> Iterator[Hit]:
    """A depth is set beyond the dermis of this person, by at least one thickness dataset."""
    share = case.threshold("share_of_skin").si
    patient = case.plan.patient
    for zone, (depth, step) in _deepest(case).items():
        datasets = case.library.layers(case.plan.zone(zone).site, patient.sex, patient.age.to("years"))
        if any(_above(depth, share * layers.depth_band()[1]) for layers in datasets):
            shown = "; ".join(_against(layers, depth, share) for layers in datasets)
            detail = f"Set depth {show(depth, 'mm')}. Lower face of the dermis (5 to 95 %): {shown}."
            yield Hit(zone, step, detail, tuple(key for layers in datasets for key in _measured_in(layers)))


def _anaesthetics(case: Case) -> Iterator[tuple[Placed[TopicalAnaesthetic], Product]]:
    for placed in case.steps(TopicalAnaesthetic):
        for product in case.products(placed.step):
            yield placed, product


def _absorbed_lidocaine(case: Case) -> Iterator[Hit]:
    """Compare the lidocaine absorbed through intact skin from all creams with the greatest dose."""
    absorbed, last = 0.0, 0
    for placed, product in _anaesthetics(case):
        strength = product.published("strength_lidocaine")
        if strength is not None:
            share = product.published("absorbed_fraction") or case.threshold("absorbed_fraction")
            absorbed += placed.step.amount.si * strength.si * share.si
            last = placed.number
    mass = case.plan.patient.mass
    whole, by_mass = case.threshold("largest_absorbed_lidocaine"), case.threshold("largest_absorbed_lidocaine_per_mass")
    limit = min(whole.si, by_mass.si * mass.si)
    if _above(absorbed, limit):
        detail = (
            f"Lidocaine expected to be absorbed through intact skin: {show(absorbed, 'mg')}; greatest dose at {mass}: "
            f"{show(limit, 'mg')}."
        )
        yield Hit(None, last, detail)


def _deepest(case: Case) -> dict[str, tuple[float, int]]:
    """Return the deepest setting of each zone [m], and the step that sets it."""
    deepest: dict[str, tuple[float, int]] = {}
    for placed in case.needles():
        depth = max(quantity.si for quantity in depths_of(placed.step))
        for zone in placed.zones:
            if zone not in deepest or depth > deepest[zone][0]:
                deepest[zone] = depth, placed.number
    return deepest


def _against(layers: LayerSet, depth: float, share: float) -> str:
    low, centre, high = (f"{convert(value, 'mm'):.2f}" for value in layers.depth_band())
    passed = ", exceeded" if _above(depth, share * layers.depth_band()[1]) else ""
    return f"{layers.label} [{layers.dataset}] {centre} mm ({low} to {high} mm{passed})"


def _measured_in(layers: LayerSet) -> tuple[str, ...]:
    entries: tuple[Sourced | None, ...] = (layers.dermis, layers.full_skin)
    return tuple(key for entry in entries if entry is not None for key in entry.source)


def _only(placed: Placed[TopicalAnaesthetic]) -> str | None:
    return placed.zones[0] if len(placed.zones) == 1 else None


def _above(value: float, limit: float) -> bool:
    """Tell whether a value exceeds a limit by more than rounding."""
    return value > limit * (1.0 + 1e-9)
