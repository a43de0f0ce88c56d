"""Verdicts of a cohort: few are asked about, and everybody has the verdict that the rules give them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from percuta.cohort import verdicts
from percuta.cohort.members import Cohort, members_of
from percuta.cohort.table import VERDICTS
from percuta.cohort.verdicts import people_alike, person_of, spread_out
from percuta.library.registry import Library, library
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.safety.check import check_plan
from percuta.safety.findings import Finding, Findings

from .cohorts import EXAMPLES, dry_cohort

TRAITS = np.array([[30.0, 31.0, 32.0, 33.0], [1, 1, 1, 1], [3, 3, 3, 3], [80.0, 50.0, 60.0, 70.0]])


NOTHING = Findings(())


def judged(cohort: Cohort, traits: np.ndarray, findings: Findings = NOTHING) -> list[str]:
    alike = people_alike(cohort, traits, findings)
    found = spread_out(alike, [part.computed() for part, _ in alike], traits)
    return ["" if place < 0 else VERDICTS[place] for place in found]


def test_a_grave_verdict_is_for_those_who_are_too_light(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def check(plan: Plan, known: Library) -> Findings:
        asked.append(plan.patient.mass.si)
        refused = Finding("too_light", "refuse", "", "", "limit")
        return Findings((refused,) if plan.patient.mass.si < 65.0 else ())

    monkeypatch.setattr(verdicts, "check_plan", check)
    masses = np.linspace(45.0, 125.0, 200)
    traits = np.array([np.full(200, 30.0), np.ones(200), np.full(200, 3.0), masses[::-1]])
    assert judged(dry_cohort(), traits) == ["refused" if mass < 65.0 else "passes" for mass in masses[::-1]]
    assert len(asked) < 20


def test_nobody_is_asked_about_of_whom_nothing_is_known() -> None:
    traits = np.where(np.arange(4) == 2, np.nan, TRAITS)
    assert [bool(one) for one in judged(dry_cohort(), traits)] == [True, True, False, True]


# on both sides of what rules and thickness datasets tell apart: 22 years, decades and what lies between them, mass
EDGES = np.array(
    [
        [18.0, 21.99, 22.0, 29.4, 29.6, 75.0, 52.0, 52.0, 52.0],
        [1, 0, 1, 0, 1, 0, 1, 1, 1],
        [1, 6, 5, 2, 3, 4, 3, 3, 3],
        [45.0, 120.0, 50.0, 70.0, 60.0, 90.0, 42.0, 55.0, 120.0],
    ]
)


def test_everybody_has_the_verdict_of_the_rules() -> None:
    text = (EXAMPLES / "cheek_pen.toml").read_text("utf-8")
    for old, new in (('"1.0 mm"', '"0.5 mm"'), ('"76 cm^2"', '"500 cm^2"'), ('"11 g"', '"60 g"')):
        assert old in text
        text = text.replace(old, new)  # shallow, and so much cream that the level in the blood of the lightest counts
    cohort = replace(dry_cohort(), plan=read_plan(text))
    traits = np.hstack([members_of(cohort, (), cohort.scenarios(0, 8)).traits, EDGES])
    found = judged(cohort, traits)
    expected = []
    for age, female, phototype, mass in traits.T:
        person = person_of(cohort.plan, age, bool(female), int(phototype), mass)
        expected.append(check_plan(person, library()).verdict)
    assert found == expected
    of_edges = found[-len(EDGES.T) :]
    assert of_edges[:2] == ["passes_with_warnings"] * 2  # for their age
    assert of_edges[-3] != of_edges[-1]  # for her mass


def test_a_missing_answer_that_the_plan_was_not_asked_for_counts_for_nobody() -> None:
    plan = load_plan(EXAMPLES / "forehead_roller.toml")  # of a man, who is not asked whether he is pregnant
    assert plan.patient.sex == "male"
    assert "pregnant" not in plan.patient.screening
    woman = person_of(plan, 30.0, True, 3, 60.0)
    assert check_plan(woman, library()).verdict == "deferred"
    cohort, own = replace(dry_cohort(), plan=plan), check_plan(plan, library())
    assert set(judged(cohort, TRAITS, own)) == {own.verdict}
    unanswered = plan.model_copy(update={"patient": plan.patient.model_copy(update={"screening": {}})})
    cohort = replace(cohort, plan=unanswered)
    assert set(judged(cohort, TRAITS, check_plan(unanswered, library()))) == {"deferred"}


def test_the_person_of_the_plan_is_replaced_whole() -> None:
    person = person_of(load_plan(EXAMPLES / "cheek_pen.toml"), 41.5, False, 6, 92.25).patient
    assert (person.sex, person.phototype, person.menopause_age) == ("male", 6, None)
    assert person.age.to("years") == pytest.approx(41.5)
    assert person.mass.si == 92.25
    assert person.screening["active_herpes"] == "no"
