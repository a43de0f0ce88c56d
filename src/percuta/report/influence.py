"""What to measure next: the inputs that endpoints hang on most, for the report."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from percuta.report.influence_charts import influence_bars, input_label, percent, worth_showing
from percuta.report.material import Picture, ReportMaterial
from percuta.report.wording import endpoint_label, joined

READING = (
    "Each bar is a share of the variance over the scenarios. Pale, the total effect: what would be left of the spread "
    "if all inputs but this one were known. Solid, the part that the input has on its own: what would go, on average, "
    "if it alone were known. Line: 90 % interval of the total effect. What inputs do only together counts for each of "
    "them, so that the bars may sum to more than 100 %."
)
LIMITS = (
    "This ranks the inputs within the model and within the spreads that the library gives them. A range that nobody "
    "measured can be too wide or too narrow, and what the model leaves out is not ranked at all."
)
_SHOWN = (  # in the report; the page of its own has them all
    "reached_depth_typical",
    "reticular_punctured_fraction",
    "zone_volume",
    "patch_delivered_dose",
    "pain_peak",
    "redness_duration",
    "downtime",
    "barrier_closure_time",
    "modelled_collagen_vs_untreated",
    "wrinkle_grade_change",
    "laxity_grade_change",
    "scar_grade_change",
    "block_depth_at_needling",
    "anaesthetic_peak_plasma",
)
_MOST_SHOWN, _BARS, _ROWS = 8, 5, 8


def what_to_measure(material: ReportMaterial) -> dict[str, Any] | None:
    """Return the ranking of a result's inputs in short, or None where they were not ranked."""
    table = material.influence
    if table is None or not table["endpoints"]:
        return None
    zones = {one["zone"] for one in table["endpoints"] if one["zone"]}
    return {
        "leaders": leaders(table["endpoints"])[:_ROWS],
        "pictures": [picture(number, one, _BARS) for number, one in enumerate(_chosen(table["endpoints"]))],
        "reading": READING,
        "limits": LIMITS,
        "members": table["members"],
        "zone": next((zone.name for zone in material.plan.zones if zone.name in zones), "") if len(zones) > 1 else "",
    }


def leaders(endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the inputs that lead any endpoint, those first that lead the most."""
    led: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        if not one["inputs"]:
            continue
        first = one["inputs"][0]
        row = led.setdefault(first["input"], {"grade": first["grade"], "totals": [], "names": {}})
        row["totals"].append(first["total"])
        row["names"][endpoint_label(one["name"])] = None
    ranked = sorted(led.items(), key=lambda pair: (-len(pair[1]["totals"]), pair[0]))
    return [
        {
            "input": name,
            "label": input_label(name),
            "grade": row["grade"],
            "count": len(row["totals"]),
            "names": list(row["names"]),
            "largest": percent(max(row["totals"], key=lambda total: float(total["value"]))),
        }
        for name, row in ranked
    ]


def picture(number: int, one: dict[str, Any], bars: int) -> Picture:
    """Return a chart of the most influential inputs of an endpoint, the ``number``-th of its page."""
    label = endpoint_label(one["name"])
    title = f"What it hangs on: {label}" + (f", {one['zone']}" if one["zone"] else "")
    chart = influence_bars(f"influence-{number}", title, worth_showing(one["inputs"], bars))
    return Picture(Markup(chart), label)


def _chosen(endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the few endpoints that the report shows: of the first zone that has them, or whatever was ranked."""
    by_name: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        by_name.setdefault(one["name"], one)
    return [by_name[name] for name in _SHOWN if name in by_name][:_MOST_SHOWN] or endpoints[:_MOST_SHOWN]


def not_ranked(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Return why endpoints were left out, and which."""
    reasons: dict[str, dict[str, None]] = {}
    for one in table["left_out"]:
        reasons.setdefault(one["reason"], {})[endpoint_label(one["name"])] = None
    return [(reason, joined(names)) for reason, names in reasons.items()]
