"""Protocol rules on the person, the site, the device's use and on what is known and computed."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.library.entries import PigmentTrial
from percuta.plan.model import WITHOUT_OUTCOME_MODEL
from percuta.safety.protocol import Case, Hit, RuleBook, hits
from percuta.units import show

rule = RuleBook()

ROMAN = ("I", "II", "III", "IV", "V", "VI")
TRIAL_MODALITIES = {"rf": ("rf_needles",), "needling": ("pen", "stamp", "roller", "needling")}
MASKED_ITEMS = ("naevi_in_field", "tattoo_in_field")


@rule("under_18")
def under_18(case: Case) -> Iterator[Hit]:
    """The person is not of age."""
    yield from _younger(case, 0.0)


@rule("under_22")
def under_22(case: Case) -> Iterator[Hit]:
    """The person is of age and younger than the cleared uses begin."""
    yield from _younger(case, case.library.protocol["under_18"].thresholds["age"].si)


@rule("inside_orbital_rim")
def inside_orbital_rim(case: Case) -> Iterator[Hit]:
    """A zone lies inside the orbital rim."""
    for zone in case.zones:
        site = case.library.site(zone.site)
        if site.inside_orbital_rim:
            yield Hit(zone.name, case.first_openings().get(zone.name), f"Site: {site.name}.")


@rule("mask_missing")
def mask_missing(case: Case) -> Iterator[Hit]:
    """Moles or a tattoo lie in the field, and a zone with needles does not say what is masked in it."""
    found = [item for item in MASKED_ITEMS if case.plan.patient.answer(item) == "yes"]
    if found:
        bare = (name for name in case.first_openings() if not case.plan.zone(name).masked)
        yield from hits(bare, None, f"Answered with yes: {', '.join(found)}.")


@rule("ice_pick_scars")
def ice_pick_scars(case: Case) -> Iterator[Hit]:
    """Ice-pick scars are to be treated."""
    if "ice_pick" in case.plan.patient.scar_types:
        yield Hit()


@rule("cleared_uses")
def cleared_uses(case: Case) -> Iterator[Hit]:
    """The device is cleared for certain uses, with which this plan has to be compared by a person."""
    uses = case.device.regulatory.get("cleared_for", [])
    if uses:
        sites = ", ".join(case.library.site(zone.site).name.lower() for zone in case.zones)
        aim = case.plan.patient.desired_effect.replace("_", " ")
        yield Hit(detail=f"{case.device.name}: cleared for {'; '.join(uses)}. This plan: {aim} ({sites}).")


@rule("no_outcome_model")
def no_outcome_model(case: Case) -> Iterator[Hit]:
    """Nothing can be said of the benefit for this aim."""
    effect = case.plan.patient.desired_effect
    if effect in WITHOUT_OUTCOME_MODEL:
        yield Hit(detail=f"Desired effect: {effect.replace('_', ' ')}.")


@rule("pigment_trials")
def pigment_trials(case: Case) -> Iterator[Hit]:
    """What trials counted of dark marks, for this phototype and modality."""
    modality = "rf" if case.plan.rf_pulses else "needling"
    if not case.first_needles():
        return
    rows = [row for row in case.library.pigment_trials if row.modality in TRIAL_MODALITIES[modality]]
    phototype = case.plan.patient.phototype
    own = [row for row in rows if phototype in row.phototypes]
    unstated = [row for row in rows if not row.phototypes]
    name = f"phototype {ROMAN[phototype - 1]}"
    said = [f"Dark marks in {name}: {_rows(own)}." if own else f"No trial read counts dark marks in {name}."]
    if unstated:
        said.append(f"Dark marks in other trials: {_rows(unstated)}.")
    sources = tuple(key for row in (*own, *unstated) for key in row.source)
    yield Hit(detail=" ".join(said), source=sources)


@rule("cartridge_reuse")
def cartridge_reuse(case: Case) -> Iterator[Hit]:
    """What keeps needles sterile, wherever there are needles."""
    if case.first_needles():
        yield Hit()


@rule("consult_provider")
def consult_provider(case: Case) -> Iterator[Hit]:
    """Every plan needs a talk with a trained provider."""
    yield Hit()


@rule("rf_2025_communication")
def rf_2025_communication(case: Case) -> Iterator[Hit]:
    """Every plan with radiofrequency needles carries the communication of 2025."""
    yield Hit()


@rule("rf_phototype_6")
def rf_phototype_6(case: Case) -> Iterator[Hit]:
    """Radiofrequency needles in the darkest phototype."""
    if case.plan.patient.phototype >= case.threshold("phototype").si:
        yield Hit()


def _younger(case: Case, floor: float) -> Iterator[Hit]:
    age = case.plan.patient.age
    if floor <= age.si < case.threshold("age").si:
        yield Hit(detail=f"Age: {show(age.si, 'years')}.")


def _rows(rows: list[PigmentTrial]) -> str:
    return "; ".join(_counted(row) for row in rows)


def _counted(row: PigmentTrial) -> str:
    """Return what a trial counted, such as ``5 of 30 people, one trial, phototypes IV to V``, and in whom."""
    known = row.events is not None and row.people is not None
    counted = f"{row.events} of {row.people} people" if known else "no count"
    says = f": {row.reported}" if row.reported else ""
    return f"{counted}, one trial, {_phototypes(row.phototypes)} ({row.label}{says})"


def _phototypes(types: tuple[int, ...]) -> str:
    if not types:
        return "phototypes not stated"
    low, high = ROMAN[min(types) - 1], ROMAN[max(types) - 1]
    return f"phototype {low}" if low == high else f"phototypes {low} to {high}"
