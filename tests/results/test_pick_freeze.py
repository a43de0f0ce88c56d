"""Sobol indices by pick and freeze: exact cases, missing values, groups, and that nobody's number changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from percuta.engine.executors import InThisProcess
from percuta.engine.scenarios import FromSecond, Scenarios
from percuta.evidence.verification.influence import (
    FunctionOfInputs,
    ishigami,
    ishigami_indices,
    uniform_inputs,
    weighted_sum,
)
from percuta.results.influence import OfColumn
from percuta.results.pick_freeze import (
    REPLICATES,
    Effects,
    Model,
    effects,
    first_order_effect,
    pair_sums,
    total_effect,
)
from percuta.results.samples import Sample

Floats = NDArray[np.float64]
OUTCOME = ("outcome", None)


def by_column(drawn: Scenarios) -> dict[str, FromSecond]:
    return {column: OfColumn(column) for column in drawn.columns}


def ranked(formula: Callable[..., Floats], low: float, high: float, size: int, seed: int = 0) -> Effects:
    return effects(FunctionOfInputs(uniform_inputs(3, low, high), formula), by_column, size, seed)


def test_ishigami_has_its_closed_form() -> None:
    found = ranked(ishigami, -np.pi, np.pi, 128).found
    first, total = ishigami_indices()
    for effect, alone, whole in zip((own[OUTCOME] for own in found.values()), first, total, strict=True):
        assert effect.first is not None
        assert effect.first.value == pytest.approx(alone, abs=0.05)
        assert effect.total.value == pytest.approx(whole, abs=0.05)
        assert effect.total.low <= effect.total.value <= effect.total.high


def test_the_closed_form_is_the_one_that_scipy_finds() -> None:
    def f(x: Floats) -> Floats:
        return ishigami(*x)

    inputs: Any = [stats.uniform(-np.pi, 2 * np.pi)] * 3
    found = stats.sobol_indices(func=f, n=4096, dists=inputs, rng=np.random.default_rng(1))
    first, total = ishigami_indices()
    assert found.first_order == pytest.approx(first, abs=0.03)
    assert found.total_order == pytest.approx(total, abs=0.03)


def test_intervals_hold_the_exact_index_nine_times_in_ten() -> None:
    rng, (first, total) = np.random.default_rng(5), ishigami_indices()
    replicate, held = np.repeat(np.arange(REPLICATES), 32), np.zeros(2)
    for _ in range(400):
        a, b = rng.uniform(-np.pi, np.pi, (2, 3, replicate.size))
        swapped = a.copy()
        swapped[0] = b[0]
        outcome, moved, other = (ishigami(*each) - 3.5 for each in (a, swapped, b))
        sums = pair_sums(outcome, moved, other, replicate)
        for place, (found, exact) in enumerate(((first_order_effect(sums), first[0]), (total_effect(sums), total[0]))):
            held[place] += found.low <= exact <= found.high
    assert np.abs(held / 400 - 0.9).max() < 0.05  # the standard error of a share of 0.9 of 400 is 0.015


def test_a_sum_has_no_interactions() -> None:
    # slopes 1, 2, 3: the indices are 1, 4, 9 parts of 14
    found = ranked(weighted_sum, 0.0, 1.0, 128).found
    for own, exact in zip(found.values(), (1 / 14, 4 / 14, 9 / 14), strict=True):
        effect = own[OUTCOME]
        assert effect.first is not None
        assert effect.total.value == pytest.approx(exact, abs=0.03)
        assert effect.first.value == pytest.approx(exact, abs=0.05)


def test_a_large_constant_changes_no_index() -> None:
    plain = ranked(weighted_sum, 0.0, 1.0, 4).found
    lifted = ranked(lambda *given: 1e6 + weighted_sum(*given), 0.0, 1.0, 4).found
    for name, own in plain.items():
        assert lifted[name][OUTCOME].total.value == pytest.approx(own[OUTCOME].total.value, rel=1e-6)


def test_what_moves_nothing_is_left_out_and_computed_no_further() -> None:
    calls = []

    def formula(first: Floats, second: Floats, third: Floats) -> Floats:
        calls.append(first.size)
        return first + 0.0 * second

    found = ranked(formula, 0.0, 1.0, 16)
    assert len(found.unmoved) == 2
    assert [own[OUTCOME].total.value for own in found.found.values()] == [pytest.approx(1.0, abs=0.1)]
    assert found.screened == 64
    assert calls == [64] * 5 + [192] * 3  # A, B and three inputs; then A, B and the one that moves


def test_scenarios_without_a_number_are_left_out_of_their_pairs() -> None:
    def formula(first: Floats, second: Floats, third: Floats) -> Floats:
        return np.where(third < 0.25, np.nan, first + 2.0 * second)

    found = list(ranked(formula, 0.0, 1.0, 128).found.values())
    assert found[0][OUTCOME].total.value == pytest.approx(0.2, abs=0.04)
    assert found[1][OUTCOME].total.value == pytest.approx(0.8, abs=0.06)
    nothing = ranked(lambda first, second, third: np.full_like(first, np.nan), 0.0, 1.0, 2)
    assert nothing.found == {}


@pytest.mark.parametrize("constant", [0.0, 37.0, -1e9])
def test_what_does_not_vary_has_no_index(constant: float) -> None:
    found = ranked(lambda first, second, third: constant + 1e-17 * constant * first, 0.0, 1.0, 4)
    assert found.varying() == []


def test_categories_and_withheld_endpoints_have_no_index() -> None:
    def model(scenarios: Scenarios) -> list[Sample]:
        [value] = (scenarios.draw(one) for one in uniform_inputs(1, 0.0, 1.0))
        return [
            Sample("seen", None, "category", "", np.round(value), ("no", "yes")),
            Sample("withheld", None, "1", "", withheld="why"),
            Sample("number", None, "1", "", value),
        ]

    assert [one.name for one in effects(model, by_column, 4, 0).varying()] == ["number"]


class Backwards(InThisProcess):
    """An executor that computes the last first."""

    def map(self, fn, *iterables, **_):  # type: ignore[no-untyped-def]
        given = list(zip(*iterables, strict=True))
        return iter([fn(*one) for one in reversed(given)][::-1])


def test_who_computes_changes_no_bit() -> None:
    model: Model = FunctionOfInputs(uniform_inputs(3, 0.0, 1.0), ishigami)
    assert effects(model, by_column, 8, 3, pool=Backwards()).found == effects(model, by_column, 8, 3).found


def test_progress_ends_at_its_total() -> None:
    told: list[tuple[int, int]] = []
    model = FunctionOfInputs(uniform_inputs(3, 0.0, 1.0), lambda first, second, third: first)
    effects(model, by_column, 8, 0, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (64 * 5 + 64 * 3,) * 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= total for done, total in told)
