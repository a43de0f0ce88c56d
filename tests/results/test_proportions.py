"""The interval of Clopper and Pearson: printed values, its defining equation, and that it covers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from percuta.results.proportions import clopper_pearson


@pytest.mark.parametrize(
    ("successes", "trials", "level", "low", "high"),
    [
        # Newcombe, Stat Med 17:857, 1998, table I, the Clopper-Pearson method
        (81, 263, 0.95, 0.2527, 0.3676),
        (15, 148, 0.95, 0.0578, 0.1617),
        (0, 20, 0.95, 0.0, 0.1684),
        (1, 29, 0.95, 0.0009, 0.1776),
        # printed by binom.test of R
        (9, 24, 0.95, 0.1879929, 0.5940636),
        (542, 3611, 0.90, 0.1403939, 0.1602214),
        (1, 1497, 0.90, 3.426347e-5, 3.164954e-3),
    ],
)
def test_printed_values(successes: int, trials: int, level: float, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials, level)
    digits = 7 if low > 0.0009 and round(low, 4) != low else 4
    assert found == pytest.approx((low, high), abs=0.51 * 10.0**-digits)


def test_each_end_leaves_half_of_the_rest_in_its_tail() -> None:
    for successes in range(1, 30):
        low, high = clopper_pearson(successes, 30, 0.9)
        assert binom.sf(successes - 1, 30, low) == pytest.approx(0.05, rel=1e-9)
        assert binom.cdf(successes, 30, high) == pytest.approx(0.05, rel=1e-9)


def test_where_every_trial_succeeds_the_lower_end_has_a_closed_form() -> None:
    low, high = clopper_pearson(64, 64)
    assert (low, high) == pytest.approx((0.025 ** (1 / 64), 1.0), rel=1e-12)
    assert clopper_pearson(0, 64) == pytest.approx((0.0, 1.0 - low), rel=1e-12)


def test_the_interval_holds_the_share_at_least_as_often_as_it_says() -> None:
    ends = [clopper_pearson(successes, 16) for successes in range(17)]
    for share in np.linspace(0.01, 0.99, 99):
        held = [low <= share <= high for low, high in ends]
        assert binom.pmf(np.arange(17), 16, share)[held].sum() >= 0.95 - 1e-12


@pytest.mark.parametrize(("successes", "trials", "level"), [(0, 0, 0.95), (-1, 4, 0.95), (5, 4, 0.95), (2, 4, 1.0)])
def test_what_is_no_share_of_trials_is_an_error(successes: int, trials: int, level: float) -> None:
    with pytest.raises(ValueError, match=r"trials|level"):
        clopper_pearson(successes, trials, level)
