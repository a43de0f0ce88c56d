"""The page of a comparison: what is said of each endpoint, charts around zero, refusals, and that it is one page."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from percuta.report.comparison_of_plans import render_comparison
from percuta.report.comparison_of_plans_chart import Difference, difference_chart
from percuta.report.comparison_of_plans_wording import NO_EVIDENCE, chance_words, difference_words, standing_words
from percuta.results.paired import paired, standing
from percuta.results.samples import Sample
from percuta.results.side_by_side import side_by_side

from .test_page import Page, words

SVG = "{http://www.w3.org/2000/svg}"
VALUES = np.linspace(1.0, 3.0, 32)
NO_TIME = "no study gives it: nobody looked"


def samples(pain: float, density: float, collagen: float, *, redness: bool = True) -> list[Sample]:
    """Return endpoints of a plan that differ from those of another by these."""
    jitter = np.where(np.arange(32) % 2 == 0, 1.0, -1.0)
    counted = Sample("redness_duration", "cheeks", "day", "days", VALUES + 0.2 * jitter * pain)
    return [
        Sample("session_duration", None, "min", "from first to last", 60.0 + VALUES),
        Sample("pain_peak", "cheeks", "0-10", f"pain <{pain}>", VALUES + pain),
        counted if redness else Sample("redness_duration", "cheeks", "day", "days", withheld=NO_TIME),
        Sample("puncture_density", "cheeks", "1/cm^2", "punctures", 1000.0 * VALUES + density),
        Sample("modelled_collagen_vs_untreated", "cheeks", "%", "collagen", VALUES + collagen),
        Sample("recoil_change", "cheeks", "%", "recoil", withheld="why not"),
        Sample("expected_end_point", "cheeks", "category", "seen", 0.0 * VALUES, ("uniform_erythema",)),
    ]


def table(*plans: list[Sample], verdict: str = "passes") -> dict[str, Any]:
    zones = [tuple("cheeks" for _ in plans)]
    return {
        "percuta": "0",
        "library_sha256": "1" * 64,
        "accuracy": "draft",
        "members": 32,
        "seed": 0,
        "interval": 0.95,
        "plans": [
            {
                "letter": letter,
                "file": f"{letter}.toml",
                "title": f"Plan <i>{letter}</i>",
                "plan_sha256": letter * 64,
                "verdict": verdict if letter == "B" else "passes",
                "sentence": "No rule stops this plan.",
                "zones": ["cheeks"],
            }
            for letter, _ in zip("ABC", plans, strict=False)
        ],
        "differences": [{"key": "needling.passes", "values": [str(4 + number) for number, _ in enumerate(plans)]}],
        "remarks": ["A remark."],
        "endpoints": side_by_side(plans, zones),
    }


@pytest.fixture(scope="module")
def page() -> str:
    return render_comparison(table(samples(0.0, 0.0, 0.0), samples(-0.5, 800.0, 2.0)))


def rows(page: str) -> dict[str, str]:
    """Return the text of every row of a table by its first words."""
    found = [words(row) for row in re.findall(r"<tr>.*?</tr>", page, flags=re.DOTALL)]
    return {row[:12]: row for row in found}


def test_it_is_one_whole_page_that_needs_nothing_else(page: str) -> None:
    read = Page(page)
    assert not read.unbalanced
    assert not read.open
    assert len(read.ids) == len(set(read.ids))
    assert not [
        each for tag, each in read.elements if tag in ("script", "link", "img") or "http" in each.get("href", "")
    ]
    assert "Plan &lt;i&gt;A&lt;/i&gt;" in page
    assert "<i>" not in page


def test_it_says_of_each_endpoint_which_plan_it_favours(page: str) -> None:
    said = rows(page)
    assert "−0.50 of 10" in said["Strongest pa"]
    assert "favours B B better in 100 % of scenarios (89 to 100 %)" in said["Strongest pa"]
    assert "A: pain <0.0>" in said["Strongest pa"]  # the two plans do not mean the same
    assert "B: pain <-0.5>" in said["Strongest pa"]
    assert NO_EVIDENCE in said["Redness bett"]
    assert "+800 per cm²" in said["Punctures pe"]
    assert "favours" not in said["Punctures pe"]
    assert "the same in 100 %" not in said["What is seen"]  # stands with what is the same in all plans
    assert "needling.passes 4 5" in said["needling.pas"]


def test_it_sums_up_what_favours_whom(page: str) -> None:
    text = words(page)
    assert "Favours B 2 Strongest pain; Modelled collagen against the untreated course" in text
    assert f"{NO_EVIDENCE.capitalize()} 1 Redness" in text
    assert "The same in every scenario 1 Length of one session" in text
    assert "A remark." in text


def test_collagen_stands_with_the_researchers_and_what_is_withheld_has_its_reason(page: str) -> None:
    before, research = page.split('class="research"')
    assert "Modelled collagen against the untreated course</th>" not in before
    assert "Modelled collagen against the untreated course" in words(research)
    assert "Change of recoil Why not Why not" in words(research.partition("Not compared")[2])


def test_what_one_of_three_plans_withholds_is_said_beside_it() -> None:
    text = rows(render_comparison(table(samples(0, 0, 0), samples(-1, 0, 0), samples(-2, 0, 0, redness=False))))
    assert f"C: {NO_TIME}" in text["Redness bett"]
    assert text["Redness bett"].endswith("– not compared")


def test_a_refused_plan_is_marked_on_every_page() -> None:
    refused = render_comparison(table(samples(0, 0, 0), samples(-1, 0, 0), verdict="refused"))
    assert "REFUSED: plan B. Computed for study only." in refused
    assert '<body class="is-refused">' in refused
    assert "<title>REFUSED: " in refused


def test_the_words_of_the_house_hold(page: str) -> None:
    text = words(page).lower()
    assert not re.search(r"\b(safe|optimal|optimum|best)\b", text)


def test_plans_that_do_the_same_have_no_chart() -> None:
    same = render_comparison(table(samples(0, 0, 0), samples(0, 0, 0)))
    assert "<svg" not in same
    assert "The same in all plans" in same


def bars(drawn: str) -> list[tuple[float, float]]:
    """Return left end and right end of every bar of a chart."""
    found = [one for one in ElementTree.fromstring(drawn).iter(f"{SVG}rect") if one.attrib["height"] == "9"]
    return [(float(one.attrib["x"]), float(one.attrib["x"]) + float(one.attrib["width"])) for one in found]


def test_bars_lie_where_the_differences_do_each_on_its_own_scale() -> None:
    drawn = difference_chart(
        "x",
        "title",
        [
            Difference("a", "+1", 1.0, 2.0, 4.0, "treated", "favours B"),
            Difference("b", "−1", -400.0, 0.0, 200.0, "untreated", "nothing"),
        ],
        ("left", "right"),
    )
    (first, second), zero = bars(drawn), 180.0
    assert first[0] > zero
    assert first[1] - zero == pytest.approx(4.0 * (first[0] - zero), rel=1e-3)
    assert zero - second[0] == pytest.approx(2.0 * (second[1] - zero), rel=1e-3)
    assert first[1] - zero == pytest.approx(zero - second[0], abs=0.02)  # the longer side of each reaches as far


def test_less_of_a_burden_lies_on_the_side_of_the_plan_that_has_less(page: str) -> None:
    drawn = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    pain = next(one for one in drawn if "Strongest pain" in one)
    left, right = bars(pain)[0]
    assert 180.0 < left < right  # B hurts less: the difference is negative, and the bar lies on B's side
    assert "better with B" in pain


def comparison(*differences: float, better: Any = "lower") -> dict[str, Any]:
    first = np.full(len(differences), 100.0)
    one = paired(first, first + np.array(differences), better)
    return one.as_dict() | {"standing": standing(one)}


@pytest.mark.parametrize(
    ("name", "unit", "differences", "said"),
    [
        ("session_duration", "min", [90.0] * 3, ("+1 h 30 min", "")),
        ("session_duration", "min", [-4.0, -2.0, 2.0], ("−2 min", "−3.8 min to +1.6 min")),
        ("barrier_closure_time", "h", [5.0] * 3, ("+5 h", "")),
        ("redness_duration", "day", [0.5] * 3, ("+12 h", "")),
        ("redness_duration", "day", [-3.0] * 3, ("−3 days", "")),
        ("tracks_beyond_dermis_fraction", "1", [0.0004] * 3, ("under 0.1 points", "")),
        ("tracks_beyond_dermis_fraction", "1", [0.25] * 3, ("+25 points", "")),
        ("firmness_change", "%", [10.0, 20.0, 30.0], ("+20 points", "+11 to +29 points")),
        ("energy_per_needle", "J", [0.6] * 3, ("+600 mJ", "")),
        ("surface_temperature_peak", "degC", [2.0, 3.0, 4.0], ("+3.0 °C", "+2.1 to +3.9 °C")),
        ("anaesthetic_exposure_multiple", "1", [2.0, 3.0, 4.0], ("+3.0 times", "+2.1 to +3.9 times")),
        ("puncture_density", "1/cm^2", [0.01] * 3, ("under 0.5 % of it", "")),
        ("puncture_density", "1/cm^2", [0.0] * 3, ("none", "")),
    ],
)
def test_a_difference_has_its_sign_and_the_words_of_its_unit(
    name: str, unit: str, differences: list[float], said: tuple[str, str]
) -> None:
    assert difference_words(name, unit, 100.0, comparison(*differences)) == said


def test_how_often_one_is_better() -> None:
    one = comparison(-1.0, -1.0, -1.0, 0.0)
    assert chance_words(one, "B", 4) == "B better in 75\u00a0% of scenarios (19 to 99\u00a0%), the same in 25\u00a0%"
    assert chance_words(one, "B", 8).endswith("over the 4 of 8 scenarios in which both have it")
    assert chance_words(comparison(1.0, better=None), "B", 1) == ""
    assert standing_words(one, "A", "B") == "favours B"
    assert standing_words(comparison(1.0, 1.0), "A", "C") == "favours A"
    assert standing_words(comparison(-1.0, 1.0), "A", "B") == NO_EVIDENCE
    assert standing_words(comparison(1.0, better=None), "A", "B") == ""
