"""People of their own in each scenario against plans of one person each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from percuta.engine.people import People, people_of
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import Outcome, run
from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.endpoints import samples
from percuta.units import parse

from .test_simulate import PLAN

YEAR = parse("1 years", "years").si
PERSONS: tuple[dict[str, Any], ...] = (
    {"age": 30, "sex": "female", "mass": 55, "menopause": 51},
    {"age": 71, "sex": "female", "mass": 68, "menopause": 48},
    {"age": 58, "sex": "female", "mass": 90, "menopause": None},
    {"age": 66, "sex": "male", "mass": 84, "menopause": None},
)


def plan_text(person: dict[str, Any]) -> str:
    """Return the plan of one of the persons."""
    lines = [f"{key} = {value}" for key, value in (("age", f'"{person["age"]} years"'), ("sex", f'"{person["sex"]}"'))]
    lines.append(f'mass = "{person["mass"]} kg"')
    if person["menopause"] is not None:
        lines.append(f'menopause_age = "{person["menopause"]} years"')
    kept = [line for line in PLAN.splitlines() if line.split(" ")[0] not in ("age", "sex", "mass", "menopause_age")]
    at = kept.index("[patient]") + 1
    return "\n".join([*kept[:at], *lines, *kept[at:]])


def together() -> Outcome:
    """Return the outcome of all persons in one batch, person ``i`` in the scenarios ``i``, ``i + 4``, ..."""
    rows = [PERSONS[number % len(PERSONS)] for number in range(16)]
    people = People(
        np.array([row["age"] * YEAR for row in rows]),
        np.array([row["sex"] == "female" for row in rows]),
        np.array([float(row["mass"]) for row in rows]),
        np.array([np.nan if row["menopause"] is None else row["menopause"] * YEAR for row in rows]),
    )
    return run(read_plan(PLAN), library(), scenario_batch(16, 0, 0), people=people)


@pytest.mark.parametrize("which", range(len(PERSONS)))
def test_each_person_gets_what_a_plan_of_their_own_gives(which: int) -> None:
    mixed = samples(together())
    alone = samples(run(read_plan(plan_text(PERSONS[which])), library(), scenario_batch(16, 0, 0)))
    rows = np.arange(which, 16, len(PERSONS))
    compared = 0
    for one, other in zip(mixed, alone, strict=True):
        assert (one.name, one.zone, one.withheld) == (other.name, other.zone, other.withheld)
        if one.values is not None and other.values is not None:
            assert one.values[rows] == pytest.approx(other.values[rows], rel=1e-9, abs=1e-12, nan_ok=True), one.name
            compared += 1
    assert compared > 15


def test_the_people_of_a_plan_are_its_person() -> None:
    people = people_of(read_plan(plan_text(PERSONS[1])), 3)
    assert people.age == pytest.approx(71 * YEAR)
    assert people.female.all()
    assert people.mass == pytest.approx(68.0)
    assert people.menopause_age == pytest.approx(48 * YEAR)
    assert people.rows(1, 3).members == 2
