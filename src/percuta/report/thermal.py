"""What the current of radiofrequency needles does to each zone: sentences, drawings, endpoints in plain words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.plan.model import Zone
from percuta.plan.steps import RfPulses
from percuta.report import charts
from percuta.report.material import Floats, Picture, ReportMaterial
from percuta.report.outcome import endpoint_rows
from percuta.report.thermal_charts import (
    HeatedNeedles,
    HeatedSkin,
    fractions_by_depth,
    shades_in_layers,
    zones_in_layers,
)
from percuta.report.wording import endpoint_value, joined, measured, percentage, pretty, share
from percuta.report.zone_styles import kinetic_label
from percuta.results.thermal import THERMAL
from percuta.sources import Sourced
from percuta.units import convert

_DRAWN = {"needle_diameter": 0.25, "tip_length": 0.2, "exposed_length": 0.5, "pitch": 1.5}  # mm, where unpublished
_WORDS = {
    "needle_diameter": "needle diameter",
    "tip_length": "length of the needle's tip",
    "exposed_length": "length of the bare metal",
    "pitch": "distance between the needles",
}
_UPRIGHT = math.radians(89.0)  # from which on needles count as upright in a drawing
_LIMITED = 0.99  # of the energy that is set


def heated_zones(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return for each zone that gets pulses its sentences, charts and endpoints."""
    return [
        _heated(material, zone, number, skin)
        for number, zone in enumerate(material.plan.zones)
        if (skin := _skin(material, zone)) is not None
    ]


def _skin(material: ReportMaterial, zone: Zone) -> HeatedSkin | None:
    place = f"/zones/{zone.name}"
    depth = material.values(f"{place}/thermal/depth")
    fractions = {
        kind: values
        for kind in ("coagulated", "necrotic", "heat_shocked")
        if (values := material.values(f"{place}/thermal/{kind}_fraction")) is not None
    }
    epidermis = material.values(f"{place}/layers/epidermis_thickness")
    dermis = material.values(f"{place}/layers/dermis_thickness")
    if depth is None or epidermis is None or dermis is None or len(fractions) < 3:
        return None
    return HeatedSkin(depth, fractions, charts.quantiles(epidermis), charts.quantiles(epidermis + dermis))


def _steps(material: ReportMaterial, zone: Zone) -> list[RfPulses]:
    return [step for step in material.plan.rf_pulses if zone.name in step.zones]


def _heated(material: ReportMaterial, zone: Zone, number: int, skin: HeatedSkin) -> dict[str, Any]:
    steps = _steps(material, zone)
    needles, notes = _needles(material, zone, steps)
    upright = needles.angle >= _UPRIGHT
    draw = zones_in_layers if upright else shades_in_layers
    pictures = []
    for kind, caption in (("coagulated", "Where collagen is denatured"), ("necrotic", "Where cells die")):
        drawn = draw(f"{kind}-{number}", zone.name, kind, skin, needles)
        pictures.append(Picture(Markup(drawn), caption))
    notes.insert(0, _DRAWN_ROUND if upright else _DRAWN_SHADED)
    if upright and needles.coverings > 1.0 + 1e-9:
        notes.insert(1, "Zones are those of one stamp; the shares in figures are those after all of them.")
    if len(steps) > 1:
        notes.insert(1, "Several steps act on this zone; they are drawn about one set of needles.")
    drawn = fractions_by_depth(f"heated-{number}", zone.name, skin, needles.tips[0])
    pictures.append(Picture(Markup(drawn), "Share of the skin that heat changes, by depth"))
    endpoints = [each for name in THERMAL if (each := material.known_endpoint(name, zone.name)) is not None]
    return {
        "name": zone.name,
        "settings": joined(_dose(step) for step in steps),
        "sentences": _sentences(material, zone, steps),
        "pictures": pictures,
        "rows": endpoint_rows(endpoints),
        "notes": notes,
    }


_DRAWN_ROUND = (
    "A zone is drawn round, as wide as makes up the damaged share at that depth; the needle where the typical one ends."
)
_DRAWN_SHADED = "The needle is drawn from the side, where the typical one ends; zones lie about its bare metal."


def _dose(step: RfPulses) -> str:
    """Return depths and dose of a step in words."""
    named = (
        ("energy_per_pin", "{} per needle"),
        ("power", "{}"),
        ("voltage", "{}"),
        ("sensor_temperature", "sensor at {}"),
        ("level", "level {}"),
    )
    dose = next(words.format(getattr(step, key)) for key, words in named if getattr(step, key) is not None)
    width = f" for {step.pulse_width}" if step.pulse_width is not None else ""
    return pretty(f"{joined(str(depth) for depth in step.depths)} deep, {dose}{width}")


def _needles(material: ReportMaterial, zone: Zone, steps: list[RfPulses]) -> tuple[HeatedNeedles, list[str]]:
    """Return the needles as they are drawn, and what had to be assumed for the picture."""
    sizes, notes = {}, []
    for field, otherwise in _DRAWN.items():
        entry = material.device.published(field)
        if isinstance(entry, Sourced):
            sizes[field] = convert(entry.si, "mm")
        else:
            sizes[field] = otherwise
            notes.append(f"The {_WORDS[field]} of this device is not published; the picture takes {otherwise:g} mm.")
    angle = material.device.published("insertion_angle")
    depths = sorted({depth.to("mm") for step in steps for depth in step.depths}, reverse=True)
    typical = material.values(f"/zones/{zone.name}/channels/reached_depth_typical")
    reached = float(np.median(typical)) / depths[0] if typical is not None else 1.0
    return HeatedNeedles(
        diameter=sizes["needle_diameter"],
        taper=sizes["tip_length"],
        exposed=sizes["exposed_length"],
        pitch=sizes["pitch"],
        tips=tuple(reached * depth for depth in depths),
        coverings=max(step.passes / (1.0 - (step.overlap or 0.0)) for step in steps),
        angle=angle.si if isinstance(angle, Sourced) else 0.5 * math.pi,
    ), notes


# --- in words ------------------------------------------------------------------------------------------------------


def _sentences(material: ReportMaterial, zone: Zone, steps: list[RfPulses]) -> list[str]:
    said = [
        _coagulated(material, zone),
        _size(material, zone),
        _around(material, zone),
        _temperatures(material, zone),
        _limits(material, zone, steps),
        _kinetics(material, zone),
    ]
    return [one for one in said if one]


def _said(material: ReportMaterial, name: str, zone: Zone) -> str:
    """Return an endpoint as "3 % (1 to 6 %)"; empty where it is not known."""
    found = material.known_endpoint(name, zone.name)
    if found is None:
        return ""
    middle, span = endpoint_value(found)
    return f"{middle} ({span})"


def _coagulated(material: ReportMaterial, zone: Zone) -> str:
    upper, lower = (_said(material, f"{layer}_coagulated_fraction", zone) for layer in ("papillary", "reticular"))
    return f"One session denatures collagen in {upper} of the upper and {lower} of the lower dermis."


def _size(material: ReportMaterial, zone: Zone) -> str:
    place = f"/zones/{zone.name}/thermal"
    width, height = material.values(f"{place}/width"), material.values(f"{place}/height")
    assert width is not None, "every heated zone has the size of its zones"
    assert height is not None
    formed = width > 0.0
    none = float(np.mean(~formed))
    if none >= 1.0:
        return "In no scenario does a pulse coagulate a zone around its needle."
    across, down = (measured(*charts.quantiles(values[formed]), "mm") for values in (width, height))
    size = f"{across[0]} ({across[1]}) wide and {down[0]} ({down[1]}) high"
    if none <= 0.0:
        return f"The largest zone of coagulated collagen around a needle is {size}."
    return (
        f"In {_of_scenarios(none)} of the scenarios no zone of coagulated collagen forms. Where one forms, the largest "
        f"around a needle is {size}."
    )


def _of_scenarios(probability: float) -> str:
    words = share(probability)
    return "nearly all" if words == "nearly always" else words


def _around(material: ReportMaterial, zone: Zone) -> str:
    """Return what happens to the epidermis and the fat, and what is warmed and lives."""
    epidermis, fat = (_said(material, f"{layer}_necrotic_fraction", zone) for layer in ("epidermis", "subcutis"))
    said = f"Cells die in {epidermis} of the epidermis and in {fat} of the uppermost fat."
    shocked = material.values(f"/zones/{zone.name}/thermal/heat_shocked_fraction_of_compartment")
    if shocked is not None:
        kinds = material.words(f"/zones/{zone.name}/thermal/compartment")
        middle, span = percentage(*charts.quantiles(shocked[:, kinds.index("reticular")]))
        said += f" A further {middle} of the lower dermis ({span}) is warmed enough to react, and lives."
    return said


def _temperatures(material: ReportMaterial, zone: Zone) -> str:
    hottest = _said(material, "peak_temperature", zone)
    surface = _said(material, "surface_temperature_peak", zone)
    return f"The hottest tissue comes to {hottest}, the skin surface beside a needle to {surface}."


def _limits(material: ReportMaterial, zone: Zone, steps: list[RfPulses]) -> str:
    """Return how often the generator's limits hold back the energy that is set."""
    set_energy = [step.energy_per_pin for step in steps if step.energy_per_pin is not None]
    energy = material.values(f"/zones/{zone.name}/thermal/energy_per_needle")
    if not set_energy or energy is None:
        return ""
    most = max(set_energy, key=lambda one: one.si)
    short = float(np.mean(energy < _LIMITED * most.si))
    if short <= 0.0:
        return ""
    held = measured(*charts.quantiles(1e3 * energy), "mJ")
    return (
        f"In {_of_scenarios(short)} of the scenarios the limits of the generator keep a needle below the {most} that "
        f"are set: {held[0]} ({held[1]}) arrive."
    )


def _kinetics(material: ReportMaterial, zone: Zone) -> str:
    """Return how the coagulated share of the lower dermis differs between kinetic sets."""
    place = f"/zones/{zone.name}/thermal"
    drawn, shares = material.values(f"{place}/collagen_set"), _lower_dermis(material, place)
    if drawn is None or shares is None:
        return ""
    names = str(material.tree[f"{place}/collagen_set"].attrs.get("flag_meanings", "")).split("|")
    medians = [
        (float(np.median(shares[drawn == index])), name) for index, name in enumerate(names) if (drawn == index).any()
    ]
    if len(medians) < 2:
        return ""
    (low, lowest), (high, highest) = min(medians), max(medians)
    return (
        "How fast collagen denatures in human dermis is not known. Taken from one source "
        f"({kinetic_label(lowest)}) the typical share of the lower dermis is {_percent(low)}, from another "
        f"({kinetic_label(highest)}) {_percent(high)}; both are among the scenarios."
    )


def _lower_dermis(material: ReportMaterial, place: str) -> Floats | None:
    means = material.values(f"{place}/coagulated_fraction_of_compartment")
    if means is None:
        return None
    return np.asarray(means[:, material.words(f"{place}/compartment").index("reticular")])


def _percent(value: float) -> str:
    return percentage(value, value, value)[0]
