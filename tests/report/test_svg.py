from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from percuta.report import svg
from percuta.report.svg import Band, Layer, Scale

NAMESPACE = "{http://www.w3.org/2000/svg}"


def parsed(*parts: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.drawing("chart", "Title", "What it shows", 100, parts))


def test_scale_maps_its_ends_and_holds_what_lies_outside() -> None:
    scale = Scale(0.0, 2.0, 10.0, 110.0)
    assert [scale(value) for value in (0.0, 1.0, 2.0, 9.0, -1.0)] == [10.0, 60.0, 110.0, 110.0, 10.0]


def test_scale_may_run_backwards_as_a_vertical_axis_does() -> None:
    scale = Scale(0.0, 10.0, 200.0, 0.0)
    assert scale(0.0) == 200.0
    assert scale(7.5) == 50.0


def test_an_empty_scale_does_not_divide_by_zero() -> None:
    assert Scale(3.0, 3.0, 5.0, 9.0)(3.0) == 5.0


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.0, 2.5, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), (0.0, 100.0, [0, 20, 40, 60, 80, 100]), (-3.0, 5.0, [-2, 0, 2, 4])],
)
def test_ticks_are_round_and_inside(low: float, high: float, ticks: list[float]) -> None:
    assert Scale(low, high, 0.0, 1.0).ticks() == pytest.approx(ticks)


@pytest.mark.parametrize(("value", "end"), [(2.3, 2.5), (96.0, 100.0), (0.0, 1.0), (1.0, 1.0), (0.071, 0.08)])
def test_an_axis_ends_on_a_round_number_that_holds_the_value(value: float, end: float) -> None:
    assert svg.round_up(value) == pytest.approx(end)


@pytest.mark.parametrize(
    ("value", "step", "written"),
    [(0.5, 0.5, "0.5"), (2.0, 1.0, "2"), (-0.2, 0.1, "−0.2"), (-1e-17, 0.1, "0.0"), (2000.0, 500.0, "2,000")],
)
def test_tick_labels_have_the_decimals_of_their_step(value: float, step: float, written: str) -> None:
    assert svg.tick_text(value, step) == written


def test_a_drawing_is_one_picture_with_title_and_description_for_screen_readers() -> None:
    root = parsed(svg.line(0, 0, 1, 1))
    assert root.get("role") == "img"
    title, description = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert (title.text, description.text) == ("Title", "What it shows")


def test_user_text_cannot_become_markup() -> None:
    evil = '</title><script>alert("x")</script>&'
    drawn = svg.drawing('a"><script>', evil, evil, 10, [svg.text(0, 0, evil)])
    root = ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert root.find(f".//{NAMESPACE}script") is None
    assert [node.text for node in root.iter(f"{NAMESPACE}text")] == [evil]


def test_colours_are_custom_properties_with_a_fallback() -> None:
    assert svg.colour("treated") == "var(--percuta-treated, #1b6a78)"
    assert 'fill="var(--percuta-epidermis, ' in svg.rectangle(0, 0, 1, 1, paint="epidermis")


def test_a_band_is_a_closed_outline_about_its_median() -> None:
    along, across = Scale(0.0, 10.0, 0.0, 100.0), Scale(0.0, 4.0, 40.0, 0.0)
    root = parsed(svg.band(Band([0, 10], [1, 1], [2, 3], [3, 4]), along, across, paint="treated"))
    outline, middle = root.find(f"{NAMESPACE}polygon"), root.find(f"{NAMESPACE}polyline")
    assert outline is not None
    assert middle is not None
    assert outline.get("points") == "0,10 100,0 100,30 0,30"
    assert middle.get("points") == "0,20 100,10"


def test_a_band_may_run_down_the_depth_axis() -> None:
    down, across = Scale(0.0, 2.0, 0.0, 200.0), Scale(0.0, 1.0, 0.0, 10.0)
    drawn = svg.band(Band([0, 2], [0, 0], [0.5, 0], [1, 0]), down, across, paint="treated", down=True)
    assert '<polyline points="5,0 0,200"' in drawn


@pytest.mark.parametrize("upright", [False, True])
def test_a_range_bar_reaches_from_5_to_95_percent_with_a_mark_at_the_median(upright: bool) -> None:
    scale = Scale(0.0, 10.0, 0.0, 100.0)
    root = parsed(svg.range_bar(scale, 50.0, 2.0, 3.0, 7.0, paint="treated", upright=upright))
    bar, mark = root.find(f"{NAMESPACE}rect"), root.find(f"{NAMESPACE}line")
    assert bar is not None
    assert mark is not None
    place, length, at = ("y", "height", "y1") if upright else ("x", "width", "x1")
    assert (bar.get(place), bar.get(length), mark.get(at)) == ("20", "50", "30")


def test_a_timeline_bar_is_pale_beyond_its_median_end() -> None:
    root = parsed(svg.timeline_bar(Scale(0.0, 10.0, 0.0, 100.0), 5.0, 1.0, 3.0, 6.0))
    bars = [(bar.get("x"), bar.get("width"), bar.get("fill-opacity")) for bar in root.iter(f"{NAMESPACE}rect")]
    assert bars == [("10", "50", "0.28"), ("10", "20", "1")]


def test_layers_lie_on_one_another_to_scale_and_reach_the_end() -> None:
    depth = Scale(0.0, 2.0, 50.0, 250.0)
    layers = [Layer("epidermis", 0.2), Layer("dermis", 1.0), Layer("below", 2.0)]
    root = parsed(svg.layer_stack(depth, 0.0, 10.0, layers))
    faces = [(float(bar.get("y", "")), float(bar.get("height", ""))) for bar in root.iter(f"{NAMESPACE}rect")]
    assert faces == [(50.0, 20.0), (70.0, 80.0), (150.0, 100.0)]


def test_a_needle_has_one_scale_across_and_down() -> None:
    per_mm = 100.0
    depth = Scale(0.0, 2.0, 50.0, 50.0 + 2.0 * per_mm)
    drawn = svg.needle(depth, 30.0, 20.0, 1.0, 0.25, 0.6, per_unit=per_mm)
    points = [tuple(map(float, pair.split(","))) for pair in re.findall(r"[\d.]+,[\d.]+", drawn)]
    (left, top), (_, shoulder), (x, point), (right, _), _ = points
    assert (left, right, top, x) == (17.5, 42.5, 20.0, 30.0)
    assert (shoulder, point) == (90.0, 150.0)


def test_a_taper_longer_than_the_needle_shown_is_cut_at_the_top() -> None:
    drawn = svg.needle(Scale(0.0, 1.0, 0.0, 100.0), 50.0, 0.0, 0.5, 0.2, 1.0, per_unit=100.0)
    assert 'points="45,0 45,0 50,50 55,0 55,0"' in drawn


def test_text_that_does_not_fit_beside_a_label_goes_below_it() -> None:
    short, end_of_short = svg.labelled_row("cheeks", "about 3 days", 8, 340, 0)
    long, end_of_long = svg.labelled_row("Zone" * 12, "about 3 days (1 to 4 days)", 8, 340, 0)
    assert re.findall(r' y="(\d+)"', short) == ["11", "11"]
    heights = [int(y) for y in re.findall(r' y="(\d+)"', long)]
    assert heights[-1] > heights[-2]
    assert end_of_long > end_of_short


def test_lines_break_at_words_and_inside_words_that_are_too_long() -> None:
    lines = svg.wrapped("one two " + "x" * 40, 100, 12)
    assert lines[0] == "one two"
    assert "".join(lines[1:]) == "x" * 40
    assert all(svg.text_width(line) <= 100 for line in lines)


def test_a_legend_breaks_before_the_edge_and_says_how_high_it_is() -> None:
    marks = [("band", "treated", "a label of some length"), ("triangle", "open", "another such label here")]
    _, one_line = svg.legend(marks[:1], 0, 10)
    drawn, two_lines = svg.legend(marks, 0, 10, 200)
    assert (one_line, two_lines) == (17, 34)
    assert re.findall(r'<text x="24" y="(\d+)"', drawn) == ["10", "27"]


@pytest.mark.parametrize("mark", ["patch", "band", "bar", "line", "dash", "triangle"])
def test_every_mark_of_a_legend_is_valid(mark: str) -> None:
    assert len(parsed(svg.legend([(mark, "treated", "label")], 0, 10)[0])) >= 3


def test_axes_carry_their_label_with_the_unit() -> None:
    root = parsed(
        svg.axis_down(Scale(0.0, 2.0, 30.0, 90.0), 40.0, "depth (mm)", right=300.0),
        svg.axis_across(Scale(0.0, 4.0, 40.0, 300.0), 90.0, "days after a session", top=30.0),
    )
    words = [node.text for node in root.iter(f"{NAMESPACE}text")]
    assert "depth (mm)" in words
    assert "days after a session" in words
    assert {"0.0", "0.5", "1.0", "1.5", "2.0"} <= set(words)


def test_nothing_is_styled_so_that_a_chart_stands_under_a_policy_that_forbids_it() -> None:
    parts = [
        svg.text(1, 1, "label", halo=True),
        svg.line(0, 0, 1, 1, dash="3 3"),
        svg.rectangle(0, 0, 1, 1, paint="ink"),
        svg.polygon([(0, 0), (1, 1), (0, 1)], paint="ink", edge="paper"),
        svg.curve([(0, 0), (1, 1)], paint="ink"),
        svg.dot(1, 1, paint="ink"),
        svg.region([[(0, 0), (1, 1), (0, 1)]], paint="ink", fill=0.3),
    ]
    assert not [name for node in parsed(*parts).iter() for name in node.attrib if name == "style"]
    halo = parsed(parts[0]).find(f"{NAMESPACE}text")
    assert halo is not None
    assert halo.get("paint-order") == "stroke"
    assert halo.get("stroke-width") == "4"
