from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from percuta.report.sweep_charts import sweep_pictures
from percuta.report.sweep_page import render_sweep
from percuta.results.pulse_zone import pulse_zone

from .hot_spots import changed, hot_spots
from .test_page import Page, words

MANIFEST = {"percuta": "0", "pulse_sha256": "0" * 64, "library_sha256": "1" * 64}


def zone(power: float, width: float) -> dict[str, Any]:
    record = hot_spots(changed())[0]
    found = pulse_zone(record, "draft", "one pitch x pitch cell")
    found["power_end"]["value"] = power
    for one in found["zones"].values():
        one["width"]["value"] = width
    return found


def sweep(varied: dict[str, list[Any]], rows: Sequence[tuple[dict[str, Any], dict[str, Any] | None]]) -> dict[str, Any]:
    error = {"kind": "ConvergenceError", "what": "a solve missed its tolerance <b>"}
    return {
        "title": "Voltages <i>& more</i>",
        "varied": varied,
        "accuracy": "draft",
        "rows": [{"values": at, "zone": found, "error": error if found is None else None} for at, found in rows],
    }


@pytest.fixture(scope="module")
def voltages() -> dict[str, Any]:
    values = ["30 V", "10 V", "20 V", "40 V"]
    found = [zone(0.3, 0.6), zone(0.1, 0.0), zone(0.2, 0.4), None]
    return sweep({"drive.voltage": values}, [({"drive.voltage": v}, z) for v, z in zip(values, found, strict=True)])


def points(drawing: str, paint: str) -> list[tuple[float, float]]:
    curve = re.search(rf'<polyline points="([^"]+)"[^>]*percuta-{paint}', drawing)
    assert curve is not None
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in curve[1].split())]


def test_a_line_goes_through_the_finished_rows_in_the_order_of_their_values(voltages: dict[str, Any]) -> None:
    power, _, width, _ = (str(picture.drawing) for picture in sweep_pictures(voltages))
    line = points(power, "treated")
    assert len(line) == 3
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert line[1][0] - line[0][0] == pytest.approx(line[2][0] - line[1][0], abs=0.02)
    assert line[0][1] - line[1][1] == pytest.approx(line[1][1] - line[2][1], abs=0.02)  # 0.1, 0.2, 0.3 W
    assert line[0][1] > line[2][1]  # up is more
    assert "drive.voltage (V)" in power
    wide = points(width, "collagen")
    assert (wide[0][1] - wide[1][1]) / (wide[0][1] - wide[2][1]) == pytest.approx(0.4 / 0.6, abs=0.01)  # 0 for no zone


def test_a_second_value_gives_one_line_each_and_words_give_no_chart() -> None:
    varied = {"drive.voltage": ["10 V", "20 V", "30 V"], "needle.thermal": ["excluded", "conducting"]}
    rows = [
        ({"drive.voltage": v, "needle.thermal": t}, zone(0.1 * n, 0.2 * n))
        for t in varied["needle.thermal"]
        for n, v in enumerate(varied["drive.voltage"], 1)
    ]
    power = str(sweep_pictures(sweep(varied, rows))[0].drawing)
    assert power.count("<polyline") == 2
    assert "needle.thermal = excluded" in power
    words_only = {"needle.thermal": varied["needle.thermal"]}
    assert (
        sweep_pictures(
            sweep(words_only, [({"needle.thermal": t}, zone(0.1, 0.2)) for t in words_only["needle.thermal"]])
        )
        == []
    )


@pytest.mark.parametrize("values", [["10 V", "0.02 kV"], [True, False], ["10 V", "much"], ["10 V"]])
def test_values_that_are_not_numbers_of_one_unit_have_no_axis(values: list[Any]) -> None:
    rows = [({"drive.voltage": value}, zone(0.1, 0.2)) for value in values]
    assert sweep_pictures(sweep({"drive.voltage": values}, rows)) == []


def test_numbers_without_a_unit_are_an_axis() -> None:
    rows = [({"boiling.dry_limit": value}, zone(value, 0.2)) for value in (0.05, 0.1)]
    pictures = sweep_pictures(sweep({"boiling.dry_limit": [0.05, 0.1]}, rows))
    assert ">boiling.dry_limit</text>" in str(pictures[0].drawing)


def test_the_page_holds_table_and_charts_and_escapes_what_it_is_given(voltages: dict[str, Any]) -> None:
    html = render_sweep(voltages, MANIFEST)
    found = Page(html)
    assert (found.unbalanced, found.open) == ([], [])
    assert len(set(found.ids)) == len(found.ids)
    assert "<i>& more" not in html
    assert "a solve missed its tolerance <b>" in words(html)
    drawings = re.findall(r"</figcaption>(<svg\b.*?</svg>)</figure>", html, flags=re.DOTALL)
    assert len(drawings) == 4
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).get("role") == "img"


def test_a_table_without_any_result_has_no_charts() -> None:
    html = render_sweep(
        sweep({"drive.voltage": ["1 V", "2 V"]}, [({"drive.voltage": v}, None) for v in ("1 V", "2 V")]), MANIFEST
    )
    assert "<figure>" not in html
    assert "What changes" not in html
