"""The consultation: the questionnaire follows the person, nothing counts as asked that was not, decisions are named."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from percuta.plan.drafts import read_draft
from percuta.web.desk import Desk
from percuta.web.drafts import judged
from percuta.web.overrides import decided, withdrawn
from percuta.web.pages.home import new_data
from percuta.web.plan_store import StoredPlan
from percuta.web.questionnaire import questionnaire
from percuta.workflows.check import questions

from ..conftest import MINIMAL_PLAN

HTMX = {"HX-Request": "true"}
OVERRIDABLE, FINAL = "keloid_in_field", "active_herpes"


@pytest.fixture
def stored(desk: Desk) -> StoredPlan:
    """A new plan of nobody."""
    return desk.plans.create(new_data(desk.known))


def edit(client: TestClient, stored: StoredPlan, version: int, **fields: str) -> Any:
    """Change fields as the page does; two underscores stand for the point of a key."""
    data = {name.replace("__", "."): text for name, text in fields.items()}
    return client.post(
        f"/plans/{stored.id}/edit", data={"version": str(version), "back": "consultation", **data}, headers=HTMX
    )


def post(client: TestClient, stored: StoredPlan, address: str, **fields: str) -> Any:
    return client.post(f"/plans/{stored.id}/{address}", data=fields, headers=HTMX)


def asked(desk: Desk, stored: StoredPlan) -> list[str]:
    return [one.rule.id for one in questionnaire(desk, desk.plans.plan(stored.id)).questions]


def answers(desk: Desk, stored: StoredPlan) -> dict[str, Any]:
    found: dict[str, Any] = desk.plans.plan(stored.id).data["patient"].get("screening", {})
    return found


# --- the page ---


def test_a_new_plan_asks_everything_and_counts_nothing_as_asked(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    text = client.get(f"/plans/{stored.id}/consultation").text
    total = len(asked(desk, stored))
    assert f"<strong>0 of {total} answered</strong>, {total} not asked yet" in text
    assert text.count('class="unasked">Not asked yet') == total
    assert not re.search(r'name="patient\.screening\.\w+" value="\w+" checked', text)
    for item in asked(desk, stored):
        for word in ("yes", "no", "unknown"):
            assert f'name="patient.screening.{item}" value="{word}"' in text


def test_every_question_stands_once_under_its_topic(desk: Desk, stored: StoredPlan) -> None:
    now = questionnaire(desk, stored)
    ids = [one.rule.id for one in now.questions]
    assert len(ids) == len(set(ids))
    assert set(ids) == {rule.id for rule in questions(read_draft(stored.data, desk.known), desk.known)}
    assert all(one.rule.topic == topic.id for topic in now.topics for one in topic.questions)


def test_every_phototype_is_told_by_what_the_sun_does(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    text = client.get(f"/plans/{stored.id}/consultation").text
    for one in desk.known.phototypes:
        assert one.sun in text
        assert f'name="patient.phototype" value="{one.type}"' in text


def test_a_plan_of_odd_shape_is_still_shown(client: TestClient, desk: Desk) -> None:
    odd = {
        "title": 7,
        "patient": {
            "age": [],
            "scar_types": 3,
            "screening": {FINAL: "perhaps", "none_such": "no", "pregnant": ["yes"]},
        },
        "zones": [{"site": ["cheek"]}, 4, *({"site": "cheek"} for _ in range(30))],
        "device": "pen",
        "session": [],
        "overrides": [3, {"rule": FINAL}, {"name": "Dr A"}],
    }
    stored = desk.plans.create(odd)
    text = client.get(f"/plans/{stored.id}/consultation").text
    assert "perhaps" in text  # what was found is told beside what is allowed
    edited = edit(client, stored, 1, patient__age="40")
    assert edited.status_code == 200


def test_a_file_of_questions_written_as_unknown_is_not_taken_as_answered(client: TestClient, desk: Desk) -> None:
    data = tomllib.loads(MINIMAL_PLAN)
    data["patient"]["screening"] = {FINAL: "unknown"}
    stored = desk.plans.create(data)
    text = client.get(f"/plans/{stored.id}/consultation").text
    assert "<strong>0 of " in text
    assert "1 not known" in text
    assert "This has to be known before the session." in text


# --- answers ---


def test_a_yes_is_answered_with_its_finding_below_its_question(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    text = edit(client, stored, 1, **{f"patient__screening__{FINAL}": "yes"}).text
    rule = desk.known.screening[FINAL]
    below = text[text.index('id="outcome-active-herpes"') :]
    assert rule.reason in below
    assert rule.change in below
    assert "Nobody can override this rule." in below
    assert f"<strong>1 of {len(asked(desk, stored))} answered</strong>" in text
    assert 'id="topics"' not in text  # only what was touched is drawn again
    assert text.count('class="outcome"') == 1
    flags = text[text.index('id="flags"') :]
    assert rule.reason in flags[: flags.index("</section>")]


def test_sources_are_readable_and_linked_where_something_was_read(client: TestClient, stored: StoredPlan) -> None:
    text = edit(client, stored, 1, patient__screening__active_skin_disease="yes").text
    below = text[text.index('id="outcome-active-skin-disease"') :]
    assert "Rests on: Alam 2014; Optimas operator manual" in below
    assert 'href="/evidence/alam_2014"' in below
    assert "alam_2014;" not in below


def test_both_views_stand_where_sources_disagree(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    text = edit(client, stored, 1, patient__screening__isotretinoin_current="yes").text
    for view in desk.known.screening["isotretinoin_current"].views:
        assert view["says"] in text


def test_what_the_person_does_not_know_waits_and_is_not_counted_as_answered(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    text = edit(client, stored, 1, **{f"patient__screening__{FINAL}": "unknown"}).text
    assert "<strong>0 of " in text
    assert "This has to be known before the session." in text
    assert judged(desk, desk.plans.plan(stored.id)).findings.verdict == "deferred"


def test_a_no_says_nothing_below_its_question(client: TestClient, stored: StoredPlan) -> None:
    text = edit(client, stored, 1, **{f"patient__screening__{FINAL}": "no"}).text
    assert re.search(r'id="outcome-active-herpes" class="outcome" hx-swap-oob="true">\s*</div>', text)


def test_an_answer_to_an_older_version_is_told_and_kept_from_overwriting(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    edit(client, stored, 1, **{f"patient__screening__{FINAL}": "yes"})
    late = edit(client, stored, 1, **{f"patient__screening__{FINAL}": "no"})
    assert late.status_code == 409
    assert answers(desk, stored) == {FINAL: "yes"}


# --- which questions are asked ---


def test_the_questions_follow_the_sex(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    assert "pregnant" in asked(desk, stored)  # it is asked as long as nobody said that it need not be
    text = edit(client, stored, 1, patient__sex="male").text
    assert 'id="topics"' in text
    assert "pregnant" not in asked(desk, stored)
    same = edit(client, stored, 2, patient__age="40")
    assert 'id="topics"' not in same.text
    edit(client, stored, 3, patient__sex="female")
    assert "pregnant" in asked(desk, stored)


def test_a_yes_is_not_hidden_by_the_sex(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    edit(client, stored, 1, patient__screening__pregnant="yes")
    edit(client, stored, 2, patient__sex="male")
    assert "pregnant" in asked(desk, stored)


@pytest.mark.parametrize(("kind", "expected"), [("rf_array", True), ("pen", False)])
def test_the_questions_follow_the_device(desk: Desk, kind: str, expected: bool) -> None:
    device = next(name for name, one in desk.known.devices.items() if one.kind == kind)
    stored = desk.plans.create(new_data(desk.known) | {"device": {"model": device}})
    assert ("active_implant" in asked(desk, stored)) is expected


def test_the_questions_follow_the_place(desk: Desk) -> None:
    body = next(name for name, site in desk.known.sites.items() if site.region == "body")
    nowhere = desk.plans.create(new_data(desk.known))
    there = desk.plans.create(new_data(desk.known) | {"zones": [{"name": "there", "site": body, "area": "10 cm^2"}]})
    assert "facial_surgery_within_12_months" in asked(desk, nowhere)
    assert "facial_surgery_within_12_months" not in asked(desk, there)


def test_a_whole_plan_is_asked_what_its_check_asks(desk: Desk) -> None:
    stored = desk.plans.create(tomllib.loads(MINIMAL_PLAN))
    unanswered = {one.rule for one in judged(desk, stored).findings.findings if one.unanswered}
    assert set(asked(desk, stored)) == unanswered


# --- the rest of a topic ---


def test_the_rest_of_a_topic_is_written_in_one_change_and_leaves_what_was_answered(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    edit(client, stored, 1, patient__screening__metal_allergy="yes")
    edit(client, stored, 2, patient__screening__anaesthetic_allergy="unknown")
    page = client.get(f"/plans/{stored.id}/consultation").text
    assert "The person answered no to all" in page
    text = post(client, stored, "screening/rest", version="3", topic="field").text
    found = answers(desk, stored)
    field = [one.rule.id for one in questionnaire(desk, desk.plans.plan(stored.id)).topic("field").questions]
    assert {item for item, answer in found.items() if answer == "no"} == set(field)
    assert found["metal_allergy"] == "yes"
    assert found["anaesthetic_allergy"] == "unknown"
    assert "melasma" not in found  # another topic
    assert text.count('class="outcome"') == len(field)
    assert 'value="no" checked' in text  # the radio buttons have to show what was written
    client.post(f"/plans/{stored.id}/undo", data={"version": "4", "back": "consultation"})
    assert set(answers(desk, stored)) == {"metal_allergy", "anaesthetic_allergy"}


@pytest.mark.parametrize("topic", ["none such", ""])
def test_the_rest_of_no_topic_is_refused(client: TestClient, desk: Desk, stored: StoredPlan, topic: str) -> None:
    assert post(client, stored, "screening/rest", version="1", topic=topic).status_code in (400, 422)
    assert desk.plans.plan(stored.id).version == 1


# --- a prescriber's decision ---

DECISION = {"name": "Dr A. Example", "reason": "Dermatologist agreed", "prescriber": "yes", "back": "consultation"}


def test_a_decision_takes_name_and_reason_and_stays_in_sight(
    client: TestClient, desk: Desk, stored: StoredPlan
) -> None:
    text = edit(client, stored, 1, **{f"patient__screening__{OVERRIDABLE}": "yes"}).text
    assert "A prescriber may decide to go on" in text
    text = post(client, stored, "override", version="2", rule=OVERRIDABLE, **DECISION).text
    assert desk.plans.plan(stored.id).data["overrides"] == [
        {"rule": OVERRIDABLE, "name": "Dr A. Example", "reason": "Dermatologist agreed"}
    ]
    for place in ("flags", "live", "outcome-keloid-in-field", "decisions"):
        part = text[text.index(f'id="{place}"') :][:2500]
        assert "Dr A. Example" in part, place
        assert "Dermatologist agreed" in part, place
    elsewhere = client.get(f"/plans/{stored.id}/planner").text
    assert "Overridden by Dr A. Example" in elsewhere
    text = post(client, stored, "override/withdraw", version="3", rule=OVERRIDABLE, back="consultation").text
    assert "overrides" not in desk.plans.plan(stored.id).data
    assert "A prescriber may decide to go on" in text


@pytest.mark.parametrize(
    ("lacks", "said"),
    [("name", "not filled in"), ("reason", "not filled in"), ("prescriber", "only a prescriber can decide this")],
)
def test_a_decision_without_one_of_its_parts_is_asked_again(
    client: TestClient, desk: Desk, stored: StoredPlan, lacks: str, said: str
) -> None:
    edit(client, stored, 1, **{f"patient__screening__{OVERRIDABLE}": "yes"})
    answer = post(client, stored, "override", version="2", rule=OVERRIDABLE, **(DECISION | {lacks: " "}))
    assert answer.status_code == 422
    assert said in answer.text
    for part in {"name", "reason"} - {lacks}:
        assert DECISION[part] in answer.text  # nothing typed is lost
    assert "overrides" not in desk.plans.plan(stored.id).data


@pytest.mark.parametrize("answer", ["yes", "no", "unknown"])
def test_a_rule_that_nobody_can_override_or_that_does_not_stop_takes_no_decision(
    client: TestClient, desk: Desk, stored: StoredPlan, answer: str
) -> None:
    rule = FINAL if answer == "yes" else OVERRIDABLE
    edit(client, stored, 1, **{f"patient__screening__{rule}": answer})
    told = post(client, stored, "override", version="2", rule=rule, **DECISION)
    assert told.status_code == 422
    assert "nobody can override" in told.text if answer == "yes" else "does not stop the plan" in told.text
    assert "overrides" not in desk.plans.plan(stored.id).data


def test_what_is_typed_into_a_decision_is_shown_as_text(client: TestClient, stored: StoredPlan) -> None:
    edit(client, stored, 1, **{f"patient__screening__{OVERRIDABLE}": "yes"})
    name = "<script>alert(1)</script> A"
    text = post(client, stored, "override", version="2", rule=OVERRIDABLE, **(DECISION | {"name": name})).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_a_later_decision_on_a_rule_replaces_the_earlier_one() -> None:
    data = decided({"title": "x"}, "a", "Dr A", "first")
    data = decided(data, "b", "Dr B", "other")
    data = decided(data, "a", "Dr C", "second")
    assert [(one["rule"], one["name"]) for one in data["overrides"]] == [("b", "Dr B"), ("a", "Dr C")]
    assert withdrawn(withdrawn(data, "a"), "b") == {"title": "x"}


# --- onward ---


def test_the_end_says_what_is_missing_until_nothing_is(client: TestClient, desk: Desk, stored: StoredPlan) -> None:
    text = client.get(f"/plans/{stored.id}/consultation").text
    end = text[text.index('id="onward"') :]
    assert "Age</a>" in end
    assert f"{len(asked(desk, stored))} questions</a> not asked yet" in end
    assert f'href="/plans/{stored.id}/planner"' in end
    data = tomllib.loads(MINIMAL_PLAN)
    data["patient"]["screening"] = dict.fromkeys(asked(desk, desk.plans.create(data)), "no")
    whole = desk.plans.create(data)
    text = client.get(f"/plans/{whole.id}/consultation").text
    assert "Everything on this page is filled in." in text[text.index('id="onward"') :]
