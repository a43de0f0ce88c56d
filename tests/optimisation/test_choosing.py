"""The recommendation: confirmed over fresh scenarios, gentle where no evidence separates, never less than the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percuta.optimisation.candidates import Candidate, Outcome
from percuta.optimisation.choosing import Confirmed, confirm, difference
from percuta.optimisation.measuring import Measured, Sampling
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan

from .toys import FRESH, MadeUp, aim, alike, candidate, limit, made_up, measured, passes_of, pen

WISHES = Wishes((aim(),), (limit(probability=0.75),))
NOISE = np.linspace(-1.0, 1.0, FRESH.members)  # what scenarios differ by; its median is 0


def of(
    number: int,
    gain: float,
    *,
    fresh: float | None = None,
    spread: float = 0.0,
    harm: float = 0.0,
    injury: float = 0.1,
    beyond_label: bool = False,
    kept: bool = True,
) -> tuple[Candidate, Measured]:
    """A candidate, and what it gives over the fresh sample: a gain of its own, spread over the scenarios."""
    plan = pen()[0].model_copy(update={"title": str(number)})
    search = measured([gain + spread * NOISE[:32]], [alike(0.0, 32)], injury)
    again = measured([(gain if fresh is None else fresh) + spread * NOISE], [alike(harm, FRESH.members)], injury)
    outcome: Outcome = "computed" if kept else "infeasible"
    return candidate(number, search, beyond_label=beyond_label, plan=plan, outcome=outcome), again


def confirmed(every: Sequence[tuple[Candidate, Measured]], written: int | None = None) -> tuple[Confirmed, MadeUp]:
    fresh = {one.plan.title: again for one, again in every}

    def again(plan: Plan, sampling: Sampling) -> Measured:
        assert sampling == FRESH
        return fresh[plan.title]

    measurer = made_up(WISHES, again)
    candidates = [one for one, _ in every]
    own = next((one for one in candidates if one.number == written), None)
    return confirm(measurer, candidates, own, FRESH), measurer


def recommended(every: Sequence[tuple[Candidate, Measured]], written: int | None = None) -> int | None:
    chosen = confirmed(every, written)[0].recommended
    return None if chosen is None else chosen.number


def test_what_reaches_clearly_more_is_recommended_however_gentle_the_other() -> None:
    every = [of(0, 1.0, injury=0.01), of(1, 5.0, injury=0.5)]
    assert recommended(every, 0) == 1


def test_what_the_plan_itself_reaches_is_compared_over_the_fresh_sample() -> None:
    found, _ = confirmed([of(0, 1.0), of(1, 5.0)], 0)
    assert sorted(found.fresh) == [0, 1]
    assert found.best is found.recommended
    assert found.unseparated == []


def test_among_what_no_evidence_separates_the_gentler_wins() -> None:
    every = [of(0, -9.0), of(1, 7.0, spread=3.0, injury=0.5), of(2, 5.0, injury=0.1)]
    found, _ = confirmed(every)
    assert found.recommended is not None
    assert found.best is not None
    assert (found.best.number, found.recommended.number) == (1, 2)
    assert [one.number for one in found.unseparated] == [1]


def on_one_front(every: Sequence[tuple[Candidate, Measured]]) -> list[tuple[Candidate, Measured]]:
    """Let the candidates reach the same over the search sample, so that all lie on the front."""
    same = every[-1][0].search.aims
    return [
        (
            Candidate(
                one.number,
                one.choice,
                one.plan,
                Measured(same + 0.0, one.search.limits, one.search.injury),
                one.outcome,
                one.ruled,
            ),
            again,
        )
        for one, again in every
    ]


def test_within_the_label_comes_before_gentle() -> None:
    every = [of(0, 7.0, spread=3.0, injury=0.1, beyond_label=True), of(1, 5.0, injury=0.5)]
    assert recommended(every) == 1


def test_the_plan_as_written_is_no_less_than_what_is_recommended() -> None:
    # 1 is gentler than 2 and no evidence separates them, and yet it reaches less than the plan, which is 0
    every = on_one_front(
        [of(0, 5.0, injury=0.6), of(1, 3.0, spread=-3.0, injury=0.1), of(2, 7.0, spread=2.0, injury=0.5)]
    )
    assert recommended([every[1], every[2]]) == 1
    assert recommended(every, 0) == 2


def test_what_was_lucky_in_the_search_and_is_not_feasible_anew_is_not_recommended() -> None:
    every = [of(0, 1.0, kept=False), of(1, 9.0, harm=2.0), of(2, 8.0)]
    found, _ = confirmed(on_one_front(every), 0)
    assert found.recommended is not None
    assert found.recommended.number == 2
    assert 1 in found.fresh


def test_a_plan_as_written_that_the_search_excludes_is_confirmed_and_never_recommended() -> None:
    found, _ = confirmed([of(0, 9.0, kept=False), of(1, 1.0)], 0)
    assert found.recommended is not None
    assert found.recommended.number == 1
    assert sorted(found.fresh) == [0, 1]


def test_it_ends_after_a_few_where_none_is_feasible_anew() -> None:
    every = on_one_front([of(number, 5.0, harm=2.0) for number in range(30)])
    found, measurer = confirmed(every, 0)
    assert (found.recommended, found.best) == (None, None)
    assert len(measurer.asked) == len(found.fresh) <= 10
    assert recommended([]) is None


def test_no_candidate_is_computed_anew_twice() -> None:
    every = on_one_front([of(number, 5.0, harm=2.0) for number in range(9)])
    _, measurer = confirmed(every, 0)
    titles = [plan.title for plan, *_ in measurer.asked]
    assert len(titles) == len(set(titles))


def test_a_difference_is_taken_over_the_scenarios_of_both() -> None:
    whole, few = measured([np.arange(8.0)], [alike(0.0, 8)]), measured([np.arange(4.0) + 2.0], [alike(0.0, 4)])
    found = difference(WISHES, whole, few)
    assert (found.pairs, found.p50, found.p_better) == (4, 2.0, 1.0)
    lower = Wishes((aim("minimise"),), ())
    assert difference(lower, whole, few).p_better == 0.0
    assert passes_of(pen()[0]) == 4
