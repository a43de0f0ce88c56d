"""The ``when`` of a rule: the conditions under which it has something to say.

``when = { modality = "rf" }`` holds for plans with radiofrequency needles. Several keys must all hold; a list
means any of its words. ``place`` is a region, a site, or ``near_eyes``. An empty ``when`` always holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from percuta.errors import LibraryError, nearest
from percuta.library.entries import Product, Site
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import Needling, RfPulses, Step, WearPatch

Facts = Mapping[str, frozenset[str]]

KEYS = ("modality", "drug", "region", "place", "sex")


def products_of(step: Step, library: Library) -> list[Product]:
    """Return the products that a step names."""
    return [library.product(name) for name in step.product_names]


def holds_anaesthetic(product: Product, library: Library) -> bool:
    """Tell whether a product numbs, whatever kind of product it is called."""
    return product.kind == "anaesthetic" or any(library.drug(name).kind == "anaesthetic" for name in product.drugs)


def facts_of(plan: Plan, library: Library, zones: Iterable[str] | None = None) -> Facts:
    """Return what is true of a plan, or of some of its zones, in the words of the conditions.

    Parameters
    ----------
    plan
        The plan.
    library
        Where sites and products are looked up.
    zones
        Names of the zones to look at; all when left out.
    """
    names = {zone.name for zone in plan.zones} if zones is None else set(zones)
    sites = [library.site(zone.site) for zone in plan.zones if zone.name in names]
    steps = [step for step in plan.session.steps if names & set(plan.zones_of(step))]
    modalities = {"rf" for step in steps if isinstance(step, RfPulses)}
    modalities |= {"needling" for step in steps if isinstance(step, Needling)}
    modalities |= {"patch" for step in steps if isinstance(step, WearPatch)}
    return {
        "modality": frozenset(modalities),
        "drug": frozenset(drug for step in steps for product in products_of(step, library) for drug in product.drugs),
        "region": frozenset(site.region for site in sites),
        "place": frozenset(word for site in sites for word in _places(site)),
        "sex": frozenset({plan.patient.sex}),
    }


def _places(site: Site) -> tuple[str, ...]:
    return (site.id, site.region, "near_eyes") if site.near_eyes else (site.id, site.region)


def holds(when: Mapping[str, Any], facts: Facts) -> bool:
    """Tell whether every condition of a rule holds.

    Raises
    ------
    LibraryError
        If the rule has a condition of no known kind.
    """
    return all(_holds(key, wanted, facts) for key, wanted in when.items())


def _holds(key: str, wanted: Any, facts: Facts) -> bool:
    if key not in facts:
        alike = nearest(key, KEYS)
        raise LibraryError(
            "a rule has a condition of no known kind",
            value=key,
            allowed=", ".join(KEYS),
            do=f"did you mean {alike}?" if alike else None,
        )
    words = {wanted} if isinstance(wanted, str) else set(wanted)
    return bool(words & facts[key])
