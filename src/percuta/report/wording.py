"""Plain words for people: labels, units, shares such as "about 1 in 5", whole days, and what is known of the benefit.

House rules: nothing is called free of risk or the best choice; days are whole; no percentage of collagen is
shown outside the researchers' part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

ENDPOINTS = {
    "puncture_density": "Punctures per area, one session",
    "reached_depth_typical": "Depth that the typical needle reaches",
    "reached_depth_deepest_5_percent": "Depth that the deepest 1 in 20 needles reach",
    "punctured_surface_fraction": "Share of the skin surface that is punctured",
    "papillary_punctured_fraction": "Share of the upper dermis that is punctured",
    "reticular_punctured_fraction": "Share of the lower dermis that is punctured",
    "tracks_beyond_dermis_fraction": "Share of punctures that go through the dermis into the fat",
    "session_duration": "Length of one session",
    "needling_duration": "Needling time within it",
    "papillary_coagulated_fraction": "Share of the upper dermis that is coagulated",
    "reticular_coagulated_fraction": "Share of the lower dermis that is coagulated",
    "epidermis_necrotic_fraction": "Share of the epidermis that dies of heat",
    "papillary_necrotic_fraction": "Share of the upper dermis whose cells die of heat",
    "reticular_necrotic_fraction": "Share of the lower dermis whose cells die of heat",
    "subcutis_necrotic_fraction": "Share of the uppermost fat that dies of heat",
    "zone_width": "Width of a coagulated zone",
    "zone_height": "Height of a coagulated zone",
    "zone_volume": "Volume of a coagulated zone",
    "peak_temperature": "Highest temperature in the tissue",
    "surface_temperature_peak": "Highest temperature of the surface",
    "energy_per_needle": "Energy that one needle delivers in a pulse",
    "resistance": "Resistance at the start of a pulse",
    "patch_delivered_dose": "Dose per covered area",
    "patch_delivered_amount": "Dose of all patches",
    "patch_delivered_share": "Share of the load that is delivered",
    "patch_inserted_share": "Share of the load that is pressed into the skin",
    "patch_dissolved_share": "Share of the load in the skin that has left the needles at take-off",
    "patch_dissolution_time": "Time until 95 % of the load in the skin would have left",
    "patch_delivered_epidermis_share": "Share of the dose in the epidermis",
    "patch_delivered_papillary_share": "Share of the dose in the upper dermis",
    "patch_delivered_reticular_share": "Share of the dose in the lower dermis",
    "patch_delivered_subcutis_share": "Share of the dose below the dermis",
    "pain_peak": "Strongest pain",
    "downtime": "Downtime",
    "redness_duration": "Redness",
    "expected_end_point": "What is seen at the end of needling",
    "modelled_collagen_vs_untreated": "Modelled collagen against the untreated course",
    "collagen_peak_time": "Time of the highest modelled collagen",
    "dermal_thickness_change": "Change of dermal thickness",
    "firmness_change": "Change of firmness",
    "recoil_change": "Change of recoil",
    "wrinkle_grade_change": "Change of the wrinkle grade",
    "laxity_grade_change": "Change of the laxity grade",
    "scar_grade_change": "Change of the scar grade",
    "probability_one_grade_better_than_untreated": "Chance of being one grade better than without treatment",
    "block_depth_at_needling": "Depth that stays numb while the needles are in",
    "block_onset": "Time from cream on until the typical needle's depth is numb",
    "block_duration_after_removal": "How long that depth stays numb after the cream is off",
    "anaesthetic_absorbed": "Anaesthetic that reaches the blood",
    "anaesthetic_peak_plasma": "Highest level of lidocaine in plasma",
    "anaesthetic_exposure_multiple": "Anaesthetic in the blood, against the same cream on intact skin",
    "lateral_equilibration_time": "Time in which the drug evens out between channels",
    "barrier_closure_time": "Time until the barrier is back",
    "pore_closure_time": "Time until the channels are closed",
    "water_loss_peak": "Highest water loss through the skin",
    "steroid_collagen_cost": "Modelled collagen that the steroid costs",
}
AGENTS = {
    "alcohol": "alcohol",
    "chlorhexidine": "chlorhexidine",
    "povidone_iodine": "povidone-iodine",
    "hypochlorous": "hypochlorous acid",
    "other": "another disinfectant",
}
END_POINTS = {
    "nothing_visible": "nothing to see",
    "uniform_erythema": "even redness",
    "pinpoint_bleeding": "pinpoint bleeding",
}
EFFECTS = {
    "wrinkles": "wrinkles",
    "laxity": "laxity",
    "acne_scars": "acne scars",
    "texture": "skin texture",
    "striae": "stretch marks",
    "other_scars": "scars other than acne scars",
    "alopecia": "hair loss",
    "melasma": "melasma",
    "other": "another aim",
}
STEPS = {
    "photograph": "Photographs",
    "cleanse": "Cleansing",
    "topical_anaesthetic": "Anaesthetic cream",
    "remove_anaesthetic": "Cream wiped off",
    "antisepsis": "Disinfection",
    "peel": "Peel",
    "glide_gel": "Gel to glide on",
    "needling": "Needling",
    "rf_pulses": "Radiofrequency pulses",
    "patch": "Patch worn",
    "medication": "Medicine",
    "rinse": "Rinsing",
    "cool": "Cooling",
    "gel": "Gel or serum",
    "steroid_gel": "Steroid gel",
    "aftercare": "Aftercare",
    "sun_protection": "Sun protection",
}
SEVERITIES = {
    "refuse": "Refused",
    "defer": "Deferred",
    "unanswered": "Questions without an answer",
    "overridden": "Overridden by the prescriber",
    "warn": "Warning",
    "advise": "Advice",
}
DEVICE_KINDS = {
    "pen": "pen",
    "stamp": "stamp",
    "roller": "roller",
    "rf_array": "radiofrequency needle array",
    "dissolving_patch": "patch with dissolving needles",
    "porous_patch": "patch with porous needles",
}
MODALITIES = {"pen": "pen", "roller": "roller", "needling": "needling", "rf_needles": "radiofrequency needles"}
GRADES = {
    "measured": "published measurement",
    "derived": "arithmetic on published measurements",
    "fitted": "fitted by this project to published data",
    "assumed": "nobody has measured it; a range stands in its place",
}
_UNITS = {
    "": "",
    "1": "",
    "1/cm^2": "per cm²",
    "1/m^2": "per m²",
    "cm^2": "cm²",
    "ug/cm^2": "µg/cm²",
    "ug": "µg",
    "m^2": "m²",
    "day": "days",
    "week": "weeks",
    "um": "µm",
    "degC": "°C",
    "ohm": "Ω",
    "0-10": "of 10",
    "ug/ml": "µg/ml",
}
_MOST_DECIMALS = {"mm": 2, "%": 1, "week": 0, "degC": 0, "mJ": 0, "ohm": 0, "ug/cm^2": 2, "ug": 1}
_SHARES = (
    (0.05, "about 1 in 20"),
    (0.1, "about 1 in 10"),
    (0.2, "about 1 in 5"),
    (0.25, "about 1 in 4"),
    (1 / 3, "about 1 in 3"),
    (0.4, "about 2 in 5"),
    (0.5, "about half"),
    (0.6, "about 3 in 5"),
    (2 / 3, "about 2 in 3"),
    (0.75, "about 3 in 4"),
    (0.8, "about 4 in 5"),
    (0.9, "about 9 in 10"),
    (0.95, "about 19 in 20"),
)
VERDICTS = {
    "refused": "No. This plan should not be carried out.",
    "deferred": "Not now. This plan has to wait.",
    "open": "Not known yet. Not every rule was asked.",
    "passes_with_warnings": "It can be considered once its warnings are settled.",
    "passes": "It can be considered. The checks find nothing against it.",
}

# What no trial that was read says, by aim; what trials do say stands with the evidence.
_NOT_READ = (
    "No trial read says how many punctures were made per area, so the dose behind these results is not known.",
    "No trial read compares one interval between sessions with another.",
)
NOT_FOUND: dict[str, tuple[str, ...]] = {
    "wrinkles": ("No trial against a sham treatment was found for wrinkles or ageing skin.", *_NOT_READ),
    "laxity": ("No trial against a sham treatment was found for laxity or ageing skin.", *_NOT_READ),
    "texture": ("No trial against a sham treatment was found for texture.", *_NOT_READ),
    "acne_scars": _NOT_READ,
}
NO_MODEL_OF_BENEFIT = (
    "No outcome model exists for this aim. Percuta computes depth, duration and recovery, and no benefit."
)


def share(probability: float) -> str:
    """Return a probability in words, such as "about 1 in 5"."""
    if probability <= 0.0:
        return "in none of the scenarios"
    if probability < 0.03:
        return "less than 1 in 30"
    if probability > 0.97:
        return "nearly always"
    return min(_SHARES, key=lambda pair: abs(pair[0] - probability))[1]


def in_scenarios(probability: float) -> str:
    """Return a probability as a place in a sentence, such as "in about 1 in 5 scenarios"."""
    words = share(probability)
    named = {"nearly always": "in nearly all scenarios", "about half": "in about half of the scenarios"}
    return named.get(words, words if probability <= 0.0 else f"in {words} scenarios")


def in_people(low: float, middle: float, high: float) -> str:
    """Return a share of people with its range: "about 2 in 5 people (from less than 1 in 30 to nearly all)"."""
    least, usual, most = (_people(value) for value in (low, middle, high))
    return f"{usual} people" if least == most else f"{usual} people (from {least} to {most})"


def _people(probability: float) -> str:
    named = {"nearly always": "nearly all", "in none of the scenarios": "none", "about half": "about half of the"}
    words = share(probability)
    return named.get(words, words)


def shares(probabilities: dict[str, float], words: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return (what, how often in words) for each category that occurs, the commonest first."""
    known = words or {}
    ranked = sorted(probabilities.items(), key=lambda pair: -pair[1])
    return [(known.get(what, what.replace("_", " ")), share(chance)) for what, chance in ranked if chance > 0]


def whole_days(low: float, middle: float, high: float) -> str:
    """Return days as whole numbers: the nearest, and for the upper end the day by which it is over."""
    centre, span, last = _in_days(low, middle, high)
    if last < 1:
        return "less than a day"
    about = centre if centre.startswith("less") else f"about {centre}"
    return f"{about} ({span})" if span else about


def _in_days(low: float, middle: float, high: float) -> tuple[str, str, int]:
    """Return the middle, the range ("" where its ends are the same day) and its upper end."""
    first, centre, last = round(low), round(middle), math.ceil(high - 1e-9)
    about = "less than a day" if centre < 1 else "1 day" if centre == 1 else f"{centre} days"
    return about, "" if first == last else f"{first} to {last} days", last


def duration(minutes: float) -> str:
    """Return a duration as "18 min" or "1 h 45 min"."""
    whole = round(minutes)
    if minutes < 10:
        return f"{minutes:.1f}".rstrip("0").rstrip(".") + " min"
    hours, rest = divmod(whole, 60)
    if hours == 0:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def durations(low: float, middle: float, high: float) -> str:
    """Return a duration with its range."""
    if duration(low) == duration(high):
        return duration(middle)
    short, long = duration(low), duration(high)
    if high < 60:
        short = short.removesuffix(" min")
    return f"{duration(middle)} ({short} to {long})"


def hours(low: float, middle: float, high: float) -> tuple[str, str]:
    """Return hours as people say them, in days beyond three days: the middle, and the range rounded outwards."""
    ends = _in_hours(low, math.floor), _in_hours(high, math.ceil)
    return _in_hours(middle, round), ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _in_hours(value: float, rounded: Callable[[float], int]) -> str:
    if value < 1.0:
        return duration(60.0 * value)
    whole = rounded(value)
    return f"{whole} h" if whole <= 72 else f"{rounded(value / 24.0)} days"


def unit(written: str) -> str:
    """Return a unit as people write it."""
    return _UNITS.get(written, pretty(written))


def figures(values: Iterable[float], most: int = 5) -> list[str]:
    """Return numbers with the decimals that their range deserves: two digits of its width, ``most`` at the most."""
    given = list(values)
    width = max(given) - min(given)
    size = width if width > 0 else max(abs(value) for value in given) / 10
    decimals = min(max(1 - math.floor(math.log10(size)), 0), most) if size > 0 else 0
    rounded = [0.0 if abs(value) < 10.0**-decimals / 2 else value for value in given]
    if not any(rounded):
        return ["0"] * len(rounded)
    return [_written(value, decimals) for value in rounded]


def significant(value: float, digits: int = 2) -> str:
    """Return a number to a few significant digits, without powers of ten."""
    if value == 0.0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return _written(round(value, decimals), max(decimals, 0))


def _written(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace(",", "\u202f").replace("-", "−")


def quantity(value: float, written: str) -> str:
    """Return one number with its unit."""
    return f"{figures([value])[0]} {unit(written)}".strip()


def measured(low: float, middle: float, high: float, written: str) -> tuple[str, str]:
    """Return the median and the 5 to 95 % range, both with their unit."""
    shown = figures((low, middle, high), _MOST_DECIMALS.get(written, 5))
    ending = f" {unit(written)}" if unit(written) else ""
    return f"{shown[1]}{ending}", f"{shown[0]} to {shown[2]}{ending}"


def percentage(low: float, middle: float, high: float) -> tuple[str, str]:
    """Return a fraction of 0 to 1 as a percentage: the median and the 5 to 95 % range."""
    if high < 0.001:
        return "under 0.1 %", "all under 0.1 %"
    shown = figures((100 * low, 100 * middle, 100 * high), 1)
    return f"{shown[1]} %", f"{shown[0]} to {shown[2]} %"


@dataclass(frozen=True)
class Withheld:
    """A sentence that withholds endpoints, their names, and the zones it holds for ("" for all that are asked)."""

    sentence: str
    names: tuple[str, ...]
    place: str


def withheld(endpoints: Iterable[dict[str, Any]]) -> list[Withheld]:
    """Return the withheld endpoints in groups of one sentence and the same zones; each name stands once."""
    given = list(endpoints)
    zones: dict[tuple[str, str], list[str | None]] = {}
    for one in given:
        if "withheld" in one:
            zones.setdefault((str(one["withheld"]), str(one["name"])), []).append(one["zone"])
    groups: dict[tuple[str, tuple[str | None, ...]], list[str]] = {}
    for (sentence, name), places in zones.items():
        groups.setdefault((sentence, tuple(places)), []).append(name)
    every = tuple(dict.fromkeys(one["zone"] for one in given if one["zone"] is not None))
    return [
        Withheld(
            upper(sentence),
            tuple(names),
            "" if places in (every, (None,)) else joined(str(zone) for zone in places),
        )
        for (sentence, places), names in groups.items()
    ]


def endpoint_label(name: str) -> str:
    """Return an endpoint's label for people."""
    return ENDPOINTS.get(name, name.replace("_", " ").capitalize())


def endpoint_value(endpoint: dict[str, Any]) -> tuple[str, str]:
    """Return the middle and the range of an endpoint in words and units; the range is empty for a category."""
    if "probabilities" in endpoint:
        said = shares(endpoint["probabilities"], END_POINTS)
        return "; ".join(f"{what}: {often}" for what, often in said), ""
    low, middle, high = endpoint["p5"], endpoint["p50"], endpoint["p95"]
    written, name = str(endpoint["unit"]), str(endpoint["name"])
    if name == "pain_peak":
        return f"{round(middle)} of 10", f"{math.floor(low)} to {math.ceil(high)} of 10"
    if name == "anaesthetic_exposure_multiple":
        return f"{significant(middle)} times", f"{significant(low)} to {significant(high)} times"
    if written in ("1", "") and name.endswith("_fraction"):
        return percentage(low, middle, high)
    return _in_unit(low, middle, high, written)


def _in_unit(low: float, middle: float, high: float, written: str) -> tuple[str, str]:
    if written == "J" and high < 1.0:
        low, middle, high, written = 1e3 * low, 1e3 * middle, 1e3 * high, "mJ"
    if written == "min":
        return duration(middle), f"{duration(low)} to {duration(high)}"
    if written == "h":
        return hours(low, middle, high)
    if written == "day":
        centre, span, last = _in_days(low, middle, high)
        return centre, span or f"{last} days"
    return measured(low, middle, high, written)


def pretty(written: object) -> str:
    """Return text with units as people write them: cm² for cm^2."""
    plain = str(written).replace("^2", "²").replace("^3", "³").replace("degC", "°C")
    return re.sub(r"\bu(g|m)\b", r"µ\1", plain)


def upper(text: str) -> str:
    """Return text with a capital letter first."""
    return text[:1].upper() + text[1:]


def joined(parts: Iterable[str], word: str = "and") -> str:
    """Return "a, b and c"."""
    given = list(parts)
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} {word} {given[-1]}" if given else ""


def phototypes(types: Iterable[int]) -> str:
    """Return phototypes as Roman numerals: "types IV to V"."""
    roman = ["I", "II", "III", "IV", "V", "VI"]
    given = sorted(types)
    if not given:
        return "phototypes not stated"
    ends = roman[given[0] - 1], roman[given[-1] - 1]
    return f"type {ends[0]}" if ends[0] == ends[1] else f"types {ends[0]} to {ends[1]}"
