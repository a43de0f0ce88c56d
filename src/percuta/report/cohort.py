"""A cohort in words and rows: who they are, what the rules say, and every endpoint over the people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from percuta.report.influence_charts import percent
from percuta.report.wording import (
    END_POINTS,
    Withheld,
    endpoint_label,
    endpoint_value,
    figures,
    joined,
    significant,
    unit,
    withheld,
)
from percuta.results.endpoints import RESEARCH

MAIN = (  # drawn, each in every zone that has it
    "pain_peak",
    "redness_duration",
    "downtime",
    "barrier_closure_time",
    "wrinkle_grade_change",
    "laxity_grade_change",
    "scar_grade_change",
    "reached_depth_typical",
    "tracks_beyond_dermis_fraction",
    "epidermis_necrotic_fraction",
    "subcutis_necrotic_fraction",
    "surface_temperature_peak",
    "zone_volume",
    "anaesthetic_peak_plasma",
    "session_duration",
    "patch_delivered_dose",
)
KINDS = {
    "between people": ("treated", "people differ"),
    "between occasions or devices": ("untreated", "occasion and device"),
    "not known": ("open", "not known"),
}
VERDICTS = {
    "passes": "No rule stops the plan or warns against it",
    "passes_with_warnings": "No rule stops the plan; warnings have to be weighed",
    "deferred": "The plan has to wait",
    "refused": "The plan is refused",
}
READING = (
    "Each bar is the whole spread of one endpoint over the cohort, as variance. People differ: what would go, on "
    "average, if everything about the person were known. Occasion and device: likewise for how the session is done. "
    "Not known: likewise for what nobody has measured. Pale: what inputs of several of these kinds do only together."
)
LIMITS = (
    "The people are drawn from published distributions, and where none is published, from assumed ones. What people "
    "surely differ in, but nobody has measured, counts as not known. The split is made within the model: what it "
    "leaves out has no share."
)
_NAMED = 10  # members named for one reason


def people_in_words(table: dict[str, Any]) -> str:
    """Return who was computed, in a sentence."""
    done, age = table["statuses"]["computed"], table["people"]["age"]
    if not done:
        return f"none of {table['patients']:,} people could be computed."
    shown = figures((age["p5"], age["p50"], age["p95"]), 0)
    women = significant(100 * table["people"]["sex"]["female"], 2)
    of = "" if done == table["patients"] else f" of {table['patients']:,}"
    ages = f"median age {shown[1]} years (9 in 10: {shown[0]} to {shown[2]})"
    return f"{done:,}{of} people computed, {women} % women, {ages}."


def verdicts_in_words(table: dict[str, Any]) -> list[str]:
    """Return what the rules say for how many, one sentence for each verdict that occurs, the gravest first."""
    return [
        f"{VERDICTS[one['verdict']]}: {one['people']:,} people, {_share(one)}."
        for one in reversed(table["verdicts"])
        if one["people"]
    ]


def _share(one: dict[str, Any]) -> str:
    value, low, high = (f"{100 * one[key]:.3g}" for key in ("share", "low", "high"))
    return f"{value} % (95 % interval {low} to {high})"


def failures_in_words(table: dict[str, Any]) -> list[str]:
    """Return why people could not be computed, one sentence for each reason."""
    said = []
    for one in table["failures"]:
        named, rest = one["first"][:_NAMED], one["patients"] - len(one["first"][:_NAMED])
        who = f"{'person' if one['patients'] == 1 else 'people'} {joined(str(row) for row in named)}"
        said.append(f"Not computed, {who}{f' and {rest} more' if rest else ''}: {one['reason']}")
    return said


def numeric(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the endpoints that have numbers."""
    return [one for one in table["endpoints"] if "groups" in one]


def categories(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the endpoints that are categories."""
    return [one for one in table["endpoints"] if "probabilities" in one]


def endpoint_rows(table: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield every endpoint by its name, for a terminal: zone, three quantiles, unit, share between people."""
    for one in table["endpoints"]:
        zone = one["zone"] or ""
        if "groups" in one:
            everyone = one["groups"][0]
            spread = one["spread"]
            between = percent(spread["between people"]) if spread else ""
            numbers = figures(everyone[key] for key in ("p5", "p50", "p95"))
            yield (one["name"], zone, *numbers, unit(one["unit"]), between)
        elif "probabilities" in one:
            for word, share in one["probabilities"][0]["shares"].items():
                yield (f"{one['name']}: {word}", zone, "", f"{100 * share:.3g}", "", "%", "")


def rows_of_page(table: dict[str, Any], *, research: bool) -> list[dict[str, Any]]:
    """Return every endpoint in words for the page: its label, place, median, range, and share between people."""
    rows = []
    for one in numeric(table):
        if (one["name"] in RESEARCH) != research:
            continue
        everyone = one["groups"][0]
        middle, span = endpoint_value({"name": one["name"], "unit": one["unit"], **everyone})
        rows.append(
            {
                "label": endpoint_label(one["name"]),
                "zone": one["zone"] or "",
                "middle": middle,
                "span": span,
                "between": percent(one["spread"]["between people"]) if one["spread"] else "the same for everyone",
                "definition": one["definition"],
                "without": one["without"],
            }
        )
    return rows


def words_of_page(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the endpoints that are categories, by group, in words."""
    return [
        {
            "label": endpoint_label(one["name"]),
            "zone": one["zone"] or "",
            "rows": [
                (
                    group["group"],
                    "; ".join(
                        f"{END_POINTS.get(word, word.replace('_', ' '))} {100 * share:.2g} %"
                        for word, share in group["shares"].items()
                        if share
                    ),
                )
                for group in one["probabilities"]
            ],
        }
        for one in categories(table)
    ]


def left_out(table: dict[str, Any]) -> list[Withheld]:
    """Return the sentences that withhold endpoints."""
    return withheld(table["endpoints"])
