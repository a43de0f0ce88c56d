"""Two or three plans side by side as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from percuta.report.comparison_of_plans_chart import Difference, difference_chart
from percuta.report.comparison_of_plans_wording import (
    NO_EVIDENCE,
    chance_words,
    difference_words,
    is_nothing,
    standing_words,
)
from percuta.report.material import Picture
from percuta.report.rendering import rendered
from percuta.report.wording import VERDICTS, endpoint_label, endpoint_value, joined, upper
from percuta.results.endpoints import RESEARCH

_MOST_ROWS = 12  # of one chart, so that it fits a printed page
_PAINTS = {"better": "treated", "worse": "open", "not separated": "untreated"}
_REFUSED = ("refused", "deferred")
_NO_SUCH = "this plan has no such endpoint"
_NO_PAIR = "no scenario in which both have a value"
_GROUPS = ("better", "worse", "not separated", "same")

SHARED = (
    "All plans meet the same scenarios. An uncertain input is drawn from a column of one sequence, and the column is "
    "found by the input's name: with one seed each plan gets the same draw of the skin's thickness, of how this person "
    "heals and feels pain, and of every other figure that the plans take from one entry of the library. What they "
    "share drops out of the difference."
)
NOT_SHARED = (
    "Figures of what the plans do not share are not the same: another device, product or site has its own. Each draws "
    "its own figure from the same column, at the same place in its own range, as if a device at the high end of its "
    "range met another one at the high end of its range. An input that only one plan has varies in that plan alone, "
    "and its spread stays in the difference."
)
READING = (
    "A range is the 5 to 95 % range over scenarios: what is not known of person, device and model. One plan is "
    "favoured where it is better in the median of the differences and not worse at their unfavourable 5 % end. "
    "Everywhere else no evidence separates the plans, which does not show that they do the same."
)
CHANCES = (
    "The chance that a plan is better is counted over the scenarios, with its exact 95 % interval (Clopper and "
    "Pearson, 1934), which takes the scenarios as independent and is rather too wide. Every endpoint is judged alone: "
    "among many, one may come out by the luck of the sample, which another seed shows."
)


def render_comparison(table: dict[str, Any]) -> str:
    """Return what ``compare.json`` holds as one HTML page that needs nothing else.

    Parameters
    ----------
    table
        Content of ``compare.json``.
    """
    return rendered("comparison_of_plans.html.j2", **parts_of_comparison(table))


def parts_of_comparison(table: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates of a comparison's parts take, from the content of ``compare.json``."""
    page = _Page(table)
    return dict(
        table=table,
        title=joined(page.letters),
        banner=page.banner(),
        plans=[one | {"answer": VERDICTS[one["verdict"]], "stopped": one["verdict"] in _REFUSED} for one in page.plans],
        summaries=[page.summed_up(number) for number in page.others],
        zones=list(page.zones(research=False)),
        research=list(page.zones(research=True)),
        not_compared=page.not_compared(),
        reading=READING,
        shared=SHARED,
        not_shared=NOT_SHARED,
        chances=CHANCES,
    )


class _Page:
    """The parts of one page."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table, self.plans, self.rows = table, table["plans"], table["endpoints"]
        self.letters = [one["letter"] for one in self.plans]
        self.others = range(1, len(self.plans))

    def banner(self) -> str:
        """Return what stands on every page where a plan is refused."""
        stopped = [one["letter"] for one in self.plans if one["verdict"] in _REFUSED]
        return f"REFUSED: plan {joined(stopped)}. Computed for study only." if stopped else ""

    def summed_up(self, number: int) -> dict[str, Any]:
        """Return which endpoints favour which plan, of the first and another one."""
        first, other = self.letters[0], self.letters[number]
        found: dict[str, list[str]] = {standing: [] for standing in _GROUPS}
        for row in self.rows:
            one = row["against_first"][number]
            if one is not None and one.get("standing") in found:
                found[one["standing"]].append(self._label(row))
        heads = dict(
            zip(
                _GROUPS,
                (f"Favours {other}", f"Favours {first}", upper(NO_EVIDENCE), "The same in every scenario"),
                strict=True,
            )
        )
        return {
            "title": f"{other} against {first}",
            "groups": [(heads[standing], labels) for standing, labels in found.items() if labels],
        }

    def _label(self, row: dict[str, Any]) -> str:
        zones = {each["zone"] for each in self.rows if each["zone"] is not None}
        label = endpoint_label(row["name"])
        return f"{label} ({row['zone']})" if row["zone"] is not None and len(zones) > 1 else label

    def zones(self, *, research: bool) -> Iterator[dict[str, Any]]:
        """Yield the compared endpoints place by place, as rows of a table and as charts."""
        for number, zone in enumerate(dict.fromkeys(row["zone"] for row in self.rows)):
            own = [
                row
                for row in self.rows
                if row["zone"] == zone and (row["name"] in RESEARCH) is research and any(row["against_first"])
            ]
            if own:
                same = [row for row in own if all(one and is_nothing(one) for one in row["against_first"][1:])]
                key = f"{'research' if research else 'difference'}-{number}"
                yield {
                    "title": zone or "Whole plan",
                    "pictures": [each for other in self.others for each in self._charts(key, own, other)],
                    "rows": [self._row(row) for row in own if row not in same],
                    "same": [self._row(row) for row in same],
                }

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "label": endpoint_label(row["name"]),
            "definitions": [*self._definitions(row["definitions"]), *self._reasons(row)],
            "better": {"higher": "better higher", "lower": "better lower"}.get(str(row["better"]), ""),
            "cells": [value_cell(row, cell) for cell in row["plans"]],
            "against": [difference_cell(self.table, row, number) for number in self.others],
        }

    def _definitions(self, written: list[str | None]) -> list[str]:
        """Return what is meant; plan by plan where the plans do not mean the same."""
        meant: dict[str, list[str]] = {}
        for letter, one in zip(self.letters, written, strict=True):
            if one is not None:
                meant.setdefault(one, []).append(letter)
        return list(meant) if len(meant) < 2 else [f"{joined(letters)}: {one}" for one, letters in meant.items()]

    def _reasons(self, row: dict[str, Any]) -> list[str]:
        """Return why plans have no number, where others have one."""
        return [
            f"{letter}: {cell['withheld']}"
            for letter, cell in zip(self.letters, row["plans"], strict=True)
            if cell is not None and "withheld" in cell
        ]

    def _charts(self, key: str, rows: list[dict[str, Any]], number: int) -> Iterator[Picture]:
        first, other = self.letters[0], self.letters[number]
        judged: list[Difference] = []
        neither: list[Difference] = []
        for row in rows:
            one = row["against_first"][number]
            if one is None or "standing" not in one or is_nothing(one):
                continue
            (neither if one["standing"] is None else judged).append(self._drawn(row, one, number))
        for kind, found, sides in (
            ("judged", judged, (f"better with {first}", f"better with {other}")),
            ("neither", neither, (f"less with {other}", f"more with {other}")),
        ):
            for start in range(0, len(found), _MOST_ROWS):
                what = "better or worse" if kind == "judged" else "neither better nor worse"
                title = f"{other} against {first}: {what}"
                name = f"{key}-{other}-{kind}-{start}"
                drawn = difference_chart(name, title, found[start : start + _MOST_ROWS], sides)
                yield Picture(Markup(drawn), title)

    def _drawn(self, row: dict[str, Any], one: dict[str, Any], number: int) -> Difference:
        middle, span = difference_words(row["name"], row["unit"], _size(row, number), one)
        ends = one["p5"], one["p50"], one["p95"]
        if row["better"] == "lower":
            ends = -one["p95"], -one["p50"], -one["p5"]
        means = standing_words(one, self.letters[0], self.letters[number])
        says = f"{middle} ({span})" if span else middle
        return Difference(endpoint_label(row["name"]), says, *ends, _PAINTS.get(str(one["standing"]), "needle"), means)

    def not_compared(self) -> list[dict[str, Any]]:
        """Return the endpoints that no other plan is compared with the first on, grouped by what each plan says."""
        found: dict[tuple[str, ...], dict[str, None]] = {}
        for row in self.rows:
            if not any(row["against_first"]):
                said = tuple(_said(row, cell) for cell in row["plans"])
                found.setdefault(said, {})[self._label(row)] = None
        return [{"labels": list(labels), "says": list(said)} for said, labels in found.items()]


def _size(row: dict[str, Any], number: int) -> float:
    """Return the largest quantile of an endpoint in the first and another plan."""
    return max(abs(float(row["plans"][which][key])) for which in (0, number) for key in ("p5", "p50", "p95"))


def value_cell(row: dict[str, Any], cell: dict[str, Any] | None) -> dict[str, str]:
    """Return what one plan has of an endpoint: the middle and the range in words, or why it has nothing.

    Parameters
    ----------
    row
        A row of ``compare.json``.
    cell
        The plan's entry of the row.
    """
    if cell is None or "withheld" in cell:
        return {"middle": "not given", "range": "", "withheld": upper(str((cell or {}).get("withheld", _NO_SUCH)))}
    middle, span = endpoint_value({"name": row["name"], "unit": row["unit"], **cell})
    return {"middle": middle, "range": span, "withheld": ""}


def difference_cell(table: dict[str, Any], row: dict[str, Any], number: int) -> dict[str, str]:
    """Return what another plan has more or less than the first, in words.

    Parameters
    ----------
    table, row
        What ``compare.json`` holds, and one row of it.
    number
        Place of the other plan, from 1.

    Returns
    -------
    dict
        ``middle`` and ``range`` of the difference, ``words`` that say which plan it favours, and the ``chance`` that
        the other plan is better; texts that do not apply are empty.
    """
    one, first, other = row["against_first"][number], table["plans"][0]["letter"], table["plans"][number]["letter"]
    if one is None:
        both = row["plans"][0], row["plans"][number]
        why = "not compared" if any(cell is None or "withheld" in cell for cell in both) else _NO_PAIR
        return {"middle": "–", "range": "", "words": why, "chance": ""}
    middle, span = "", ""
    if "standing" in one:
        middle, span = difference_words(row["name"], row["unit"], _size(row, number), one)
    words, chance = standing_words(one, first, other), chance_words(one, other, table["members"])
    return {"middle": middle, "range": span, "words": words, "chance": chance}


def _said(row: dict[str, Any], cell: dict[str, Any] | None) -> str:
    """Return what a plan says of an endpoint that is not compared."""
    shown = value_cell(row, cell)
    if shown["withheld"]:
        return shown["withheld"]
    return f"{shown['middle']} ({shown['range']})" if shown["range"] else shown["middle"]
