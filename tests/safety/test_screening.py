"""The questionnaire: who is asked what, and what an answer or its absence means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from percuta.errors import LibraryError
from percuta.library.registry import library
from percuta.plan.model import Plan
from percuta.safety.conditions import facts_of, holds
from percuta.safety.findings import Finding, Findings
from percuta.safety.screening import items_for

Data = dict[str, Any]
Check = Callable[[Data], Findings]

ITEMS = sorted(library().screening)


@pytest.fixture
def asked_all(cheek_pen: Data) -> Data:
    """A plan for which every item is asked: a woman, face, radiofrequency, lidocaine with prilocaine."""
    cheek_pen["device"] = {"model": "generic-rf-7x7-insulated"}
    steps = cheek_pen["session"]["steps"]
    index = next(number for number, step in enumerate(steps) if step["do"] == "needling")
    dose = {"power": "25 W", "pulse_width": "100 ms"}
    steps[index] = {"do": "rf_pulses", "zones": ["cheeks"], "set_depth": "1.0 mm"} | dose
    cheek_pen["zones"][0]["masked"] = ["mole left of the mouth"]
    cheek_pen["patient"]["screening"] = dict.fromkeys(ITEMS, "no")
    return cheek_pen


def of(findings: Findings, rule: str) -> list[Finding]:
    return [finding for finding in findings.findings if finding.rule == rule]


def test_every_item_is_asked_somewhere(asked_all: Data) -> None:
    assert [rule.id for rule in items_for(Plan.model_validate(asked_all), library())] == list(library().screening)


@pytest.mark.parametrize("item", ITEMS)
def test_yes_has_the_severity_of_the_rule(item: str, asked_all: Data, checked: Check) -> None:
    assert not of(checked(asked_all), item)
    asked_all["patient"]["screening"][item] = "yes"
    (found,) = of(checked(asked_all), item)
    rule = library().screening[item]
    assert (found.severity, found.reason, found.kind) == (rule.severity, rule.reason, "screening")
    assert (found.views, found.claims, found.source) == (rule.views, rule.claims, rule.source)
    assert not found.unanswered


@pytest.mark.parametrize("item", ITEMS)
def test_missing_or_unknown_is_said_so(item: str, asked_all: Data, checked: Check) -> None:
    asked_all["patient"]["screening"][item] = "unknown"
    (unknown,) = of(checked(asked_all), item)
    del asked_all["patient"]["screening"][item]
    (missing,) = of(checked(asked_all), item)
    rule = library().screening[item]
    assert unknown.severity == missing.severity == "defer"
    assert unknown.reason.startswith("The answer is not known: ")
    assert missing.reason.startswith("This question was not asked: ")
    assert rule.question in missing.reason


def test_many_missing_answers_are_counted_in_the_sentence(cheek_pen: Data, checked: Check) -> None:
    del cheek_pen["patient"]["screening"]
    findings = checked(cheek_pen)
    deferring = [finding for finding in findings.findings if finding.severity == "defer"]
    assert findings.verdict == "deferred"
    assert findings.exit_code == 3
    assert f"{len(deferring)} screening questions have no answer yet." in findings.sentence
    assert len({finding.rule for finding in deferring}) == len(deferring) > 40


def test_one_missing_answer_reads_well(cheek_pen: Data, checked: Check) -> None:
    del cheek_pen["patient"]["screening"]["active_herpes"]
    findings = checked(cheek_pen)
    assert findings.sentence == (
        "Deferred: this plan has to wait. 1 screening question has no answer yet. 1 warning has to be weighed."
    )


def test_men_are_not_asked_for_pregnancy(cheek_pen: Data) -> None:
    asked = {rule.id for rule in items_for(Plan.model_validate(cheek_pen), library())}
    cheek_pen["patient"]["sex"] = "male"
    del cheek_pen["patient"]["menopause_age"]
    assert asked - {rule.id for rule in items_for(Plan.model_validate(cheek_pen), library())} == {"pregnant", "nursing"}


def test_an_item_that_is_not_asked_says_nothing(cheek_pen: Data, checked: Check) -> None:
    cheek_pen["patient"]["screening"]["active_implant"] = "yes"
    assert not of(checked(cheek_pen), "active_implant")


FACTS = {
    "modality": frozenset({"rf"}),
    "drug": frozenset({"lidocaine", "prilocaine"}),
    "region": frozenset({"face", "neck"}),
    "place": frozenset({"cheek", "face", "neck"}),
    "sex": frozenset({"female"}),
}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, True),
        ({"modality": "rf"}, True),
        ({"modality": "needling"}, False),
        ({"modality": ["needling", "rf"]}, True),
        ({"drug": "prilocaine", "sex": "female"}, True),
        ({"drug": "prilocaine", "sex": "male"}, False),
        ({"region": ["body"]}, False),
        ({"region": "neck", "place": ["near_eyes", "cheek"]}, True),
        ({"place": "near_eyes"}, False),
    ],
)
def test_conditions(when: Data, expected: bool) -> None:
    assert holds(when, FACTS) is expected


def test_unknown_condition_is_an_error() -> None:
    with pytest.raises(LibraryError, match="did you mean modality"):
        holds({"modalities": "rf"}, FACTS)


def test_conditions_of_the_library_are_known() -> None:
    for rule in (*library().screening.values(), *library().protocol.values()):
        holds(rule.when, FACTS)


def test_facts_of_a_plan_and_of_one_zone(cheek_pen: Data) -> None:
    cheek_pen["zones"].append({"name": "neck", "site": "neck", "area": "40 cm^2"})
    plan = Plan.model_validate(cheek_pen)
    whole = facts_of(plan, library())
    assert whole["region"] == {"face", "neck"}
    assert whole["modality"] == {"needling"}
    assert {"lidocaine", "prilocaine"} <= whole["drug"]
    neck = facts_of(plan, library(), ["neck"])
    assert neck["region"] == {"neck"}
    assert neck["modality"] == frozenset()
