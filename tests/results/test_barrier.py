"""The barrier in a result: endpoints, dataset, and zones without needles."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.plan.reading import read_plan
from percuta.results.barrier import BARRIER, WATER
from percuta.results.endpoints import NOT_NEEDLED
from percuta.workflows.simulate import Result, simulate

from ..engine.test_simulate import PLAN


@pytest.fixture(scope="module")
def result() -> Result:
    """Two zones of which one is needled, computed once."""
    return simulate(read_plan(PLAN.replace('zones = ["cheeks", "forehead"]', 'zones = ["cheeks"]'), "test"), 64, 0)


def test_endpoints_are_those_of_the_dataset(result: Result) -> None:
    group = result.tree["zones/cheeks/barrier"].to_dataset()
    for name in ("barrier_closure_time", "pore_closure_time"):
        one = result.endpoint(name, "cheeks")
        assert one.unit == "h"
        assert one.p50 == pytest.approx(float(group[name].median()))
    peak = result.endpoint("water_loss_peak", "cheeks")
    assert peak.unit == group["water_loss"].attrs["units"] == WATER
    assert peak.p50 == pytest.approx(float(group["water_loss"].max("time").median()))


def test_water_loss_is_in_grams_an_hour_and_of_the_size_of_skin(result: Result) -> None:
    group = result.tree["zones/cheeks/barrier"].to_dataset()
    assert 8.0 <= float(group["baseline_water_loss"].min()) <= float(group["baseline_water_loss"].max()) <= 25.0
    assert (group["water_loss"] >= group["baseline_water_loss"] - 1e-9).all()
    assert float(group["water_loss"].max()) < 150.0  # below skin without any stratum corneum


def test_the_week_begins_at_the_last_needle(result: Result) -> None:
    group = result.tree["zones/cheeks/barrier"].to_dataset()
    assert group["time"].attrs["units"] == "h"
    assert group["time"].to_numpy()[[0, -1]] == pytest.approx([0.0, 168.0])
    assert np.isfinite(group["open_fraction"]).all()


def test_a_zone_without_needles_is_withheld(result: Result) -> None:
    assert {result.endpoint(name, "forehead").withheld for name in BARRIER} == {NOT_NEEDLED}
    assert "zones/forehead/barrier" not in result.tree
