"""Endpoints as a table: RFC 4180, every digit, and no formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from percuta.exchange.endpoints_csv import COLUMNS, endpoints_csv

NUMBER: dict[str, Any] = {
    "name": "reached_depth_typical",
    "zone": "cheeks",
    "unit": "mm",
    "p5": 0.5767557247405465,
    "p50": -0.75,
    "p95": 1e-80,
    "tail_error": 0.06,
    "spread_shares": {"measured": {"value": 0.2}, "assumed": {"value": 0.7}, "fitted": {"value": 0.0}},
    "definition": 'depth, that "half" reach',
}
CATEGORY: dict[str, Any] = {
    "name": "expected_end_point",
    "zone": "cheeks",
    "unit": "category",
    "probabilities": {"uniform_erythema": 0.4375, "pinpoint_bleeding": 0.5625},
    "definition": "what is seen",
}
WITHHELD: dict[str, Any] = {"name": "recoil_change", "zone": None, "unit": "%", "withheld": "not predicted: a, b"}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_numbers_keep_every_digit_and_names_their_label() -> None:
    row = rows(endpoints_csv([NUMBER]))[0]
    assert [float(row[key]) for key in ("p5", "p50", "p95")] == [NUMBER["p5"], NUMBER["p50"], NUMBER["p95"]]
    assert row["label"] == "Depth that the typical needle reaches"
    assert row["definition"] == NUMBER["definition"]
    assert row["grade"] == "assumed"


def test_a_category_has_its_chances_and_a_withheld_endpoint_its_sentence() -> None:
    category, withheld = rows(endpoints_csv([CATEGORY, WITHHELD]))
    assert category["probabilities"] == "uniform_erythema 0.4375; pinpoint_bleeding 0.5625"
    assert category["p50"] == ""
    assert withheld["withheld"] == "not predicted: a, b"
    assert withheld["zone"] == withheld["grade"] == ""


def test_lines_end_as_the_standard_has_it() -> None:
    text = endpoints_csv([NUMBER, WITHHELD])
    assert text.split("\r\n")[0] == ",".join(COLUMNS)
    assert text.count("\r\n") == text.count("\n") == 3
    assert '"depth, that ""half"" reach"' in text


@pytest.mark.parametrize(
    "zone", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://a.example","b")']
)
def test_no_cell_is_a_formula(zone: str) -> None:
    row = rows(endpoints_csv([NUMBER | {"zone": zone}]))[0]
    assert row["zone"] == f"'{zone}"
    assert row["p50"] == "-0.75"
