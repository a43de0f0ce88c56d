"""Limits of radiofrequency: heat in the epidermis and the fat, nerves that come out of the bone, thin fat."""

from __future__ import annotations

from collections.abc import Iterator

from percuta.engine.handovers import COMPARTMENTS, ThermalZone
from percuta.engine.pulse import PulsesNotKept
from percuta.plan.steps import RfPulses
from percuta.safety.protocol import Case, Hit, RuleBook
from percuta.safety.reach import heat_of
from percuta.units import show

heat, rule = RuleBook("limit"), RuleBook("limit")  # those that take the pulses of a plan, and the others


@heat("rf_epidermis_damage")
def rf_epidermis_damage(case: Case) -> Iterator[Hit]:
    """More of the epidermis may die of heat than a fractional treatment leaves."""
    yield from _dead(case, "epidermis", "epidermis")


@heat("rf_epidermis_burn")
def rf_epidermis_burn(case: Case) -> Iterator[Hit]:
    """Much of the epidermis is likely to die of heat."""
    yield from _dead(case, "epidermis", "epidermis")


@heat("rf_fat_damage")
def rf_fat_damage(case: Case) -> Iterator[Hit]:
    """Fat below the skin may die of heat."""
    yield from _dead(case, "subcutis", "first millimetre of the fat")


@rule("rf_over_nerve_exit")
def rf_over_nerve_exit(case: Case) -> Iterator[Hit]:
    """Current flows where a nerve comes out of the bone, and the place is not masked."""
    for zone, step in _pulsed(case).items():
        masked = " ".join(case.plan.zone(zone).masked).lower()
        site = case.library.site(case.plan.zone(zone).site)
        bare = [nerve for nerve in site.nerve_exits if nerve not in masked]
        if bare:
            yield Hit(zone, step, f"{site.name}: {', '.join(f'{nerve} nerve' for nerve in bare)}.")


@rule("rf_over_thin_fat")
def rf_over_thin_fat(case: Case) -> Iterator[Hit]:
    """Current flows where little fat lies between the skin and what is below it."""
    for zone, step in _pulsed(case).items():
        fat = case.library.fat(case.plan.zone(zone).site)
        if fat is not None and fat.si < case.threshold("thin_fat").si:
            low, high = (show(depth, "mm", 2) for depth in fat.band())
            yield Hit(zone, step, f"Superficial fat {fat.text} ({low} to {high}).", fat.source)


def _dead(case: Case, compartment: str, words: str) -> Iterator[Hit]:
    """Yield the zones in which the predicted dead share of a compartment passes the rule's."""
    import numpy as np

    most, quantile = case.threshold("dead_share"), case.threshold("of_the_scenarios").si
    place, concerned = COMPARTMENTS.index(compartment), _pulsed(case)
    for zone, heat in case.once(_heat).items():
        share = float(np.quantile(heat.necrotic_in[:, place], quantile))
        if zone in concerned and share > most.si:
            said = f"Predicted share of the {words} that dies: {show(share, '%', 2)}"
            yield Hit(zone, concerned[zone], f"{said} ({show(quantile, '%', 2)} of the scenarios have less).")


def _heat(case: Case) -> dict[str, ThermalZone]:
    try:
        return heat_of(case.plan, case.device, case.library, case.solve)
    except PulsesNotKept:  # whoever gives only kept pulses says that these rules were not asked
        return {}


def _pulsed(case: Case) -> dict[str, int]:
    """Return the number of the first step with current of each zone that the rule concerns."""
    first: dict[str, int] = {}
    for placed in case.steps(RfPulses):
        for zone in placed.zones:
            first.setdefault(zone, placed.number)
    return first
