"""A patch in the report: needles that are not the steel needles of the rest, and what they give to the skin."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from percuta.library.device_fields import PATCH_KINDS
from percuta.physics import dissolving
from percuta.plan.model import Zone
from percuta.plan.steps import WearPatch
from percuta.report import charts
from percuta.report.charts import Interval, quantiles
from percuta.report.material import Floats, Picture, ReportMaterial
from percuta.report.outcome import endpoint_rows
from percuta.report.patch_charts import PatchNeedle, given_up_over_time, needle_over_time
from percuta.report.wording import duration, durations, endpoint_value, percentage
from percuta.results.patch import NO_LOAD, PATCH
from percuta.sources import Sourced
from percuta.units import convert

_WIDTH = 0.3  # mm, drawn where nobody published it
_HOURS_FROM = 180.0  # min, from which a chart counts in hours
_SEEN_AT = (0.0, 0.25, 0.5, 0.75)  # of the time that the median needle takes, or of the time worn
_ALL = 0.999  # from which on all of it counts as gone
_SHOWN = 5e-4  # share of the load below which a layer has no row
_LAYERS = {
    "epidermis": "in the epidermis",
    "papillary": "in the upper dermis",
    "reticular": "in the lower dermis",
    "subcutis": "below the dermis",
}

KNOWN = {
    "wrinkles": [
        {
            "text": "Patches of hyaluronic acid, worn every other day for 8 weeks beside the eyes by 25 people: "
            "wrinkles improved with and without growth factor, on both sides. No side without a patch is reported.",
            "source": ["park_2014"],
        },
        {
            "text": "Patches of cross-linked hyaluronic acid, worn for 4 h once a week by 52 women: wrinkles improved "
            "in all groups, more with a peptide or growth factor. No untreated group is named.",
            "source": ["clha_patch_2019"],
        },
        {"text": "Both were read as abstracts only. Trials of steel needles say nothing of a patch.", "source": []},
    ]
}
NOTHING_KNOWN = [
    {"text": "No trial of dissolving or porous needles was read for this aim.", "source": []},
    {"text": "Trials of steel needles say nothing of a patch.", "source": []},
]


def worn_zones(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return for each zone that wears a patch its sentences, charts and endpoints."""
    found = []
    for number, zone in enumerate(material.plan.zones):
        step = next((step for step in material.plan.patches if zone.name in step.zones), None)
        if step is not None and material.values(f"/zones/{zone.name}/patch/tip_depth") is not None:
            found.append(_worn(material, zone, step, number))
    return found


def known_of_patches(aim: str) -> list[dict[str, Any]]:
    """Return what trials of patches say of an aim."""
    return KNOWN.get(aim, NOTHING_KNOWN)


def _worn(material: ReportMaterial, zone: Zone, step: WearPatch, number: int) -> dict[str, Any]:
    endpoints = [each for name in PATCH if (each := material.known_endpoint(name, zone.name)) is not None]
    shown = [each for each in endpoints if each["p95"] > 0 or each["name"] != "patch_delivered_subcutis_share"]
    return {
        "name": zone.name,
        "settings": f"{material.device.name}, worn for {step.duration}",
        "sentences": _sentences(material, zone),
        "pictures": _pictures(material, zone, number),
        "rows": endpoint_rows(shown),
        "notes": _notes(material),
    }


def _dissolves(material: ReportMaterial) -> bool:
    return material.device.kind == PATCH_KINDS[0]


def _of(material: ReportMaterial, zone: Zone, name: str) -> Floats:
    values = material.values(f"/zones/{zone.name}/patch/{name}")
    assert values is not None, "every patch of a result has it"
    return values


def _sentences(material: ReportMaterial, zone: Zone) -> list[str]:
    count, covered = int(_of(material, zone, "patches")), float(_of(material, zone, "covered_share"))
    inserted, given_up = _of(material, zone, "inserted_share"), _of(material, zone, "dissolved_share")[:, -1]
    share, out = (_with_range(*percentage(*quantiles(values))) for values in (inserted, given_up))
    gone = f"{out} of it has left the needles" if quantiles(given_up)[0] < _ALL else "all of it has left"
    taken = durations(*quantiles(_of(material, zone, "dissolution_time")))
    how = "dissolve there" if _dissolves(material) else "let their load out through their pores"
    worn = "1 patch covers" if count == 1 else f"{count} patches cover"
    said = [
        f"{worn} {100 * covered:.0f} % of this zone. The needles are pressed in to part of their length. A cone holds "
        f"most near its base, so that {share} of the load is in the skin; the rest stays outside.",
        f"What is in the skin would {how} to 95 % within {taken}. When the patch comes off, {gone}.",
    ]
    dose = material.known_endpoint("patch_delivered_dose", zone.name)
    if dose is None:
        return [*said, f"The dose is {NO_LOAD}."]
    amount = _with_range(*endpoint_value(dose))
    drug = material.device.published("drug")
    named = f" of {drug.text}" if isinstance(drug, Sourced) else ""
    return [*said, f"That is {amount}{named} on covered skin."]


def _with_range(middle: str, span: str) -> str:
    """Return a median with its range in brackets, where the ends of the range are told apart."""
    low, _, high = span.partition(" to ")
    return middle if high.startswith(low) else f"{middle} ({span})"


def _pictures(material: ReportMaterial, zone: Zone, number: int) -> list[Picture]:
    time, given_up = _of(material, zone, "time"), _of(material, zone, "dissolved_share")
    in_hours = time[-1] > _HOURS_FROM
    what = "dissolved" if _dissolves(material) else "let out of the pores"
    course = given_up_over_time(
        f"given-up-{number}", zone.name, time / 60.0 if in_hours else time, given_up, "h" if in_hours else "min", what
    )
    over_time = "The needle as it dissolves" if _dissolves(material) else "The needle as it empties"
    return [
        Picture(Markup(_needle(material, zone, number)), f"{over_time}, in the median skin"),
        Picture(Markup(course), "How soon the load leaves the needles"),
        Picture(Markup(_where(material, zone, number)), "Where the whole load ends up"),
    ]


def _needle(material: ReportMaterial, zone: Zone, number: int) -> str:
    tip = quantiles(_of(material, zone, "tip_depth"))
    taken, whole = (float(np.median(_of(material, zone, name))) for name in ("dissolution_time", "time_constant"))
    dissolves, worn = _dissolves(material), float(_of(material, zone, "time")[-1])
    width, length = (material.device.published(name) for name in ("needle_diameter", "needle_length"))
    assert length is not None, "a computed patch has the length of its needles"
    needle = PatchNeedle(convert(length.si, "mm"), convert(width.si, "mm") if width else _WIDTH, tip, dissolves)
    one = np.ones(1)
    seen = []
    for share in _SEEN_AT:
        at = share * min(worn, whole if dissolves else taken)
        left = dissolving.volume_left(at * one, whole * one)[0] if dissolves else np.exp(-at / whole)
        seen.append((duration(at), float(left)))
    place = f"/zones/{zone.name}/layers"
    epidermis, dermis, papillary = (
        material.values(f"{place}/{name}") for name in ("epidermis_thickness", "dermis_thickness", "papillary_share")
    )
    assert epidermis is not None
    assert dermis is not None
    assert papillary is not None
    faces = (
        float(np.median(epidermis)),
        float(np.median(epidermis + papillary * dermis)),
        float(np.median(epidermis + dermis)),
    )
    return needle_over_time(f"patch-needle-{number}", zone.name, needle, faces, seen)


def _where(material: ReportMaterial, zone: Zone, number: int) -> str:
    """Draw where the whole load ends up: by layer, left in the needle, and never pressed in."""
    share, inserted = _of(material, zone, "delivered_share"), _of(material, zone, "inserted_share")
    parts = dict(zip(material.words(f"/zones/{zone.name}/patch/compartment"), share.T, strict=True))
    rows = [(_LAYERS[name], values) for name, values in parts.items() if np.quantile(values, 0.95) > _SHOWN]
    left = np.clip(inserted - share.sum(axis=1), 0.0, 1.0)
    if np.quantile(left, 0.95) > _SHOWN:
        rows.append(("still in the needles when they come off", left))
    rows.append(("never in the skin", 1.0 - inserted))
    intervals = []
    for label, values in rows:
        low, middle, high = quantiles(100.0 * values)
        words = _with_range(*percentage(low / 100.0, middle / 100.0, high / 100.0))
        intervals.append(Interval(label, words, low, middle, high))
    return charts.ranges(
        f"patch-where-{number}", f"Where the load ends up, {zone.name}", intervals, "share of the whole load (%)", 100.0
    )


def _notes(material: ReportMaterial) -> list[str]:
    notes = ["The load is counted where it leaves the needle; where it goes from there is not computed."]
    device = material.device
    if device.published("loaded_length") is None:
        notes.append("Where in the needle the load lies is not published; it is taken as spread evenly through it.")
    if device.published("inserted_share") is None:
        notes.append("How much of this needle enters is not published; the range of its class is taken.")
    if device.published("needle_diameter") is None:
        notes.append(f"The width of the needle is not published; the picture takes {_WIDTH:g} mm.")
    return notes
