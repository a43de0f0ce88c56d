"""Protocol rules on patches whose needles dissolve or let a drug out, which are other needles than those of steel."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.library.device_fields import PATCH_TIMES
from percuta.plan.steps import STEEL_NEEDLES, Peel, Step, WearPatch
from percuta.safety.protocol import Case, Hit, RuleBook, hits
from percuta.sources import Sourced
from percuta.units import show

rule = RuleBook()


@rule("patch_is_no_steel_needle")
def patch_is_no_steel_needle(case: Case) -> Iterator[Hit]:
    """A patch is worn: what is known of steel needles does not hold for it."""
    if any(case.steps(WearPatch)):
        yield Hit(detail=f"{case.device.name}.")


@rule("patch_on_broken_skin")
def patch_on_broken_skin(case: Case) -> Iterator[Hit]:
    """A patch is put on skin that the same session has peeled or needled."""
    broken: dict[str, str] = {}
    for placed in case.steps(Step):
        if isinstance(placed.step, WearPatch):
            for zone in placed.zones:
                if zone in broken:
                    yield Hit(zone, placed.number, f"{broken[zone]} before it in this session.")
        elif isinstance(placed.step, Peel):
            broken |= dict.fromkeys(placed.zones, "Peeled")
        elif isinstance(placed.step, STEEL_NEEDLES):
            broken |= dict.fromkeys(placed.zones, "Needled")


@rule("patch_load_unknown")
def patch_load_unknown(case: Case) -> Iterator[Hit]:
    """Nobody gave the load of the patch, so that its dose cannot be told."""
    if any(case.steps(WearPatch)) and case.device.published("load_per_patch") is None:
        drug = case.device.published("drug")
        yield Hit(detail=f"{case.device.name}: load_per_patch{f' of {drug.text}' if drug is not None else ''}.")


@rule("patch_worn_too_short")
def patch_worn_too_short(case: Case) -> Iterator[Hit]:
    """The patch comes off before the needles have dissolved, or before most of the drug is out of their pores."""
    taken = case.device.published(PATCH_TIMES.get(case.device.kind, ""))
    if taken is None:
        return
    share = case.threshold("share_given_up").si
    middle, slow = (_time_to(case, share, time) for time in (taken.si, taken.band()[1]))
    for placed in case.steps(WearPatch):
        if placed.step.duration.si < slow:
            said = (
                f"Worn for {placed.step.duration}. {show(share, '%', 2)} of the load in the skin has left the needles "
                f"after about {show(middle, 'min', 2)}, and after {show(slow, 'min', 2)} in 19 of 20 scenarios."
            )
            yield from hits(placed.zones, placed.number, said)


@rule("patch_worn_beyond_label")
def patch_worn_beyond_label(case: Case) -> Iterator[Hit]:
    """The patch is worn for longer than its label or its study says."""
    limit = case.device.published("label_wear_time")
    for placed in case.steps(WearPatch):
        if limit is not None and placed.step.duration.si > limit.si * (1.0 + 1e-9):
            yield from hits(placed.zones, placed.number, f"Worn for {placed.step.duration}; label: {limit.text}.")


@rule("patch_drug_without_human_data")
def patch_drug_without_human_data(case: Case) -> Iterator[Hit]:
    """Nothing published says that people wore this patch with this drug."""
    if any(case.steps(WearPatch)) and case.device.published("human_data") is None:
        drug = case.device.published("drug")
        yield Hit(detail=f"{case.device.name}: {drug.text if drug is not None else 'the drug is not named'}.")


@rule("patch_home_use")
def patch_home_use(case: Case) -> Iterator[Hit]:
    """Needles of a patch that pass the epidermis are used at home."""
    if case.plan.use != "home":
        return
    length = case.device.published("needle_length")
    share = _inserted_share(case)
    patient = case.plan.patient
    for placed in case.steps(WearPatch):
        for zone in placed.zones:
            if length is None:
                yield Hit(zone, placed.number, "The length of its needles is not published.")
                continue
            layers = case.library.layers(case.plan.zone(zone).site, patient.sex, patient.age.to("years"))
            thinnest = min(each.epidermis.si for each in layers)
            deepest = share.band(0.05, 0.95)[1] * length.si
            if deepest > thinnest:
                epidermis = f"the thinnest epidermis of the datasets is {show(thinnest, 'mm', 2)}"
                yield Hit(zone, placed.number, f"Tips go down to {show(deepest, 'mm', 2)}; {epidermis}.")


@rule("patch_single_use")
def patch_single_use(case: Case) -> Iterator[Hit]:
    """What is left of a patch is thrown away."""
    if any(case.steps(WearPatch)):
        yield Hit()


def _time_to(case: Case, share: float, time: float) -> float:
    """Return when a share of the load in the skin has left the needles [s]; the laws of the simulation.

    Where the length of the needles or how far they are loaded is not known, they count as loaded all along.
    """
    import numpy as np

    from percuta.physics import dissolving

    taken = np.asarray(time)
    if case.device.kind != "dissolving_patch":
        return float(dissolving.time_released(share, taken))
    length, loaded = (case.device.published(name) for name in ("needle_length", "loaded_length"))
    tip = np.asarray(_inserted_share(case).si * (length.si if length is not None else 1.0))
    reach = tip if length is None or loaded is None else np.asarray(loaded.si)
    return float(dissolving.time_dissolved(share, tip, reach, taken))


def _inserted_share(case: Case) -> Sourced:
    """Return the share of the needles' length that enters; that of the class where the device's is unpublished."""
    return case.device.published("inserted_share") or case.library.parameter("patch.inserted_share")
