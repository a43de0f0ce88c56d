"""The result tree: groups, units, batches, and the same bytes twice."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from percuta.plan.reading import read_plan
from percuta.results.dataset import kept_times, read_tree, write_tree
from percuta.workflows.simulate import Result, simulate

from ..engine.test_simulate import PLAN


@pytest.fixture(scope="module")
def result() -> Result:
    """A pen plan of two zones, computed once."""
    return simulate(read_plan(PLAN, "test"), 16, 0)


def test_every_number_carries_its_unit(result: Result) -> None:
    for group in result.tree.subtree:
        for name, variable in group.dataset.variables.items():
            if variable.dtype.kind == "f":
                assert variable.attrs.get("units"), f"{group.path}/{name} has no unit"


def test_depth_points_down_and_course_starts_untreated(result: Result) -> None:
    zone = result.tree["zones/cheeks"]
    assert zone["channels"]["depth"].attrs["positive"] == "down"
    course = zone["course"].to_dataset()
    first = course["mature_collagen"].isel(time=0, compartment=0)
    assert np.allclose(first, course["untreated_collagen"].isel(time=0))
    assert course["time"][-1] == pytest.approx(20.0)
    assert course["session_time"].to_numpy().tolist() == [0.0, 4.0, 8.0]


def test_plan_is_kept_as_it_was(result: Result) -> None:
    assert read_plan(result.tree.attrs["plan"], "again") == result.plan


def test_same_result_same_bytes(result: Result, tmp_path: Path) -> None:
    write_tree(result.tree, tmp_path / "one.nc")
    time.sleep(1.1)  # a time stamp in the file would show
    write_tree(simulate(result.plan, 16, 0).tree, tmp_path / "two.nc")
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "two.nc").read_bytes()


def test_reading_gives_back_what_was_written(result: Result, tmp_path: Path) -> None:
    write_tree(result.tree, tmp_path / "one.nc")
    again = read_tree(tmp_path / "one.nc")
    for group in result.tree.subtree:
        for name, variable in group.dataset.data_vars.items():
            assert np.array_equal(again[f"{group.path}/{name}"].to_numpy(), variable.to_numpy()), name


def test_batches_join_without_a_seam_and_workers_change_nothing() -> None:
    plan = read_plan(PLAN, "test")
    alone, shared = simulate(plan, 512, 0), simulate(plan, 512, 0, workers=2)
    assert alone.tree["inputs"].sizes["member"] == 512
    assert alone.tree.identical(shared.tree)
    assert alone.endpoints == shared.endpoints


def test_many_scenarios_keep_fewer_times() -> None:
    assert kept_times(64) == 400
    assert kept_times(65_536) == 60
