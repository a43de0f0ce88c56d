"""Protocol rules on what a patch holds: whether it can hold so much, and drugs that do not belong under the skin."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from percuta.library.drugs import Drug
from percuta.plan.device import patches_to_cover
from percuta.plan.steps import WearPatch
from percuta.safety.protocol import Case, Hit, Placed, RuleBook, above, hits
from percuta.units import show

rule = RuleBook()

# The words of a patch's drug are free; these are the vitamins and retinoids of serums, as they begin.
_SENSITISING = re.compile(r"\b(vitamin|(l-)?ascorb|retin|tretinoin|isotretinoin|adapalen|tazaroten)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """The whole load of anaesthetic in the patches of one step [kg], its drug and their number."""

    placed: Placed[WearPatch]
    drug: Drug
    patches: int
    mass: float


@rule("patch_load_too_large")
def patch_load_too_large(case: Case) -> Iterator[Hit]:
    """The needles cannot hold the load that is stated for them."""
    names = ("load_per_patch", "needle_count", "needle_length", "needle_diameter")
    load, count, length, diameter = (case.device.published(name) for name in names)
    if load is None or count is None or length is None or diameter is None:
        return
    cones = count.si * math.pi / 12.0 * diameter.si**2 * length.si
    most = cones * case.threshold("density").si
    if above(load.si, most) and any(case.steps(WearPatch)):
        volume, density = show(cones, "mm^3", 3), case.threshold("density").text
        said = f"{case.device.name}: {load.text} in {count.si:g} cones of together {volume}; at {density} these hold"
        yield Hit(detail=f"{said} {load.shown(most, 3)} at most.", source=load.source)


@rule("patch_drug_sensitising")
def patch_drug_sensitising(case: Case) -> Iterator[Hit]:
    """The needles carry a vitamin or a retinoid into the skin."""
    drug = case.device.published("drug")
    if drug is not None and _SENSITISING.search(drug.text):
        for placed in case.steps(WearPatch):
            yield from hits(placed.zones, placed.number, f"{case.device.name}: {drug.text}.")


def anaesthetic_loads(case: Case) -> Iterator[Load]:
    """Yield the anaesthetic in the patches of each step, for each drug of the library that the patch names."""
    words, load, area = (case.device.published(name) for name in ("drug", "load_per_patch", "patch_area"))
    if words is None or load is None:
        return
    named = [drug for drug in case.library.drugs.values() if drug.kind == "anaesthetic" and _names(drug, words.text)]
    for placed in case.steps(WearPatch):
        patches = sum(
            placed.step.patches or (1 if area is None else patches_to_cover(case.area([zone]), area.si))
            for zone in placed.zones
        )
        for drug in named:
            yield Load(placed, drug, patches, patches * load.si)


def _names(drug: Drug, text: str) -> bool:
    return any(word.lower() in text.lower() for word in (drug.id, drug.name))
