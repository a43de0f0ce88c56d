"""Plans are kept with every change; none overwrites another's."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from percuta.errors import PlanError
from percuta.web.database import FILE, Database
from percuta.web.plan_store import KEPT, NoSuchPlan, PlanChanged, PlanStore


@pytest.fixture
def plans(tmp_path: Path) -> PlanStore:
    return PlanStore(Database(tmp_path))


def test_what_is_kept_is_read_back_by_another_process_of_the_same_file(plans: PlanStore, tmp_path: Path) -> None:
    data = {"title": "Cheeks", "patient": {"age": "52 years", "note": "µ, ü, 中"}, "zones": [{"name": "a"}]}
    stored = plans.create(data)
    again = PlanStore(Database(tmp_path)).plan(stored.id)
    assert again == stored
    assert (again.data, again.version, again.title) == (data, 1, "Cheeks")


@pytest.mark.parametrize("title", [None, "", "  ", 7])
def test_a_plan_without_a_title_can_still_be_named(plans: PlanStore, title: object) -> None:
    assert plans.create({"title": title}).title == "Plan without a title"


def test_undo_and_redo_walk_the_changes_and_a_new_change_ends_the_way_forward(plans: PlanStore) -> None:
    stored = plans.create({"n": 0})
    for number in (1, 2):
        stored = plans.save(stored.id, stored.version, {"n": number}, f"to {number}")
    assert (stored.undo, stored.redo) == ("to 2", "")
    stored = plans.undo(stored.id, stored.version)
    assert (stored.data, stored.undo, stored.redo) == ({"n": 1}, "to 1", "to 2")
    stored = plans.undo(stored.id, stored.version)
    assert (stored.data, stored.undo, stored.redo) == ({"n": 0}, "", "to 1")
    assert plans.undo(stored.id, stored.version) == stored  # nothing to go back to
    stored = plans.redo(stored.id, stored.version)
    assert stored.data == {"n": 1}
    stored = plans.save(stored.id, stored.version, {"n": 9}, "to 9")
    assert (stored.data, stored.redo) == ({"n": 9}, "")
    assert plans.redo(stored.id, stored.version) == stored


def test_every_change_has_a_version_of_its_own_undo_included(plans: PlanStore) -> None:
    first = plans.create({"n": 0})
    second = plans.save(first.id, first.version, {"n": 1}, "one")
    third = plans.undo(second.id, second.version)
    assert (first.version, second.version, third.version) == (1, 2, 3)
    assert third.data == first.data


def test_a_change_to_an_older_version_is_not_made(plans: PlanStore) -> None:
    seen = plans.create({"n": 0})
    plans.save(seen.id, seen.version, {"n": 1}, "by the other tab")
    with pytest.raises(PlanChanged, match="changed elsewhere"):
        plans.save(seen.id, seen.version, {"n": 2}, "too late")
    for step in (plans.undo, plans.redo):
        with pytest.raises(PlanChanged, match="changed elsewhere"):
            step(seen.id, seen.version)
    assert plans.plan(seen.id).data == {"n": 1}


def test_of_many_changes_to_one_version_at_the_same_time_one_is_kept(plans: PlanStore) -> None:
    seen, kept, refused = plans.create({"n": 0}), [], []

    def change(number: int) -> None:
        try:
            kept.append(plans.save(seen.id, seen.version, {"n": number}, "race").data)
        except PlanChanged:
            refused.append(number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (len(kept), len(refused)) == (1, 7)
    assert plans.plan(seen.id).data == kept[0]


def test_what_changes_nothing_is_no_change(plans: PlanStore) -> None:
    stored = plans.create({"n": 0})
    assert plans.save(stored.id, stored.version, {"n": 0}, "nothing") == stored


def test_a_bounded_number_of_states_is_kept(plans: PlanStore) -> None:
    stored = plans.create({"n": 0})
    for number in range(1, KEPT + 20):
        stored = plans.save(stored.id, stored.version, {"n": number}, "next")
    back = 0
    while stored.undo:
        stored = plans.undo(stored.id, stored.version)
        back += 1
    assert back == KEPT
    assert stored.data == {"n": 19}


def test_a_deleted_plan_is_gone(plans: PlanStore) -> None:
    stored = plans.create({"n": 0})
    with pytest.raises(PlanChanged):
        plans.delete(stored.id, stored.version + 1)
    plans.delete(stored.id, stored.version)
    assert plans.plans() == []
    with pytest.raises(NoSuchPlan):
        plans.plan(stored.id)
    with pytest.raises(NoSuchPlan):
        plans.delete(stored.id, stored.version)


def test_plans_are_listed_with_the_last_changed_first(plans: PlanStore) -> None:
    first, second = plans.create({"title": "first"}), plans.create({"title": "second"})
    assert [one.title for one in plans.plans()] == ["second", "first"]
    plans.save(first.id, first.version, {"title": "first, changed"}, "title")
    assert [one.id for one in plans.plans()] == [first.id, second.id]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 10)
    with pytest.raises(PlanError, match=f"file of plans cannot be used[^$]*{FILE}|{FILE}[^$]*cannot be used"):
        Database(tmp_path)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Database(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PlanError, match="newer version"):
        Database(tmp_path)
