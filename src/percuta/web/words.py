"""What the fields of a plan are called on the pages, and a short help where the word alone is not plain.

A key is looked up as a whole first (``patient.age``), then with its step (``topical_anaesthetic.duration``), then by
its last part. Names of steps, effects and kinds of devices are those of the reports.
"""

from __future__ import annotations

import re

from percuta.report.wording import AGENTS, END_POINTS

LABELS = {
    # the plan
    "title": "Title",
    "notes": "Notes",
    "use": "Who treats",
    # the person
    "phototype": "Phototype",
    "mass": "Body mass",
    "desired_effect": "What is wanted",
    "scar_types": "Kind of acne scars",
    "menopause_age": "Age at menopause",
    # zones
    "zones.name": "Name of the zone",
    "site": "Site",
    "side": "Side",
    "area": "Area",
    "masked": "Left out within the zone",
    # every step
    "zones": "Zones",
    "duration": "Duration",
    "note": "Note",
    "product": "Product",
    "products": "Products",
    "occluded": "Covered with film",
    "amount": "Amount",
    "days": "Days in all",
    "topical_anaesthetic.duration": "Time on the skin",
    "patch.duration": "Time worn",
    "patches": "Patches on each zone",
    "agent": "Disinfectant",
    "dry": "Left to dry before the next step",
    "effect": "Effect",
    "route": "Given by",
    # needles
    "set_depth": "Needle depth",
    "set_depths": "Several depths in one insertion",
    "passes": "Passes",
    "needling_time": "Needling time on each zone",
    "glide_speed": "Speed of the hand",
    "needling.frequency": "Stamps per second",
    "cartridge": "Cartridge",
    "end_point": "Stop at",
    "pulse_width": "Pulse length",
    "energy_per_pin": "Energy for each needle",
    "power": "Power of the whole array",
    "voltage": "Voltage",
    "sensor_temperature": "Temperature held at the needle",
    "level": "Level on the dial",
    "overlap": "Overlap of stamps",
    # device
    "model": "Device",
    "kind": "Kind of device",
    "device.name": "Name on the label",
    "needle_count": "Needles",
    "needle_diameter": "Needle diameter",
    "needle_length": "Needle length",
    "maximum_depth": "Deepest setting",
    "minimum_depth": "Shallowest setting",
    "depth_step": "Steps of the dial",
    "label_maximum_depth": "Deepest setting that the label covers",
    "rate": "Stamps per second",
    "minimum_rate": "Slowest rate",
    "maximum_rate": "Fastest rate",
    "puncture_rate": "Stamps per second",
    "swath_width": "Width of the needle pattern",
    "drum_diameter": "Diameter of the drum",
    "rows": "Rows of needles",
    "columns": "Columns of needles",
    "pitch": "Distance between needles",
    "pattern": "How the poles are laid out",
    "tip_shape": "Shape of the needle's end",
    "tip_length": "Length of the needle's tip",
    "exposed_length": "Bare length of the needle",
    "insertion_angle": "Angle to the skin",
    "device.frequency": "Frequency of the current",
    "cooling": "Cooling of the surface",
    "maximum_power": "Highest power",
    "maximum_voltage": "Highest voltage",
    "maximum_current": "Highest current",
    "maximum_energy_per_needle": "Highest energy for each needle",
    "minimum_pulse_width": "Shortest pulse",
    "maximum_pulse_width": "Longest pulse",
    "minimum_sensor_temperature": "Lowest temperature to hold",
    "maximum_sensor_temperature": "Highest temperature to hold",
    "sensor_length": "Length of the sensor",
    "patch_area": "Area of one patch",
    "drug": "Active ingredient",
    "load_per_patch": "Load of one patch",
    "loaded_length": "Loaded length from the tip",
    "inserted_share": "Share of the load that enters the skin",
    "dissolution_time": "Time to dissolve",
    "release_time": "Time to release",
    "label_wear_time": "Wear time on the label",
    # course
    "sessions": "Sessions",
    "interval": "Time between sessions",
    "follow_up_after_last_session": "Follow-up after the last session",
}
HELP = {
    "topical_anaesthetic.amount": "Follows the zones as the product's label gives it, until another amount is entered.",
    "area": "Measure it on the person. It sets the time, the amount of cream and the number of stamps.",
    "masked": "Places within the zone that are not needled, such as moles or active spots. One in each line.",
    "topical_anaesthetic.occluded": "A film over the cream lets more of the drug through.",
    "antisepsis.dry": "Wet disinfectant is carried into the channels.",
    "passes": "How often the whole zone is covered, once in one direction each.",
    "needling_time": "In place of passes and speed of the hand, pauses between strokes included.",
    "glide_speed": "Left empty, a usual hand is assumed.",
    "needling.frequency": "Left empty, the device's own rate is taken.",
    "end_point": "What is seen on the skin when needling stops.",
    "set_depths": "From deep to shallow, with commas between, in place of one depth.",
    "pulse_width": "Time with the current on; with a temperature, the time for which it is held.",
    "level": "A level says nothing of the dose unless the maker publishes what it delivers.",
    "overlap": "Share of its own footprint by which a stamp overlaps the one before, from 0 to below 1.",
    "patches": "Left empty, as many as it takes to cover the zone.",
    "follow_up_after_last_session": "How long the skin is followed in the simulation.",
    "notes": "Kept in the plan file and printed in the report.",
    "exposed_length": "The part of the needle, from its point, that carries current into the skin.",
    "label_maximum_depth": "Deeper settings are beyond what the label covers.",
    "swath_width": "How wide a stripe the needles cover in one stroke.",
}
WORDS: dict[str, dict[str, str]] = {
    "use": {"professional": "a professional", "home": "the person at home"},
    "side": {"both": "both sides", "left": "left", "right": "right", "middle": "middle"},
    "agent": AGENTS,
    "end_point": END_POINTS,
    "effect": {
        "anti_inflammatory": "against inflammation",
        "analgesic": "against pain",
        "antiviral": "against viruses",
        "other": "another",
    },
    "route": {"injection": "injection", "oral": "mouth", "topical": "skin"},
    "pattern": {
        "checkerboard": "poles in turn, like a chessboard",
        "alternating_rows": "poles in turn by rows",
        "pair": "pairs of needles with a supply of their own",
        "monopolar": "one pole; the other is a plate on the body",
    },
    "tip_shape": {"cone": "pointed", "flat": "flat"},
    "cooling": {"none": "none", "contact": "cooled contact"},
}

_ROWS = {"zones": "Zone", "session.steps": "Step", "overrides": "Override"}
DEVICE_GROUPS = {
    "pen": "Pens",
    "stamp": "Stamps",
    "roller": "Rollers",
    "rf_array": "Radiofrequency needle arrays",
    "dissolving_patch": "Patches with dissolving needles",
    "porous_patch": "Patches with porous needles",
}


def label_of(key: str, step: str = "") -> str:
    """Return what a field is called.

    Parameters
    ----------
    key
        Of the field, as messages write it, or its last part.
    step
        Kind of the step that it belongs to.
    """
    return _found(LABELS, key, step) or _last(key).replace("_", " ").capitalize()


def help_of(key: str, step: str = "") -> str:
    """Return a short help for a field; empty where its name says it all."""
    return _found(HELP, key, step)


def place_of(key: str) -> str:
    """Return where on the pages a key is found: ``session.steps[3].amount`` is "Step 3: Amount"."""
    within = re.fullmatch(r"(zones|session\.steps|overrides|optimise\.\w+)\[(\d+)\](.*)", key)
    if within is None:
        return label_of(key) if key else "The plan"
    row = f"{_ROWS.get(within[1], 'Row')} {within[2]}"
    return f"{row}: {label_of(key)}" if within[3] else row


def page_of(key: str) -> str:
    """Return the page on which a key is entered: the consultation for the person, else the planner."""
    return "consultation" if key.startswith(("patient", "overrides")) else "planner"


def words_of(name: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the words of a field with how they are said."""
    said = WORDS.get(name, {})
    return [(word, said.get(word, word.replace("_", " "))) for word in words]


def _found(words: dict[str, str], key: str, step: str) -> str:
    plain = re.sub(r"\[\d+\]", "", key)
    for name in (plain, f"{step}.{_last(key)}", _last(key)):
        if name in words:
            return words[name]
    return ""


def _last(key: str) -> str:
    return key.rsplit(".", 1)[-1]
