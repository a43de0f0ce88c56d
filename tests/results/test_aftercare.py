"""Waiting times after the needles: the model may lengthen a floor and never shortens it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.aftercare import AftercareTimes, Wait, aftercare_of, aftercare_times
from percuta.workflows.simulate import simulate

from ..engine.test_simulate import PLAN

HOUR, DAY = 3600.0, 86_400.0
FLOORS = {"label_gel": 24 * HOUR, "makeup": 48 * HOUR, "exercise": 72 * HOUR, "actives": 7 * DAY, "sunscreen": DAY}
TIMES = arrays(np.float64, st.integers(1, 8), elements=st.floats(0.0, 40 * DAY))


def waits(times: AftercareTimes) -> dict[str, Wait]:
    return {name: getattr(times, name) for name in FLOORS}


@given(TIMES, st.one_of(st.none(), TIMES))
def test_no_floor_is_ever_shortened(closed: np.ndarray, redness: np.ndarray | None) -> None:
    for name, wait in waits(aftercare_times(library(), closed, redness)).items():
        assert wait.time >= FLOORS[name]
        assert (wait.reason == "floor") == (wait.time == FLOORS[name])


@given(TIMES, st.one_of(st.none(), TIMES))
def test_what_is_lengthened_lasts_until_the_skin_is_ready_and_not_a_day_longer(
    closed: np.ndarray, redness: np.ndarray | None
) -> None:
    for name, wait in waits(aftercare_times(library(), closed, redness)).items():
        source = redness if name == "exercise" else closed
        ready = 0.0 if source is None else float(np.quantile(source, 0.95))
        assert wait.time >= ready - 1e-3
        assert wait.reason == "floor" or wait.time < ready + DAY


def test_without_scenarios_the_floors_hold() -> None:
    assert waits(aftercare_times(library(), np.empty(0))) == {
        name: Wait(time, "floor") for name, time in FLOORS.items()
    }


@pytest.mark.parametrize(("ready", "gel"), [(20.0, 24.0), (25.0, 36.0), (36.0, 36.0), (60.5, 72.0), (73.0, 96.0)])
def test_longer_times_are_half_days_and_from_three_days_on_whole_days(ready: float, gel: float) -> None:
    found = aftercare_times(library(), np.array([ready * HOUR]))
    assert found.label_gel.time == gel * HOUR
    assert found.sunscreen == found.label_gel  # nothing else may be on the skin before it
    assert found.actives == Wait(7 * DAY, "floor")


def test_exercise_waits_for_redness_and_not_for_the_pores() -> None:
    found = aftercare_times(library(), np.array([100 * HOUR]), np.array([4.2 * DAY]))
    assert found.exercise == Wait(5 * DAY, "model")
    assert aftercare_times(library(), np.array([100 * HOUR])).exercise == Wait(3 * DAY, "floor")


def tree_of(**days: list[float]) -> xr.DataTree:
    """A result of one zone whose pores close at once."""
    tolerance = {name: ("member", np.array(values), {"units": "day"}) for name, values in days.items()}
    pores = {"pore_closure_time": ("member", np.zeros(2), {"units": "h"})}
    groups = {"barrier": xr.Dataset(pores), "tolerance": xr.Dataset(tolerance)}
    return xr.DataTree.from_dict({f"/zones/cheeks/{name}": group for name, group in groups.items()})


def test_where_nobody_counted_redness_exercise_waits_for_the_end_of_the_downtime() -> None:
    assert aftercare_of(tree_of(downtime=[11.0, 11.0]), library()).exercise == Wait(11 * DAY, "model")
    both = tree_of(downtime=[11.0, 11.0], redness_duration=[4.5, 4.5])
    assert aftercare_of(both, library()).exercise == Wait(5 * DAY, "model")
    assert aftercare_of(tree_of(downtime=[0.5, 1.0]), library()).exercise == Wait(3 * DAY, "floor")


def test_a_result_gives_the_longest_wait_of_its_zones() -> None:
    tree = simulate(read_plan(PLAN, "test"), 16, 0).tree
    found = aftercare_of(tree, library())
    closed = tree["zones/cheeks/barrier"]["pore_closure_time"].to_numpy() * HOUR
    assert found.label_gel.time >= np.quantile(closed, 0.95)
    assert waits(aftercare_of(xr.DataTree(), library())) == {name: Wait(time, "floor") for name, time in FLOORS.items()}
