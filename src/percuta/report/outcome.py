"""Session, recovery, endpoints and the modelled course, as rows and charts."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from percuta.plan.model import WITHOUT_OUTCOME_MODEL
from percuta.report import charts, svg
from percuta.report.charts import Interval
from percuta.report.endpoint_evidence import founded, grades_of_inputs
from percuta.report.influence_charts import percent
from percuta.report.material import Floats, Picture, ReportMaterial
from percuta.report.tail_error import ends_known
from percuta.report.wording import (
    END_POINTS,
    STEPS,
    durations,
    endpoint_label,
    endpoint_value,
    figures,
    shares,
    significant,
    unit,
    whole_days,
    withheld,
)
from percuta.results.endpoints import RESEARCH

_STEPS_OF_ONE_CHART = 14
_FOLLOWS_DEPTH = (
    "Pain follows depth, needles and how deep the skin is numb; redness follows the set depth alone. No study read "
    "says how passes, site or phototype change them."
)
_FOLLOWS_CREAM = (
    "Pain follows the numbness alone, and downtime nothing in this plan: they are what trials of radiofrequency "
    "needles counted, whose depths and doses were not read."
)

_NOT_FOR_PATCHES = (
    "Redness, pain and end points were counted after steel needles. Nothing that was read gives them for the needles "
    "of a patch by their length and number, so that none is predicted."
)


def session(material: ReportMaterial) -> dict[str, Any]:
    """Return the timeline of one session, and its length in words."""
    taken = material.values("/session/duration")
    assert taken is not None, "every result has its session"
    kinds, zones = material.words("/session/step_kind"), material.words("/session/step_zones")
    rows, start = [], 0.0
    for number, (kind, where) in enumerate(zip(kinds, zones, strict=True)):
        label = f"{number + 1}. {STEPS.get(kind, kind)}" + (f": {where}" if where else "")
        low, middle, high = charts.quantiles(taken[:, number])
        rows.append(Interval(label, durations(low, middle, high), low, middle, high, start))
        start += middle
    total = charts.quantiles(taken.sum(axis=1))
    return {
        "sentence": f"About {durations(*total)} from the first step to the last.",
        "pictures": _timelines(rows),
        "needling": [
            {"zone": zone.name, "says": durations(each["p5"], each["p50"], each["p95"])}
            for zone in material.plan.zones
            if (each := material.known_endpoint("needling_duration", zone.name)) is not None
        ],
    }


def _timelines(rows: list[Interval]) -> list[Picture]:
    """Return the session as charts that each fit a printed page, all on one scale of time."""
    end = max(row.start + row.high for row in rows)
    pictures = []
    for first in range(0, len(rows), _STEPS_OF_ONE_CHART):
        part = rows[first : first + _STEPS_OF_ONE_CHART]
        title = "One session, step by step" if len(part) == len(rows) else f"Steps {first + 1} to {first + len(part)}"
        drawn = charts.session_timeline(f"session-{first}", f"Timeline of one session: {title}", part, end, "min")
        pictures.append(Picture(Markup(drawn), title))
    return pictures


def recovery(material: ReportMaterial) -> dict[str, Any]:
    """Return redness or downtime, pain and the expected end point of every zone, in words and as charts."""
    with_current = material.device.kind == "rf_array"
    counted, heading = ("downtime", "Downtime") if with_current else ("redness_duration", "Redness")
    rows, lasting, pains = [], [], []
    for zone in material.plan.zones:
        pain, seen = (material.known_endpoint(name, zone.name) for name in ("pain_peak", "expected_end_point"))
        days = material.known_endpoint(counted, zone.name)
        row: dict[str, Any] = {
            "zone": zone.name,
            "days": _why_not(material, counted, zone.name),
            "pain": _why_not(material, "pain_peak", zone.name),
            "end_point": [],
            "no_end_point": _why_not(material, "expected_end_point", zone.name),
        }
        if days is not None:
            row["days"] = whole_days(days["p5"], days["p50"], days["p95"])
            lasting.append(Interval(zone.name, row["days"], days["p5"], days["p50"], days["p95"]))
        if pain is not None:
            middle, span = endpoint_value(pain)
            row["pain"] = f"about {middle} ({span})"
            pains.append(Interval(zone.name, row["pain"], pain["p5"], pain["p50"], pain["p95"]))
        if seen is not None:
            row["end_point"] = shares(seen["probabilities"], END_POINTS)
        rows.append(row)
    pictures = []
    if lasting:
        end = svg.round_up(max(row.high for row in lasting), 7)
        drawn = charts.ranges("redness", f"{heading} after a session", lasting, "days after a session", end)
        pictures.append(Picture(Markup(drawn), f"{heading} after each session"))
    if pains:
        drawn = charts.ranges("pain", "Strongest pain in a session", pains, "pain (0 none, 10 the worst)", 10.0)
        pictures.append(Picture(Markup(drawn), "Strongest pain during a session"))
    follows = _FOLLOWS_CREAM if with_current else _NOT_FOR_PATCHES if material.plan.patches else _FOLLOWS_DEPTH
    return {"rows": rows, "pictures": pictures, "heading": heading, "follows": follows}


def _why_not(material: ReportMaterial, name: str, zone: str) -> str:
    """Return in short why an endpoint is withheld: its sentence up to the colon."""
    found = material.endpoint(name, zone) or {}
    return str(found.get("withheld", "not computed")).split(":", maxsplit=1)[0]


def endpoint_groups(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the endpoint table by zone, without the collagen that stands in the researchers' part."""
    groups, grades = [], grades_of_inputs(material)
    for zone in (None, *(zone.name for zone in material.plan.zones)):
        own = [endpoint for endpoint in material.endpoints if endpoint["zone"] == zone]
        known = [each for each in own if "withheld" not in each and each["name"] not in RESEARCH]
        unknown = [(one.sentence, [endpoint_label(name) for name in one.names]) for one in withheld(own)]
        rows = [row | {"founded": founded(grades, row["name"])} for row in endpoint_rows(known)]
        groups.append({"title": zone or "Whole session", "rows": rows, "withheld": unknown})
    return groups


def endpoint_rows(endpoints: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return endpoints as rows: in words, in numbers, and with their errors."""
    rows = []
    for endpoint in endpoints:
        why_not = str(endpoint.get("withheld", ""))
        middle, span = ("", "") if why_not else endpoint_value(endpoint)
        rows.append(
            {
                "name": endpoint["name"],
                "label": endpoint_label(str(endpoint["name"])),
                "zone": endpoint["zone"] or "whole plan",
                "unit": unit(str(endpoint["unit"])),
                "middle": middle,
                "range": span,
                "withheld": why_not,
                "definition": endpoint["definition"],
                "tail_error": "" if endpoint.get("tail_error") is None else significant(endpoint["tail_error"]),
                "ends": ends_known(endpoint),
                "shares": _shares(endpoint.get("spread_shares")),
                "category": "probabilities" in endpoint,
                "numbers": _numbers(endpoint),
            }
        )
    return rows


def _numbers(endpoint: dict[str, Any]) -> str:
    if "probabilities" in endpoint:
        return "; ".join(f"{word.replace('_', ' ')} {value:.2f}" for word, value in endpoint["probabilities"].items())
    if "p50" not in endpoint:
        return ""
    return " / ".join(figures([endpoint["p5"], endpoint["p50"], endpoint["p95"]]))


def _shares(shares: dict[str, dict[str, float]] | None) -> list[tuple[str, str]]:
    """Return each grade that has a part with the share of variance that hangs on its inputs, the largest first."""
    ranked = sorted((shares or {}).items(), key=lambda pair: -pair[1]["value"])
    return [(grade, percent(share)) for grade, share in ranked if share["high"] >= 0.005]


def courses(material: ReportMaterial) -> list[dict[str, Any]]:
    """Return the charts of the modelled course for every needled zone."""
    found = []
    for number, zone in enumerate(material.plan.zones):
        place = f"/zones/{zone.name}/course"
        weeks, sessions, mature, immature, untreated = (
            material.values(f"{place}/{name}")
            for name in ("time", "session_time", "mature_collagen", "immature_collagen", "untreated_collagen")
        )
        if weeks is None or sessions is None or mature is None or immature is None or untreated is None:
            continue
        pictures: list[Picture] = []
        for index, compartment in enumerate(material.words(f"{place}/compartment")):
            pictures += _course(
                f"{number}-{compartment}",
                compartment,
                zone.name,
                weeks,
                sessions,
                (mature + immature)[:, index],
                untreated,
            )
        found.append({"zone": zone.name, "pictures": pictures})
    return found


def no_course(material: ReportMaterial) -> str:
    """Return why there is no modelled course, where there is none."""
    if material.plan.patient.desired_effect in WITHOUT_OUTCOME_MODEL:
        return "No outcome model exists for this indication, so no course is computed."
    return "No zone of this plan has a modelled course."


def _course(
    key: str, compartment: str, zone: str, weeks: Floats, sessions: Floats, treated: Floats, untreated: Floats
) -> list[Picture]:
    """Return level and difference of one compartment's collagen; the states are (member, time)."""
    level, gain = f"{compartment.capitalize()} dermis, collagen", f"{compartment.capitalize()} dermis, difference"
    levels = charts.collagen_course(
        f"course-{key}", f"{level}, {zone}", weeks, 100 * treated, 100 * untreated, sessions, "collagen (% of age 25)"
    )
    percent = 100 * (treated / untreated - 1)
    difference = charts.collagen_difference(
        f"difference-{key}", f"{gain}, {zone}", weeks, percent, sessions, "difference to untreated (%)"
    )
    return [Picture(Markup(levels), level), Picture(Markup(difference), gain)]
