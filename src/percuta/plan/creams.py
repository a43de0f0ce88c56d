"""How much anaesthetic cream the label gives for the zones of a plan in the making."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

from percuta.errors import UnitError
from percuta.library.entries import Product
from percuta.library.registry import Library
from percuta.units import convert, parse, show

Data = dict[str, Any]


def label_amount(product: Product, area: float) -> str | None:
    """Return how much cream the label gives for an area, at most as much as it allows at all.

    Parameters
    ----------
    product
        The cream.
    area
        Where it is put on [m^2].

    Returns
    -------
    str or None
        With its unit; None where the label gives no amount for an area.
    """
    layer, most = product.published("label_amount_per_area"), product.published("label_maximum_amount")
    if layer is None:
        return None
    amount = area * layer.si if most is None else min(area * layer.si, most.si)
    tenths = math.floor(convert(amount, "g") * 10.0 + 1e-6) / 10.0  # rounded up it would be above the label
    return f"{tenths:g} g" if tenths >= 1.0 else show(amount, "g", 3)


def creams_follow(before: Data, after: Data, known: Library) -> Data:
    """Return a plan whose amounts of cream follow a change of its zones, where nobody entered others.

    Parameters
    ----------
    before, after
        The plan file's content before and after the change, complete or not; both are left as they are.
    known
        The library.
    """
    changed = copy.deepcopy(after)
    for step in _creamed(changed):
        product = known.products.get(str(step.get("product")))
        if product is None:
            continue
        amount = step.get("amount")
        if amount is None or amount == _amount(product, before, step):
            wanted = _amount(product, changed, step)
            if wanted is not None:
                step["amount"] = wanted
            else:
                step.pop("amount", None)
    return changed


def _amount(product: Product, data: Data, step: Mapping[str, Any]) -> str | None:
    """Return what the label gives for the zones of a step; None where no area is known."""
    zones, named = data.get("zones"), step.get("zones")
    area = 0.0
    for zone in zones if isinstance(zones, list) else ():
        if isinstance(zone, Mapping) and (not isinstance(named, list) or zone.get("name") in named):
            try:
                area += parse(zone.get("area"), "cm^2").si
            except UnitError:
                return None
    return label_amount(product, area) if area > 0.0 else None


def _creamed(data: Data) -> Iterator[Data]:
    session = data.get("session")
    steps = session.get("steps") if isinstance(session, Mapping) else None
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and step.get("do") == "topical_anaesthetic":
            yield step
