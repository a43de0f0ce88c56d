"""Charts of a cohort: who they are, an endpoint over the people, verdicts, and what the spread comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from percuta.report import svg
from percuta.report.cohort import KINDS, VERDICTS
from percuta.report.influence_charts import percent
from percuta.report.svg import Scale
from percuta.report.wording import endpoint_label, figures, unit

_LEFT, _RIGHT = 8.0, 346.0
_START = 112.0  # of a plot, right of the names of the groups
_TALL = 84.0  # a histogram
_ROW = 19.0
_PAINTS = {"all": "treated", "sex": "cell", "age": "untreated"}
_VERDICT_PAINTS = {"passes": "treated", "passes_with_warnings": "untreated", "deferred": "open", "refused": "collagen"}


def people_by_age(name: str, title: str, ages: dict[str, Any]) -> str:
    """Draw how many women and men there are in bands of age.

    Parameters
    ----------
    name, title
        Identifier of the drawing, unique on the page, and what it shows.
    ages
        ``edges`` [years], and the numbers of ``women`` and ``men`` between them.
    """
    edges, women, men = ages["edges"], ages["women"], ages["men"]
    most = max(one + other for one, other in zip(women, men, strict=True))
    across = Scale(edges[0], edges[-1], 46.0, _RIGHT)
    up = Scale(0.0, svg.round_up(max(most, 1), 4), 150.0, 24.0)
    parts = [
        svg.axis_down(up, across.start, "people", right=across.end, count=4),
        svg.axis_across(across, up.start, "age (years)"),
    ]
    for first, last, one, other in zip(edges[:-1], edges[1:], women, men, strict=True):
        left, width = across(first) + 0.5, across(last) - across(first) - 1.0
        parts.append(svg.rectangle(left, up(one), width, up.start - up(one), paint="treated"))
        parts.append(svg.rectangle(left, up(one + other), width, up(one) - up(one + other), paint="untreated"))
    items, height = svg.legend([("patch", "treated", "women"), ("patch", "untreated", "men")], _LEFT, up.start + 54)
    described = " ".join(
        f"{first:.0f} to {last:.0f} years: {one} women, {other} men."
        for first, last, one, other in zip(edges[:-1], edges[1:], women, men, strict=True)
    )
    return svg.drawing(name, title, described, up.start + 46 + height, [*parts, items])


def shares(name: str, title: str, rows: Sequence[tuple[str, str, float, float, float, str]]) -> str:
    """Draw shares of people with their intervals: label, in words, share, lower and upper end, colour."""
    across = Scale(0.0, 100.0, _LEFT, _RIGHT)
    bars, y = [], 4.0
    for label, says, share, low, high, paint in rows:
        words, y = svg.labelled_row(label, says, _LEFT, _RIGHT, y)
        bars += [
            words,
            svg.rectangle(across.start, y + 3, across(100 * share) - across.start, 10, paint=paint, corner=2),
        ]
        bars.append(svg.line(across(100 * low), y + 8, across(100 * high), y + 8, paint="ink", width=1.2))
        y += 21
    parts = [svg.axis_across(across, y, "share of the people (%)", top=2.0)]
    described = " ".join(f"{label}: {says}." for label, says, *_ in rows)
    return svg.drawing(name, title, described, y + 40, [*parts, *bars])


def verdict_shares(name: str, title: str, verdicts: Sequence[dict[str, Any]]) -> str:
    """Draw for how many people the rules say what."""
    rows = [
        (
            VERDICTS[one["verdict"]],
            f"{100 * one['share']:.3g} %",
            one["share"],
            one["low"],
            one["high"],
            _VERDICT_PAINTS[one["verdict"]],
        )
        for one in verdicts
    ]
    return shares(name, title, rows)


def over_people(name: str, title: str, endpoint: dict[str, Any]) -> str:
    """Draw an endpoint over the people: how many have what, and below, the ranges of its groups on the same axis.

    Parameters
    ----------
    name, title
        Identifier of the drawing, unique on the page, and what it shows.
    endpoint
        An endpoint of ``cohort.json`` that has numbers and a histogram.
    """
    factor, written = _shown_in(endpoint)
    edges = [factor * edge for edge in endpoint["histogram"]["edges"]]
    counts, groups = endpoint["histogram"]["counts"], endpoint["groups"]
    low = min(edges[0], *(factor * group["p5"] for group in groups))
    high = max(edges[-1], *(factor * group["p95"] for group in groups))
    across, up = Scale(low, high, _START, _RIGHT), Scale(0.0, max(counts), 8.0 + _TALL, 8.0)
    parts = []
    for first, last, count in zip(edges[:-1], edges[1:], counts, strict=True):
        width = max(across(last) - across(first) - 0.6, 0.6)
        parts.append(
            svg.rectangle(across(first), up(count), width, up.start - up(count), paint="treated", opacity=0.55)
        )
    parts.append(svg.text(_LEFT, up.start - 4, "how many people", paint="muted", size=11))
    parts.append(svg.line(_START, up.start, _RIGHT, up.start, paint="muted"))
    y = up.start + 14
    for group in groups:
        quantiles = (factor * group[key] for key in ("p5", "p50", "p95"))
        parts.append(svg.text(_LEFT, y + 4, group["group"], size=11))
        parts.append(svg.range_bar(across, y, *quantiles, paint=_PAINTS[group["of"]], width=8))
        y += _ROW
    grid = svg.axis_across(across, y - 4, written or "number", top=8.0, count=4)
    items, height = svg.legend([("bar", "treated", "median, and 9 in 10 computed people")], _LEFT, y + 48)
    described = " ".join(f"{group['group']}: {_in_words(group, factor, written)}." for group in groups)
    return svg.drawing(name, title, described, y + 38 + height, [grid, *parts, items])


def _in_words(group: dict[str, Any], factor: float, written: str) -> str:
    low, middle, high = figures(factor * group[key] for key in ("p5", "p50", "p95"))
    return f"median {middle} {written}, 9 in 10 computed people between {low} and {high}"


def _shown_in(endpoint: dict[str, Any]) -> tuple[float, str]:
    """Return the factor and the unit in which an endpoint is drawn; shares are in per cent."""
    if endpoint["unit"] in ("", "1") and endpoint["name"] != "anaesthetic_exposure_multiple":
        return 100.0, "%"
    if endpoint["unit"] == "J" and endpoint["groups"][0]["p95"] < 1.0:
        return 1e3, "mJ"
    return 1.0, unit(endpoint["unit"])


def spread_bars(name: str, title: str, endpoints: Sequence[dict[str, Any]]) -> str:
    """Draw for each endpoint what its spread over the people comes from, as parts of one bar."""
    across = Scale(0.0, 100.0, _LEFT, _RIGHT)
    bars, y = [], 4.0
    for one in endpoints:
        label = endpoint_label(one["name"])
        words, y = svg.labelled_row(label, f"people {percent(one['spread']['between people'])}", _LEFT, _RIGHT, y)
        bars += [words, _stacked(across, y + 3, one["spread"])]
        y += 21
    parts = [svg.axis_across(across, y, "share of the spread (% of the variance)", top=2.0)]
    marks = [("patch", paint, words) for paint, words in KINDS.values()]
    items, height = svg.legend([*marks, ("patch", "insulation", "only together")], _LEFT, y + 54)
    described = " ".join(
        f"{endpoint_label(one['name'])}: "
        + ", ".join(f"{words} {percent(one['spread'][kind])}" for kind, (_, words) in KINDS.items())
        + "."
        for one in endpoints
    )
    return svg.drawing(name, title, described, y + 44 + height, [*parts, *bars, items])


def _stacked(across: Scale, y: float, spread: dict[str, dict[str, float]]) -> str:
    """Return the parts of a bar; where they make more than the whole by their sampling error, each gives in."""
    whole = max(sum(one["value"] for one in spread.values()), 1.0)
    drawn, start = svg.rectangle(across.start, y, across.end - across.start, 10, paint="insulation", corner=2), 0.0
    for kind, (paint, _) in KINDS.items():
        end = start + 100 * spread[kind]["value"] / whole
        drawn += svg.rectangle(across(start), y, across(end) - across(start), 10, paint=paint)
        start = end
    return drawn
