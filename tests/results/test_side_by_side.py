"""Endpoints of several plans side by side: zones, categories, what is withheld, and what has no pair."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.results.proportions import clopper_pearson
from percuta.results.samples import Sample
from percuta.results.side_by_side import matched_zones, side_by_side, zone_label

VALUES = np.arange(16.0)
WORDS = ("nothing_visible", "uniform_erythema", "pinpoint_bleeding")


def pain(zone: str, more: float = 0.0) -> Sample:
    return Sample("pain_peak", zone, "0-10", "pain", VALUES + more)


@pytest.mark.parametrize(
    ("zones", "rows"),
    [
        ([["cheeks"], ["cheeks"]], [("cheeks", "cheeks")]),
        ([["cheeks"], ["forehead"]], [("cheeks", "forehead")]),  # the only zone of each
        ([["cheeks", "chin"], ["chin"]], [("chin", "chin")]),
        ([["cheeks", "chin"], ["forehead"]], []),  # one plan has one zone, the other two
        ([["cheeks", "chin"], ["chin", "neck"], ["cheeks"]], [("cheeks", None, "cheeks"), ("chin", "chin", None)]),
    ],
)
def test_zones_of_one_name_are_compared_or_the_only_ones(
    zones: list[list[str]], rows: list[tuple[str | None, ...]]
) -> None:
    assert matched_zones(zones) == rows


def test_a_row_of_zones_is_called_by_their_names() -> None:
    assert zone_label(("cheeks", "cheeks", None)) == "cheeks"
    assert zone_label(("cheeks", "forehead")) == "cheeks / forehead"
    assert zone_label((None, None)) is None


def test_each_plan_is_compared_with_the_first() -> None:
    [row] = side_by_side(
        [[pain("cheeks")], [pain("forehead", 1.0)], [pain("cheeks", -2.0)]], [("cheeks", "forehead", "cheeks")]
    )
    assert (row["name"], row["zone"], row["unit"], row["better"]) == (
        "pain_peak",
        "cheeks / forehead",
        "0-10",
        "lower",
    )
    assert [cell["p50"] for cell in row["plans"]] == [7.5, 8.5, 5.5]
    first, second, third = row["against_first"]
    assert first is None
    assert (second["p50"], second["standing"]) == (1.0, "worse")
    assert (third["p50"], third["standing"]) == (-2.0, "better")


def test_what_concerns_the_whole_plan_comes_first_and_zones_without_a_match_are_left_out() -> None:
    whole = Sample("session_duration", None, "min", "time", VALUES)
    rows = side_by_side([[pain("cheeks"), whole], [pain("neck"), whole]], [])
    assert [(row["name"], row["zone"]) for row in rows] == [("session_duration", None)]


def test_what_a_plan_withholds_or_has_not_is_said_and_not_compared() -> None:
    withheld = Sample("pain_peak", "cheeks", "0-10", "pain", withheld="why")
    zones: list[tuple[str | None, ...]] = [("cheeks", "cheeks", "cheeks")]
    [row] = side_by_side([[pain("cheeks")], [withheld], []], zones)
    assert row["plans"][1:] == [{"withheld": "why"}, None]
    assert row["against_first"] == [None, None, None]
    assert row["definitions"] == ["pain", "pain", None]


def test_a_plan_without_the_zone_has_no_number_there() -> None:
    rows = side_by_side([[pain("chin")], [pain("chin", 1.0)], [pain("neck")]], [("chin", "chin", None)])
    [row] = rows
    assert row["plans"][2] is None
    assert row["against_first"][1]["p50"] == 1.0
    assert row["against_first"][2] is None


def test_numbers_that_never_stand_in_one_scenario_have_no_difference() -> None:
    first, second = (np.where(VALUES < 8, here, there) for here, there in ((1.0, np.nan), (np.nan, 1.0)))
    plans = [[Sample("block_onset", "cheeks", "min", "onset", values)] for values in (first, second)]
    [row] = side_by_side(plans, [("cheeks", "cheeks")])
    assert [cell["p50"] for cell in row["plans"]] == [1.0, 1.0]
    assert row["against_first"] == [None, None]


def test_categories_are_compared_by_their_words() -> None:
    seen = [np.array([1.0] * 16), np.array([0.0] * 4 + [1.0] * 12)]  # the words of the second are in another order
    plans = [
        [Sample("expected_end_point", "cheeks", "category", "seen", seen[0], WORDS)],
        [Sample("expected_end_point", "cheeks", "category", "seen", seen[1], (WORDS[1], WORDS[0]))],
    ]
    [row] = side_by_side(plans, [("cheeks", "cheeks")])
    assert row["plans"][0] == {"probabilities": dict(zip(WORDS, (0.0, 1.0, 0.0), strict=True))}
    low, high = clopper_pearson(4, 16)
    assert row["against_first"][1] == {"pairs": 16, "p_same": 0.25, "low": low, "high": high}
