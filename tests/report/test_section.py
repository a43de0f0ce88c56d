from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from percuta.report import pulse_sections
from percuta.report.pulse_sections import close_up, framed, overview
from percuta.report.section import Line, NeedleDrawn, Section, Window, needle_outline

from .hot_spots import HOTTEST, changed, hot_spots

PITCH = ('pitch   = "1.5 mm"', 'pitch   = "1.5 mm"\nrows = {}\ncolumns = {}\nmargin = "2 mm"')
PAIR = (
    ('pattern = "checkerboard"', 'pattern = "pair"'),
    ('thermal        = "excluded"', 'angle = "30 deg"\nthermal = "excluded"'),
    ('exposed_length = "0.5 mm"', 'exposed_length = "1.0 mm"'),
)


def section(*changes: tuple[str, str], radius: float = 0.4e-3) -> Section:
    record, setup, _, _ = hot_spots(changed(*changes), radius)
    return Section(record, setup)


def finite(rows: int, columns: int) -> tuple[str, str]:
    return PITCH[0], PITCH[1].format(rows, columns)


def everywhere(one: Section) -> Window:
    first, last = one.extent
    return Window(max(first, -2.6), min(last, 5.0), 0.0, one.bottom)


def centre(line: Line) -> tuple[float, float]:
    x, z = np.array(line).T
    return float(0.5 * (x.min() + x.max())), float(0.5 * (z.min() + z.max()))


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ((), [-1.5, 0.0, 1.5]),
        ((finite(3, 3),), [-1.5, 0.0, 1.5]),
        ((finite(4, 2),), [-2.25, -0.75, 0.75, 2.25]),
        ((PAIR[0],), [-0.75, 0.75]),
    ],
    ids=["without edges", "odd", "even", "pair"],
)
def test_a_ball_about_each_tip_is_a_circle_about_each_needle(
    changes: tuple[tuple[str, str], ...], places: list[float]
) -> None:
    one = section(*changes)
    name = one.record.damage[0].name
    lines = one.damage_logs[name].lines(0.0, everywhere(one))
    whole = sorted((line for line in lines if abs(centre(line)[0]) < 2.4), key=lambda line: centre(line)[0])
    assert [centre(line)[0] for line in whole] == pytest.approx(places, abs=0.01)
    for line in whole:
        x, z = centre(line)
        assert z == pytest.approx(2.0, abs=0.01)
        radii = np.hypot(np.array(line)[:, 0] - x, np.array(line)[:, 1] - z)
        assert radii == pytest.approx(0.4, abs=0.01)


def test_needles_stand_where_the_fields_have_them() -> None:
    assert [needle.tip for needle in section(finite(4, 2)).needles] == pytest.approx([-2.25, -0.75, 0.75, 2.25])
    endless = section().needles
    assert [needle.tip for needle in endless if needle.computed] == [0.0]
    assert {needle.polarity for needle in endless} == {1, -1}
    assert all(abs(before.polarity - after.polarity) == 2 for before, after in pairwise(endless))
    monopolar = ('pattern = "checkerboard"', 'pattern = "monopolar"'), finite(3, 3)
    assert {needle.polarity for needle in section(*monopolar).needles} == {0}


def test_zones_that_meet_have_no_seam_at_the_side_of_the_cell() -> None:
    one = section(radius=0.9e-3)  # wider than half the pitch
    lines = one.damage_logs[one.record.damage[0].name].lines(0.0, Window(-1.4, 1.4, 0.5, 3.5))
    points = np.array([point for line in lines for point in line])
    inside = points[(np.abs(points[:, 0]) < 1.38) & (points[:, 1] > 0.55) & (points[:, 1] < 3.45)]
    nearest = np.min([np.hypot(inside[:, 0] - tip, inside[:, 1] - 2.0) for tip in (-1.5, 0.0, 1.5)], axis=0)
    assert nearest == pytest.approx(0.9, abs=0.03)  # each point on a ball, none on the seam between them


def test_the_picture_has_its_top_row_at_the_surface_and_its_first_column_at_the_left() -> None:
    one = section(finite(3, 3))
    shown = one.temperature.picture(Window(-0.5, 1.0, 0.0, 3.0))
    row, column = np.unravel_index(shown.argmax(), shown.shape)
    assert shown.shape == (360, 180)
    assert row == pytest.approx(2.0 / 3.0 * 360, abs=3)
    assert column == pytest.approx(0.5 / 1.5 * 180, abs=6)  # the two cells about the middle are alike
    assert shown.max() == pytest.approx(HOTTEST, abs=5.0)
    assert shown[0] == pytest.approx(34.0, abs=0.01)


def test_the_deepest_reach_of_a_level_is_that_of_the_field() -> None:
    one = section()
    assert one.temperature.deepest(64.5) == pytest.approx(2.0 + 0.4, abs=0.05)  # half way down to 34 degC
    assert one.temperature.deepest(200.0) == 0.0


def test_an_inclined_pair_is_cut_along_its_needle() -> None:
    one = section(*PAIR)
    forward = 2.0 / np.tan(np.radians(30.0))
    (needle,) = one.needles
    assert needle.tip == pytest.approx(forward)
    lines = one.damage_logs[one.record.damage[0].name].lines(0.0, everywhere(one))
    assert centre(lines[0]) == pytest.approx((forward, 2.0), abs=0.02)
    shaft, metal = (np.array(line) for line in needle_outline(one, needle, above=0.5))
    assert np.hypot(*(metal[0] - metal[-1])) == pytest.approx(0.25)
    along = 0.5 * (metal[0] + metal[-1]) - 0.5 * (metal[1] + metal[2])
    assert np.hypot(*along) == pytest.approx(1.0)
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(30.0)
    assert shaft[:, 1].min() < 0.0


def test_a_needle_is_drawn_to_scale_with_its_bare_part_and_its_taper() -> None:
    one = section(('taper          = "0 mm"', 'taper          = "0.3 mm"'))
    shaft, metal = (np.array(line) for line in needle_outline(one, NeedleDrawn(0.5, True, 1), above=0.4))
    assert metal[:, 1].max() == pytest.approx(2.0)
    assert metal[:, 1].min() == pytest.approx(1.5) == shaft[:, 1].max()
    assert np.ptp(metal[:, 0]) == pytest.approx(0.25) == np.ptp(shaft[:, 0])
    assert metal[metal[:, 1] == metal[:, 1].max(), 0] == pytest.approx(0.5)
    assert shaft[:, 1].min() == pytest.approx(-0.4)


@pytest.mark.parametrize(
    "changes", [(), (finite(3, 3),), (PAIR[0],), PAIR], ids=["endless", "finite", "pair", "inclined"]
)
def test_drawings_are_to_scale_and_hold_what_happens(changes: tuple[tuple[str, str], ...]) -> None:
    one = section(*changes)
    whole = overview(one, deepest=2.4, room=260.0)
    assert whole.top == 0.0
    assert whole.bottom >= 2.4
    assert any(whole.left < needle.tip < whole.right for needle in one.needles)
    near = close_up(one, one.damage_logs[one.record.damage[0].name].lines(0.0, everywhere(one)))
    assert near.top < 1.6
    assert near.bottom > 2.4
    for window in (whole, near):
        frame = framed(window, 260.0)
        across = (frame.right - frame.left) / window.width
        down = (frame.bottom - frame.top) / window.height
        assert across == pytest.approx(down)
        assert frame.left >= 40.0
        assert frame.right <= 360.0


@pytest.mark.parametrize(
    ("energies", "place"),  # of the needles at (0, 0), (0, p), (p, 0), (p, p)
    [([20, 20, 20, 20], 0.0), ([20, 19, 19, 12], 0.0), ([20, 20, 40, 20], 1.5)],
    ids=["alike", "weak at the rim", "strong at the rim"],
)
def test_the_needle_in_the_middle_is_drawn_unless_another_delivers_clearly_more(
    energies: list[float], place: float
) -> None:
    record, setup, _, _ = hot_spots(changed(finite(3, 3)))
    record.needle_energy[:, 2] = energies
    assert Section(record, setup).middle == pytest.approx(place)


def test_the_drawn_outline_is_as_wide_as_the_table_says() -> None:
    one = section()
    drawn = pulse_sections.zones_section("zones", one, None)
    first = one.record.damage[0]
    assert f"{2e3 * 0.4e-3:.2f} × {2e3 * 0.4e-3:.2f} mm" in drawn
    lines = one.damage_logs[first.name].lines(0.0, Window(-0.7, 0.7, 1.0, 3.0))
    assert np.ptp(np.array(lines[0])[:, 0]) == pytest.approx(1e3 * first.width, abs=0.02)
