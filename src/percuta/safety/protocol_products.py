"""Protocol rules on what touches the skin: antiseptics, gels, steroids, aftercare."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.engine.steroid import on_the_skin
from percuta.library.entries import Product
from percuta.plan.steps import (
    Aftercare,
    Antisepsis,
    Cleanse,
    Gel,
    GlideGel,
    Medication,
    RfPulses,
    Rinse,
    Step,
    SteroidGel,
    SunProtection,
    TopicalAnaesthetic,
)
from percuta.safety.protocol import OPENINGS, Case, Hit, Placed, RuleBook, hits
from percuta.units import show

rule = RuleBook()

ACTIVES = frozenset(
    (
        "acid",
        "aloe",
        "collagen",
        "dexpanthenol",
        "fragrance",
        "hyaluronic_acid",
        "particulate",
        "pigment",
        "preservative",
        "retinoid",
        "vitamin",
        "vitamin_c",
    )
)
OF_SUNSCREENS = frozenset(("fragrance", "particulate", "pigment", "preservative"))  # these wait; the rest is refused
WITHOUT_ALCOHOL = ("povidone_iodine", "hypochlorous")


@rule("chlorhexidine_near_eyes")
def chlorhexidine_near_eyes(case: Case) -> Iterator[Hit]:
    """Chlorhexidine on a zone near the eyes."""
    yield from _chlorhexidine(case)


@rule("chlorhexidine_on_face_or_scalp")
def chlorhexidine_on_face_or_scalp(case: Case) -> Iterator[Hit]:
    """Chlorhexidine on face or scalp."""
    yield from _chlorhexidine(case)


@rule("alcohol_dry_before_rf")
def alcohol_dry_before_rf(case: Case) -> Iterator[Hit]:
    """Alcohol that is not said to have dried, or an antiseptic that is not named, before current flows."""
    for placed in case.steps(Antisepsis):
        if placed.step.dry or not _may_hold_alcohol(case, placed.step):
            continue
        later = {zone for rf in case.steps(RfPulses) if rf.number > placed.number for zone in rf.zones}
        yield from hits((zone for zone in placed.zones if zone in later), placed.number, _unnamed(placed.step))


@rule("alcohol_on_channelled_skin")
def alcohol_on_channelled_skin(case: Case) -> Iterator[Hit]:
    """An antiseptic that holds alcohol, or may hold it, comes on open channels."""
    opened = case.first_openings()
    for placed in case.steps(Antisepsis):
        if _may_hold_alcohol(case, placed.step):
            after = [zone for zone in placed.zones if opened.get(zone, placed.number) < placed.number]
            yield from hits(after, placed.number, _unnamed(placed.step))


@rule("gel_on_channelled_skin_sterile_plain")
def gel_on_channelled_skin_sterile_plain(case: Case) -> Iterator[Hit]:
    """A gel that is not sterile and plain reaches open channels."""
    for placed in case.steps(GlideGel, Gel):
        for product in case.products(placed.step):
            faults = [word for word, right in (("sterile", product.sterile), ("plain", product.plain)) if not right]
            if faults:
                detail = f"{product.name}: not {' and not '.join(faults)}{_holding(product)}."
                yield from hits(_channelled(case, placed), placed.number, detail)


@rule("collagen_gel_no_credit")
def collagen_gel_no_credit(case: Case) -> Iterator[Hit]:
    """A product with collagen is put on the skin."""
    for placed in case.steps(GlideGel, Gel, Aftercare):
        for product in case.products(placed.step):
            if "collagen" in product.contains:
                yield from hits(placed.zones, placed.number, f"{product.name}.")


@rule("actives_while_channels_open")
def actives_while_channels_open(case: Case) -> Iterator[Hit]:
    """Active or irritating ingredients reach open channels, whichever step puts them on."""
    for placed in case.steps(GlideGel, Gel, Aftercare, Antisepsis, Medication, SunProtection):
        if isinstance(placed.step, Medication) and placed.step.route != "topical":
            continue
        refused = ACTIVES - OF_SUNSCREENS if isinstance(placed.step, SunProtection) else ACTIVES
        for product in case.products(placed.step):
            if product.intact_skin_only and refused & set(product.contains):
                detail = f"{product.name}{_holding(product)}."
                yield from hits(_channelled(case, placed), placed.number, detail)


@rule("sunscreen_waits")
def sunscreen_waits(case: Case) -> Iterator[Hit]:
    """Sunscreen with particles or pigment, which has to wait until the channels have closed."""
    shut = case.library.protocol["actives_while_channels_open"].thresholds["channels_open"]
    for placed in case.steps(SunProtection):
        for product in case.products(placed.step):
            if OF_SUNSCREENS & set(product.contains):
                detail = f"{product.name}{_holding(product)}: not in the first {shut.text}."
                yield from hits(_channelled(case, placed), placed.number, detail)


@rule("occlusion_of_needled_zone")
def occlusion_of_needled_zone(case: Case) -> Iterator[Hit]:
    """A film lies on skin that has been needled."""
    first = case.first_openings()
    for placed in case.steps(Step):
        if isinstance(placed.step, TopicalAnaesthetic | Gel | SteroidGel | Aftercare) and placed.step.occluded:
            at_home = isinstance(placed.step, Aftercare)  # used after the session, wherever it is written
            zones = (zone for zone in placed.zones if zone in first and (at_home or first[zone] < placed.number))
            yield from hits(zones, placed.number, "Counted for the first day." if at_home else "")


@rule("steroid_gel")
def steroid_gel(case: Case) -> Iterator[Hit]:
    """A steroid is put on or into the skin."""
    for placed in case.steps(Step):
        for product in case.products(placed.step):
            if product.is_steroid:
                detail = _collagen_cost(product, placed.step)
                yield from hits(placed.zones, placed.number, detail)


@rule("steroid_gel_without_steroid")
def steroid_gel_without_steroid(case: Case) -> Iterator[Hit]:
    """A step that is to put on a steroid names a product that is none."""
    for placed in case.steps(SteroidGel):
        for product in case.products(placed.step):
            if not product.is_steroid:
                yield from hits(placed.zones, placed.number, f"{product.name}.")


def _chlorhexidine(case: Case) -> Iterator[Hit]:
    for placed in case.steps(Antisepsis):
        if placed.step.agent == "chlorhexidine" or _contains(case, placed.step, "chlorhexidine"):
            yield from hits(placed.zones, placed.number)


def _contains(case: Case, step: Step, word: str) -> bool:
    return any(word in product.contains for product in case.products(step))


def _may_hold_alcohol(case: Case, step: Antisepsis) -> bool:
    products = case.products(step)
    if step.agent == "alcohol" or any("alcohol" in product.contains for product in products):
        return True
    return not products and step.agent not in WITHOUT_ALCOHOL


def _unnamed(step: Antisepsis) -> str:
    """Return what has to be said of an antiseptic that may hold alcohol and is not known to."""
    known = step.agent == "alcohol" or step.product is not None
    return "" if known else "The plan does not say whether the antiseptic holds alcohol."


def _channelled(case: Case, placed: Placed[Step]) -> list[str]:
    """Return the zones whose channels a product reaches: needled before, or needled while it is still on."""
    return [zone for zone in placed.zones if _reaches_channels(case, placed.number, zone)]


def _reaches_channels(case: Case, number: int, zone: str) -> bool:
    if case.first_openings().get(zone, number) < number:
        return True
    if isinstance(case.plan.session.steps[number - 1], Aftercare):  # used at home, wherever it is written
        return True
    for later in case.steps(Step):
        if later.number > number and zone in later.zones:
            if isinstance(later.step, Cleanse | Rinse):
                return False
            if isinstance(later.step, OPENINGS):
                return True
    return False


def _holding(product: Product) -> str:
    words = sorted(word.replace("_", " ") for word in product.contains)
    return f", holds {', '.join(words)}" if words else ""


def _collagen_cost(product: Product, step: Step) -> str:
    factor = product.published("synthesis_factor")
    if factor is None:
        return f"{product.name}: no figure of its cost in collagen is published."
    low, high = (show(end, "%", 2) for end in factor.band())
    days = f" Planned for {step.days} {'day' if step.days == 1 else 'days'}." if isinstance(step, SteroidGel) else ""
    counted = "counts it" if on_the_skin(step) else "leaves it out"
    return (
        f"{product.name}: collagen formation is taken to fall to {show(factor.si, '%', 2)} of its normal rate while it "
        f"acts (5 to 95 %: {low} to {high}; {factor.grade}).{days} A computed course {counted}."
    )
