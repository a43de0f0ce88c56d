"""Limits of anaesthetics: label amounts, areas and times, and the lidocaine that reaches the blood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from percuta.library.anaesthetics import missing_figures
from percuta.library.entries import Product
from percuta.plan.steps import Step, TopicalAnaesthetic
from percuta.safety.conditions import holds_anaesthetic
from percuta.safety.cream_time import length, times_on
from percuta.safety.patch_load import anaesthetic_loads
from percuta.safety.protocol import Case, Hit, Placed, RuleBook, above, hits
from percuta.sources import Sourced
from percuta.units import Quantity, show

rule = RuleBook("limit")

LABEL_LIMITS = ("label_maximum_amount", "label_maximum_area", "label_maximum_duration")
_AGES = re.compile(r"_(\d+)_to_(\d+)_years")


@dataclass
class Applied:
    """What a session puts on of one product.

    Attributes
    ----------
    product
        The product.
    last
        The last step that puts it on.
    amount
        Over all steps [kg].
    layer
        Amount per area on each zone over all steps [kg/m^2].
    minutes
        Time on each zone over all steps, waiting for its removal included [s].
    """

    product: Product
    last: Placed[TopicalAnaesthetic]
    amount: float = 0.0
    layer: dict[str, float] = field(default_factory=dict)
    minutes: dict[str, float] = field(default_factory=dict)


@rule("anaesthetic_overdose")
def anaesthetic_overdose(case: Case) -> Iterator[Hit]:
    """An anaesthetic exceeds its label over all steps, or the lidocaine of all creams together is too much."""
    every = _applied(case)
    for applied in every:
        yield from _beyond_label(case, applied)
    yield from _lidocaine(case, every)


@rule("anaesthetic_dose_unknown")
def anaesthetic_dose_unknown(case: Case) -> Iterator[Hit]:
    """Nothing bounds the dose of a cream, or a step that states no amount gives an anaesthetic."""
    for applied in _applied(case):
        if not _limited(applied.product):
            yield Hit(_only(applied.last), applied.last.number, f"{applied.product.name}.")
    for placed in case.steps(Step):
        for product in case.products(placed.step):
            if not isinstance(placed.step, TopicalAnaesthetic) and holds_anaesthetic(product, case.library):
                yield Hit(_only(placed), placed.number, f"{product.name}, of which the step states no amount.")


@rule("anaesthetic_label_unknown")
def anaesthetic_label_unknown(case: Case) -> Iterator[Hit]:
    """A cream has label limits that nobody published, or that hold for adults and not for this person."""
    adult = case.library.protocol["under_18"].thresholds["age"].si
    age = case.plan.patient.age
    for applied in _applied(case):
        product = applied.product
        missing = [_plain(name) for name in LABEL_LIMITS if _label(product, name, age) is None]
        borrowed = [
            _plain(name)
            for name in LABEL_LIMITS
            if age.si < adult and _of_age(product, name, age) is None and product.published(name) is not None
        ]
        said = [f"not checked: {', '.join(missing)}"] if missing else []
        said += [f"checked against the limit of adults only: {', '.join(borrowed)}"] if borrowed else []
        if said:
            yield Hit(_only(applied.last), applied.last.number, f"{product.name}, {'; '.join(said)}.")


@rule("anaesthetic_amount_per_area")
def anaesthetic_amount_per_area(case: Case) -> Iterator[Hit]:
    """A layer of cream is thicker than on the label."""
    for applied in _applied(case):
        limit = applied.product.published("label_amount_per_area")
        for zone, layer in applied.layer.items():
            if limit is not None and above(layer, limit.si):
                detail = f"{applied.product.name}: {limit.shown(layer, 3)}; the label recommends {limit.text}."
                yield Hit(zone, applied.last.number, detail, limit.source)


@rule("anaesthetic_layer_thin")
def anaesthetic_layer_thin(case: Case) -> Iterator[Hit]:
    """A layer of cream is much thinner than on the label."""
    share = case.threshold("share_of_label").si
    for applied in _applied(case):
        label = applied.product.published("label_amount_per_area")
        for zone, layer in applied.layer.items():
            if label is not None and above(share * label.si, layer):
                detail = f"{applied.product.name}: {label.shown(layer, 3)}; the label recommends {label.text}."
                yield Hit(zone, applied.last.number, detail, label.source)


@rule("anaesthetic_duration")
def anaesthetic_duration(case: Case) -> Iterator[Hit]:
    """A cream is on for less time than on the label."""
    for placed, product in _anaesthetics(case):
        least = product.published("label_minimum_duration")
        on = min(one.off - one.on for one in times_on(case) if one.placed.number == placed.number)
        if least is not None and above(least.si, on):
            detail = f"{product.name}: {least.shown(on, 3)}; the label gives at least {least.text}."
            yield Hit(_only(placed), placed.number, detail, least.source)


@rule("product_figures_needed")
def product_figures_needed(case: Case) -> Iterator[Hit]:
    """A cream lacks figures without which its block and its absorbed dose are not computed."""
    for placed, product in _anaesthetics(case):
        if missing := missing_figures(product, case.library):
            yield Hit(_only(placed), placed.number, f"Not published: {', '.join(missing)}.")


@rule("anaesthetic_high_strength")
def anaesthetic_high_strength(case: Case) -> Iterator[Hit]:
    """A cream holds more lidocaine than creams without prescription may."""
    limit = case.threshold("strength")
    for placed, product in _anaesthetics(case):
        strength = product.published("strength_lidocaine")
        if strength is not None and above(strength.si, limit.si):
            holds, least = show(strength.si, "%"), show(limit.si, "%")
            detail = f"{product.name}: {holds} lidocaine; the warning is of more than {least}."
            yield Hit(_only(placed), placed.number, detail, strength.source)


@rule("anaesthetic_near_eyes")
def anaesthetic_near_eyes(case: Case) -> Iterator[Hit]:
    """A cream is put on near the eyes."""
    for placed, product in _anaesthetics(case):
        yield from hits(placed.zones, placed.number, f"{product.name}.")


def _anaesthetics(case: Case) -> Iterator[tuple[Placed[TopicalAnaesthetic], Product]]:
    for placed in case.steps(TopicalAnaesthetic):
        for product in case.products(placed.step):
            yield placed, product


def _applied(case: Case) -> list[Applied]:
    """Return what all steps together put on, one entry for each product."""
    found: dict[str, Applied] = {}
    every = times_on(case)
    for placed, product in _anaesthetics(case):
        applied = found.setdefault(product.id, Applied(product, placed))
        applied.last = placed
        applied.amount += placed.step.amount.si
        for zone in placed.zones:
            thickness = placed.step.amount.si / case.area(placed.zones)
            applied.layer[zone] = applied.layer.get(zone, 0.0) + thickness
            same = [one for one in every if one.zone == zone and one.placed.step.product == placed.step.product]
            applied.minutes[zone] = length(same)
    return list(found.values())


def _beyond_label(case: Case, applied: Applied) -> Iterator[Hit]:
    """Compare amount and area of all steps, and the time on each zone, with the label."""
    product, number, age = applied.product, applied.last.number, case.plan.patient.age
    whole = next(iter(applied.minutes)) if len(applied.minutes) == 1 else None
    planned: list[tuple[str, float, str | None]] = [
        ("label_maximum_amount", applied.amount, whole),
        ("label_maximum_area", case.area(applied.minutes), whole),
        *(("label_maximum_duration", time, zone) for zone, time in applied.minutes.items()),
    ]
    for name, value, zone in planned:
        limit = _label(product, name, age)
        if limit is not None and above(value, limit.si):
            at_age = f" at {age}" if _of_age(product, name, age) is not None else ""
            detail = f"{product.name}: {_plain(name)} {limit.shown(value, 3)}; the label allows {limit.text}{at_age}."
            yield Hit(zone, number, detail, limit.source)


def _lidocaine(case: Case, every: list[Applied]) -> Iterator[Hit]:
    """Compare the lidocaine of all creams together with its limit.

    Toxic effects add up. A cream uses up the share of the greatest absorbed dose that its own absorbed fractions
    give; where none is published, the share of the plasma level of first signs that was observed with it. The load of
    a patch is all absorbed, another anaesthetic than lidocaine by its potency where that is greater.
    """
    mass = case.plan.patient.mass
    whole, by_mass = case.threshold("largest_absorbed_lidocaine"), case.threshold("largest_absorbed_lidocaine_per_mass")
    dose, level = min(whole.si, by_mass.si * mass.si), case.threshold("plasma_lidocaine_of_first_signs")
    used = 0.0
    said: list[str] = []
    sources: list[str] = []
    for applied in every:
        product = applied.product
        strength, through = product.published("strength_lidocaine"), _absorbed(case, applied)
        peak = product.published("observed_highest_peak_lidocaine")
        if strength is not None and through:
            absorbed = sum(strength.si * fraction.si * amount for fraction, amount in through.values())
            used += absorbed / dose
            of = ", ".join(f"{show(fraction.si, '%')} {place}" for place, (fraction, _) in through.items())
            said.append(f"{product.name}: {show(absorbed, 'mg')} expected to be absorbed through intact skin ({of})")
            sources += [key for fraction, _ in through.values() for key in fraction.source]
        elif peak is not None:
            used += peak.si / level.si
            where = f" ({peak.method})" if peak.method else ""
            said.append(f"{product.name}: up to {level.shown(peak.si)} were observed in the blood{where}")
            sources += peak.source
    loads = list(anaesthetic_loads(case))
    for load in loads:
        potency = load.drug.published("anaesthetic_potency")
        used += load.mass * max(1.0, potency.si if potency is not None else 1.0) / dose
        said.append(f"{load.patches} patches: {show(load.mass, 'mg')} {load.drug.name.lower()}, all of it absorbed")
    if above(used, 1.0):
        limits = f"{show(dose, 'mg')} absorbed at {mass}, {level.text} in the blood, where first signs may come"
        together = f" Together these make {show(used, '%', 3)} of the limit." if len(said) > 1 else ""
        detail = f"{'; '.join(said)}. Limits for lidocaine: {limits}.{together}"
        last = max([applied.last.number for applied in every] + [load.placed.number for load in loads])
        yield Hit(None, last, detail, tuple(sources))


def _absorbed(case: Case, applied: Applied) -> dict[str, tuple[Sourced, float]]:
    """Return what is absorbed of a cream, and how much of it lies there [kg], on the face and elsewhere.

    Where a product has no fraction of the face, the one of other skin holds there too; nothing where it has none.
    """
    found: dict[str, tuple[Sourced, float]] = {}
    elsewhere = applied.product.published("absorbed_fraction")
    for zone, layer in applied.layer.items():
        on_face = case.library.site(case.plan.zone(zone).site).region == "face"
        fraction = applied.product.published("absorbed_fraction_face") if on_face else None
        place, used = ("on the face", fraction) if fraction is not None else ("of other skin", elsewhere)
        if used is None:
            return {}
        before = found[place][1] if place in found else 0.0
        found[place] = (used, before + layer * case.area([zone]))
    return found


def _limited(product: Product) -> bool:
    """Tell whether anything bounds the dose of a product: its label's amount, or what of it reaches the blood."""
    bounds = (
        ("label_maximum_amount",),
        ("observed_highest_peak_lidocaine",),
        ("strength_lidocaine", "absorbed_fraction"),
    )
    return any(all(product.published(name) is not None for name in figures) for figures in bounds)


def _label(product: Product, name: str, age: Quantity) -> Sourced | None:
    """Return the label's limit at an age; the limit of adults where the label has none of its own for that age."""
    return _of_age(product, name, age) or product.published(name)


def _of_age(product: Product, name: str, age: Quantity) -> Sourced | None:
    """Return a limit that the label gives for an age, such as ``label_maximum_area_1_to_5_years``."""
    for key in product.fields:
        band = _AGES.fullmatch(key.removeprefix(name)) if key.startswith(name) else None
        if band is not None and int(band[1]) <= age.to("years") < int(band[2]) + 1:
            return product.published(key)
    return None


def _plain(name: str) -> str:
    return name.removeprefix("label_maximum_")


def _only(placed: Placed[Any]) -> str | None:
    return placed.zones[0] if len(placed.zones) == 1 else None
