"""The search on toys with a known solution, cut off and taken up again, and with study files that cannot be used."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path

import pytest

from percuta.errors import PercutaError, PlanError
from percuta.optimisation.search import GENERATION, Choice, Search, Tried, neighbours

from .toys import Toy, searched, settings

SIZES = (6, 5, 7, 4, 5)  # 4200 choices
LOWEST = (4, 1, 5, 2, 3)
GRID = settings(*SIZES)


def valley(choice: Choice) -> Tried:
    """The distance to the lowest choice, squared; nothing is violated."""
    return Tried((float(sum((a - b) ** 2 for a, b in zip(choice, LOWEST, strict=True))),), ())


def budget(choice: Choice) -> Tried:
    """As high a sum as may be, of which the first two settings may not make more than 5 together."""
    return Tried((float(sum(choice)),), (choice[0] + choice[1] - 5.0, choice[2] - 4.5))


def rises(choice: Choice) -> Tried:
    """As the valley, where a third of all choices cannot be computed."""
    return Tried(None, ()) if sum(choice) % 3 == 2 else valley(choice)


def least(search: Search) -> list[Choice]:
    """Return the choices that were tried, the lowest in the valley first."""
    return sorted(search.tried, key=lambda one: (valley(one).values or (0.0,))[0])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_lowest_choice_of_a_valley_is_found(seed: int) -> None:
    search = searched(valley, GRID, 64, seed=seed)
    assert search.done
    assert least(search)[0] == LOWEST


@pytest.mark.parametrize("seed", [0, 1])
def test_the_highest_choice_within_limits_is_found(seed: int) -> None:
    search = searched(budget, GRID, 80, seed=seed, directions=("maximize",))
    every = product(*(range(size) for size in SIZES))
    highest = max(sum(choice) for choice in every if all(one <= 0.0 for one in budget(choice).violations))
    kept = [choice for choice in search.tried if all(one <= 0.0 for one in budget(choice).violations)]
    assert max(map(sum, kept)) == highest == 5 + 4 + 3 + 4


def test_two_objectives_find_the_ends_of_their_front() -> None:
    def two(choice: Choice) -> Tried:
        return Tried((float(sum(choice)), float(choice[0] ** 2)), ())

    search = searched(two, settings(8, 4, 4), 48, directions=("maximize", "minimize"))
    found = {two(choice).values for choice in search.tried}
    assert (13.0, 49.0) in found  # the highest sum
    assert any(value is not None and value[1] == 0.0 and value[0] >= 5.0 for value in found)


def test_no_choice_is_tried_twice_and_the_plan_as_written_is_the_first() -> None:
    written = (3, 3, 3, 3, 3)
    search = searched(valley, settings(*SIZES, current=written), 48)
    assert search.tried[0] == written
    assert len(search.tried) == len(set(search.tried)) == 48
    assert all(0 <= at < size for choice in search.tried for at, size in zip(choice, SIZES, strict=True))


@pytest.mark.parametrize("sizes", [(1,), (1, 1, 1), (3, 1, 2), (4, 5)])
def test_a_grid_with_fewer_choices_than_trials_is_tried_whole(sizes: tuple[int, ...]) -> None:
    search = searched(lambda choice: Tried((float(sum(choice)),), (sum(choice) - 1.0,)), settings(*sizes), 100)
    assert sorted(search.tried) == sorted(product(*(range(size) for size in sizes)))
    assert search.trials == prod(sizes)
    assert search.done


def test_a_plan_that_does_not_state_a_value_is_searched_all_the_same() -> None:
    one, other = settings(4, 4)
    unknown = (one, replace(other, current=None))
    assert len(set(searched(lambda choice: Tried((1.0,), ()), unknown, 16).tried)) == 16


def test_many_settings_of_many_values_are_more_choices_than_a_number_of_the_machine_holds() -> None:
    great = settings(*(200,) * 10)
    search = searched(lambda choice: Tried((float(sum(choice)),), ()), great, 4 * GENERATION)
    assert len(set(search.tried)) == 4 * GENERATION
    assert len(search._any(set(search.tried), 5)) == 10  # where the estimator proposes nothing new


def test_nothing_that_can_be_computed_ends_too() -> None:
    search = searched(lambda choice: Tried(None, ()), GRID, 40)
    assert len(set(search.tried)) == 40


# --- going on ---


@pytest.mark.parametrize("toy", [rises, budget])
def test_a_search_that_was_cut_off_anywhere_ends_as_one_that_was_not(toy: Toy, tmp_path: Path) -> None:
    trials = 36  # four generations and a half; the estimator proposes from the third on
    whole = searched(toy, GRID, trials).tried  # nothing hangs on the file
    for generations in (1, 3):
        file = tmp_path / f"{generations}.db"
        assert not searched(toy, GRID, trials, file=file, generations=generations).done
        assert searched(toy, GRID, trials, file=file).tried == whole


@pytest.mark.parametrize("left", [3, 29])
def test_a_search_killed_inside_a_generation_ends_as_one_that_was_not(left: int, tmp_path: Path) -> None:
    file, trials = tmp_path / "study.db", 36
    whole = searched(rises, GRID, trials, file=file).tried
    forget(file, left)
    for _ in range(2):  # and what it wrote is whole again
        assert searched(rises, GRID, trials, file=file).tried == whole
    assert rows(file) == trials


def forget(file: Path, left: int) -> None:
    """Remove the trials after the first ones, as if the process had been killed before it wrote them."""
    with closing(sqlite3.connect(file)) as study, study:
        tables = [name for (name,) in study.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = [row[1] for row in study.execute(f"pragma table_info({table})")]
            if "trial_id" in columns:
                study.execute(f"delete from {table} where trial_id > {left}")


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as study:
        [count] = study.execute("select count(*) from trials").fetchone()
    return int(count)


def test_a_search_that_is_over_asks_nothing_more(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    searched(valley, GRID, 24, file=file)
    assert searched(valley, GRID, 24, file=file, generations=0).done
    assert rows(file) == 24


@pytest.mark.parametrize(("first", "then"), [(20, 36), (36, 20)])
def test_another_number_of_trials_gives_what_it_would_give_in_a_folder_of_its_own(
    first: int, then: int, tmp_path: Path
) -> None:
    file = tmp_path / "study.db"
    searched(valley, GRID, first, file=file)
    alone = searched(valley, GRID, then).tried
    for generations in (3, None, None):  # cut off, gone on with, and looked at again
        found = searched(valley, GRID, then, file=file, generations=generations).tried
    assert found == alone


# --- study files that cannot be used ---


def test_the_study_of_another_search_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    searched(valley, GRID, 16, file=file, identity="one plan")
    before = file.read_bytes()
    for trials in (16, 32):
        with pytest.raises(PlanError, match="another search") as caught:
            Search(GRID, ("minimize",), trials, 0, file, "another plan")
        assert str(file) in str(caught.value)
        assert caught.value.exit_code == 2
    assert file.read_bytes() == before


def test_a_study_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    import optuna

    file = tmp_path / "study.db"
    study = optuna.create_study(storage=f"sqlite:///{file}", study_name="theirs")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    before = file.read_bytes()
    with pytest.raises(PlanError, match="another search"):
        Search(GRID, ("minimize",), 16, 0, file, "toy")
    assert file.read_bytes() == before


@pytest.mark.parametrize("size", [0, 100, 8192, 60_000, 130_000])
def test_a_file_that_was_cut_short_goes_on_or_is_one_clear_message(size: int, tmp_path: Path) -> None:
    whole, file = tmp_path / "whole.db", tmp_path / "study.db"
    tried = searched(valley, GRID, 24, file=whole).tried
    file.write_bytes(whole.read_bytes()[:size])
    assert file.stat().st_size == size
    if size == 0:  # what a process leaves that was killed as it began
        assert searched(valley, GRID, 24, file=file).tried == tried
        return
    with pytest.raises(PlanError, match="cannot be used") as caught:
        searched(valley, GRID, 24, file=file)
    assert str(file) in str(caught.value)
    assert caught.value.do is not None
    assert "remove this file" in caught.value.do


def test_a_search_killed_before_its_study_had_a_name_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    searched(valley, GRID, 24, file=file, generations=0)
    with closing(sqlite3.connect(file)) as study, study:
        assert study.execute("delete from study_user_attributes").rowcount >= 1
    assert searched(valley, GRID, 24, file=file).tried == searched(valley, GRID, 24).tried


@pytest.mark.parametrize("text", ["not a database at all, and longer than the header of one" * 10, "SQLite format 3\0"])
def test_a_file_that_is_no_study_is_one_clear_message(text: str, tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    file.write_text(text)
    with pytest.raises(PlanError, match="cannot be used"):
        Search(GRID, ("minimize",), 16, 0, file, "toy")
    assert file.read_text() == text


def test_a_place_where_no_study_can_be_made_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be used"):
        Search(GRID, ("minimize",), 16, 0, tmp_path, "toy")
    with pytest.raises(PlanError, match="cannot be used"):
        Search(GRID, ("minimize",), 16, 0, tmp_path / "not there" / "study.db", "toy")


def test_a_study_that_cannot_be_written_any_more_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    with closing(Search(GRID, ("minimize",), 24, 0, file, "toy")) as search:
        choices = search.ask()
        with closing(sqlite3.connect(file)) as study, study:
            study.execute("drop table trials")
        with pytest.raises(PlanError, match="cannot be written") as caught:
            search.tell([valley(choice) for choice in choices])
    assert caught.value.do is not None
    assert "goes on where it stopped" in caught.value.do


def test_two_searches_do_not_write_into_one_study(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    with closing(Search(GRID, ("minimize",), 24, 0, file, "toy")), pytest.raises(PlanError, match="at work"):
        Search(GRID, ("minimize",), 24, 0, file, "toy")
    assert searched(valley, GRID, 24, file=file).done


def test_without_optuna_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(PercutaError) as caught:
        Search(GRID, ("minimize",), 8, 0)
    assert 'pip install "percuta[optimise]"' in str(caught.value)


def test_neighbours_differ_by_one_step_of_one_setting() -> None:
    assert neighbours((0, 2, 0), (3, 3, 1)) == [(1, 2, 0), (0, 1, 0)]
    assert neighbours((0,), (1,)) == []
