"""What the anaesthetic does: how deep each zone is numb when the needles come, and what reaches the blood."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.plan.steps import AnyStep, Cleanse, RemoveAnaesthetic, Rinse, TopicalAnaesthetic
from percuta.report import charts
from percuta.report.anaesthesia_charts import (
    Limit,
    Numbing,
    Span,
    block_against_needles,
    multiple_of_intact,
    over_hours,
)
from percuta.report.charts import Reach
from percuta.report.material import Floats, Picture, ReportMaterial
from percuta.report.wording import endpoint_value, in_scenarios, joined, measured, pretty, significant
from percuta.units import convert

_MULTIPLE = "anaesthetic_exposure_multiple"
_LEVELS = {"first_signs_level": ("first signs", "open"), "toxic_level": ("toxic", "collagen")}
_IN_PLASMA = "lidocaine"
_OBSERVED = {
    "observed_peak_lidocaine": "highest level of lidocaine, average of people",
    "observed_highest_peak_lidocaine": "highest level of lidocaine of any person",
}


def numbed_zones(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return sentences and chart of each zone with needles and an anaesthetic."""
    found = []
    for number, zone in enumerate(material.plan.zones):
        numbing = _numbing(material, zone)
        if numbing is not None:
            drawn = block_against_needles(f"block-{number}", zone.name, numbing)
            picture = Picture(Markup(drawn), "Numb depth against needle depth")
            said = _sentences(material, zone, numbing)
            found.append({"name": zone.name, "sentences": said, "pictures": [picture]})
    return found


def _numbing(material: ReportMaterial, zone: Zone) -> Numbing | None:
    place = f"/zones/{zone.name}"
    time, block, first, last = (
        material.values(f"{place}/anaesthesia/{name}")
        for name in ("time", "block_depth", "needles_start", "needles_end")
    )
    typical, deepest = (
        material.values(f"{place}/channels/reached_depth_{name}") for name in ("typical", "deepest_5_percent")
    )
    if time is None or block is None or first is None or last is None or typical is None or deepest is None:
        return None
    creams = _creams(material, zone)
    return Numbing(
        time=time,
        block_depth=block,
        creams=creams,
        needles=(float(np.median(first)), float(np.median(last))),
        reach=Reach(charts.quantiles(typical), charts.quantiles(deepest)),
        end=1.03 * max([float(np.quantile(last, 0.95)), *(off for _, off in creams)]),
    )


def _creams(material: ReportMaterial, zone: Zone) -> list[Span]:
    """Return when each cream comes on a zone and is off again, at the median [min since the first step]."""
    taken = material.values("/session/duration")
    if taken is None:
        return []
    ends = np.median(np.cumsum(taken, axis=1), axis=0)
    steps = [
        (step, float(end))
        for step, end in zip(material.plan.session.steps, ends, strict=True)
        if zone.name in material.plan.zones_of(step)
    ]
    return [
        (end - step.duration.to("min"), next((off for off in map(_off, steps[place + 1 :]) if off), float(ends[-1])))
        for place, (step, end) in enumerate(steps)
        if isinstance(step, TopicalAnaesthetic)
    ]


def _off(later: tuple[AnyStep, float]) -> float | None:
    """Return when a later step takes a cream off: by washing at its end, by another cream when that comes on."""
    step, end = later
    if isinstance(step, TopicalAnaesthetic):
        return end - step.duration.to("min")
    return end if isinstance(step, RemoveAnaesthetic | Cleanse | Rinse) else None


def _sentences(material: ReportMaterial, zone: Zone, numbing: Numbing) -> list[str]:
    if numbing.creams and all(on >= numbing.needles[1] for on, _ in numbing.creams):
        return ["The cream is put on after the needles, so it numbs nothing while they are in.", _pain(material, zone)]
    said = [_against_needles(material, zone), _onset(material, zone, numbing), _lasting(material, zone)]
    return [one for one in (*said, _pain(material, zone)) if one]


def _against_needles(material: ReportMaterial, zone: Zone) -> str:
    least = material.values(f"/zones/{zone.name}/anaesthesia/block_depth_at_needling")
    typical, deepest = (
        material.values(f"/zones/{zone.name}/channels/reached_depth_{name}")
        for name in ("typical", "deepest_5_percent")
    )
    if least is None or typical is None or deepest is None:
        return ""
    beyond, all_of_them = (in_scenarios(float(np.mean(least > depth))) for depth in (typical, deepest))
    if not least.any():
        return "Some needles come while nothing is numb."
    depth = measured(*charts.quantiles(least), "mm")
    said = f"While the needles are in, the skin is numb down to {depth[0]} ({depth[1]})."
    if beyond == all_of_them:
        return f"{said} {_upper(beyond)} that is deeper than the typical needle, and than the deepest 1 in 20 needles."
    return (
        f"{said} {_upper(beyond)} that is deeper than the typical needle, and {all_of_them} deeper than the deepest "
        "1 in 20 needles."
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _onset(material: ReportMaterial, zone: Zone, numbing: Numbing) -> str:
    found = material.known_endpoint("block_onset", zone.name)
    typical = material.values(f"/zones/{zone.name}/channels/reached_depth_typical")
    if found is None or typical is None:
        return ""
    middle, span = endpoint_value(found)
    never = float(np.mean(numbing.block_depth.max(axis=1) < typical))
    said = f"The depth of the typical needle is numb {middle} after the cream goes on ({span})"
    return f"{said}; {in_scenarios(never)} it never is." if never > 0.0 else f"{said}."


def _lasting(material: ReportMaterial, zone: Zone) -> str:
    found = material.known_endpoint("block_duration_after_removal", zone.name)
    washed = any(isinstance(step, RemoveAnaesthetic | Cleanse | Rinse) for step in material.plan.session.steps)
    if found is None or not washed:
        return ""
    middle, span = endpoint_value(found)
    return (
        f"In the calculation it stays numb so deep for {middle} after the cream is wiped off ({span}). Labels count on "
        "less, so plan with the label."
    )


def _pain(material: ReportMaterial, zone: Zone) -> str:
    found = material.known_endpoint("pain_peak", zone.name)
    if found is None:
        return ""
    middle, span = endpoint_value(found)
    return f"The strongest pain that remains is about {middle} ({span})."


# --- in the blood --------------------------------------------------------------------------------------------------


def in_the_blood(material: ReportMaterial) -> dict[str, Any] | None:
    """Return what of the anaesthetics reaches the blood, or None where the plan has none.

    Of cream on needled skin only the multiple of intact skin is shown: no level in human blood has been published.
    """
    hours = material.values("/exposure/time")
    if hours is None or hours.size < 2:
        return None
    if int(material.tree["/exposure"].attrs.get("on_channels", 0)):
        return _on_channels(material)
    return _on_intact_skin(material, hours)


def _on_channels(material: ReportMaterial) -> dict[str, Any]:
    said = [
        "This plan leaves anaesthetic cream on needled skin. Its label is for intact skin only, and no human blood "
        "levels after needling have been published.",
    ]
    pictures = []
    found = material.known_endpoint(_MULTIPLE)
    if found is not None:
        low, middle, high = found["p5"], found["p50"], found["p95"]
        ends = significant(low), significant(high)
        said.append(
            f"{_on_intact(material)}Expect {ends[0]} to {ends[1]} times what the same cream gives on intact skin. "
            "How far needled skin lets it through is a calculation that nobody has checked on people, so no level is "
            "given here."
        )
        drawn = multiple_of_intact("multiple", "Anaesthetic in the blood against intact skin", (low, middle, high))
        pictures.append(Picture(Markup(drawn), "Against the same cream on intact skin"))
    said.append("Signs of poisoning can come while the cream is on and for hours afterwards.")
    return {"name": "", "sentences": said, "pictures": pictures, "limits": [], "on_channels": True}


def _on_intact(material: ReportMaterial) -> str:
    """Return the dose that the same creams would give before the needles, as a sentence."""
    intact = material.values("/exposure/absorbed_on_intact_skin")
    if intact is None:
        return ""
    middle, span = measured(*charts.quantiles(intact), "mg")
    return f"Put on intact skin and for as long, these creams would bring about {middle} into the blood ({span}). "


def _on_intact_skin(material: ReportMaterial, hours: Floats) -> dict[str, Any]:
    drugs = material.words("/exposure/drug")
    plasma, limits = _plasma(material, drugs), _limits(material)
    pictures = []
    if plasma is not None:
        lines = [Limit(f"{label} from {value:g} µg/ml", value, paint) for label, value, paint, _ in limits]
        title = "Lidocaine in plasma over the hours after the first step"
        drawn = over_hours("plasma", title, hours, plasma, "lidocaine in plasma (µg/ml)", "µg/ml", lines)
        pictures.append(Picture(Markup(drawn), "Lidocaine in plasma"))
    return {
        "name": "",
        "sentences": [one for one in (_absorbed(material, drugs, hours), _peak(plasma, limits)) if one],
        "pictures": pictures,
        "limits": [
            {"label": f"{label if number else _upper(label)} from {value:g} µg/ml", "source": source}
            for number, (label, value, _, source) in enumerate(limits)
        ],
        "observed": _observed(material),
        "on_channels": False,
    }


def _observed(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what was measured in people with the plan's creams, beside which the prediction has to stand."""
    names = dict.fromkeys(step.product for step in material.plan.session.steps if isinstance(step, TopicalAnaesthetic))
    rows = []
    for product in (material.library.product(name) for name in names):
        for field, words in _OBSERVED.items():
            entry = product.published(field)
            if entry is not None:
                how = f" ({entry.method})" if entry.method else ""
                says = pretty(f"{product.name}, {words}: {entry.text}{how}")
                rows.append({"says": says, "source": entry.source})
    return rows


def _plasma(material: ReportMaterial, drugs: list[str]) -> Floats | None:
    """Return the plasma level of lidocaine (member, t) [ug/ml], or None where it cannot be computed."""
    values = material.values("/exposure/plasma")
    if values is None or _IN_PLASMA not in drugs:
        return None
    own = values[:, :, drugs.index(_IN_PLASMA)]
    return np.asarray(own) if np.isfinite(own).all() else None


def _limits(material: ReportMaterial) -> list[tuple[str, float, str, tuple[str, ...]]]:
    """Return the published levels of lidocaine: label, value [ug/ml], colour and references."""
    drug = material.library.drugs.get(_IN_PLASMA)
    entries = {} if drug is None else {name: drug.published(name) for name in _LEVELS}
    return [
        (label, float(convert(entry.si, "ug/ml")), paint, entry.source)
        for name, (label, paint) in _LEVELS.items()
        if (entry := entries.get(name)) is not None
    ]


def _absorbed(material: ReportMaterial, drugs: list[str], hours: Floats) -> str:
    found = material.known_endpoint("anaesthetic_absorbed")
    if found is None:
        return ""
    middle, span = endpoint_value(found)
    return f"In {hours[-1]:.0f} hours about {middle} of {joined(drugs)} together reach the blood ({span})."


def _peak(plasma: Floats | None, limits: list[tuple[str, float, str, tuple[str, ...]]]) -> str:
    if plasma is None:
        return "No plasma level is given, because it cannot be computed from what is published."
    if not limits:
        return ""
    peaks = plasma.max(axis=1)
    label, value, _, _ = limits[0]
    often = in_scenarios(float(np.mean(peaks >= value)))
    middle, span = measured(*charts.quantiles(peaks), "ug/ml")
    return (
        f"The highest level of lidocaine in plasma is {middle} ({span}). {_upper(label)} of poisoning have been "
        f"described from {value:g} µg/ml, which is reached {often}. Other anaesthetics, by injection or in the mouth, "
        "add to it."
    )
