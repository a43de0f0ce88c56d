"""One step around a choice, and the constraint with the least room."""

from __future__ import annotations

import numpy as np

from percuta.optimisation.around import around, binding, least_room
from percuta.optimisation.candidates import Trials
from percuta.optimisation.measuring import Measured, Ruled, Sampling
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan

from .toys import SAMPLING, MadeUp, aim, alike, inside, limit, lost, made_up, measured, passes_of, pen

WISHES = Wishes((aim(),), (limit(probability=0.75), limit(endpoint="other", probability=0.5)))


def harming(plan: Plan, sampling: Sampling) -> Measured:
    """More passes and sessions gain more; from 5 passes on the first limit is not kept, with 8 nothing is computed."""
    members, passes = sampling.members, passes_of(plan)
    if passes == 8:
        return lost(WISHES, members)
    return measured(
        [alike(10.0 * passes + plan.course.sessions, members)],
        [inside(1.0 if passes < 5 else 0.625, members), alike(0.0, members)],
    )


def trials() -> Trials:
    plan, settings = pen()
    return Trials(
        plan, settings, made_up(WISHES, harming, lambda one: Ruled(("a_rule",) * (passes_of(one) == 3))), SAMPLING
    )


def test_every_step_of_one_setting_is_tried_and_compared() -> None:
    tries = trials()
    [centre] = tries.candidates([(3, 2)], 0)  # 4 passes and 3 sessions
    steps = around(tries, centre, {centre.choice: centre})
    assert [(one.setting, one.direction, one.candidate.choice) for one in steps] == [
        (0, "less", (2, 2)),
        (0, "more", (4, 2)),
        (1, "less", (3, 1)),
        (1, "more", (3, 3)),
    ]
    fewer, more, shorter, longer = steps
    assert fewer.candidate.outcome == "refused"
    assert more.breaks == (0,)
    assert [one.breaks for one in (fewer, shorter, longer)] == [(), (), ()]
    gains = [one.against.p50 for one in steps if one.against is not None]
    assert gains == [-10.0, 10.0, -1.0, 1.0]
    assert longer.against is not None
    assert longer.against.p_better == 1.0


def test_at_an_end_of_the_values_there_is_one_step_less_and_what_is_known_is_not_tried_again() -> None:
    tries = trials()
    first = tries.candidates([(0, 0), (1, 0)], 0)
    assert isinstance(tries.measurer, MadeUp)
    tries.measurer.asked.clear()
    steps = around(tries, first[0], {one.choice: one for one in first})
    assert [one.candidate.choice for one in steps] == [(1, 0), (0, 1)]
    assert steps[0].candidate is first[1]
    assert {passes_of(plan) for plan, *_ in tries.measurer.asked} == {1}
    assert [one.candidate.number for one in steps] == [1, 2]


def test_a_step_that_cannot_be_computed_is_a_step_all_the_same() -> None:
    tries = trials()
    [centre] = tries.candidates([(6, 5)], 0)
    last = next(one for one in around(tries, centre, {}) if one.candidate.choice == (7, 5))
    assert last.candidate.outcome == "impossible"
    assert (last.against, last.breaks) == (None, ())


def test_a_step_that_was_stopped_early_is_compared_over_what_there_is() -> None:
    def of(plan: Plan, sampling: Sampling) -> Measured:
        bad = passes_of(plan) > 4
        return measured(
            [alike(passes_of(plan), sampling.members)],
            [inside(0.0 if bad else 1.0, sampling.members), alike(0.0, sampling.members)],
        )

    tries = trials()
    tries.measurer = made_up(WISHES, of)
    [centre] = tries.candidates([(3, 2)], 0)
    more = around(tries, centre, {})[1]
    assert more.candidate.outcome == "stopped early"
    assert more.against is not None
    assert more.against.pairs == 16
    assert more.breaks == (0,)


def test_the_constraint_with_the_least_room_is_the_one_whose_share_exceeds_what_is_required_least() -> None:
    wishes = Wishes((aim(),), (limit(probability=0.5), limit("above", 1.0, 0.75), limit(probability=0.5)))
    found = least_room(wishes, measured([alike(0.0)], [inside(0.75), alike(2.0), inside(0.625)]))
    assert found == (2, 0.125)
    assert least_room(Wishes((aim(),), ()), measured([alike(0.0)], np.zeros((0, 32)))) is None


def test_the_constraint_that_a_better_step_would_break_binds() -> None:
    tries = trials()
    [centre] = tries.candidates([(3, 2)], 0)  # with 5 passes it would gain more and harm too much
    steps = around(tries, centre, {})
    assert [(number, one.candidate.choice) for number, one in binding(steps)] == [(0, (4, 2))]
    [below] = tries.candidates([(1, 2)], 0)
    assert binding(around(tries, below, {})) == []
