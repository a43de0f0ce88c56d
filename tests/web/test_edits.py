"""From what was typed into a field to the plan's data; nothing typed is lost."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from percuta.errors import PlanError
from percuta.plan.fields import field_at
from percuta.web.edits import LONGEST, MOST_ROWS, added, changed, moved, removed, shown, value_at

DATA: dict[str, Any] = {
    "schema": 1,
    "patient": {"age": "52 years"},
    "zones": [{"name": "cheeks", "site": "cheek", "area": "76 cm^2"}],
    "session": {
        "steps": [{"do": "cleanse"}, {"do": "needling", "zones": ["cheeks"], "set_depth": "1.0 mm", "passes": 4}]
    },
}


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("patient.age", "47", "47 years"),
        ("patient.age", " 47 years ", "47 years"),
        ("patient.age", "forty", "forty"),
        ("patient.mass", "1e2", "1e2 kg"),
        ("patient.phototype", "3", 3),
        ("patient.phototype", "3.5", "3.5"),
        ("patient.phototype", "-1", -1),
        ("session.steps[2].set_depth", "1.25", "1.25 mm"),
        ("session.steps[2].set_depth", "1250 um", "1250 um"),
        ("session.steps[2].passes", "6", 6),
        ("session.steps[2].passes", "many", "many"),
        ("zones[1].area", "80", "80 cm^2"),
        ("title", "Cheeks", "Cheeks"),
    ],
)
def test_a_field_keeps_what_was_meant_or_else_what_was_typed(key: str, typed: str, kept: object) -> None:
    before = copy.deepcopy(DATA)
    after = changed(DATA, key, [typed])
    assert value_at(after, key) == kept
    assert type(value_at(after, key)) is type(kept)
    assert before == DATA


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_field_is_taken_out(empty: str) -> None:
    assert "passes" not in changed(DATA, "session.steps[2].passes", [empty])["session"]["steps"][1]
    assert changed(DATA, "session.steps[2].glide_speed", [empty]) == DATA


def test_a_table_that_was_not_there_is_made() -> None:
    assert changed(DATA, "course.sessions", ["4"])["course"] == {"sessions": 4}
    assert changed(DATA, "patient.screening.melasma", ["no"])["patient"]["screening"] == {"melasma": "no"}


def test_a_field_of_several_choices_keeps_them_all() -> None:
    assert value_at(changed(DATA, "session.steps[2].zones", ["cheeks", "chin"]), "session.steps[2].zones") == [
        "cheeks",
        "chin",
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("patient.age", "52 years", "52"),
        ("patient.age", "624 months", "624 months"),
        ("patient.age", "fifty years", "fifty years"),
        ("session.steps[2].set_depth", "1.0 mm", "1.0"),
        ("session.steps[2].set_depth", "1.0mm", "1.0mm"),
        ("session.steps[2].passes", 4, "4"),
        ("session.steps[2].passes", None, ""),
    ],
)
def test_a_field_shows_a_number_in_its_own_unit_and_all_else_as_it_stands(key: str, value: object, text: str) -> None:
    field = field_at(key, DATA)
    assert field is not None
    assert shown(value, field) == text


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nothing",
        "patient.nothing",
        "zones[9].area",
        "session.steps[1].set_depth",
        "__class__",
        "zones[0].area",
        "zones[-1].area",
    ],
)
def test_a_field_that_no_plan_has_is_refused(key: str) -> None:
    with pytest.raises(PlanError):
        changed(DATA, key, ["1"])


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(PlanError, match="too long"):
        changed(DATA, "title", ["x" * (LONGEST + 1)])


def test_rows_are_added_moved_and_removed() -> None:
    more = added(DATA, "session.steps", {"do": "cool"})
    assert [step["do"] for step in more["session"]["steps"]] == ["cleanse", "needling", "cool"]
    first = moved(more, "session.steps", 3, 1)
    assert [step["do"] for step in first["session"]["steps"]] == ["cool", "cleanse", "needling"]
    assert moved(first, "session.steps", 1, 99)["session"]["steps"] == more["session"]["steps"]
    assert removed(more, "session.steps", 3) == DATA
    for number in (0, 4, -1):
        with pytest.raises(PlanError, match="no such row"):
            removed(more, "session.steps", number)
        with pytest.raises(PlanError, match="no such row"):
            moved(more, "session.steps", number, 1)


def test_a_list_has_an_end() -> None:
    full: dict[str, Any] = {"zones": [{}] * MOST_ROWS}
    with pytest.raises(PlanError, match="full"):
        added(full, "zones", {})
