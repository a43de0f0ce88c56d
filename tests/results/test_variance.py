"""Shares of the spread by grade: what they are of a plan, and that they appear only when asked for."""

from __future__ import annotations

import pytest

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.variance import MOST_MEMBERS, replicate_size, spread_shares
from percuta.sources import GRADES
from percuta.workflows.simulate import simulate

from ..engine.test_simulate import PLAN


@pytest.mark.parametrize("seed", [0, 2])
def test_what_hangs_on_assumed_inputs_alone_has_a_share_of_one(seed: int) -> None:
    shares = spread_shares(read_plan(PLAN, "test"), library(), 64, seed)
    depth = shares["reached_depth_typical", "cheeks"]
    assert set(depth) == set(GRADES)
    assert depth["assumed"]["value"] == pytest.approx(1.0, abs=0.05)
    assert depth["assumed"]["high"] == 1.0
    assert {depth[grade]["high"] for grade in ("measured", "derived", "fitted")} == {0.0}
    beyond = shares["tracks_beyond_dermis_fraction", "cheeks"]
    assert beyond["assumed"]["high"] < 1.0  # measured layers count here
    assert beyond["measured"]["low"] > 0.0


def test_a_run_of_many_scenarios_takes_more_of_them_within_bounds() -> None:
    plan = read_plan(PLAN, "test")
    assert replicate_size(plan, 16) == 32
    assert replicate_size(plan, 1024) == 64
    assert replicate_size(plan, 65_536) == MOST_MEMBERS


def test_null_without_influence() -> None:
    assert simulate(read_plan(PLAN, "test"), 16).endpoint("puncture_density").spread_shares is None
