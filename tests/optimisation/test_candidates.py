"""Trying choices: few scenarios first, the rest where there is hope, the rules where all limits are kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percuta.optimisation.candidates import FIRST_LOOK, Candidate, Trials, front
from percuta.optimisation.measuring import Measured, Ruled, Sampling
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan

from .toys import SAMPLING, MadeUp, aim, alike, candidate, inside, limit, lost, made_up, measured, passes_of, pen

WISHES = Wishes((aim(),), (limit(probability=0.75),))
NAN = math.nan


def harming(plan: Plan, sampling: Sampling) -> Measured:
    """The passes and sessions as gain; the harm is within its limit in as many scenarios as the passes leave."""
    members, passes = sampling.members, passes_of(plan)
    if passes == 8:
        return lost(WISHES, members)
    gain = 10.0 * passes + plan.course.sessions
    return measured([alike(gain, members)], [inside(1.125 - passes / 8, members)], injury=0.01 * passes)


def trials(stopped: int = 0) -> Trials:
    plan, settings = pen()
    measurer = made_up(WISHES, harming, lambda one: Ruled(("a_rule",)) if passes_of(one) == stopped else Ruled())
    return Trials(plan, settings, measurer, SAMPLING)


def asked(tries: Trials) -> list[tuple[int, int, int]]:
    assert isinstance(tries.measurer, MadeUp)
    return [(passes_of(plan), start, stop) for plan, _, start, stop in tries.measurer.asked]


def test_what_each_choice_comes_to() -> None:
    tries = trials(stopped=2)
    found = tries.candidates([(passes - 1, 0) for passes in range(1, 9)], 5)
    assert [one.number for one in found] == list(range(5, 13))
    assert [passes_of(one.plan) for one in found] == list(range(1, 9))
    outcomes = [one.outcome for one in found]
    # within in 100, 87.5, 75, 62.5, 50, 37.5 and 25 % of the scenarios, 75 % being asked for
    assert outcomes[:4] == ["computed", "refused", "computed", "infeasible"]
    assert outcomes[6:] == ["stopped early", "impossible"]
    assert found[1].why(WISHES) == "the rules stop it: a_rule"
    assert found[3].why(WISHES) == "not met: harm"
    assert found[7].why(WISHES) == "it broke"
    assert found[0].why(WISHES) == ""


def test_a_hopeless_choice_is_computed_for_a_few_scenarios_alone() -> None:
    tries = trials()
    [good, bad] = tries.candidates([(0, 0), (6, 0)], 0)
    assert asked(tries) == [(1, 0, FIRST_LOOK), (7, 0, FIRST_LOOK), (1, FIRST_LOOK, 32)]
    assert (good.search.members, bad.search.members) == (32, FIRST_LOOK)
    assert good.search.limits.tolist() == harming(good.plan, SAMPLING).limits.tolist()


@pytest.mark.parametrize("members", [8, FIRST_LOOK])
def test_a_small_sample_is_looked_at_once(members: int) -> None:
    tries = trials()
    tries.sampling = Sampling(0, members, "draft")
    [good, bad] = tries.candidates([(0, 0), (6, 0)], 0)
    assert asked(tries) == [(1, 0, members), (7, 0, members)]
    assert (good.outcome, bad.outcome) == ("computed", "infeasible")


def test_no_choice_is_no_candidate() -> None:
    assert trials().candidates([], 3) == []


def test_the_search_is_told_values_violations_and_refusals() -> None:
    tries = trials(stopped=2)
    good, refused, over, broken = tries.candidates([(0, 2), (1, 2), (3, 2), (7, 2)], 0)
    assert tries.told(good).values == (13.0,)
    assert all(one <= 0.0 for one in tries.told(good).violations)
    assert tries.told(refused).violations[-1] > 0.0
    assert tries.told(refused).violations[0] <= 0.0
    assert tries.told(over).violations[0] > 0.0
    assert tries.told(broken).values is None
    assert {len(tries.told(one).violations) for one in (good, refused, over)} == {2}


def test_without_a_value_of_an_objective_it_is_told_as_failed() -> None:
    tries = trials()
    one = candidate(0, measured([alike(NAN)], [alike(0.0)]), outcome="infeasible")
    assert tries.told(one).values is None


def test_the_injury_is_the_median_of_the_scenarios_that_were_computed() -> None:
    one = Measured(np.zeros((1, 4)), np.zeros((1, 4)), np.array([3.0, NAN, 1.0, 2.0]))
    assert candidate(0, one).injury == 2.0
    assert math.isnan(candidate(0, measured([alike(0.0)], [alike(0.0)], injury=NAN)).injury)


def test_the_front_is_what_none_beats_on_one_and_matches_on_the_others() -> None:
    wishes = Wishes((aim(), aim("minimise", endpoint="burden")), ())

    def of(number: int, gain: float, burden: float, **more: object) -> Candidate:
        return candidate(number, measured([alike(gain), alike(burden)], np.zeros((0, 32))), **more)  # type: ignore[arg-type]

    every = [
        of(0, 1.0, 1.0),
        of(1, 3.0, 3.0),
        of(2, 2.0, 3.0),  # beaten by 1
        of(3, 2.0, 2.0),
        of(4, 2.0, 2.0),  # as 3: both stay
        of(5, 9.0, 0.0, outcome="infeasible"),
        of(6, 9.0, 0.0, outcome="refused"),
    ]
    assert [one.number for one in front(wishes, every)] == [1, 3, 4, 0]
