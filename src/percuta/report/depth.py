"""Where the needles go in this person's skin, zone by zone."""

from __future__ import annotations

import math
from typing import Any

from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.report import charts
from percuta.report.charts import NeedleShape, Quantiles, Reach, Skin
from percuta.report.material import Picture, ReportMaterial
from percuta.report.wording import endpoint_value, measured
from percuta.sources import Sourced
from percuta.units import convert

_DRAWN_DIAMETER = 0.25  # mm, where nobody published the needle's
_DRAWN_TIP = 0.7  # mm, likewise for its taper
_UPRIGHT = 89.0  # degrees to the surface, below which a needle is called inclined


def zones_in_depth(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return for each zone that needles enter its charts, its table of datasets and its sentences."""
    return [
        _zone(material, zone, number) for number, zone in enumerate(material.plan.zones) if _settings(material, zone)
    ]


def _settings(material: ReportMaterial, zone: Zone) -> list[float]:
    """Return the depths [mm] that the steps set in a zone."""
    depths = [step.set_depth.to("mm") for step in material.plan.needling if zone.name in step.zones]
    depths += [depth.to("mm") for step in material.plan.rf_pulses if zone.name in step.zones for depth in step.depths]
    return depths


def _skins(material: ReportMaterial, zone: Zone) -> list[Skin]:
    patient = material.plan.patient
    sets = material.library.layers(zone.site, patient.sex, patient.age.to("years"))
    skins = []
    for letter, one in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sets, strict=False):
        low, high = one.epidermis.band()
        epidermis = _in_mm((low, one.epidermis.si, high))
        label = one.label if one.method.lower() in one.label.lower() else f"{one.label} ({one.method})"
        skins.append(Skin(letter, label, epidermis, _in_mm(one.depth_band()), one.dataset))
    return skins


def _in_mm(depths: Quantiles) -> Quantiles:
    low, middle, high = (convert(depth, "mm") for depth in depths)
    return low, middle, high


def _reach(material: ReportMaterial, zone: Zone) -> Reach:
    place = f"/zones/{zone.name}/channels"
    typical = material.values(f"{place}/reached_depth_typical")
    deepest = material.values(f"{place}/reached_depth_deepest_5_percent")
    assert typical is not None, "every zone with a setting has its channels"
    assert deepest is not None
    return Reach(charts.quantiles(typical), charts.quantiles(deepest))


def _shape(material: ReportMaterial) -> tuple[NeedleShape, list[str]]:
    """Return the needle as it is drawn, and what had to be assumed for the picture."""
    notes = []

    def drawn(field: str, otherwise: float, words: str) -> float:
        entry = material.device.published(field)
        if isinstance(entry, Sourced):
            return convert(entry.si, "mm")
        notes.append(f"The {words} of this device is not published; the picture takes {otherwise:g} mm.")
        return otherwise

    diameter = drawn("needle_diameter", _DRAWN_DIAMETER, "needle diameter")
    angle = material.device.published("insertion_angle")
    if isinstance(angle, Sourced) and math.degrees(angle.si) < _UPRIGHT:
        notes.append(f"The needles of this device enter at {angle.text}; here they are drawn upright.")
    return NeedleShape(diameter, drawn("tip_length", _DRAWN_TIP, "length of the needle's tip")), notes


def _zone(material: ReportMaterial, zone: Zone, number: int) -> dict[str, Any]:
    depths, skins, reach = _settings(material, zone), _skins(material, zone), _reach(material, zone)
    set_depth = max(depths)
    shape, notes = _shape(material)
    if len(set(depths)) > 1:
        notes.insert(0, f"Several depths are set in this zone; the deepest, {set_depth:g} mm, is drawn.")
    drawn = charts.needle_in_skin(f"needle-{number}", zone.name, skins, shape, set_depth, reach)
    pictures = [Picture(Markup(drawn), f"The needle at {set_depth:g} mm in each dataset")]
    place = f"/zones/{zone.name}/channels"
    depth, punctured, still_open = (
        material.values(f"{place}/{name}") for name in ("depth", "punctured_fraction", "open_fraction")
    )
    if depth is not None and punctured is not None and still_open is not None:
        shown = charts.deepest_shown(skins, set_depth, reach)
        drawn = charts.punctured_by_depth(f"punctured-{number}", zone.name, depth, punctured, still_open, shown)
        pictures.append(Picture(Markup(drawn), "How much of the skin the needles pass, by depth"))
    return {
        "name": zone.name,
        "site": material.library.site(zone.site).name,
        "set_depth": f"{set_depth:g} mm",
        "sentences": _sentences(material, zone, set_depth, reach),
        "pictures": pictures,
        "skins": [_row(skin, set_depth) for skin in skins],
        "notes": notes,
    }


def _sentences(material: ReportMaterial, zone: Zone, set_depth: float, reach: Reach) -> list[str]:
    typical, deepest = measured(*reach.typical, "mm"), measured(*reach.deepest, "mm")
    said = [
        f"Set to {set_depth:g} mm, the typical needle is expected to reach {typical[0]} ({typical[1]}), and the "
        f"deepest 1 in 20 needles {deepest[0]} or more ({deepest[1]})."
    ]
    beyond = material.known_endpoint("tracks_beyond_dermis_fraction", zone.name)
    if beyond is not None:
        middle, span = endpoint_value(beyond)
        said.append(f"Over all datasets, {middle} of the punctures go through the dermis into the fat ({span}).")
    return said


def _row(skin: Skin, set_depth: float) -> dict[str, Any]:
    """Return one dataset as a row of the table below the picture."""
    low, _, high = skin.dermis
    if set_depth <= low:
        lies = "in the dermis"
    elif set_depth < high:
        lies = "in the range where the dermis ends"
    else:
        lies = "below the dermis"
    if set_depth <= skin.epidermis[0]:
        lies = "in the epidermis"
    epidermis, bottom = measured(*skin.epidermis, "mm"), measured(*skin.dermis, "mm")
    return {
        "letter": skin.letter,
        "label": skin.label,
        "source": [skin.dataset],
        "epidermis": f"{epidermis[0]} ({epidermis[1]})",
        "bottom": f"{bottom[0]} ({bottom[1]})",
        "lies": lies,
    }
