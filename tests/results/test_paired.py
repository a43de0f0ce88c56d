"""Paired comparisons: exact cases, missing values, the other way round, and when a plan is favoured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percuta.report.wording import ENDPOINTS
from percuta.results.judging import BETTER, Better
from percuta.results.paired import Paired, paired, separates, standing, turned
from percuta.results.proportions import clopper_pearson


def of(differences: list[float], better: Better | None) -> Paired:
    """Compare two plans whose values differ by these."""
    first = np.linspace(1.0, 2.0, len(differences))
    return paired(first, first + np.array(differences), better)


def test_a_shift_is_found_whatever_the_spread_that_both_plans_share() -> None:
    shared = np.random.default_rng(0).normal(0.0, 100.0, 64)
    one = paired(shared, shared + 0.5, "lower")
    assert (one.p5, one.p50, one.p95, one.mean) == pytest.approx((0.5, 0.5, 0.5, 0.5))
    assert one.mean_error == pytest.approx(0.0, abs=1e-12)
    assert (one.p_better, one.p_worse, one.p_same) == (0.0, 1.0, 0.0)
    assert (one.low, one.high) == clopper_pearson(0, 64)


def test_shares_are_counts_of_pairs() -> None:
    one = of([-1.0, 0.0, 0.0, 2.0, 3.0], "higher")
    assert (one.pairs, one.p_better, one.p_worse, one.p_same) == (5, 0.4, 0.2, 0.4)
    assert (one.low, one.high) == clopper_pearson(2, 5)
    assert of([-1.0, 0.0, 0.0, 2.0, 3.0], "lower").p_better == 0.2


def test_quantiles_are_of_the_differences_and_not_differences_of_quantiles() -> None:
    first, second = np.array([0.0, 1.0, 2.0]), np.array([2.0, 0.0, 1.0])
    one = paired(first, second, "higher")
    assert one.p50 == -1.0  # of 2, -1, -1; the medians are the same
    assert one.mean == pytest.approx(0.0, abs=1e-15)


def test_pairs_without_both_values_are_left_out() -> None:
    first, second = np.array([1.0, math.nan, 3.0, 4.0]), np.array([2.0, 2.0, math.nan, 5.0])
    one = paired(first, second, "higher")
    assert (one.pairs, one.p50, one.p_better) == (2, 1.0, 1.0)
    with pytest.raises(ValueError, match="no scenario"):
        paired(first[1:2], second[1:2], "higher")
    with pytest.raises(ValueError, match="4 and 3 scenarios"):
        paired(first, second[:3], "higher")


def test_rounding_is_no_difference() -> None:
    first = np.array([1e-105, 0.3, 0.6])
    one = paired(first, first * (1.0 + 1e-15) + 1e-90, "lower")
    assert (one.p_same, one.mean, one.mean_error) == (1.0, 0.0, 0.0)
    assert standing(one) == "same"


def test_where_neither_way_is_better_there_is_the_difference_alone() -> None:
    one = of([1.0, 2.0, 3.0], None)
    assert one.p50 == 2.0
    assert math.isnan(one.p_better)
    plain = one.as_dict()
    assert [plain[key] for key in ("p_better", "p_worse", "p_same", "low", "high")] == [None] * 5
    assert separates(one) is separates(turned(one)) is False
    assert standing(one) is None


@pytest.mark.parametrize("better", ["higher", "lower", None])
def test_turned_is_the_comparison_with_the_plans_exchanged(better: Better | None) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0.0, 1.0, 40), rng.normal(0.4, 1.0, 40)
    second[:5] = first[:5]
    found, other = turned(paired(first, second, better)).as_dict(), paired(second, first, better).as_dict()
    error = found.pop("mean_error")
    assert error == pytest.approx(other.pop("mean_error"), rel=1e-9)
    assert found == {key: value if value is None else pytest.approx(value, abs=1e-12) for key, value in other.items()}


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([1.0] * 20, "better"),
        ([0.0] * 8 + [1.0] * 12, "better"),  # no worse at the 5 % end, better in the median
        ([0.0] * 11 + [1.0] * 9, "not separated"),  # the same in the median
        ([-1.0] * 3 + [1.0] * 17, "not separated"),  # worse at the 5 % end
        ([-1.0] * 17 + [1.0] * 3, "not separated"),
        ([0.0] * 8 + [-1.0] * 12, "worse"),
        ([0.0] * 20, "same"),
    ],
)
def test_a_plan_is_favoured_that_is_better_in_the_median_and_not_worse_at_the_5_percent_end(
    gains: list[float], said: str
) -> None:
    for one in (of(gains, "higher"), of([-gain for gain in gains], "lower")):
        assert standing(one) == said
        assert separates(one) is (said == "better")
        assert separates(turned(one)) is (said == "worse")


def test_the_error_of_the_mean_is_that_of_independent_draws() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.0, 1.0, 256), rng.normal(0.0, 1.0, 256)
    one = paired(first, second, "higher")
    assert one.mean_error == pytest.approx(np.std(second - first, ddof=1) / 16.0, rel=0.15)


def test_every_endpoint_has_a_better_side_or_is_said_to_have_none() -> None:
    assert set(BETTER) == set(ENDPOINTS)
    # a fall of a grade is the benefit, and so is a rise of collagen
    assert (BETTER["wrinkle_grade_change"], BETTER["modelled_collagen_vs_untreated"]) == ("lower", "higher")
    assert BETTER["reached_depth_typical"] is None
