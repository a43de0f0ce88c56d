"""How well endpoints are founded: every endpoint has inputs behind it, and the words follow their grades."""

from __future__ import annotations

import pytest

from percuta.report.endpoint_evidence import behind, founded
from percuta.report.wording import ENDPOINTS


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_endpoint_has_inputs_behind_it(endpoint: str) -> None:
    assert behind(endpoint)


def test_heat_is_behind_what_heat_does_and_needles_behind_what_they_pierce() -> None:
    assert "rf." in behind("papillary_coagulated_fraction")
    assert "rf." not in behind("papillary_punctured_fraction")


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        (["assumed"], "Assumed: 1 assumed input."),
        (["assumed", "assumed", "measured"], "Mostly assumed: 1 measured and 2 assumed inputs."),
        (["measured", "derived", "assumed"], "Assumed in part: 1 measured, 1 derived and 1 assumed inputs."),
        (["measured", "fitted"], "Fitted to published data: 1 measured and 1 fitted inputs."),
        (["measured", "derived"], "From published measurements: 1 measured and 1 derived inputs."),
        ([], ""),
    ],
)
def test_the_words_follow_the_grades_of_the_inputs(grades: list[str], said: str) -> None:
    inputs = {f"tolerance.pain_{number}": grade for number, grade in enumerate(grades)} | {"rf.other": "assumed"}
    assert founded(inputs, "pain_peak") == said
