from __future__ import annotations

import re

import pytest

from percuta.report import wording


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "in none of the scenarios"),
        (0.01, "less than 1 in 30"),
        (0.19, "about 1 in 5"),
        (0.34, "about 1 in 3"),
        (0.5, "about half"),
        (0.66, "about 2 in 3"),
        (0.99, "nearly always"),
    ],
)
def test_shares_are_said_in_words(probability: float, said: str) -> None:
    assert wording.share(probability) == said


def test_categories_come_with_the_commonest_first_and_without_what_never_happens() -> None:
    given = {"nothing_visible": 0.0, "uniform_erythema": 0.25, "pinpoint_bleeding": 0.75}
    assert wording.shares(given, wording.END_POINTS) == [
        ("pinpoint bleeding", "about 3 in 4"),
        ("even redness", "about 1 in 4"),
    ]


@pytest.mark.parametrize(
    ("low", "middle", "high", "said"),
    [
        (1.6, 2.8, 3.9, "about 3 days (2 to 4 days)"),
        (0.1, 0.3, 0.9, "less than a day (0 to 1 days)"),
        (0.0, 0.0, 0.0, "less than a day"),
        (1.0, 1.0, 1.0, "about 1 day"),
        (1.96, 3.23, 4.46, "about 3 days (2 to 5 days)"),
    ],
)
def test_days_are_whole_and_the_upper_end_is_never_rounded_down(
    low: float, middle: float, high: float, said: str
) -> None:
    assert wording.whole_days(low, middle, high) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(3.46, "3.5 min"), (0.0, "0 min"), (18.4, "18 min"), (60.0, "1 h"), (97.2, "1 h 37 min")],
)
def test_durations_are_said_as_hours_and_minutes(minutes: float, said: str) -> None:
    assert wording.duration(minutes) == said


def test_hours_are_hours_up_to_three_days() -> None:
    assert wording.hours(9.5, 20.7, 55.3) == ("21 h", "9 h to 56 h")
    assert wording.hours(47.0, 71.6, 100.0) == ("72 h", "47 h to 5 days")
    assert wording.hours(0.75, 3.3, 8.0) == ("3 h", "45 min to 8 h")


def test_numbers_show_two_digits_of_their_range() -> None:
    assert wording.figures([0.5612, 0.7604, 0.9637]) == ["0.56", "0.76", "0.96"]
    assert wording.figures([1291.0, 2716.0, 5368.0]) == ["1\u202f291", "2\u202f716", "5\u202f368"]
    assert wording.figures([-2.31, 0.0, 3.5]) == ["−2.3", "0.0", "3.5"]
    assert wording.figures([1e-12, 2e-12, 3e-12]) == ["0", "0", "0"]


@pytest.mark.parametrize(("value", "said"), [(1107.0, "1\u202f100"), (0.0312, "0.031"), (15.4, "15"), (0.0, "0")])
def test_errors_have_two_significant_digits(value: float, said: str) -> None:
    assert wording.significant(value) == said


@pytest.mark.parametrize(
    ("name", "unit", "values", "said"),
    [
        ("puncture_density", "1/cm^2", (100.0, 200.0, 300.0), ("200 per cm²", "100 to 300 per cm²")),
        ("punctured_surface_fraction", "1", (0.1, 0.2, 0.4), ("20 %", "10 to 40 %")),
        ("tracks_beyond_dermis_fraction", "1", (0.0, 0.0, 1e-7), ("under 0.1 %", "all under 0.1 %")),
        ("redness_duration", "day", (1.4, 2.4, 3.4), ("2 days", "1 to 4 days")),
        ("pain_peak", "0-10", (1.2, 2.8, 6.9), ("3 of 10", "1 to 7 of 10")),
        ("session_duration", "min", (91.0, 97.0, 103.0), ("1 h 37 min", "1 h 31 min to 1 h 43 min")),
        ("reached_depth_typical", "mm", (0.561, 0.76, 0.964), ("0.76 mm", "0.56 to 0.96 mm")),
    ],
)
def test_endpoints_are_said_with_their_unit(
    name: str, unit: str, values: tuple[float, float, float], said: tuple[str, str]
) -> None:
    low, middle, high = values
    endpoint = {"name": name, "unit": unit, "p5": low, "p50": middle, "p95": high}
    assert wording.endpoint_value(endpoint) == said


@pytest.mark.parametrize(
    ("types", "said"),
    [([4, 5], "types IV to V"), ([3], "type III"), ([], "phototypes not stated"), ([6, 1], "types I to VI")],
)
def test_phototypes_are_roman(types: list[int], said: str) -> None:
    assert wording.phototypes(types) == said


def test_no_sentence_of_the_report_calls_a_treatment_safe_or_optimal() -> None:
    said = [text for texts in wording.NOT_FOUND.values() for text in texts] + [wording.NO_MODEL_OF_BENEFIT]
    said += [*wording.VERDICTS.values(), *wording.ENDPOINTS.values()]
    assert not [text for text in said if re.search(r"\b(safe|safely|optimal|best)\b", text, re.IGNORECASE)]


def test_what_is_withheld_is_grouped_by_sentence_and_zones() -> None:
    def one(name: str, zone: str | None, why: str = "") -> dict[str, object]:
        return {"name": name, "zone": zone} | ({"withheld": why} if why else {"p50": 1.0})

    given = [
        one("session_duration", None, "not computed"),
        *(one("scar_grade_change", zone, "not predicted") for zone in ("cheeks", "nose")),
        *(one("laxity_grade_change", zone, "not predicted") for zone in ("cheeks", "nose")),
        one("pain_peak", "cheeks"),
        one("pain_peak", "nose", "not needled"),
    ]
    assert wording.withheld(given) == [
        wording.Withheld("Not computed", ("session_duration",), ""),
        wording.Withheld("Not predicted", ("scar_grade_change", "laxity_grade_change"), ""),
        wording.Withheld("Not needled", ("pain_peak",), "nose"),
    ]
    assert wording.withheld([one("pain_peak", "nose")]) == []
