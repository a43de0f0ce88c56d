from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from percuta.report.barrier import first_week
from percuta.report.barrier_chart import Closing, Week, week_after
from percuta.report.page import ReportMaterial, render_report

from .test_page import words
from .through_skin import barrier, numbed, with_groups

DAYS = np.linspace(0.0, 7.0, 57)


def drawn(*closings: Closing) -> str:
    loss = 15.0 + 30.0 * np.exp(-DAYS / 0.3) * np.ones((16, 1))
    return week_after("week-0", "cheeks & <chin>", Week(DAYS, loss, (10.0, 15.0, 20.0), closings))


def test_the_week_is_valid_with_and_without_what_ends_in_it() -> None:
    for closings in ((), (Closing("redness gone", "about 3 days (1 to 5 days)", 1.0, 3.0, 5.0),)):
        drawing = drawn(*closings)
        assert ElementTree.fromstring(drawing).get("role") == "img"
        assert not re.search(r"\b(nan|inf)\b", drawing)


def marks(drawing: str) -> list[float]:
    """Where the upright lines of the grid stand."""
    return [float(x) for x in re.findall(r'<line x1="([\d.]+)" y1="30" x2="\1"', drawing)]


def test_redness_and_water_loss_share_the_axis_of_days() -> None:
    drawing = drawn(Closing("redness gone", "about 3 days", 1.0, 3.0, 5.0))
    ticks = dict(zip(("0", "6 h", "1", "2", "4", "7"), marks(drawing), strict=True))
    assert [word for word in ticks if f">{word}" not in drawing] == []
    course = re.findall(r'<polyline points="([^"]+)"', drawing)[0].split()
    first, last = (float(course[place].split(",")[0]) for place in (0, -1))
    assert (first, last) == pytest.approx((ticks["0"], ticks["7"]), abs=0.05)
    bar = re.search(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*percuta-open', drawing)
    assert bar is not None
    assert float(bar[1]) == pytest.approx(ticks["1"], abs=0.05)
    root = (ticks["7"] - ticks["0"]) / np.sqrt(7.0)
    assert float(bar[1]) + float(bar[2]) == pytest.approx(ticks["0"] + root * np.sqrt(5.0), abs=0.05)


def test_the_first_two_days_take_half_of_the_axis() -> None:
    start, hours, _, days, _, end = marks(drawn())
    assert (days - start) / (end - start) == pytest.approx(np.sqrt(2.0 / 7.0), abs=1e-3)
    assert (hours - start) / (end - start) > 0.18


def test_what_ends_after_the_week_is_not_marked_within_it() -> None:
    drawing = drawn(Closing("end of the downtime", "about 9 days", 4.0, 9.0, 14.0))
    window = re.search(r'<svg x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*overflow="hidden">(.*?)</svg>', drawing)
    assert window is not None
    end = float(window[1]) + float(window[2])
    mark = re.search(r'<line x1="([\d.]+)"', window[3])
    assert mark is not None
    assert float(mark[1]) > end


def test_closing_is_said_in_hours_and_days(pen: ReportMaterial) -> None:
    (zone,) = first_week(numbed(pen))
    said = " ".join(zone["sentences"])
    assert "The barrier is computed to be back after 6 h (2 h to 19 h)" in said
    assert "after 15 h (5 h to 46 h), and until then the skin takes up what is put on it" in said
    assert "Right after the needles the skin loses 44.0 g/m²/h" in said


def test_redness_stands_in_the_week_and_downtime_in_its_place(pen: ReportMaterial, pulses_only: ReportMaterial) -> None:
    assert "redness gone" in first_week(numbed(pen))[0]["pictures"][0].drawing
    (zone,) = first_week(with_groups(pulses_only, {"/zones/cheeks/barrier": barrier(pulses_only)}))
    assert "end of the downtime" in zone["pictures"][0].drawing
    assert "redness gone" not in zone["pictures"][0].drawing
    assert "Heat and dead epidermis are not in it" in " ".join(zone["sentences"])
    assert "Heat" not in " ".join(first_week(numbed(pen))[0]["sentences"])


def test_what_is_computed_is_shown(pen: ReportMaterial, refused: ReportMaterial) -> None:
    assert len(first_week(pen)) == 1
    html = render_report(pen)
    assert "slightly above its start when it ended, after 48 h: the barrier may take longer" in words(html)
    assert 'id="ref-sasaki_2019"' in html
    assert "stands on the aftercare sheet" in words(html)
    assert "stands on the aftercare sheet" not in words(render_report(refused))
