"""Members of a cohort: each is a row of one sequence; whoever cannot be computed is a row with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from percuta.cohort.members import (
    CHUNK_WITH_PULSES,
    TRAITS,
    Cohort,
    Column,
    Columns,
    Members,
    check_patients,
    chunks,
    members_of,
)
from percuta.cohort.people import CohortSpec
from percuta.engine.people import People
from percuta.engine.scenarios import Scenarios
from percuta.errors import ConvergenceError, DeviceLimitError, PlanError
from percuta.plan.reading import read_plan
from percuta.results.samples import Sample
from percuta.units import Quantity

from ..engine.pulsed import changed
from .cohorts import dry_cohort, dry_text, given

AGE = TRAITS.index("age")
ONE = (Column("depth", "cheeks", "mm", "a stand-in"),)
Outcome = Callable[[Cohort, Scenarios, People | None], list[Sample]]


def outcome_that_raises(raises: Callable[[People], Exception | None], calls: list[int]) -> Outcome:
    """Return a stand-in for the engine that gives everybody their age, or raises for a batch."""

    def outcome(cohort: Cohort, scenarios: Scenarios, people: People | None) -> list[Sample]:
        assert people is not None
        calls.append(scenarios.members)
        fault = raises(people)
        if fault is not None:
            raise fault
        return [Sample("depth", "cheeks", "mm", "a stand-in", people.age)]

    return outcome


def test_a_member_is_the_same_whatever_the_number_of_members() -> None:
    cohort = dry_cohort()
    columns = given(cohort)
    few, more = (Members.from_bytes(chunks(cohort, columns, n)[0].computed()) for n in (5, 40))
    np.testing.assert_array_equal(few.traits, more.traits[:, :5])
    np.testing.assert_allclose(few.values, more.values[:, :5], rtol=1e-12)
    assert len({tuple(column) for column in more.values.T}) == 40


def test_chunks_have_256_members_and_the_last_one_fewer() -> None:
    cohort = dry_cohort()
    assert [(one.start, one.stop) for one in chunks(cohort, (), 600)] == [(0, 256), (256, 512), (512, 600)]
    pulsed = replace(cohort, plan=read_plan(changed()))
    assert [one.stop - one.start for one in chunks(pulsed, (), 20)] == [CHUNK_WITH_PULSES, CHUNK_WITH_PULSES, 4]


def test_members_of_the_second_chunk_are_other_people() -> None:
    cohort = dry_cohort()
    first, second = (cohort.scenarios(start, start + 4).points for start in (0, 256))
    assert not np.isin(first[:, 0], second[:, 0]).any()
    np.testing.assert_array_equal(cohort.scenarios(258, 260).points, second[2:])


def test_a_cohort_has_the_people_that_were_asked_for() -> None:
    year = 365.25 * 86_400.0
    cohort = dry_cohort(people=CohortSpec((30 * year, 40 * year), "male", (5,)))
    drawn = Members.from_bytes(chunks(cohort, given(cohort), 12)[0].computed())
    age, female, phototype, mass = drawn.traits
    assert 30.0 <= age.min() < age.max() <= 40.01
    assert not female.any()
    assert set(phototype) == {5.0}
    assert 40.0 < mass.min() < mass.max() < 200.0


def test_those_who_raise_are_found_by_halving_and_the_others_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    cohort, calls = dry_cohort(), list[int]()
    everybody = members_of(cohort, (), cohort.scenarios(0, 256))
    unlucky = sorted(everybody.traits[AGE])[-3:]
    year = 365.25 * 86_400.0

    def raises(people: People) -> Exception | None:
        return ConvergenceError("never\n  converged") if people.age.max() > unlucky[0] * year * 0.999999 else None

    monkeypatch.setattr(Cohort, "outcome", outcome_that_raises(raises, calls))
    found = members_of(cohort, ONE, cohort.scenarios(0, 256))
    failed = [row for row, reason in enumerate(found.reasons) if reason]
    assert sorted(found.traits[AGE, failed]) == unlucky  # who they are is known all the same
    assert {found.reasons[row] for row in failed} == {"never converged"}
    assert np.isnan(found.values[0, failed]).all()
    others = np.delete(np.arange(256), failed)
    np.testing.assert_allclose(found.values[0, others], found.traits[AGE, others] * year, rtol=1e-12)
    assert len(calls) <= 1 + 2 * 3 * 8  # each of three is parted from the others in eight halvings


def test_a_fault_of_the_program_in_one_member_is_a_row_too(monkeypatch: pytest.MonkeyPatch) -> None:
    cohort = dry_cohort()
    calls: list[int] = []
    monkeypatch.setattr(Cohort, "outcome", outcome_that_raises(lambda people: ValueError("x" * 1000), calls))
    found = members_of(cohort, ONE, cohort.scenarios(0, 2))
    assert [reason[:20] for reason in found.reasons] == ["ValueError: xxxxxxxx"] * 2
    assert all(len(reason) == 300 for reason in found.reasons)


@pytest.mark.parametrize("fault", [MemoryError(), OSError("disk full")])
def test_a_fault_of_the_machine_is_no_fault_of_a_member(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    cohort, calls = dry_cohort(), list[int]()
    monkeypatch.setattr(Cohort, "outcome", outcome_that_raises(lambda people: fault, calls))
    with pytest.raises(type(fault)):
        members_of(cohort, ONE, cohort.scenarios(0, 8))
    assert calls == [8]


def test_what_is_wrong_with_the_plan_shows_before_any_member() -> None:
    plan = read_plan(dry_text())
    [step] = plan.session.steps
    too_deep = step.model_copy(update={"set_depth": Quantity("9 mm", 0.009)})
    deep = plan.model_copy(update={"session": plan.session.model_copy(update={"steps": (too_deep,)})})
    with pytest.raises(DeviceLimitError, match="9 mm"):
        Columns(replace(dry_cohort(), plan=deep)).computed()


def test_one_unlucky_scenario_does_not_condemn_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    cohort, computed = dry_cohort(), Cohort.outcome
    first = cohort.scenarios(0, 1).points[0, 0]

    def outcome(self: Cohort, scenarios: Scenarios, people: People | None) -> list[Sample]:
        if scenarios.points[0, 0] == first:
            raise ConvergenceError("never converged")
        return computed(self, scenarios, people)

    monkeypatch.setattr(Cohort, "outcome", outcome)
    assert len(Columns.read(Columns(cohort).computed())) > 20


def test_columns_name_what_is_withheld() -> None:
    columns = {column.name: column for column in Columns.read(Columns(dry_cohort()).computed())}
    assert columns["pain_peak"].unit == "0-10"
    assert columns["expected_end_point"].words[0] == "nothing_visible"
    assert "elastic fibres" in columns["recoil_change"].withheld


def test_bytes_read_back_to_the_last_bit() -> None:
    values = np.array([[0.1, np.nan, 3.0], [1e-300, -0.0, np.inf]])
    members = Members(np.arange(12.0).reshape(4, 3), values, ("", "a reason\nof two lines: ≥", ""))
    read = Members.from_bytes(members.as_bytes())
    assert read.reasons == members.reasons
    assert read.values.tobytes() == values.tobytes()
    assert read.traits.tobytes() == members.traits.tobytes()
    assert read.as_bytes() == members.as_bytes()


def test_every_input_changes_the_name_of_a_part() -> None:
    cohort = dry_cohort()
    others = [
        dry_cohort(seed=1),
        dry_cohort(people=CohortSpec(sex="female")),
        replace(cohort, accuracy="standard"),
        replace(cohort, plan=cohort.plan.model_copy(update={"title": "another"})),
    ]
    keys = [chunks(one, (), 10)[0].key() for one in (cohort, *others)]
    keys += [chunks(cohort, (), 11)[0].key(), chunks(cohort, (), 300)[1].key(), Columns(cohort).key()]
    assert len(set(keys)) == len(keys)
    assert chunks(dry_cohort(), (), 10)[0].key() == keys[0]


@pytest.mark.parametrize("patients", [0, -3, 65_537])
def test_a_number_of_patients_that_does_not_do(patients: int) -> None:
    with pytest.raises(PlanError, match="1 to 65536"):
        check_patients(patients)
