"""What a search of settings asked and found, in words: settings, objectives, constraints, values, chances."""

from __future__ import annotations

from typing import Any

from percuta.report.wording import endpoint_label, pretty, significant, unit, upper

SETTINGS = {
    "set_depth": "Set depth",
    "passes": "Passes",
    "frequency": "Puncture rate",
    "glide_speed": "Glide speed",
    "needling_time": "Needling time",
    "cartridge": "Cartridge",
    "device": "Device",
    "energy_per_pin": "Energy per needle",
    "power": "Power",
    "voltage": "Voltage",
    "sensor_temperature": "Temperature of the sensor",
    "pulse_width": "Pulse width",
    "overlap": "Overlap",
    "sessions": "Sessions",
    "interval": "Interval between sessions",
    "anaesthetic_duration": "Time the anaesthetic is left on",
}
VERDICTS = {
    "met": "met",
    "met, not shown": "met in the sample, which is too small to show it",
    "not met": "not met",
}
MODELLED = (
    "Modelled tissue serves to compare settings with each other. It is no measured benefit, and no figure to give to "
    "the person treated."
)
BEYOND_LABEL = "The recommended settings go beyond the label of the device."
_GAP = "\u00a0"  # a number stays with its unit
_CLEARLY_BETTER = {"maximise": "more", "minimise": "less"}


def setting_label(label: str) -> str:
    """Return a setting's label for people: ``set_depth (step 7)`` becomes "Set depth (step 7)"."""
    name, _, step = label.partition(" (")
    named = SETTINGS.get(name, upper(name.replace("_", " ")))
    return f"{named} ({step}" if step else named


def setting_key(setting: dict[str, Any], settings: list[dict[str, Any]]) -> str:
    """Return the label under which candidates hold a setting; the step where two steps have it."""
    alike = sum(one["name"] == setting["name"] for one in settings)
    return f"{setting['name']} (step {setting['step']})" if alike > 1 else str(setting["name"])


def setting_values(setting: dict[str, Any]) -> str:
    """Return the values that were searched, the unit once."""
    values = [str(one) for one in setting["values"]]
    ending = f" {setting['unit']}"
    if setting["unit"] and all(one.endswith(ending) for one in values):
        values = [*(one.removesuffix(ending) for one in values[:-1]), values[-1]]
    return pretty(", ".join(values))


def endpoint_name(one: dict[str, Any]) -> str:
    """Return the endpoint of an objective or a constraint, with its zone and time where they are named."""
    places = [str(one[key]) for key in ("zone", "time") if one[key]]
    return f"{endpoint_label(one['endpoint'])} ({', '.join(places)})" if places else endpoint_label(one["endpoint"])


def value_text(value: float, written: str) -> str:
    """Return a value of an endpoint with its unit; a share in percent, a score as "2.8 of 10"."""
    shown, ending = (100.0 * value, "%") if written == "1" else (value, unit(written))
    return f"{rounded(shown)}{_GAP}{ending}".rstrip(_GAP)


def rounded(value: float) -> str:
    """Return a number to two digits, from 10 on to three."""
    if abs(value) < 1e-6:
        return "0"
    return significant(value, 3 if abs(value) >= 9.95 else 2)


def range_text(quantiles: dict[str, float], written: str) -> str:
    """Return the 5 to 95 % range of an endpoint, the unit once."""
    low, high = (value_text(quantiles[key], written) for key in ("p5", "p95"))
    return f"{low.partition(_GAP)[0]} to {high}"


def limit_text(limit: float, written: str) -> str:
    """Return a limit as it was asked, without digits that nobody wrote."""
    shown, ending = (100.0 * limit, "%") if written == "1" else (limit, unit(written))
    return f"{shown:.6g}{_GAP}{ending}".rstrip(_GAP).replace("-", "−")


def percent(share: float) -> str:
    """Return a share in percent; below 10 and above 90 % with a digit after the point, and 100 only where it is all."""
    shown = 100.0 * share
    if shown == round(shown) or 10.0 <= shown <= 90.0:
        return f"{shown:.0f}{_GAP}%"
    return f"{min(max(shown, 0.1), 99.9):.1f}{_GAP}%"


def asked(constraint: dict[str, Any]) -> str:
    """Return a constraint as a phrase: "Strongest pain (cheeks) below 7 of 10"."""
    limit = limit_text(constraint["limit"], constraint["unit"])
    return f"{endpoint_name(constraint)} {constraint['side']} {limit}"


def wanted(objective: dict[str, Any]) -> str:
    """Return which way an objective is wanted and of what it is judged: "as low as possible, judged by its median"."""
    way = "as high as possible" if objective["goal"] == "maximise" else "as low as possible"
    return f"{way}, judged by {judged_by(objective)}"


def judged_by(objective: dict[str, Any]) -> str:
    """Return the quantile that an objective is judged by, in words."""
    share = objective["quantile"]
    return "its median" if share == 0.5 else f"the value that {100 * share:g} % of scenarios stay below"


def chance(held: dict[str, Any]) -> str:
    """Return the chance of a constraint with its interval: "97.7 % (95.4 to 99.0 %)"."""
    return f"{percent(held['share'])} ({interval(held)})"


def interval(held: dict[str, Any]) -> str:
    """Return the interval of a share: "95.4 to 99.0 %"."""
    low, high = (percent(held[key]) for key in ("low", "high"))
    return f"{low.partition(_GAP)[0]} to {high}"


def change(objective: dict[str, Any], before: float, after: float) -> str:
    """Return how an objective changes: "9.4 percentage points more, which is wanted", or that it looks the same."""
    size = _difference(abs(after - before), objective["unit"])
    if value_text(before, objective["unit"]) == value_text(after, objective["unit"]):
        return "no change"
    word = "more" if after > before else "less"
    good = word == _CLEARLY_BETTER[objective["goal"]]
    return f"{size} {word}, {'which is wanted' if good else 'which is not wanted'}"


def _difference(size: float, written: str) -> str:
    """Return a difference with its unit; one of percentages or scores is in points."""
    points = {"%": (1.0, "percentage points"), "1": (100.0, "percentage points"), "0-10": (1.0, "points of 10")}
    factor, ending = points.get(written, (1.0, ""))
    return f"{rounded(factor * size)}{_GAP}{ending}" if ending else value_text(size, written)


def step_text(label: str, before: str, after: str) -> str:
    """Return what a setting changes to: "Set depth 0.75 → 1 mm", the unit once."""
    _, gap, ending = after.partition(" ")
    return pretty(f"{label} {before.removesuffix(gap + ending)} → {after}")


def lower(text: str) -> str:
    """Return text with a small letter first."""
    return text[:1].lower() + text[1:]
