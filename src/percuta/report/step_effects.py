"""What each step of a session changes in the computed result, and what of it is not computed, as plain sentences.

Where a step may or may not have a computed effect, the result and the engine's own conditions are asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from percuta.engine.barrier import hastens_closing, slows_closing
from percuta.engine.steroid import on_the_skin
from percuta.library.entries import Product
from percuta.plan.steps import AnyStep, Needling, Peel, RfPulses, TopicalAnaesthetic, WearPatch
from percuta.report.material import ReportMaterial
from percuta.report.wording import joined
from percuta.sources import Unpublished

_PERMEABILITY = "permeability_"
_NOTHING = "Takes its time; no other effect is computed."
_ALWAYS = {
    "cleanse": "Takes off what lies on the skin; germs are not computed.",
    "remove_anaesthetic": "Takes the cream off: the uptake ends, what is in the skin spreads on.",
    "antisepsis": "Takes its time; germs are not computed.",
    "rinse": "Takes off what lies on the skin; no other effect is computed.",
    "cool": "Takes its time. What cold does to pain, redness or heat in the skin is not computed.",
    "glide_gel": "Wets the skin and lowers friction; by how much was not found, so that no number changes.",
    "gel": "Wets the skin; by how much was not found, so that no number changes for it.",
    "patch": "Opens the skin and leaves its dose there. No effect on collagen is computed.",
}


def effects(step: AnyStep, material: ReportMaterial) -> list[str]:
    """Return what a step changes, true to this result."""
    said = [*_of_kind(step, material), *_of_closing(step, material), *_of_products(step, material)]
    return said or [_NOTHING]


def _of_kind(step: AnyStep, material: ReportMaterial) -> Iterator[str]:
    if isinstance(step, TopicalAnaesthetic):
        yield _of_cream(step, material)
    elif isinstance(step, Peel):
        yield _of_peel(step, material)
    elif isinstance(step, Needling | RfPulses):
        courses = (material.values(f"zones/{zone}/course/mature_collagen") for zone in material.plan.zones_of(step))
        healing = any(course is not None for course in courses)
        yield f"Opens channels and injures the dermis{', to which cells and new collagen answer' if healing else ''}."
        if isinstance(step, RfPulses):
            yield "Heats: temperature, dead cells and denatured collagen are computed."
    elif step.do in _ALWAYS:
        yield _ALWAYS[step.do]


def _of_cream(step: TopicalAnaesthetic, material: ReportMaterial) -> str:
    zones = material.plan.zones_of(step)
    if any(material.values(f"zones/{zone}/anaesthesia/block_depth") is not None for zone in zones):
        if material.known_endpoint("anaesthetic_absorbed") is None:
            return "Numbs: depth of the block and pain are computed; what reaches the blood is not given as a dose."
        return "Numbs: depth of the block, pain and what reaches the blood are computed."
    return "Neither depth of the block nor what reaches the blood is computed; why stands among the endpoints."


def _of_peel(step: Peel, material: ReportMaterial) -> str:
    steps = material.plan.session.steps
    later = steps[next(number for number, one in enumerate(steps) if one is step) + 1 :]
    zones = set(material.plan.zones_of(step))
    counted = any(isinstance(one, TopicalAnaesthetic) and zones & set(material.plan.zones_of(one)) for one in later)
    first = "Takes off part of the stratum corneum, so that the barrier is thinner."
    if counted:
        return f"{first} The uptake of the cream that comes after it counts this; depth, water loss and healing do not."
    return f"{first} No computed number follows it: neither depth nor water loss nor healing."


def _of_closing(step: AnyStep, material: ReportMaterial) -> Iterator[str]:
    """Say what a step does to the closing of the channels, where that is computed."""
    zones = material.plan.zones_of(step)
    if isinstance(step, Needling | RfPulses | WearPatch | TopicalAnaesthetic):
        return
    if all(material.values(f"zones/{zone}/barrier/open_fraction") is None for zone in zones):
        return
    if slows_closing(material.library, step):
        yield "The channels close more slowly."
    if hastens_closing(material.library, step):
        yield "The channels close sooner."
    if getattr(step, "occluded", False):
        yield "While a film covers them the channels stay open for longer."


def _of_products(step: AnyStep, material: ReportMaterial) -> Iterator[str]:
    if isinstance(step, TopicalAnaesthetic):
        return
    products = [material.library.products[name] for name in step.product_names if name in material.library.products]
    for product in products:
        if product.is_steroid:
            yield _of_steroid(step, product)
        if "collagen" in product.contains:
            yield "Collagen on the skin gets no credit for collagen in it."
    unknown = dict.fromkeys(name for product in products for name in _unmeasured(product))
    if unknown:
        yield f"How much {joined(unknown, 'or')} passes the skin was sought and not found, so that none is computed."


def _of_steroid(step: AnyStep, product: Product) -> str:
    if on_the_skin(step) and product.published("synthesis_factor") is not None:
        return (
            "Lowers the synthesis of collagen while it is used and for a time after; the course counts it as on intact "
            "skin, and needled skin may take up more."
        )
    return "A steroid lowers the synthesis of collagen; the course leaves this one out."


def _unmeasured(product: Product) -> list[str]:
    """Return what a product holds of which nobody published how it passes the skin, in words."""
    return [
        key.removeprefix(_PERMEABILITY).replace("_", " ")
        for key, entry in product.fields.items()
        if key.startswith(_PERMEABILITY) and isinstance(entry, Unpublished)
    ]
