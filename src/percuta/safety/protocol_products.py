"""Protocol rules on what touches the skin: antiseptics, gels, steroids, aftercare."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.engine.steroid import on_the_skin
from percuta.library.entries import Product
from percuta.plan.steps import (
    OPENINGS,
    Aftercare,
    Antisepsis,
    Gel,
    GlideGel,
    RfPulses,
    Step,
    SteroidGel,
    SunProtection,
    TopicalAnaesthetic,
)
from percuta.safety.left_on import TAKES_OFF, WASHES_OFF, on_open_channels
from percuta.safety.protocol import Case, Hit, RuleBook, hits
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
OF_STEROIDS = frozenset(("preservative",))
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
    yield from _not_sterile_or_plain(case, GlideGel, Gel)


@rule("aftercare_sterile_plain")
def aftercare_sterile_plain(case: Case) -> Iterator[Hit]:
    """Aftercare that is not sterile and plain may come on open channels."""
    yield from _not_sterile_or_plain(case, Aftercare)


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
    for placed in case.steps(Step):
        taken_off_by = TAKES_OFF if isinstance(placed.step, TopicalAnaesthetic) else WASHES_OFF
        for product in case.products(placed.step):
            if _actives_in(case, product, placed.step):
                detail = f"{product.name}{_holding(product)}."
                yield from hits(on_open_channels(case, placed, taken_off_by), placed.number, detail)


@rule("sunscreen_waits")
def sunscreen_waits(case: Case) -> Iterator[Hit]:
    """Sunscreen with particles or pigment, which has to wait until the channels have closed."""
    shut = case.library.protocol["actives_while_channels_open"].thresholds["channels_open"]
    for placed in case.steps(SunProtection):
        for product in case.products(placed.step):
            if OF_SUNSCREENS & set(product.contains):
                detail = f"{product.name}{_holding(product)}: not in the first {shut.text}."
                yield from hits(on_open_channels(case, placed), placed.number, detail)


@rule("occlusion_of_needled_zone")
def occlusion_of_needled_zone(case: Case) -> Iterator[Hit]:
    """A film lies on skin that is needled: put on after the needles, or before them and not taken off."""
    first = case.first_openings()
    lying: dict[str, int] = {}
    for placed in case.steps(Step):
        if isinstance(placed.step, TAKES_OFF):
            lying = {zone: number for zone, number in lying.items() if zone not in placed.zones}
        elif isinstance(placed.step, OPENINGS):
            for zone in placed.zones:
                if zone in lying:
                    yield Hit(zone, lying.pop(zone), "Put on before the needles; no step takes it off before them.")
        elif isinstance(placed.step, TopicalAnaesthetic | Gel | SteroidGel | Aftercare) and placed.step.occluded:
            at_home = isinstance(placed.step, Aftercare)  # used after the session, wherever it is written
            after = [zone for zone in placed.zones if zone in first and (at_home or first[zone] < placed.number)]
            yield from hits(after, placed.number, "Counted for the first day." if at_home else "")
            lying |= dict.fromkeys((zone for zone in placed.zones if not at_home and zone not in after), placed.number)


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


def _not_sterile_or_plain(case: Case, *kinds: type[Step]) -> Iterator[Hit]:
    """Yield where a product that is not sterile and plain reaches channels; steroids have a rule of their own."""
    for placed in case.steps(*kinds):
        for product in case.products(placed.step):
            faults = [word for word, right in (("sterile", product.sterile), ("plain", product.plain)) if not right]
            if faults and not product.is_steroid:
                detail = f"{product.name}: not {' and not '.join(faults)}{_holding(product)}."
                yield from hits(on_open_channels(case, placed), placed.number, detail)


def _actives_in(case: Case, product: Product, step: Step) -> set[str]:
    """Return what a product holds that is refused on open channels.

    A sunscreen waits for its particles and pigment, and a steroid, of which its own rule warns with its cost, is not
    refused for its preservative alone.
    """
    borne = OF_SUNSCREENS if isinstance(step, SunProtection) else OF_STEROIDS if product.is_steroid else frozenset()
    drugs = {name for name in product.drugs if case.library.drug(name).kind == "active"}
    return drugs | ((ACTIVES - borne) & set(product.contains))


def _holding(product: Product) -> str:
    held = {*product.contains, *product.drugs}
    words = sorted({word.replace("_", " ").replace("-", " ") for word in held})
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
