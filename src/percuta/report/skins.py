"""A person's skin as a picture and in words: the layers of every dataset, the needle, how deep it reaches."""

from __future__ import annotations

import math
from typing import Any

from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Patient, Zone
from percuta.report.charts import NeedleShape, Quantiles, Reach, Skin
from percuta.report.wording import measured
from percuta.sources import Sourced
from percuta.units import convert

_DRAWN_DIAMETER = 0.25  # mm, where nobody published the needle's
_DRAWN_TIP = 0.7  # mm, likewise for its taper
_UPRIGHT = 89.0  # degrees to the surface, below which a needle is called inclined


def skins_of(library: Library, patient: Patient, zone: Zone) -> list[Skin]:
    """Return the layers of a zone in every dataset that covers a person, with a letter for each."""
    skins = []
    sets = library.layers(zone.site, patient.sex, patient.age.to("years"))
    for letter, one in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", sets, strict=False):
        low, high = one.epidermis.band()
        epidermis = _in_mm((low, one.epidermis.si, high))
        label = one.label if one.method.lower() in one.label.lower() else f"{one.label} ({one.method})"
        skins.append(Skin(letter, label, epidermis, _in_mm(one.depth_band()), one.dataset))
    return skins


def _in_mm(depths: Quantiles) -> Quantiles:
    low, middle, high = (convert(depth, "mm") for depth in depths)
    return low, middle, high


def drawn_needle(device: Device) -> tuple[NeedleShape, list[str]]:
    """Return the needle of a device as it is drawn, and what had to be assumed for the picture."""
    notes = []

    def drawn(field: str, otherwise: float, words: str) -> float:
        entry = device.published(field)
        if isinstance(entry, Sourced):
            return convert(entry.si, "mm")
        notes.append(f"The {words} of this device is not published; the picture takes {otherwise:g} mm.")
        return otherwise

    diameter = drawn("needle_diameter", _DRAWN_DIAMETER, "needle diameter")
    angle = device.published("insertion_angle")
    if isinstance(angle, Sourced) and math.degrees(angle.si) < _UPRIGHT:
        notes.append(f"The needles of this device enter at {angle.text}; here they are drawn upright.")
    bare = device.published("exposed_length")
    shape = device.published("tip_shape")
    flat = shape is not None and shape.text == "flat"
    tip = 0.0 if flat else drawn("tip_length", _DRAWN_TIP, "length of the needle's tip")
    return NeedleShape(diameter, tip, None if bare is None else convert(bare.si, "mm")), notes


def reach_in_words(set_depth: float, reach: Reach) -> str:
    """Return how deep needles are expected to reach at a setting [mm]."""
    typical, deepest = measured(*reach.typical, "mm"), measured(*reach.deepest, "mm")
    return (
        f"Set to {set_depth:g} mm, the typical needle is expected to reach {typical[0]} ({typical[1]}), and the "
        f"deepest 1 in 20 needles {deepest[0]} or more ({deepest[1]})."
    )


def skin_row(skin: Skin, set_depth: float) -> dict[str, Any]:
    """Return one dataset as a row of the table below the picture; the setting in mm."""
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
