"""A plan file to start from, with every screening item that applies written out as not yet asked."""

from __future__ import annotations

from percuta.library.device_fields import PATCH_FIGURES, PATCH_KINDS
from percuta.library.entries import Device, Site
from percuta.library.registry import Library
from percuta.plan.creams import label_amount
from percuta.sources import Sourced
from percuta.units import convert, show

_CREAM = "lidocaine-prilocaine-2.5-2.5"
_AREA_TO_START_FROM = 10.0  # cm^2
_EFFECTS = "wrinkles | laxity | acne_scars | texture | striae | other_scars | alopecia | melasma | other"


def starter_plan(library: Library, site: Site, device: Device, desired_effect: str) -> str:
    """Return the text of a plan file for one zone.

    Parameters
    ----------
    library
        The library, for the questionnaire.
    site, device
        Where, and with what.
    desired_effect
        What is wanted.
    """
    area = starting_area(site)
    area_note = (
        "of a template: measure yours"
        if isinstance(site.area, Sourced)
        else "a number to start from: no area is published, measure it"
    )
    scars = (
        '\nscar_types = ["rolling"]           # ice_pick | boxcar | rolling' if desired_effect == "acne_scars" else ""
    )
    parts = [
        f"""# A plan for Percuta. Check it with `percuta check`, compute it with `percuta plan`.
# Every value with a dimension is text with its unit. Screening: "yes", "no" or "unknown".
schema = 1
title = "{site.name}, {desired_effect.replace("_", " ")}"

[patient]
age = "45 years"
sex = "female"                     # female | male
phototype = 2                      # Fitzpatrick 1 to 6
mass = "65 kg"
desired_effect = "{desired_effect}"       # {_EFFECTS}{scars}

[patient.screening]                # what is not asked counts as unknown, and defers""",
        *_questions(library, device),
        f"""
[[zones]]
name = "{site.id}"
site = "{site.id}"
side = "both"
area = "{area:.3g} cm^2"               # {area_note}

[device]
model = "{device.id}"{_to_fill_in(device)}
""",
        _steps(device, site.id, label_amount(library.product(_CREAM), 1e-4 * float(f"{area:.3g}")) or ""),
        """
[course]
sessions = 4
interval = "4 weeks"
follow_up_after_last_session = "26 weeks"
""",
    ]
    return "\n".join(parts)


def starting_area(site: Site) -> float:
    """Return the area of a site in cm^2, both sides together: the published one, else a number to start from."""
    return convert(site.area.si, "cm^2") if isinstance(site.area, Sourced) else _AREA_TO_START_FROM


def _questions(library: Library, device: Device) -> list[str]:
    lines = []
    for item in library.screening.values():
        if item.when.get("modality") != "rf" or device.kind == "rf_array":
            lines.append(f'{item.id} = "unknown"'.ljust(48) + f"# {item.question}")
    return lines


def _to_fill_in(device: Device) -> str:
    """Return lines for the figures that the computation needs and nobody published."""
    needed = ["needle_count", "needle_diameter"] + ["drum_diameter", "swath_width"] * (device.kind == "roller")
    if device.kind in PATCH_KINDS:
        needed = [*PATCH_FIGURES[device.kind], "load_per_patch"]
    missing = [name for name in needed if device.kind != "rf_array" and device.published(name) is None]
    return "".join(f'\n# {name} = ""'.ljust(35) + "# not published: write it here from the label" for name in missing)


def _patch_steps(device: Device, zone: str) -> str:
    worn = device.published("label_wear_time")
    return f"""[[session.steps]]
do = "photograph"
[[session.steps]]
do = "cleanse"
[[session.steps]]
do = "antisepsis"
agent = "hypochlorous"
dry = true
[[session.steps]]
do = "patch"
zones = ["{zone}"]
duration = "{worn.text if worn is not None else "60 min"}"                # the time it is worn
[[session.steps]]
do = "aftercare"
products = ["sterile-plain-hydrogel"]
[[session.steps]]
do = "sun_protection"
"""


def _steps(device: Device, zone: str, cream: str) -> str:
    if device.kind in PATCH_KINDS:
        return _patch_steps(device, zone)
    deepest = device.published("maximum_depth") or device.published("needle_length")
    least = device.published("minimum_depth")
    depth = max(min(1e-3, deepest.si if deepest else 1e-3), least.si if least else 0.0)
    needles, how = "needling", "passes = 4"
    if device.kind == "roller":
        depth, how = (deepest.si if deepest else 1e-3), "passes = 12"
    elif device.kind == "rf_array":
        needles, how = "rf_pulses", "level = 1                          # or the dose in mJ, W, V or degC"
    elif device.published("puncture_rate") is None:
        slowest = device.published("minimum_rate")
        rate = slowest.text if slowest is not None else "90 Hz"
        how += f'\nfrequency = "{rate}"                # set it to your device'
    return f"""[[session.steps]]
do = "photograph"
[[session.steps]]
do = "cleanse"
[[session.steps]]
do = "topical_anaesthetic"
product = "{_CREAM}"
amount = "{cream}"
duration = "60 min"
occluded = true
[[session.steps]]
do = "remove_anaesthetic"
[[session.steps]]
do = "antisepsis"
agent = "hypochlorous"
dry = true
[[session.steps]]
do = "glide_gel"
product = "sterile-plain-hydrogel"
[[session.steps]]
do = "{needles}"
zones = ["{zone}"]
set_depth = "{show(depth, "mm")}"
{how}
end_point = "uniform_erythema"     # or pinpoint_bleeding
[[session.steps]]
do = "rinse"
[[session.steps]]
do = "aftercare"
products = ["sterile-plain-hydrogel"]
[[session.steps]]
do = "sun_protection"
"""
