"""Shares, quantiles and verdicts against the binomial distribution and numbers told by hand."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from percuta.optimisation.candidates import FIRST_LOOK
from percuta.optimisation.judging import (
    LEVEL,
    dominated,
    every_reached,
    feasible,
    gain,
    hopeless,
    kept,
    kept_by_most,
    reached,
    sampled,
)
from percuta.optimisation.wishes import Wishes

from .toys import aim, limit, lost, measured

NAN = math.nan


def values(*numbers: float) -> Any:
    return np.array(numbers, dtype=np.float64)


def test_nineteen_of_twenty_are_95_percent_and_eighteen_are_not() -> None:
    harm = np.arange(1.0, 21.0)  # 1 to 20
    met, missed = kept(limit("below", 19.0), harm), kept(limit("below", 18.0), harm)
    assert (met.share, met.quantile, met.violation) == (0.95, 19.0, 0.0)
    assert met.verdict == "met, not shown"
    assert (missed.share, missed.quantile) == (0.9, 19.0)
    assert missed.verdict == "not met"
    assert missed.violation == pytest.approx(1.0 / 18.0)


def test_above_is_the_mirror_of_below() -> None:
    harm = np.arange(1.0, 21.0)
    for at in (2.0, 18.0, 19.0):
        one, other = kept(limit("below", at), harm), kept(limit("above", -at), -harm)
        assert (one.share, one.low, one.high, one.verdict) == (other.share, other.low, other.high, other.verdict)
        assert one.quantile == -other.quantile
        assert one.violation == pytest.approx(other.violation)


@pytest.mark.parametrize("share", [0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("members", [10, 16, 20, 100, 256, 1000])
def test_the_edge_of_a_probability_is_counted_in_whole_scenarios(share: float, members: int) -> None:
    needed = -(-round(share * 1000) * members // 1000)  # in whole numbers, rounded up
    harm = np.arange(1.0, members + 1.0)
    for count, met in ((needed, True), (needed - 1, False)):
        found = kept(limit("below", float(count), share), harm)
        assert (found.verdict != "not met") == met
        assert (found.violation <= 0.0) == met
        assert found.quantile == needed


@pytest.mark.parametrize("count", [0, 1, 14, 15, 16])
def test_the_interval_holds_just_the_shares_that_a_one_sided_test_at_5_percent_leaves(count: int) -> None:
    found = kept(limit(probability=0.5), values(*[0.0] * count, *[2.0] * (16 - count)))
    assert found.share == count / 16
    tail = 0.5 * (1.0 - LEVEL)
    assert tail == pytest.approx(0.05)
    if count > 0:
        assert stats.binom.sf(count - 1, 16, found.low) == pytest.approx(tail)
    if count < 16:
        assert stats.binom.cdf(count, 16, found.high) == pytest.approx(tail)
    assert (found.low, found.high)[count > 0] == (0.0 if count == 0 else found.high)


def test_met_is_said_only_where_the_whole_interval_is() -> None:
    # all of n are within: the lower end is 0.05^(1/n), which is 0.95 first at n = 59
    assert kept(limit(), np.zeros(58)).verdict == "met, not shown"
    assert kept(limit(), np.zeros(59)).verdict == "met"
    assert kept(limit(probability=0.9), np.zeros(28)).verdict == "met, not shown"
    assert kept(limit(probability=0.9), np.zeros(29)).verdict == "met"


def test_a_scenario_without_a_value_is_not_within() -> None:
    for side in ("below", "above"):
        inside = 0.0 if side == "below" else 2.0
        found = kept(limit(side, 1.0, 0.75), values(inside, inside, inside, NAN))
        assert (found.share, found.quantile, found.verdict) == (0.75, inside, "met, not shown")
        few = kept(limit(side, 1.0, 0.75), values(inside, inside, NAN, NAN))
        assert (few.share, few.verdict) == (0.5, "not met")
        assert math.isnan(few.quantile)
        assert few.as_dict()["quantile"] is None
        assert few.violation == pytest.approx(0.25)


def test_a_limit_of_zero_can_be_violated() -> None:
    found = kept(limit("below", 0.0, 0.5), values(1.0, 1.0))
    assert math.isfinite(found.violation)
    assert found.violation > 0.0
    assert kept(limit("below", 0.0, 0.5), values(0.0, 1.0)).verdict != "not met"


@given(
    st.lists(st.floats(-5, 5) | st.just(NAN), min_size=1, max_size=40),
    st.sampled_from(["below", "above"]),
    st.floats(0.5, 0.999),
    st.floats(-5, 5),
)
def test_the_quantile_is_the_tightest_limit_that_would_be_met(
    numbers: list[float], side: Literal["below", "above"], probability: float, at: float
) -> None:
    harm = values(*numbers)
    asked = limit(side, at, probability)
    tightest = kept_by_most(asked, harm)
    met = kept(asked, harm).verdict != "not met"
    if math.isnan(tightest):
        assert not met
        return
    assert met == (tightest <= at if side == "below" else tightest >= at)
    assert kept(limit(side, tightest, probability), harm).verdict != "not met"
    beyond = np.nextafter(tightest, -math.inf if side == "below" else math.inf)
    assert kept(limit(side, float(beyond), probability), harm).verdict == "not met"


# --- giving up early ---


@pytest.mark.parametrize("probability", [0.5, 0.6, 0.75, 0.9, 0.95, 0.99, 0.999])
def test_what_just_meets_a_constraint_is_given_up_in_less_than_one_of_two_hundred(probability: float) -> None:
    wishes = Wishes((aim(),), (limit(probability=probability),))
    given_up = 0.0
    for count in range(FIRST_LOOK + 1):
        harm = [0.0] * count + [2.0] * (FIRST_LOOK - count)
        if hopeless(wishes, measured([[1.0] * FIRST_LOOK], [harm])):
            given_up += float(stats.binom.pmf(count, FIRST_LOOK, probability))
    assert given_up <= 0.005
    assert hopeless(wishes, measured([[1.0] * FIRST_LOOK], [[2.0] * FIRST_LOOK]))  # and it can be given up


def test_hope_is_lost_with_one_constraint_and_with_a_fault() -> None:
    wishes = Wishes((aim(),), (limit(), limit(endpoint="other")))
    good, bad = [0.0] * 16, [2.0] * 16
    assert not hopeless(wishes, measured([good], [good, good]))
    assert hopeless(wishes, measured([good], [good, bad]))
    assert hopeless(wishes, measured([good], [good, [NAN] * 16]))
    assert hopeless(wishes, lost(wishes))
    assert hopeless(Wishes(wishes.aims, ()), lost(Wishes(wishes.aims, ())))


# --- objectives ---


def test_an_objective_is_its_quantile_and_a_scenario_without_a_value_is_the_worst() -> None:
    assert reached(aim(), values(3.0, 1.0, NAN, 2.0)) == 1.5
    assert reached(aim("minimise"), values(3.0, 1.0, NAN, 2.0)) == 2.5
    assert reached(aim("minimise"), values(2.0, 1.0, NAN)) == 2.0
    assert reached(aim(), values(2.0, 1.0, NAN)) == 1.0
    assert math.isnan(reached(aim(quantile=0.1), values(3.0, 1.0, NAN, 2.0)))  # it lies among those without
    assert math.isnan(reached(aim("minimise", 0.9), values(3.0, 1.0, NAN, 2.0)))
    assert reached(aim(quantile=0.1), np.linspace(0.0, 1.0, 11)) == pytest.approx(0.1)
    assert math.isnan(reached(aim(), values(NAN, NAN)))


def test_nothing_is_feasible_without_a_value_of_every_objective() -> None:
    wishes = Wishes((aim(), aim("minimise", endpoint="burden")), (limit(),))
    good = [0.0] * 8
    assert feasible(wishes, measured([good, good], [good]))
    assert not feasible(wishes, measured([good, [NAN] * 8], [good]))
    assert not feasible(wishes, lost(wishes))
    assert not feasible(Wishes(wishes.aims, ()), lost(Wishes(wishes.aims, ())))
    assert not feasible(wishes, measured([good, good], [[2.0] * 8]))
    assert feasible(Wishes((aim(),), ()), measured([good], np.zeros((0, 8))))


def test_another_choice_dominates_where_it_is_as_good_on_all_and_better_on_one() -> None:
    wishes = Wishes((aim("maximise"), aim("minimise", endpoint="burden")), ())
    assert dominated(wishes, [1.0, 5.0], [[1.0, 4.0]])
    assert dominated(wishes, [1.0, 5.0], [[2.0, 5.0]])
    assert not dominated(wishes, [1.0, 5.0], [[2.0, 6.0], [0.0, 4.0]])  # better on one, worse on the other
    assert not dominated(wishes, [1.0, 5.0], [[1.0, 5.0]])  # itself, or just as good
    assert gain(aim("minimise"), 3.0) == -3.0
    assert gain(aim(), NAN) == -math.inf


def test_a_sample_in_the_table_has_the_quantiles_of_the_scenarios() -> None:
    wishes = Wishes((aim(quantile=0.25),), (limit(probability=0.75),))
    whole = measured([np.linspace(0.0, 100.0, 101)], [[0.0] * 100 + [2.0]])
    found = sampled(wishes, whole)
    assert found is not None
    assert found["members"] == 101
    [one] = found["objectives"]
    assert one == pytest.approx({"p5": 5.0, "p50": 50.0, "p95": 95.0, "value": 25.0})
    assert every_reached(wishes, whole) == pytest.approx([25.0])
    assert found["constraints"][0]["share"] == 100 / 101
    assert sampled(wishes, measured([[NAN] * 4], [[0.0] * 4])) is None
