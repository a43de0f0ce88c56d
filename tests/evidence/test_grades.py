"""The slopes of clinical grades: the share that comes without needles, and that a trial is met by its own slope."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from percuta.evidence.calibration import grades
from percuta.evidence.calibration.amplitude import PARAMETERS
from percuta.evidence.calibration.grades import SCALES, predicted_grades, scale_of, untreated_share
from percuta.evidence.calibration.studies import shipped_responses
from percuta.evidence.measurements import publication
from percuta.physics.appearance import grade_change

PROBABILITY = np.array([0.05, 0.5, 0.95])


def test_the_share_without_needles_is_the_posterior_of_the_split_face_trial() -> None:
    """Control -1.0 (-3.4 to 1.4) and -0.4 (-3.5 to 2.3) against -2.4 (-4.8 to 0.01) and -3.4 (-6.5 to -0.2)."""
    grid = np.linspace(0.0, 1.0, 100_001)
    log_density = np.zeros_like(grid)
    for control, needled, low, high, low_c, high_c in (
        (1.0, 2.4, -4.8, 0.01, -3.4, 1.4),
        (0.4, 3.4, -6.5, -0.2, -3.5, 2.3),
    ):
        error, error_c = (high - low) / 3.919928, (high_c - low_c) / 3.919928
        log_density += 0.5 * stats.norm.logpdf(control, grid * needled, np.hypot(error_c, grid * error))
    cumulative = np.cumsum(np.exp(log_density))
    expected = np.interp(PROBABILITY, cumulative / cumulative[-1], grid)
    assert untreated_share(PROBABILITY) == pytest.approx(expected, abs=2e-3)
    assert np.all((expected > 0.0) & (expected < 1.0))


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_the_trial_of_a_slope_is_met_by_it(scale: grades.Scale) -> None:
    rows = np.zeros((4000, len(PARAMETERS)))
    half = np.full(4000, 0.5)
    slope = grades.slopes(scale, rows, half, seed=1)
    gain = np.median(shipped_responses()[scale.source, scale.measurement].at(np.zeros(1)))
    change = grade_change(np.array([gain]), np.array([np.median(slope)]), scale.range)
    assert change == pytest.approx(0.5 * scale.measured.value, rel=0.1)


def test_a_grade_stays_on_its_scale_and_does_nothing_without_gain() -> None:
    gain = np.array([0.0, 0.01, 100.0])
    change = grade_change(gain, np.full(3, 2.0), 5.0)
    assert change == pytest.approx([0.0, -5.0 * 0.0198013, -5.0], rel=1e-4)


def test_scales_are_found_by_the_assay_of_a_study() -> None:
    assert scale_of("alqam_2022", "lemperle").name == "wrinkle"
    assert scale_of("pakla_misiur_2021", "needling_alone").name == "scar"


def test_the_trial_of_a_slope_is_predicted_and_one_that_judges_is_no_part_of_the_fit() -> None:
    scale = scale_of("ablon_2018", "lemperle")
    own = np.quantile(predicted_grades(scale, "ablon_2018", "lemperle", 0.045, 1), PROBABILITY)
    assert own[0] < scale.measured.value < own[2]
    assert publication("alqam_2022").measurements["lemperle"].role == "judge"
    assert publication("pakla_misiur_2021").directions["needling_alone"].role == "judge"
