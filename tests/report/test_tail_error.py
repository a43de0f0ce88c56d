"""The sampling error of the ends of a range, in the words in which the range is shown."""

from __future__ import annotations

import pytest

from percuta.report.tail_error import ends_known


@pytest.mark.parametrize(
    ("name", "unit", "high", "error", "said"),
    [
        ("reached_depth_typical", "mm", 1.0, 0.052, "±0.05 mm"),
        ("reached_depth_typical", "mm", 1.0, 0.049, ""),  # less than a twentieth of the range
        ("punctured_surface_fraction", "1", 0.8, 0.061, "±6 %"),
        ("pain_peak", "0-10", 6.0, 0.69, "±1"),
        ("pain_peak", "0-10", 6.0, 0.4, ""),  # the range is shown in whole points
        ("redness_duration", "day", 5.0, 0.4, ""),
        ("redness_duration", "day", 9.0, 1.6, "±2 days"),
        ("session_duration", "min", 20.0, 2.4, "±2.4 min"),
        ("barrier_closure_time", "h", 9.0, 3.6, "±4 h"),
        ("pore_closure_time", "h", 100.0, 8.0, "±1 day"),
        ("energy_per_needle", "J", 0.1, 0.01, "±10 mJ"),
        ("anaesthetic_exposure_multiple", "1", 10.0, 2.0, "±2 times"),
    ],
)
def test_an_error_is_said_as_the_range_is(name: str, unit: str, high: float, error: float, said: str) -> None:
    assert ends_known({"name": name, "unit": unit, "p5": 0.0, "p95": high, "tail_error": error}) == said


def test_a_category_and_a_constant_have_no_error_to_say() -> None:
    assert ends_known({"name": "expected_end_point", "unit": "category", "probabilities": {}}) == ""
    constant = {"name": "steroid_collagen_cost", "unit": "%", "p5": 0.0, "p95": 0.0, "tail_error": 0.0}
    assert ends_known(constant) == ""
