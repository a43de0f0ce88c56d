from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from percuta.report import charts, influence_charts, svg
from percuta.report.charts import Interval, NeedleShape, Reach, Skin

SKIN = Skin("A", "ultrasound", (0.15, 0.2, 0.25), (0.8, 1.1, 1.4))
REACH = Reach((0.6, 0.8, 1.0), (0.7, 0.95, 1.3))


def needles(chart: str) -> list[list[tuple[float, float]]]:
    outlines = re.findall(r'<polygon points="([^"]+)" fill="var\(--percuta-needle', chart)
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in outline.split())] for outline in outlines]


@pytest.mark.parametrize("datasets", [1, 2, 5, 9])
def test_needle_and_depth_share_one_scale_and_the_needle_fits_its_column(datasets: int) -> None:
    shape = NeedleShape(0.4, 0.5)
    chart = charts.needle_in_skin("n", "cheeks", [SKIN] * datasets, shape, 1.0, REACH)
    drawn = needles(chart)
    assert len(drawn) == datasets
    for left, _, point, _, right in drawn:
        per_mm = (right[0] - left[0]) / shape.diameter
        assert point[1] - 58.0 == pytest.approx(1.0 * per_mm, abs=0.1)
    edges = [(outline[0][0], outline[-1][0]) for outline in drawn]
    assert all(before[1] < after[0] for before, after in pairwise(edges))
    bar = re.search(r'x1="42" y1="[\d.]+" x2="([\d.]+)"[^>]*stroke-width="3"', chart)
    assert bar is not None
    assert float(bar[1]) - 42 == pytest.approx(0.5 * (drawn[0][4][0] - drawn[0][0][0]) / 0.4, abs=0.1)


def test_the_depth_axis_holds_the_deepest_needle_and_the_thickest_skin() -> None:
    assert charts.deepest_shown([SKIN], 0.5, None) >= 1.4
    assert charts.deepest_shown([SKIN], 3.0, None) > 3.0
    assert charts.deepest_shown([SKIN], 0.5, Reach((1, 2, 3), (1, 2, 4.0))) > 4.0


def test_a_needle_without_prediction_has_no_reach_beside_it() -> None:
    chart = charts.needle_in_skin("n", "cheeks", [SKIN], NeedleShape(0.25, 0.5), 1.0, None)
    assert ">reach<" not in chart
    assert "typical needle" not in chart


def test_the_picture_in_words_holds_its_numbers() -> None:
    chart = charts.needle_in_skin("n", "cheeks", [SKIN], NeedleShape(0.25, 0.5), 1.0, REACH)
    assert "dermis ends at 1.10 mm (0.80 to 1.40 mm)" in chart
    assert "typical needle 0.80 mm (0.60 to 1.00 mm), of the deepest 1 in 20 needles 0.95 mm" in chart


def test_punctured_share_is_drawn_in_percent_down_to_the_same_depth() -> None:
    depth = np.linspace(0.0, 3.0, 31)
    punctured = np.tile(np.clip(0.4 - 0.4 * depth, 0.0, 1.0), (8, 1))
    chart = charts.punctured_by_depth("p", "cheeks", depth, punctured, 0.1 * punctured, 2.0)
    assert "At the surface 40 % of the skin area is punctured" in chart
    middle = re.search(r'<polyline points="([^"]+)"', chart)
    assert middle is not None
    assert middle[1].split()[-1].split(",")[1] == "328"


def test_steps_of_a_session_follow_one_another_on_the_axis() -> None:
    steps = [Interval("1. Cream", "60 min", 60, 60, 62), Interval("2. Needling", "20 min", 15, 20, 30, 60)]
    chart = charts.session_timeline("s", "Session", steps, 90.0, "min")
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="10" rx="2"[^>]*fill-opacity="1"', chart)
    (first, length), (second, _) = [(float(x), float(width)) for x, width in bars]
    assert first + length == pytest.approx(second, abs=0.1)
    assert "time since the first step (min)" in chart


def test_long_lines_are_thinned_and_keep_their_ends() -> None:
    at = np.linspace(0.0, 52.0, 1000)
    band = charts.band_of(at, np.tile(at, (4, 1)))
    assert len(band.at) <= 120
    assert (band.at[0], band.at[-1], band.middle[-1]) == (0.0, 52.0, 52.0)


def test_the_course_marks_every_session_and_tells_treated_from_untreated() -> None:
    weeks = np.linspace(0.0, 30.0, 31)
    untreated = np.full((8, 31), 75.0)
    treated = untreated + np.linspace(0.0, 10.0, 31)
    chart = charts.collagen_course("c", "Course", weeks, treated, untreated, np.array([0.0, 4.0, 8.0]), "collagen (%)")
    assert chart.count(svg.triangle(0, 0, paint="open").split('fill="')[1]) == 3 + 1
    assert "untreated 75 (75 to 75), treated 85 (85 to 85)" in chart
    assert "Sessions at weeks 0, 4, 8." in chart


def test_a_course_without_any_difference_still_has_an_axis() -> None:
    weeks = np.linspace(0.0, 10.0, 11)
    chart = charts.collagen_difference("d", "Difference", weeks, np.zeros((4, 11)), np.array([0.0]), "difference (%)")
    assert "At week 10: treated 0 (0 to 0)" in chart


def test_inputs_are_drawn_by_total_effect_with_the_colour_of_their_weakest_grade() -> None:
    index = {"value": 0.5, "low": 0.4, "high": 0.6}
    alone, nothing = index | {"value": 0.25}, {"value": 0.001, "low": 0.0, "high": 0.002}
    ranked = [
        {"input": "skin.dermis", "grade": "measured and assumed", "total": index, "first": alone},
        {"input": "drug.lidocaine.pka", "grade": "measured", "total": nothing, "first": nothing},
    ]
    assert influence_charts.worth_showing(ranked, 8) == ranked[:1]
    assert influence_charts.worth_showing(ranked[1:], 8) == ranked[1:]  # at least the first
    chart = influence_charts.influence_bars("i", "title", ranked)
    assert "Thickness of the dermis (measured and assumed): total 50 % (40 to 60), alone 25 % (40 to 60)." in chart
    assert "Pka (lidocaine)" in chart
    assert influence_charts.input_label("posterior.healing") == "Healing model, as fitted"
    pale, solid = re.findall(r'<rect x="8" y="[\d.]+" width="([\d.]+)" height="10"[^>]*percuta-open', chart)[:2]
    assert float(pale) == pytest.approx(2 * float(solid), abs=0.02)
    assert chart.count("percuta-treated") == 3  # total, first and legend of the measured one
