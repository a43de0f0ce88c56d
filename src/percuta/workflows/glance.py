"""What can be said of a plan at once: how deep a step's needles reach, and how long a session takes.

Both come from the scenarios that every safety rule uses; no pulse, no healing and no drug is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from percuta.errors import PercutaError, PlanError
from percuta.library.registry import Library, library
from percuta.plan.device import resolve_device
from percuta.plan.drafts import pared, read_draft
from percuta.plan.model import Plan
from percuta.plan.steps import STEEL_NEEDLES, Needling, RfPulses
from percuta.units import Quantity, parse

Quantiles = tuple[float, float, float]


@dataclass(frozen=True)
class Glance:
    """What the needles of one step do in one zone.

    Attributes
    ----------
    zone, site
        Name of the zone, and of its site in plain words.
    set_depth
        The deepest setting of the step [mm].
    layers
        One row for each thickness dataset: ``letter``, ``label``, ``source``, ``epidermis``, ``bottom`` (of the dermis)
        and ``lies``, where the setting lies.
    typical, deepest
        Depth that the typical needle, and the deepest 1 in 20, reach [mm]: 5 %, 50 % and 95 % of the scenarios.
    past_epidermis, past_dermis
        Share of the needles that pass the epidermis, and that go through the dermis into the fat, likewise.
    sentences
        The same in plain words.
    notes
        What had to be assumed for the picture.
    drawing
        The needle in the skin of every dataset, as SVG.
    """

    zone: str
    site: str
    set_depth: float
    layers: tuple[dict[str, Any], ...]
    typical: Quantiles
    deepest: Quantiles
    past_epidermis: Quantiles
    past_dermis: Quantiles
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    drawing: str


def glance(
    plan: Plan,
    zone: str,
    step: int,
    known: Library | None = None,
    depths: Sequence[Quantity | str] | None = None,
    name: str = "glance",
) -> Glance:
    """Return what the needles of a step do in a zone.

    Parameters
    ----------
    plan
        The plan.
    zone
        Name of a zone.
    step
        Number of a step with needles, from 1.
    known
        The library; the shipped one when left out.
    depths
        Settings in place of the step's own, such as ``["1.25 mm"]``.
    name
        Identifier of the drawing among those of a page.

    Raises
    ------
    PlanError
        If the plan has no such zone, or no step with needles of this number.
    UnitError
        If a depth is none.
    """
    import numpy as np

    from percuta.engine.bench import Bench
    from percuta.engine.reach import reach_of
    from percuta.engine.skin import layers_of
    from percuta.physics.puncture import depth_of_share, share_beyond
    from percuta.report.charts import Reach, needle_in_skin, quantiles
    from percuta.report.skins import drawn_needle, reach_in_words, skin_row, skins_of
    from percuta.safety.reach import scenarios

    known = known or library()
    place, needles = _zone_number(plan, zone), _with_depths(_needles(plan, step), depths)
    bench = Bench(plan, resolve_device(plan.device, known), known, scenarios())
    bench = bench.opened(needles) if isinstance(needles, Needling) else bench
    mean, scatter = reach_of(bench, needles)
    layers, skins = layers_of(bench, plan.zones[place]), skins_of(known, plan.patient, plan.zones[place])
    typical, deepest = (quantiles(1e3 * depth_of_share(mean, scatter, share)) for share in (0.5, 0.95))
    past_epidermis, past_dermis = (
        quantiles(np.asarray(share_beyond(mean, scatter, face))) for face in (layers.epidermis, layers.bottom)
    )
    set_depth, reach = 1e3 * max(depth.si for depth in _depths(needles)), Reach(typical, deepest)
    shape, notes = drawn_needle(bench.device)
    return Glance(
        zone=zone,
        site=known.site(plan.zones[place].site).name,
        set_depth=set_depth,
        layers=tuple(skin_row(skin, set_depth) for skin in skins),
        typical=typical,
        deepest=deepest,
        past_epidermis=past_epidermis,
        past_dermis=past_dermis,
        sentences=(reach_in_words(set_depth, reach), *_shares_in_words(past_epidermis, past_dermis)),
        notes=tuple(notes),
        drawing=needle_in_skin(name, zone, skins, shape, set_depth, reach),
    )


def glance_of_draft(
    data: Mapping[str, Any], zone: int, step: int, known: Library | None = None, depth: str | None = None
) -> Glance | tuple[PercutaError, ...]:
    """Return what the needles of a step do in a zone of a plan in the making, or what it still lacks for that.

    Parameters
    ----------
    data
        The plan as plain data.
    zone, step
        Their numbers, from 1.
    known
        The library; the shipped one when left out.
    depth
        A setting in place of the step's own, such as ``"1.25 mm"``.
    """
    known = known or library()
    part = pared(data, zone, step)
    if depth is not None:
        for one in part["session"]["steps"]:
            one.pop("set_depths", None)
            one["set_depth"] = depth
    draft = read_draft(part, known)
    if draft.plan is None:
        return draft.faults
    try:
        return glance(draft.plan, draft.plan.zones[0].name, 1, known, name=f"glance-{step}-{zone}")
    except PercutaError as fault:
        return (fault,)


def session_time(plan: Plan, known: Library | None = None) -> Quantiles:
    """Return how long a session takes: 5 %, 50 % and 95 % of the scenarios [min].

    Pulses count as long as they are set, without the time in which a sensor comes to its temperature.

    Parameters
    ----------
    plan
        The plan.
    known
        The library; the shipped one when left out.

    Raises
    ------
    LibraryError
        If a figure of the device that is needed was never published.
    """
    from percuta.engine.bench import Bench
    from percuta.engine.session import session_times
    from percuta.report.charts import quantiles
    from percuta.safety.reach import scenarios
    from percuta.units import convert

    known = known or library()
    bench = Bench(plan, resolve_device(plan.device, known), known, scenarios())
    low, middle, high = quantiles(session_times(bench, None).steps.sum(axis=1))
    return convert(low, "min"), convert(middle, "min"), convert(high, "min")


def _zone_number(plan: Plan, name: str) -> int:
    names = [zone.name for zone in plan.zones]
    if name not in names:
        raise PlanError("the plan has no zone of this name", value=name, allowed=", ".join(names))
    return names.index(name)


def _needles(plan: Plan, number: int) -> Needling | RfPulses:
    steps = plan.session.steps
    step = steps[number - 1] if 1 <= number <= len(steps) else None
    if not isinstance(step, STEEL_NEEDLES):
        fitting = [str(place) for place, one in enumerate(steps, 1) if isinstance(one, STEEL_NEEDLES)]
        raise PlanError("not a step with needles", value=number, allowed=", ".join(fitting))
    return step


def _depths(step: Needling | RfPulses) -> tuple[Quantity, ...]:
    return (step.set_depth,) if isinstance(step, Needling) else step.depths


def _with_depths(step: Needling | RfPulses, depths: Sequence[Quantity | str] | None) -> Needling | RfPulses:
    if not depths:
        return step
    read = tuple(parse(depth, "mm") for depth in depths)
    several = isinstance(step, RfPulses) and len(read) > 1
    return step.model_copy(update={"set_depth": None, "set_depths": read} if several else {"set_depth": read[0]})


def _shares_in_words(past_epidermis: Quantiles, past_dermis: Quantiles) -> tuple[str, str]:
    return (
        _of_needles(past_epidermis, "passes the epidermis", "pass the epidermis"),
        _of_needles(past_dermis, "goes through the dermis into the fat", "go through the dermis into the fat"),
    )


def _of_needles(share: Quantiles, one: str, many: str) -> str:
    """Say how many of the needles do something, over all datasets."""
    low, middle, high = (round(100 * each) for each in share)
    if low == 100:
        return f"Practically every needle {one}."
    if high == 0:
        return f"Practically no needle {one}."
    return f"Of 100 needles, {middle} {one if middle == 1 else many} ({low} to {high}, over all datasets)."
