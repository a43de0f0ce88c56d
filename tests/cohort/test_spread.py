"""The split of the spread: known shares of a function of three inputs, one of each kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from percuta.cohort import spread
from percuta.cohort.between_people import KINDS
from percuta.cohort.members import Cohort, Column, Members
from percuta.cohort.spread import people_in_split, replicates, split
from percuta.engine.scenarios import Scenarios
from percuta.plan.reading import read_plan
from percuta.sources import Sourced

from ..engine.pulsed import changed
from .cohorts import dry_cohort, given

Floats = NDArray[np.float64]
INPUTS = ("people.mass", "device.swath_width", "puncture.reached_share")  # in the order of KINDS


def shares_of(
    function: Callable[[Floats, Floats, Floats], Floats], monkeypatch: pytest.MonkeyPatch
) -> dict[str, float]:
    """Return the shares of a function of three uniform inputs, one of each kind."""

    def members(cohort: Cohort, columns: tuple[Column, ...], scenarios: Scenarios) -> Members:
        drawn = [scenarios.probability(name, Sourced(name, 1.0, "1", None, "assumed")) for name in INPUTS]
        return Members(np.zeros((4, scenarios.members)), function(*drawn)[None], ("",) * scenarios.members)

    monkeypatch.setattr(spread, "members_of", members)
    cohort, columns = dry_cohort(), (Column("outcome", None, "1", ""),)
    found = split(columns, [part.computed() for part in replicates(cohort, columns)])
    shares = found["outcome", None]
    assert all(one["low"] <= one["value"] <= one["high"] for one in shares.values())
    return {kind: shares[kind]["value"] for kind in KINDS}


def test_shares_of_a_sum_are_those_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = shares_of(lambda person, device, unknown: 100.0 + 3.0 * person + device + 2.0 * unknown, monkeypatch)
    for kind, weight in zip(KINDS, (9.0, 1.0, 4.0), strict=True):
        assert shares[kind] == pytest.approx(weight / 14.0, abs=0.04)


def test_what_inputs_do_only_together_is_in_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = shares_of(lambda person, device, unknown: (person - 0.5) * (unknown - 0.5), monkeypatch)
    assert all(share == pytest.approx(0.0, abs=0.1) for share in shares.values())


def test_a_person_without_a_number_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(person: Floats, device: Floats, unknown: Floats) -> Floats:
        return np.where(unknown < 0.01, np.nan, person)

    assert shares_of(function, monkeypatch)["between people"] == pytest.approx(1.0, abs=0.03)


def test_what_does_not_vary_and_categories_have_no_shares() -> None:
    columns = (Column("constant", None, "1", ""), Column("word", None, "category", "", ("a", "b")))
    runs = np.zeros((5, 2, 32))
    runs[:, 1, ::2] = 1.0
    assert split(columns, [runs.astype("<f8").tobytes()]) == {}


def test_nobody_who_was_computed_has_no_shares() -> None:
    assert split((Column("depth", None, "mm", ""),), [np.full((5, 1, 32), np.nan).tobytes()]) == {}


def test_how_many_people_the_split_takes() -> None:
    plan = dry_cohort().plan
    assert people_in_split(plan) == 1024
    assert people_in_split(read_plan(changed())) == 64


def test_the_reached_depth_varies_for_other_reasons_than_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "IN_A_REPLICATE", 16)
    cohort = dry_cohort()
    columns = given(cohort)
    found = split(columns, [part.computed() for part in replicates(cohort, columns)])
    depth, redness = found["reached_depth_typical", "cheeks"], found["redness_duration", "cheeks"]
    assert depth["between people"]["value"] == 0.0
    assert depth["not known"]["value"] > 0.5
    assert redness["between people"]["low"] > 0.8
