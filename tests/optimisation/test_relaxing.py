"""What has to give where nothing is feasible: the least that does, and that it is enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.optimisation.candidates import Trials
from percuta.optimisation.choosing import confirm
from percuta.optimisation.judging import feasible, kept
from percuta.optimisation.measuring import Measured, Ruled, Sampling
from percuta.optimisation.relaxing import Relaxed, relaxed
from percuta.optimisation.wishes import Limit, Wishes
from percuta.plan.model import Plan
from percuta.workflows.optimisation_table import _rounded_outwards

from .toys import FRESH, SAMPLING, aim, alike, limit, lost, made_up, measured, passes_of, pen

TWO = Wishes((aim(),), (limit("below", 1.0, 0.75), limit("above", 5.0, 0.75, "depth")))


def with_limit(wishes: Wishes, number: int, at: float) -> Wishes:
    limits = list(wishes.limits)
    one = limits[number]
    limits[number] = Limit(
        one.endpoint, one.zone, one.side, at, one.probability, one.time, one.unit, one.reason, one.default
    )
    return Wishes(wishes.aims, tuple(limits))


def of(sizes: dict[int, tuple[float, float, float]], shift: float = 0.0) -> Callable[[Plan, Sampling], Measured]:
    """Gain, harm and depth of a plan by its passes, alike in every scenario; the fresh sample is worse by a shift."""

    def made(plan: Plan, sampling: Sampling) -> Measured:
        gain, harm, depth = sizes[passes_of(plan)]
        worse, members = shift * sampling.seed, sampling.members
        return measured([alike(gain, members)], [alike(harm + worse, members), alike(depth, members)])

    return made


def stuck(
    made: Callable[[Plan, Sampling], Measured], passes: Sequence[int], stopped: Sequence[int] = ()
) -> tuple[list[Relaxed], Trials]:
    """Try some passes, confirm what is feasible, and tell what has to give."""
    plan, settings = pen()
    measurer = made_up(TWO, made, lambda one: Ruled(("a_rule",)) if passes_of(one) in stopped else Ruled())
    tries = Trials(plan, settings, measurer, SAMPLING)
    every = tries.candidates([(one - 1, 0) for one in passes], 0)
    confirmed = confirm(measurer, every, None, FRESH)
    assert confirmed.recommended is None
    return relaxed(tries, every, confirmed, FRESH), tries


def told(found: list[Relaxed]) -> list[tuple[int, float, int, bool]]:
    return [(one.constraint, one.limit, passes_of(one.candidate.plan), one.alone) for one in found]


def test_for_each_constraint_that_stands_alone_the_least_is_given() -> None:
    sizes = {1: (1.0, 3.0, 6.0), 2: (1.0, 2.0, 6.0), 3: (1.0, 0.5, 4.0), 4: (1.0, 0.5, 4.5), 5: (1.0, 5.0, 1.0)}
    found, tries = stuck(of(sizes), list(sizes))
    assert told(found) == [(0, 2.0, 2, True), (1, 4.5, 4, True)]
    for one in found:
        wishes = with_limit(TWO, one.constraint, one.limit)
        for sampling in (SAMPLING, FRESH):
            [again] = tries.measurer.measure([one.candidate.plan], sampling)
            assert feasible(wishes, again)


def test_the_limit_is_that_of_the_fresh_sample() -> None:
    found, _ = stuck(of({1: (1.0, 2.0, 6.0)}, shift=0.5), [1])
    assert told(found) == [(0, 2.5, 1, True)]


def test_what_was_feasible_in_the_search_alone_tells_what_has_to_give_too() -> None:
    found, _ = stuck(of({1: (1.0, 0.75, 6.0), 2: (1.0, 4.0, 6.0)}, shift=0.5), [1, 2])
    assert told(found) == [(0, 1.25, 1, True)]


def test_what_misses_in_the_search_alone_has_to_keep_the_limit_there_too() -> None:
    found, _ = stuck(of({1: (1.0, 1.25, 6.0)}, shift=-0.5), [1])
    assert told(found) == [(0, 1.25, 1, True)]


def test_of_what_gives_the_same_the_better_on_the_first_objective_is_named() -> None:
    found, _ = stuck(of({1: (1.0, 2.0, 6.0), 2: (3.0, 2.0, 6.0), 3: (2.0, 2.0, 6.0)}), [1, 2, 3])
    assert told(found) == [(0, 2.0, 2, True)]


def test_where_two_stand_in_the_way_both_have_to_give() -> None:
    found, tries = stuck(of({1: (1.0, 1.5, 4.0), 2: (1.0, 9.0, 1.0)}), [1, 2])
    assert told(found) == [(0, 1.5, 1, False), (1, 4.0, 1, False)]
    wishes = TWO
    for one in found:
        wishes = with_limit(wishes, one.constraint, one.limit)
    [again] = tries.measurer.measure([found[0].candidate.plan], FRESH)
    assert feasible(wishes, again)


def test_what_has_no_value_cannot_be_relaxed() -> None:
    assert stuck(of({1: (1.0, math.nan, 6.0)}), [1])[0] == []
    assert stuck(lambda plan, sampling: lost(TWO, sampling.members), [1, 2])[0] == []
    assert stuck(of({}), [])[0] == []


def test_what_a_rule_stops_is_not_named() -> None:
    sizes = {1: (1.0, 2.0, 6.0), 2: (1.0, 3.0, 6.0), 3: (1.0, 0.5, 6.0)}
    assert told(stuck(of(sizes), [1, 2, 3], stopped=[1, 3])[0]) == [(0, 3.0, 2, True)]


def test_what_was_stopped_early_is_computed_to_the_end_before_it_is_called_near() -> None:
    """Over its first scenarios 1 comes nearer, over all of them 2 to 8 do."""

    def later(plan: Plan, sampling: Sampling) -> Measured:
        passes, members = passes_of(plan), sampling.members
        harm = [2.0 if passes == 1 else 3.0] * 16 + [9.0 if passes == 1 else 3.0] * (members - 16)
        return measured([alike(1.0, members)], [harm, alike(6.0, members)])

    assert [one[1:3] for one in told(stuck(later, range(1, 9))[0])] == [(3.0, 2)]


@given(st.floats(1e-9, 1e9), st.booleans(), st.sampled_from(["below", "above"]))
def test_the_limit_that_is_told_has_two_digits_and_keeps_the_settings(size: float, negative: bool, side: str) -> None:
    value = -size if negative else size
    asked = limit("below" if side == "below" else "above")
    told = _rounded_outwards(asked, value)
    assert told == float(f"{told:.3g}")
    assert abs(told - value) <= 0.101 * abs(value)
    needed = with_limit(Wishes((aim(),), (asked,)), 0, told).limits[0]
    assert kept(needed, measured([[0.0]], [[value]]).limits[0]).verdict != "not met"


@pytest.mark.parametrize("value", [0.1 + 0.2, 0.7 - 1e-16, 3.0000000001, 99.5, 0.0, 1.0])
def test_the_limit_that_is_told_keeps_what_lies_just_beyond_a_round_number(value: float) -> None:
    assert _rounded_outwards(limit("below"), value) >= value
    assert _rounded_outwards(limit("above"), value) <= value
