"""Where the needles go in this person's skin, zone by zone."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.report import charts
from percuta.report.charts import Reach
from percuta.report.material import Picture, ReportMaterial
from percuta.report.skins import drawn_needle, reach_in_words, skin_row, skins_of
from percuta.report.wording import endpoint_value


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


def _reach(material: ReportMaterial, zone: Zone) -> Reach:
    place = f"/zones/{zone.name}/channels"
    typical = material.values(f"{place}/reached_depth_typical")
    deepest = material.values(f"{place}/reached_depth_deepest_5_percent")
    assert typical is not None, "every zone with a setting has its channels"
    assert deepest is not None
    return Reach(charts.quantiles(typical), charts.quantiles(deepest))


def _zone(material: ReportMaterial, zone: Zone, number: int) -> dict[str, Any]:
    depths, reach = _settings(material, zone), _reach(material, zone)
    skins = skins_of(material.library, material.plan.patient, zone)
    set_depth = max(depths)
    shape, notes = drawn_needle(material.device)
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
        "skins": [skin_row(skin, set_depth) for skin in skins],
        "notes": notes,
    }


def _sentences(material: ReportMaterial, zone: Zone, set_depth: float, reach: Reach) -> list[str]:
    said = [reach_in_words(set_depth, reach)]
    beyond = material.known_endpoint("tracks_beyond_dermis_fraction", zone.name)
    if beyond is not None:
        middle, span = endpoint_value(beyond)
        said.append(f"Over all datasets, {middle} of the punctures go through the dermis into the fat ({span}).")
    return said
