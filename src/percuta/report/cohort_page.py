"""A cohort as one HTML page."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from percuta.cohort.summary import FEWEST
from percuta.report.cohort import (
    LIMITS,
    MAIN,
    READING,
    failures_in_words,
    left_out,
    numeric,
    people_in_words,
    rows_of_page,
    verdicts_in_words,
    words_of_page,
)
from percuta.report.cohort_charts import over_people, people_by_age, shares, spread_bars, verdict_shares
from percuta.report.material import Picture
from percuta.report.rendering import rendered
from percuta.report.wording import endpoint_label, figures, joined, phototypes, upper
from percuta.results.endpoints import RESEARCH

_BARS = 12  # of one chart


def render_cohort(table: dict[str, Any]) -> str:
    """Return what ``cohort.json`` holds as one HTML page that needs nothing else.

    Parameters
    ----------
    table
        Content of ``cohort.json``.
    """
    return rendered(
        "cohort.html.j2",
        title=table["plan"],
        banner="REFUSED. Computed for study only." if table["verdict"] in ("refused", "deferred") else "",
        people=people_in_words(table),
        verdicts=verdicts_in_words(table),
        asked=_asked(table["asked"]),
        who=_who(table),
        mass=_mass(table),
        verdict_picture=_verdicts(table),
        zones=_over_people(table),
        words=words_of_page(table),
        rows=rows_of_page(table, research=False),
        research=rows_of_page(table, research=True),
        research_pictures=_pictures(table, RESEARCH),
        spread=_spread(table),
        reading=READING,
        limits=LIMITS,
        failures=failures_in_words(table),
        withheld=[(one.sentence, [endpoint_label(name) for name in one.names], one.place) for one in left_out(table)],
        fewest=FEWEST,
        table=table,
    )


def _asked(asked: dict[str, Any]) -> list[str]:
    """Return how the cohort was narrowed, in words."""
    said = []
    if asked["age"]:
        low, high = (f"{bound:.4g}" for bound in asked["age"])
        said.append(f"ages {low} to {high} years")
    if asked["sex"] != "any":
        said.append("the sex of the plan's person" if asked["sex"] == "as planned" else f"{asked['sex']} only")
    if asked["phototype"]:
        said.append(f"phototypes of {joined(phototypes([one]) for one in asked['phototype'])}")
    return said


def _who(table: dict[str, Any]) -> list[Picture]:
    people = table["people"]
    if people["age_by_sex"] is None:
        return []
    types = [
        (upper(phototypes([int(number)])), f"{100 * share:.2g} %", share, share, share, "untreated")
        for number, share in people["phototype"].items()
    ]
    return [
        Picture(Markup(people_by_age("cohort-ages", "Ages of the people", people["age_by_sex"])), "Age and sex"),
        Picture(Markup(shares("cohort-phototypes", "Phototypes of the people", types)), "Phototype"),
    ]


def _mass(table: dict[str, Any]) -> str:
    mass = table["people"]["mass"]
    if mass is None:
        return ""
    low, middle, high = figures((mass["p5"], mass["p50"], mass["p95"]), 0)
    return f"{middle} kg ({low} to {high} kg)"


def _verdicts(table: dict[str, Any]) -> Picture | None:
    occurring = [one for one in table["verdicts"] if one["people"]]
    if len(occurring) < 2:
        return None
    title = "What the rules say of the plan, by share of the people"
    return Picture(Markup(verdict_shares("cohort-verdicts", title, occurring)), title)


def _over_people(table: dict[str, Any]) -> list[tuple[str, list[Picture]]]:
    zones: dict[str, list[Picture]] = {}
    for name in MAIN:
        for zone, picture in _drawn(table, name):
            zones.setdefault(zone, []).append(picture)
    return sorted(zones.items(), key=lambda item: item[0] == _WHOLE)


_WHOLE = "Whole plan"


def _pictures(table: dict[str, Any], names: tuple[str, ...]) -> list[Picture]:
    return [
        Picture(picture.drawing, picture.caption if zone == _WHOLE else f"{picture.caption}, {zone}")
        for name in names
        for zone, picture in _drawn(table, name)
    ]


def _drawn(table: dict[str, Any], name: str) -> list[tuple[str, Picture]]:
    """Return the drawings of an endpoint, one for each zone in which people differ in it."""
    found = []
    for number, one in enumerate(numeric(table)):
        if one["name"] == name and one["histogram"] is not None:
            label = endpoint_label(name)
            title = f"{label} over the people" + (f", {one['zone']}" if one["zone"] else "")
            found.append((one["zone"] or _WHOLE, Picture(Markup(over_people(f"cohort-{number}", title, one)), label)))
    return found


def _spread(table: dict[str, Any]) -> list[Picture]:
    """Return what the spread comes from, some endpoints to a chart, those of one zone together."""
    by_zone: dict[str, list[dict[str, Any]]] = {}
    for one in numeric(table):
        if one["spread"]:
            by_zone.setdefault(one["zone"] or _WHOLE, []).append(one)
    found: list[Picture] = []
    for zone, own in by_zone.items():
        for start in range(0, len(own), _BARS):
            title = f"What the spread over the people comes from: {zone}"
            chart = spread_bars(f"cohort-spread-{len(found)}", title, own[start : start + _BARS])
            found.append(Picture(Markup(chart), f"{zone}{', continued' if start else ''}"))
    return found
