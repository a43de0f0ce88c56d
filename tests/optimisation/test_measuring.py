"""Measurements: the same over parts and over the whole, kept to the last bit, and never mistaken for one another."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percuta.engine.executors import InThisProcess
from percuta.engine.simulate import run
from percuta.engine.store import Store
from percuta.errors import ConvergenceError, PlanError
from percuta.library.registry import Library, library
from percuta.optimisation import measuring
from percuta.optimisation.measurer import Measurer
from percuta.optimisation.measuring import (
    Measured,
    Ruled,
    RulesTask,
    Sampling,
    Task,
    injury_of,
    joined,
    measure,
    ruled,
    without_wishes,
)
from percuta.optimisation.wishes import Wishes
from percuta.plan.model import Plan
from percuta.plan.reading import read_plan
from percuta.results.endpoints import samples
from percuta.results.samples import Sample

from ..conftest import MINIMAL_PLAN
from .toys import aim, limit

KNOWN = library()
WISHES = Wishes(
    (aim(endpoint="modelled_collagen_vs_untreated"), aim("minimise", endpoint="pain_peak")),
    (limit(endpoint="redness_duration"),),
)
DRAFT = Sampling(0, 64, "draft")
NAN = math.nan


@cache
def pen(sessions: int = 4) -> Plan:
    return read_plan(MINIMAL_PLAN.replace("sessions = 4", f"sessions = {sessions}"))


def task(**changes: Any) -> Task:
    return replace(Task(pen(), WISHES, KNOWN, DRAFT, 0, 16), **changes)


def bits(one: Measured) -> tuple[bytes, ...]:
    return one.aims.tobytes(), one.limits.tobytes(), one.injury.tobytes(), one.fault.encode()


def measurer(folder: Path | None = None, wishes: Wishes = WISHES) -> Measurer:
    return Measurer(wishes, KNOWN, store=Store(folder, 10_000_000))


def test_a_measurement_over_parts_equals_one_over_the_whole() -> None:
    whole = measure(task(stop=48))
    parts = joined(measure(task(start=a, stop=b)) for a, b in ((0, 16), (16, 48)))  # as a search parts them
    assert whole.fault == ""
    assert whole.members == 48
    assert (whole.aims.shape, whole.limits.shape) == ((2, 48), (1, 48))
    assert np.isfinite(whole.aims).all()
    assert np.ptp(whole.aims[1]) > 0.0
    assert bits(parts) == bits(whole)
    odd = joined(measure(task(start=a, stop=b)) for a, b in ((0, 5), (5, 6), (6, 48)))
    for name in ("aims", "limits", "injury"):  # other parts give other roundings in the processor's vectors
        np.testing.assert_allclose(getattr(odd, name), getattr(whole, name), rtol=1e-12)


def test_a_measurement_that_crosses_a_batch_is_made_of_what_lies_on_either_side() -> None:
    [whole] = measurer().measure([pen()], replace(DRAFT, members=264), 240)
    assert whole.members == 24
    assert bits(whole) == bits(joined([measure(task(start=240, stop=256)), measure(task(start=256, stop=264))]))
    assert not np.array_equal(
        whole.aims[:, 16:], measure(task(stop=8)).aims
    )  # the sequence goes on and does not begin anew


def test_a_greater_sample_begins_with_the_smaller_one() -> None:
    small, great = (measurer().measure([pen()], replace(DRAFT, members=count))[0] for count in (16, 32))
    assert great.members == 32
    assert great.aims[:, :16].tobytes() == small.aims.tobytes()


def test_kept_measurements_are_read_back_to_the_last_bit_and_nothing_is_computed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = [pen(), pen(5), pen()]  # one of them twice
    first = measurer(tmp_path)
    found = first.measure(plans, DRAFT, 0, 16)
    rules = first.rules(plans)
    assert first.computed == 2 * 16
    monkeypatch.setattr(measuring, "run", None)
    monkeypatch.setattr(measuring, "check_plan", None)
    again = measurer(tmp_path)
    assert [bits(one) for one in again.measure(plans, DRAFT, 0, 16)] == [bits(one) for one in found]
    assert again.rules(plans) == rules
    assert again.computed == 0
    assert bits(found[0]) == bits(found[2]) != bits(found[1])


@pytest.mark.parametrize(
    "one",
    [
        Measured(np.array([[0.1, NAN, 1e-300]]), np.array([[-0.0, math.inf, 1 / 3]]), np.array([NAN, 0.0, 2.0])),
        Measured(np.zeros((2, 4)), np.zeros((0, 4)), np.ones(4)),
        Measured(np.full((1, 2), NAN), np.full((3, 2), NAN), np.full(2, NAN), "why\nnot"),
    ],
)
def test_bytes_of_a_measurement_read_back_to_the_last_bit(one: Measured) -> None:
    back = Measured.from_bytes(one.as_bytes())
    assert bits(back) == bits(one)
    assert (back.aims.shape, back.limits.shape) == (one.aims.shape, one.limits.shape)


def test_different_questions_never_share_a_key() -> None:
    def wished(*changes: Any) -> Wishes:
        aims, limits = changes
        return Wishes(tuple(aims), tuple(limits))

    one, other = WISHES.aims
    [harm] = WISHES.limits
    burden = limit(endpoint="pain_peak")  # the worst zone counts as in the objective
    tasks = [
        task(),
        task(plan=pen(5)),
        task(sampling=replace(DRAFT, seed=1)),
        task(sampling=replace(DRAFT, accuracy="standard")),
        task(start=8),
        task(stop=8),
        task(wishes=wished([one], [harm])),
        task(wishes=wished([one], [burden, harm])),  # the same endpoints, parted otherwise
        task(wishes=wished([other, one], [harm])),
        task(wishes=wished([one, replace(other, zone="cheeks")], [harm])),
        task(wishes=wished([one, replace(other, goal="maximise")], [harm])),
        task(wishes=wished([replace(one, time=1e6), other], [harm])),
        task(wishes=wished([one, other], [limit("above", endpoint="redness_duration")])),
    ]
    keys = [one.key() for one in tasks]
    assert len(set(keys)) == len(keys)
    rules = [RulesTask(pen(), KNOWN).key(), RulesTask(pen(5), KNOWN).key()]
    assert len({*keys, *rules}) == len(keys) + 2


def test_limits_and_quantiles_are_judged_later_and_share_what_was_computed() -> None:
    stricter = replace(WISHES, limits=(replace(WISHES.limits[0], limit=0.5, probability=0.6),))
    other = replace(WISHES, aims=tuple(replace(one, quantile=0.1, reason="why") for one in WISHES.aims))
    assert task(wishes=stricter).key() == task(wishes=other).key() == task().key()


def test_objectives_and_constraints_parted_otherwise_are_not_mistaken(tmp_path: Path) -> None:
    measurer(tmp_path).measure([pen()], DRAFT, 0, 16)
    parted = Wishes(WISHES.aims[:1], (limit(endpoint="pain_peak"), *WISHES.limits))
    [found] = measurer(tmp_path, parted).measure([pen()], DRAFT, 0, 16)
    assert (found.aims.shape, found.limits.shape) == ((1, 16), (2, 16))


def test_wishes_of_the_plan_change_no_measurement() -> None:
    wishing = read_plan(MINIMAL_PLAN + '\n[[optimise.constraints]]\nendpoint = "pain_peak"\nbelow = 4\n')
    assert wishing.optimise is not None
    assert task(plan=without_wishes(wishing)).key() == task().key()


def test_what_cannot_be_computed_is_a_fault_of_all_its_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise PlanError("no such skin")

    monkeypatch.setattr(measuring, "run", broken)
    [found] = measurer().measure([pen()], DRAFT, 0, 16)
    assert "no such skin" in found.fault
    assert found.impossible
    assert (found.members, found.lost) == (16, 16)
    assert (found.aims.shape, found.limits.shape) == ((2, 16), (1, 16))


@pytest.mark.parametrize("fault", [MemoryError, OSError])
def test_what_the_machine_lacks_is_no_property_of_the_plan(
    fault: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise fault

    with monkeypatch.context() as changed:
        changed.setattr(measuring, "run", lacking)
        with pytest.raises(fault):
            measurer(tmp_path).measure([pen()], DRAFT, 0, 16)
    [again] = measurer(tmp_path).measure([pen()], DRAFT, 0, 16)
    assert (again.fault, again.lost) == ("", 0)


def test_a_fault_of_the_program_loses_one_choice_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:

    def broken(plan: Plan, *more: Any) -> Any:
        if plan.course.sessions == 5:
            raise ZeroDivisionError("none")
        return run(plan, *more)

    monkeypatch.setattr(measuring, "run", broken)
    lost, good = measurer().measure([pen(5), pen()], DRAFT, 0, 16)
    assert "ZeroDivisionError" in lost.fault
    assert good.fault == ""


def test_one_scenario_that_does_not_converge_is_lost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure(task())
    bad = whole.aims[1, 5]

    def failing(plan: Plan, known: Library, scenarios: Any, solver: Any) -> Any:
        outcome = run(plan, known, scenarios, solver)
        pain = next(one.values for one in samples(outcome) if one.name == "pain_peak")
        if pain is not None and bad in pain:
            raise ConvergenceError("it went round and round")
        return outcome

    monkeypatch.setattr(measuring, "run", failing)
    found = measure(task())
    assert (found.fault, found.lost) == ("it went round and round", 1)
    assert not found.impossible
    assert np.isnan(found.aims[:, 5]).all()
    rest = [number for number in range(16) if number != 5]
    np.testing.assert_allclose(found.aims[:, rest], whole.aims[:, rest], rtol=1e-12)


def test_the_rules_are_those_of_the_check() -> None:
    plain = read_plan(MINIMAL_PLAN)  # no question is answered
    assert ruled(RulesTask(plain, KNOWN)).stopped
    assert Ruled() == Ruled((), (), beyond_label=False)


def test_injury_is_the_mean_over_both_layers_of_the_worse_zone_for_each_session() -> None:
    def sample(name: str, zone: str, *values: float) -> Sample:
        return Sample(name, zone, "1", "", np.array(values))

    every = [
        sample("papillary_punctured_fraction", "a", 0.1, 0.2),
        sample("reticular_punctured_fraction", "a", 0.3, 0.0),
        sample("papillary_punctured_fraction", "b", 0.0, 0.4),
        sample("reticular_punctured_fraction", "b", 0.2, 0.4),
        sample("pain_peak", "a", 9.0, 9.0),
    ]
    assert injury_of(pen(4), every) == pytest.approx([4 * 0.2, 4 * 0.4])
    assert injury_of(pen(4), every[-1:]).tolist() == [0.0, 0.0]


def test_a_store_that_keeps_nothing_changes_nothing() -> None:
    assert isinstance(measurer().pool, InThisProcess)
    [one] = measurer().measure([pen()], DRAFT, 0, 16)
    assert bits(one) == bits(measure(task()))
