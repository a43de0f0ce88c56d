"""Every column of the scenarios varies for one reason, and that of people is drawn anew where people are."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from percuta.cohort.between_people import GROUPS, KINDS, group_of_column
from percuta.cohort.people import CohortSpec, drawn_people
from percuta.engine.scenarios import COLUMNS, scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.sources import Sourced


def test_every_column_stands_in_one_group() -> None:
    counted = Counter(column for group in GROUPS for column in group.columns)
    assert sorted(set(COLUMNS) - set(counted)) == []
    assert sorted(set(counted) - set(COLUMNS)) == []
    assert [column for column, count in counted.items() if count != 1] == []


def test_every_group_is_of_a_known_kind_and_says_why() -> None:
    assert {group.kind for group in GROUPS} == set(KINDS)
    assert all(group.reason.endswith(".") and group.columns for group in GROUPS)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("people.age", "between people"),
        ("skin.dermis", "between people"),
        ("healing.response_between_people", "between people"),
        ("drug.plasma_clearance", "between people"),
        ("timing.gel", "between occasions or devices"),
        ("device.depth_tolerance", "between occasions or devices"),
        ("puncture.pen_glide_speed", "between occasions or devices"),
        ("skin.thickness_dataset", "not known"),
        ("posterior.healing", "not known"),
        ("tissue.dermis.thermal_conductivity", "not known"),
    ],
)
def test_the_reason_of_a_column(column: str, kind: str) -> None:
    assert group_of_column(column).kind == kind


def test_a_column_of_no_group_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no\.column"):
        group_of_column("no.column")


def test_other_people_are_drawn_for_the_same_guesses(minimal_plan: str) -> None:
    plan = read_plan(minimal_plan)

    def between_people(column: str, entry: Sourced) -> bool:
        return group_of_column(column).kind == "between people"

    def inputs(anew: bool) -> dict[str, np.ndarray]:
        batch = scenario_batch(64, 0, 0, between_people) if anew else scenario_batch(64, 0, 0)
        run(plan, library(), batch, people=drawn_people(plan, library(), batch, CohortSpec()).people)
        of_column = {name: column for column, entries in batch.columns.items() for name in entries}
        return {f"{of_column.get(name)}|{name}": values for name, (_, values) in batch.drawn.items()}

    first, other = inputs(anew=False), inputs(anew=True)
    assert first.keys() == other.keys()
    changed = {key.partition("|")[0] for key in first if not np.array_equal(first[key], other[key])}
    assert {"people.age", "people.sex", "people.mass", "skin.dermis"} <= changed
    assert {group_of_column(column).kind for column in changed} == {"between people"}
