"""Protocol rules on the order of the steps of a session."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.plan.steps import (
    OPENINGS,
    Aftercare,
    Antisepsis,
    Cleanse,
    Peel,
    RemoveAnaesthetic,
    Step,
    SunProtection,
    TopicalAnaesthetic,
)
from percuta.safety.conditions import holds_anaesthetic
from percuta.safety.left_on import TAKES_OFF, on_open_channels, put_on_skin
from percuta.safety.protocol import Case, Hit, Placed, RuleBook, hits

rule = RuleBook()


@rule("cleanse_missing")
def cleanse_missing(case: Case) -> Iterator[Hit]:
    """No cleansing before the first needles."""
    first = case.first_openings()
    cleansed = {zone for placed in case.steps(Cleanse) for zone in placed.zones if placed.number < first.get(zone, 0)}
    for zone, number in first.items():
        if zone not in cleansed:
            yield Hit(zone, number)


@rule("antisepsis_missing")
def antisepsis_missing(case: Case) -> Iterator[Hit]:
    """No antisepsis between the last handling of the anaesthetic and the first needles."""
    disinfected: dict[str, bool] = {}
    for placed in case.steps(Step):
        if isinstance(placed.step, Antisepsis | TopicalAnaesthetic | RemoveAnaesthetic):
            disinfected |= dict.fromkeys(placed.zones, isinstance(placed.step, Antisepsis))
        elif isinstance(placed.step, OPENINGS):
            yield from hits((zone for zone in placed.zones if not disinfected.get(zone, False)), placed.number)
            disinfected |= dict.fromkeys(placed.zones, True)  # said once


@rule("anaesthetic_before_needles")
def anaesthetic_before_needles(case: Case) -> Iterator[Hit]:
    """The first anaesthetic of a zone comes after its first needles."""
    first = case.first_needles()
    numbed: set[str] = set()
    for placed in case.steps(TopicalAnaesthetic):
        late = [zone for zone in placed.zones if zone not in numbed and placed.number > first.get(zone, placed.number)]
        yield from hits(late, placed.number)
        numbed |= set(placed.zones)


@rule("anaesthetic_removed_before_needles")
def anaesthetic_removed_before_needles(case: Case) -> Iterator[Hit]:
    """Needles go through anaesthetic that no step has removed."""
    covered: set[str] = set()
    for placed in case.steps(Step):
        if isinstance(placed.step, TopicalAnaesthetic):
            covered |= set(placed.zones)
        elif isinstance(placed.step, TAKES_OFF):
            covered -= set(placed.zones)
        elif isinstance(placed.step, OPENINGS):
            yield from hits((zone for zone in placed.zones if zone in covered), placed.number)
            covered -= set(placed.zones)  # said once


@rule("anaesthetic_on_channelled_skin")
def anaesthetic_on_channelled_skin(case: Case) -> Iterator[Hit]:
    """Anaesthetic reaches open channels: of this session, whichever step puts it on, or of the session before."""
    first = case.first_openings()
    for placed, names in _anaesthetics(case):
        after = [zone for zone in placed.zones if placed.number > first.get(zone, placed.number)]
        reached = after if isinstance(placed.step, TopicalAnaesthetic) else on_open_channels(case, placed, TAKES_OFF)
        yield from hits(reached, placed.number, f"{names}.")
    course, apart = case.plan.course, case.threshold("sessions_apart")
    if course.sessions > 1 and course.interval.si < apart.si:
        for placed in case.steps(TopicalAnaesthetic):
            said = f"From the second session on: the sessions are {course.interval} apart, less than {apart.text}."
            yield from hits((zone for zone in placed.zones if zone in first), placed.number, said)


@rule("anaesthetic_on_peeled_skin")
def anaesthetic_on_peeled_skin(case: Case) -> Iterator[Hit]:
    """Anaesthetic lies on skin that the same session peels, before it is put on or while it lies there."""
    peeled: set[str] = set()
    lying: dict[str, Hit] = {}
    names = {placed.number: names for placed, names in _anaesthetics(case)}
    for placed in case.steps(Step):
        if isinstance(placed.step, TAKES_OFF):
            lying = {zone: hit for zone, hit in lying.items() if zone not in placed.zones}
        if isinstance(placed.step, Peel):
            peeled |= set(placed.zones)
            yield from (lying.pop(zone) for zone in placed.zones if zone in lying)
        if placed.number in names:
            said = f"{names[placed.number]}."
            yield from hits((zone for zone in placed.zones if zone in peeled), placed.number, said)
            lying |= {zone: Hit(zone, placed.number, said) for zone in placed.zones if zone not in peeled}


@rule("removal_without_anaesthetic")
def removal_without_anaesthetic(case: Case) -> Iterator[Hit]:
    """Anaesthetic is removed where none lies: from no zone of the step, or not from one that it names."""
    covered: set[str] = set()
    for placed in case.steps(TopicalAnaesthetic, RemoveAnaesthetic):
        if isinstance(placed.step, TopicalAnaesthetic):
            covered |= set(placed.zones)
            continue
        bare = [zone for zone in placed.zones if zone not in covered]
        if placed.step.zones is not None or len(bare) == len(placed.zones):
            yield from hits(bare, placed.number)
        covered -= set(placed.zones)


@rule("peel_in_session")
def peel_in_session(case: Case) -> Iterator[Hit]:
    """A zone is peeled and needled in one session."""
    first = case.first_needles()
    for placed in case.steps(Peel):
        before = [zone for zone in placed.zones if placed.number < first.get(zone, 0)]
        after = [zone for zone in placed.zones if placed.number > first.get(zone, placed.number)]
        yield from hits(before, placed.number, "The peel comes before the needles, which then meet a thinner barrier.")
        yield from hits(after, placed.number, "The peel comes after the needles, onto open channels.")


@rule("aftercare_missing")
def aftercare_missing(case: Case) -> Iterator[Hit]:
    """Nothing is said of the care after the needles."""
    yield from _never_done(case, Aftercare)


@rule("sun_protection_missing")
def sun_protection_missing(case: Case) -> Iterator[Hit]:
    """Nothing is said of protection from the sun."""
    yield from _never_done(case, SunProtection)


@rule("end_point_rule")
def end_point_rule(case: Case) -> Iterator[Hit]:
    """What the end point means, wherever there are needles."""
    stated = {placed.step.end_point for placed in case.needles()}
    if stated:
        words = " and ".join(sorted(word.replace("_", " ") for word in stated if word is not None))
        yield Hit(detail=f"End point of this plan: {words or 'none stated'}.")


def _anaesthetics(case: Case) -> Iterator[tuple[Placed[Step], str]]:
    """Yield the steps that put an anaesthetic on the skin, whatever their kind, and the names of their anaesthetics."""
    for placed in case.steps(Step):
        names = [product.name for product in case.products(placed.step) if holds_anaesthetic(product, case.library)]
        if names and put_on_skin(placed.step):
            yield placed, ", ".join(names)


def _never_done(case: Case, kind: type[Step]) -> Iterator[Hit]:
    done = {zone for placed in case.steps(kind) for zone in placed.zones}
    yield from hits(zone for zone in case.first_openings() if zone not in done)
