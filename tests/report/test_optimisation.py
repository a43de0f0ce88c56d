"""The page of a search of settings: what it says, how uncertainty shows, and that nothing is called what it is not."""

from __future__ import annotations

import copy
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import validate

from percuta.manifest import DISCLAIMER
from percuta.report.optimisation import render_optimisation
from percuta.report.optimisation_charts import trade_off
from percuta.report.optimisation_intervals import around_chart, chances_chart
from percuta.report.optimisation_tables import chances, front_rows, gains, lucky, missed, setting_changes
from percuta.report.optimisation_words import (
    change,
    interval,
    limit_text,
    percent,
    setting_key,
    setting_label,
    setting_values,
    step_text,
    value_text,
)
from percuta.report.symbols import Symbol
from percuta.workflows.schemas import schema

from ..searched import nothing_feasible, pen_search
from .test_page import Page, words

FORBIDDEN = re.compile(r"\b(safe|safely|optimal|optimally|optimum|best)\b|[✓✔✅]", re.IGNORECASE)
WRITTEN, CHOSEN, LUCKY = 0, 2, 17  # numbers of the plan as written, the recommended settings, and a lucky one


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return pen_search()


@pytest.fixture
def found(made: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(made)


@pytest.fixture(scope="module")
def stuck() -> dict[str, Any]:
    return nothing_feasible()


@pytest.fixture(scope="module")
def page(made: dict[str, Any]) -> str:
    return render_optimisation(made)


def cut(html: str, section: str) -> str:
    """The words of one section."""
    found = re.search(rf'<section id="{section}">(.*?)</section>', html, re.DOTALL)
    assert found, section
    return words(found[1])


def edges(drawing: str, paint: str) -> list[tuple[float, float]]:
    """Left edge and width of the rectangles of one colour."""
    shapes = re.findall(rf'<rect x="([\d.-]+)"[^>]* width="([\d.]+)"[^>]*percuta-{paint}', drawing)
    return [(float(x), float(width)) for x, width in shapes]


@pytest.mark.parametrize("table", [pen_search(), nothing_feasible()], ids=["found", "stuck"])
def test_content_meets_the_schema_and_gives_a_whole_page(table: dict[str, Any]) -> None:
    validate(table, schema("optimisation"))
    html = render_optimisation(table)
    read = Page(html)
    assert (read.unbalanced, read.open) == ([], [])
    assert len(set(read.ids)) == len(read.ids)
    assert DISCLAIMER in html
    assert "src=" not in html
    drawings = re.findall(r"</figcaption>(<svg\b.*?</svg>)</figure>", html, re.DOTALL)
    assert drawings
    for drawing in drawings:
        described = ElementTree.fromstring(drawing).find("{http://www.w3.org/2000/svg}desc")
        assert described is not None
        assert described.text


@pytest.mark.parametrize("table", [pen_search(), nothing_feasible()], ids=["found", "stuck"])
def test_nothing_is_called_safe_or_optimal(table: dict[str, Any]) -> None:
    html = render_optimisation(table)
    assert not FORBIDDEN.search(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))


def test_what_was_asked_is_there_with_reasons_ranges_and_who_set_it(page: str) -> None:
    asked = cut(page, "asked")
    assert "Strongest pain (cheeks) Below 7 of 10 in at least 90 % of scenarios Above this, people ask to stop" in asked
    assert "Below 5 days in at least 95 % of scenarios A working week skinpen_consent default" in asked
    assert "Length of one session Below 110 min in at least 95 % of scenarios – from the plan" in asked
    assert "Set depth 0.5, 0.75, 1, 1.25, 1.5 mm in the plan: 1 mm – from the plan" in asked


def test_the_answer_stands_next_to_the_plan_as_written(found: dict[str, Any], page: str) -> None:
    numbered = found["candidates"]
    changed = {row[0]: row[1:] for row in setting_changes(found, numbered[WRITTEN], numbered[CHOSEN])}
    assert changed["Set depth"] == ("1 mm", "0.75 mm", True)
    assert changed["Passes"] == ("4", "4", False)
    assert "To change: Set depth 1 → 0.75 mm; Sessions 4 → 6." in cut(
        page.replace(' aria-labelledby="title"', ""), "verdict"
    )
    pain = gains(found, numbered[WRITTEN], numbered[CHOSEN])[1]
    fresh = numbered[CHOSEN]["fresh"]["objectives"][1]
    assert pain.fresh[0] == value_text(fresh["p50"], "0-10")
    assert pain.change.endswith("points of 10 less, which is wanted")


def test_a_change_is_that_of_the_same_scenarios(found: dict[str, Any]) -> None:
    before, after = found["candidates"][WRITTEN], found["candidates"][CHOSEN]
    before["fresh"] = None
    before["search"]["objectives"][1]["value"], after["search"]["objectives"][1]["value"] = 3.0, 2.0
    after["fresh"]["objectives"][1]["value"] = 9.0
    assert gains(found, before, after)[1].change.startswith("1.0")
    before["search"] = None
    assert gains(found, before, after)[1].change == "not known"
    assert "not computed" in render_optimisation(found)


def test_a_lucky_sample_shows(found: dict[str, Any]) -> None:
    through = 2  # the constraint on tracks beyond the dermis
    chosen = found["candidates"][LUCKY]
    search, fresh = (chosen[key]["constraints"][through]["share"] for key in ("search", "fresh"))
    assert search >= 0.95 > fresh
    found["recommended"] = LUCKY
    row = chances(found, None, chosen)[through]
    assert "lucky" in row.verdict
    assert row.search == "98.4\u00a0% (92.8 to 99.9\u00a0%)"
    assert row.fresh == "94.1\u00a0% (91.1 to 96.4\u00a0%)"
    said = "Met in the search sample and not in the fresh one: Share of punctures that go through the dermis"
    assert lucky(found, chosen).startswith(said)
    assert said in words(render_optimisation(found))
    assert lucky(found, found["candidates"][CHOSEN]) == ""


def test_a_sample_too_small_to_show_it_says_so(found: dict[str, Any]) -> None:
    found["candidates"][CHOSEN]["fresh"]["constraints"][0]["verdict"] = "met, not shown"
    assert "too small to show it" in cut(render_optimisation(found), "answer")


def test_what_binds_and_what_is_not_told_apart_is_said(found: dict[str, Any], page: str) -> None:
    answer = cut(page, "answer")
    assert found["binding"]["sentence"] in answer
    assert "no evidence separates these settings" in answer.lower()
    assert "No. 10" in answer
    found["unseparated"], found["binding"] = [CHOSEN], None
    alone = cut(render_optimisation(found), "answer")
    assert "no evidence separates these settings" not in alone.lower()
    assert "What binds" not in alone


def test_modelled_tissue_is_no_figure_for_the_person_treated(found: dict[str, Any], page: str) -> None:
    assert "no figure to give to the person treated" in words(page)
    found["objectives"][0]["endpoint"] = "redness_duration"
    assert "no figure to give to the person treated" not in words(render_optimisation(found))


def test_marks_differ_in_shape_and_filling(made: dict[str, Any]) -> None:
    values, ranges = (str(picture.drawing) for picture in trade_off(made))
    hollow = values.count('fill="var(--percuta-paper, #ffffff)" stroke="#9aa8af"')
    assert hollow == sum(one["status"] == "infeasible" for one in made["candidates"]) + 1  # and one in the key
    for name in (">recommended<", ">as written<", ">front<", ">misses a constraint<"):
        assert name in values
    assert len(edges(ranges, "treated")) == 2 * sum(one["status"] == "front" for one in made["candidates"])
    assert len(edges(ranges, "open")) == 2


def test_places_on_the_chart_follow_the_values(made: dict[str, Any]) -> None:
    table = copy.deepcopy(made)
    kept = [table["candidates"][number] for number in (WRITTEN, CHOSEN)]
    table["candidates"] = kept
    for one, (x, y) in zip(kept, ((10.0, 4.0), (20.0, 2.0)), strict=True):
        one["search"]["objectives"] = [dict.fromkeys(("p5", "p50", "p95", "value"), number) for number in (x, y)]
    drawing = str(trade_off(table)[0].drawing)
    outlines = re.findall(r'<polygon points="([\d., -]+)" fill="var\(--percuta-(open|treated)', drawing)
    middle = {paint: [sum(c) / len(c) for c in zip(*corners(points), strict=True)] for points, paint in outlines[:2]}
    assert middle["treated"][0] > middle["open"][0]  # further right is more
    assert middle["treated"][1] > middle["open"][1]  # lower down is less


def test_the_number_of_a_mark_does_not_lie_on_the_mark_beside_it(made: dict[str, Any]) -> None:
    table = copy.deepcopy(made)
    other = next(one for one in table["candidates"] if one["status"] == "front" and one["number"] not in (0, CHOSEN))
    kept = [table["candidates"][WRITTEN], table["candidates"][CHOSEN], other]
    table["candidates"] = kept
    for one, (x, y) in zip(kept, ((1.0, 1.0), (1.1, 1.0), (3.0, 3.0)), strict=True):
        one["search"]["objectives"] = [dict.fromkeys(("p5", "p50", "p95", "value"), number) for number in (x, y)]
    drawing = str(trade_off(table)[0].drawing)
    sides = {number: re.search(rf"<text [^>]*>{number}</text>", drawing) for number in (WRITTEN, CHOSEN)}
    assert "text-anchor" in str(sides[CHOSEN]) or "text-anchor" in str(sides[WRITTEN])
    assert len({'end"' in str(one and one[0]) for one in sides.values()}) == 2  # one to the left, one to the right


def corners(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]


def test_one_objective_needs_no_chart_of_a_trade_off(found: dict[str, Any]) -> None:
    found["objectives"] = found["objectives"][:1]
    for one in found["candidates"]:
        for key in ("search", "fresh"):
            if one[key]:
                one[key]["objectives"] = one[key]["objectives"][:1]
    html = render_optimisation(found)
    assert 'id="trade-off"' not in html
    assert 'id="front"' in html


def test_the_front_is_listed_with_the_plan_as_written_by_the_first_objective(made: dict[str, Any]) -> None:
    rows = front_rows(made)
    front = {one["number"] for one in made["candidates"] if one["status"] == "front"}
    assert {row.number for row in rows} == front | {WRITTEN}
    values = [made["candidates"][row.number]["search"]["objectives"][0]["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    marks = {row.number: row.marks for row in rows}
    assert marks[CHOSEN] == ("recommended",)
    assert "as written" in marks[WRITTEN]
    held = next(row for row in rows if row.number == LUCKY).chances
    assert [enough for _, _, enough in held] == [True, False, True]
    assert [label.partition(" below")[0] for label, *_ in held] == [
        "Strongest pain",
        "Share of punctures that go through the dermis into the fat",
        "The others",
    ]


def test_one_step_around_is_drawn_against_no_difference(made: dict[str, Any]) -> None:
    drawing = around_chart("around", made)
    assert len(edges(drawing, "open")) == 2  # the step that misses a constraint, and the key
    assert "misses: Share of punctures that go through the dermis" in drawing
    assert "right of the line is what is wanted" in drawing
    zero = re.search(r'<line x1="([\d.]+)" y1="2" x2="\1" [^>]*percuta-ink', drawing)
    assert zero is not None
    steps = [one for one in made["around"] if not one["breaks"]]
    for one, (left, width) in zip(steps, edges(drawing, "treated")[: len(steps)], strict=True):
        if one["difference"]["p95"] <= 0.0:
            assert left + width == pytest.approx(float(zero[1]), abs=0.1)
        else:
            assert left + width > float(zero[1])


def test_a_neighbour_without_a_difference_says_why(found: dict[str, Any]) -> None:
    for one in found["around"]:
        one |= {"difference": None, "better": None, "status": "refused", "why": "the rules stop it"}
    html = render_optimisation(found)
    assert "the rules stop it." in cut(html, "around")
    assert "around-title" not in html


def test_chances_are_drawn_for_both_samples(made: dict[str, Any]) -> None:
    chosen = made["candidates"][CHOSEN]
    both = chances_chart("chances", made["constraints"], chosen)
    assert "fresh sample, 256 scenarios" in both
    assert "search sample of 64" in both
    alone = chances_chart("chances", made["constraints"], chosen | {"fresh": None})
    assert "fresh" not in alone


def test_when_nothing_is_feasible_the_page_says_what_to_relax(stuck: dict[str, Any]) -> None:
    html = render_optimisation(stuck)
    answer = cut(html, "answer")
    assert stuck["relax"][0]["sentence"] in answer
    assert "set depth 0.5 mm, passes 2" in answer
    assert "recommended.toml" not in words(html)
    assert "20 of 20 settings" in answer
    first = missed(stuck)[0]
    assert (first.label, first.missed, first.computed) == ("Strongest pain (cheeks) below 1.5\u00a0of 10", 20, 20)


def test_how_it_was_searched(made: dict[str, Any], page: str) -> None:
    said = cut(page, "search")
    assert "26 of 1440 combinations" in said
    assert "64 scenarios, seed 0, accuracy draft" in said
    assert "256 scenarios, seed 1, accuracy standard" in said
    assert "Stopped early, 2 times: pain_peak below 7 in 9 of 16 scenarios" in said
    assert "Refused: reach_beyond_dermis" in said


def test_text_from_a_plan_is_escaped(found: dict[str, Any]) -> None:
    found["plan"] = found["constraints"][0]["reason"] = "<i>& more"
    html = render_optimisation(found)
    assert "<i>" not in html
    assert "<i>& more" in words(html)


def test_the_plan_as_written_may_be_what_is_recommended(found: dict[str, Any]) -> None:
    found["recommended"] = WRITTEN
    html = render_optimisation(found)
    assert "nothing is to be changed" in cut(html, "answer")
    assert "To change:" not in words(html)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (value_text(0.0123, "1"), "1.2\u00a0%"),
        (value_text(2.84, "0-10"), "2.8\u00a0of 10"),
        (value_text(99.33, "min"), "99.3\u00a0min"),
        (value_text(0.0, "%"), "0\u00a0%"),
        (value_text(-0.5, "grade"), "−0.50\u00a0grade"),
        (limit_text(45.0, "min"), "45\u00a0min"),
        (limit_text(0.01, "1"), "1\u00a0%"),
        (percent(1.0), "100\u00a0%"),
        (percent(0.9999), "99.9\u00a0%"),
        (percent(0.954), "95.4\u00a0%"),
        (percent(0.5), "50\u00a0%"),
        (interval({"low": 0.954, "high": 1.0}), "95.4 to 100\u00a0%"),
        (setting_label("set_depth (step 7)"), "Set depth (step 7)"),
        (setting_label("some_dial"), "Some dial"),
        (step_text("Set depth", "0.75 mm", "1 mm"), "Set depth 0.75 → 1 mm"),
        (step_text("Passes", "4", "5"), "Passes 4 → 5"),
        (change({"goal": "maximise", "unit": "%"}, 20.0, 22.0), "2.0\u00a0percentage points more, which is wanted"),
        (change({"goal": "minimise", "unit": "day"}, 2.0, 3.0), "1.0\u00a0days more, which is not wanted"),
        (change({"goal": "minimise", "unit": "day"}, 2.0, 2.001), "no change"),
    ],
)
def test_wording(said: str, expected: str) -> None:
    assert said == expected


def test_the_step_is_named_where_two_steps_have_a_setting(found: dict[str, Any]) -> None:
    first, second = found["settings"][0], found["settings"][0] | {"step": 9}
    assert setting_key(first, found["settings"]) == "set_depth"
    assert setting_key(second, [first, second]) == "set_depth (step 9)"
    assert setting_values({"unit": "", "values": ["generic-pen-12", "other"]}) == "generic-pen-12, other"


def test_a_mark_is_filled_or_an_outline() -> None:
    assert 'fill="var(--percuta-treated' in Symbol("round", "treated").at(0.0, 0.0)
    assert 'fill="var(--percuta-paper' in Symbol("square", "treated", filled=False).at(0.0, 0.0)
    assert "<path" in Symbol("diamond", "treated", ring=True).at(0.0, 0.0)
