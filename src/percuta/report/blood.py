"""What of the anaesthetics reaches the blood, beside what was measured in people."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.plan.steps import TopicalAnaesthetic
from percuta.report import charts
from percuta.report.anaesthesia import creams_on
from percuta.report.anaesthesia_charts import Limit, multiple_of_intact, over_hours
from percuta.report.material import Floats, Picture, ReportMaterial
from percuta.report.wording import (
    duration,
    durations,
    endpoint_value,
    hours,
    in_scenarios,
    joined,
    measured,
    pretty,
    significant,
    upper,
)
from percuta.units import convert

_MULTIPLE = "anaesthetic_exposure_multiple"
_LEVELS = {"first_signs_level": ("first signs", "open"), "toxic_level": ("toxic", "collagen")}
_IN_PLASMA = "lidocaine"
_PRILOCAINE, _OF_METHAEMOGLOBIN = "prilocaine", "g6pd_deficiency"
_OBSERVED = {
    "observed_peak_lidocaine": "highest level of lidocaine, average of people",
    "observed_highest_peak_lidocaine": "highest level of lidocaine of any person",
}
_EVEN = 3.0  # times in which a drug evens out, from which on the computation may take it as even
_BARE: dict[str, Any] = {"name": "", "pictures": [], "limits": [], "on_channels": False}


def in_the_blood(material: ReportMaterial) -> dict[str, Any] | None:
    """Return what of the anaesthetics reaches the blood, or why it is not computed; None where the plan has none.

    Of cream on needled skin only the multiple of intact skin is shown: no level in human blood has been published.
    """
    hours = material.values("/exposure/time")
    if hours is None or hours.size < 2:
        found = _not_computed(material)
    elif int(material.tree["/exposure"].attrs.get("on_channels", 0)):
        found = _on_channels(material)
    else:
        found = _on_intact_skin(material, hours)
    return None if found is None else _BARE | {"observed": _observed(material), "risks": _risks(material)} | found


def _not_computed(material: ReportMaterial) -> dict[str, Any] | None:
    endpoint = material.endpoint("anaesthetic_absorbed") or {}
    if not _creams(material) or "withheld" not in endpoint:
        return None
    return {"sentences": [f"{upper(endpoint['withheld'])}."]}


def _creams(material: ReportMaterial) -> list[TopicalAnaesthetic]:
    return [step for step in material.plan.session.steps if isinstance(step, TopicalAnaesthetic)]


def _risks(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what a drug of the creams does beside numbing that no computed number shows."""
    drugs = {drug for step in _creams(material) for drug in material.library.product(step.product).drugs}
    if _PRILOCAINE not in drugs:
        return []
    says = "Prilocaine has a risk of its own, not computed: it can raise methaemoglobin, which carries no oxygen."
    return [{"says": says, "source": material.library.screening[_OF_METHAEMOGLOBIN].source}]


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
    said += _how_long_on_channels(material)
    said.append("Signs of poisoning can come while the cream is on and for hours afterwards.")
    return {"sentences": said, "pictures": pictures, "on_channels": True}


def _how_long_on_channels(material: ReportMaterial) -> list[str]:
    """Return how long cream lies on needled skin, beside how fast a drug evens out there and the channels close."""
    lateral = material.values("/exposure/lateral_equilibration_time")
    contacts = [(minutes, zone) for zone in material.plan.zones for minutes in _contacts(material, zone)]
    if lateral is None or not contacts:
        return []
    contact, zone = min(contacts, key=lambda one: one[0])
    endless = np.isinf(contact)
    lies = "Nothing takes the cream off" if endless else f"The cream lies on needled skin for {duration(contact)}"
    said = f"{lies}; a drug evens out between the channels in {durations(*charts.quantiles(lateral))}"
    closure = material.values(f"/zones/{zone.name}/barrier/pore_closure_time")
    if closure is not None:
        middle, span = hours(*charts.quantiles(closure))
        said += f", and the channels close in {middle} ({span})"
    if contact < _EVEN * float(np.quantile(lateral, 0.95)):
        return [f"{said}.", "The calculation does not hold for so short a time."]
    return [f"{said}."]


def _contacts(material: ReportMaterial, zone: Zone) -> list[float]:
    """Return how long each cream of a zone lies on it once it has been needled, at the median [min]."""
    first = material.values(f"/zones/{zone.name}/anaesthesia/needles_start")
    if first is None:
        return []
    needled = float(np.median(first))
    return [off - max(on, needled) for on, off in creams_on(material, zone) if off > needled]


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
        "sentences": [one for one in (_absorbed(material, drugs), _peak(plasma, limits)) if one],
        "pictures": pictures,
        "limits": [
            {"label": f"{label if number else upper(label)} from {value:g} µg/ml", "source": source}
            for number, (label, value, _, source) in enumerate(limits)
        ],
    }


def _observed(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return what was measured in people with the plan's creams, beside which the prediction has to stand."""
    names = dict.fromkeys(step.product for step in _creams(material))
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


def _absorbed(material: ReportMaterial, drugs: list[str]) -> str:
    found = material.known_endpoint("anaesthetic_absorbed")
    if found is None:
        return ""
    middle, span = endpoint_value(found)
    applied = _put_on(material)
    share = f" ({significant(100.0 * found['p50'] / applied, 1)} % of what is put on)" if applied else ""
    return f"About {middle} of {joined(drugs)}{share} reaches the blood over a day ({span})."


def _put_on(material: ReportMaterial) -> float | None:
    """Return how much drug the creams of the plan hold [mg], or None where a strength is not published."""
    held = 0.0
    for step in _creams(material):
        product = material.library.product(step.product)
        for drug in product.drugs:
            strength = product.published(product.field_of("strength", drug))
            if strength is None:
                return None
            held += step.amount.to("mg") * strength.si
    return held


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
        f"The highest level of lidocaine in plasma is {middle} ({span}). {upper(label)} of poisoning have been "
        f"described from {value:g} µg/ml, which is reached {often}. Other anaesthetics, by injection or in the mouth, "
        "add to it."
    )
