"""What a result says of a patch: doses only where a load is known, and no outcome."""

from __future__ import annotations

import pytest

from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.endpoints import Endpoint, endpoints, samples
from percuta.results.patch import NO_LOAD, NO_OUTCOME_PATCH, NO_TOLERANCE_PATCH, PATCH, patch_dataset

from ..patched import DISSOLVING, LOADED, PLAN


def found(device: str) -> dict[str, Endpoint]:
    """The endpoints of the skin beside the eyes."""
    plan = read_plan(PLAN.replace("DEVICE", device), "test")
    every = endpoints(samples(run(plan, library(), scenario_batch(16, 0, 0))))
    return {one.name: one for one in every if one.zone == "eyes"}


def test_every_endpoint_of_a_patch_is_there_with_its_unit() -> None:
    given = found(DISSOLVING + LOADED)
    assert set(PATCH) <= set(given)
    share = 0.8**3 * 0.875
    assert given["patch_delivered_dose"].p50 == pytest.approx(100 * share)
    assert given["patch_delivered_amount"].p50 == pytest.approx(1200 * share)
    assert given["patch_dissolved_share"].p50 == pytest.approx(87.5)
    assert given["patch_dissolution_time"].p50 == pytest.approx(240 * (1 - 0.05 ** (1 / 3)))
    assert "puncture_density" in given
    assert "needling_duration" not in given


def test_a_dose_without_a_load_is_withheld_and_says_what_to_write() -> None:
    given = found(DISSOLVING)
    for name in ("patch_delivered_dose", "patch_delivered_amount"):
        assert given[name].withheld == NO_LOAD
        assert "load_per_patch" in given[name].withheld
    assert given["patch_delivered_share"].p50 is not None


def test_nothing_that_was_seen_after_steel_needles_is_said_of_a_patch() -> None:
    given = found(DISSOLVING + LOADED)
    for name in ("modelled_collagen_vs_untreated", "firmness_change", "wrinkle_grade_change"):
        assert given[name].withheld == NO_OUTCOME_PATCH
    for name in ("pain_peak", "redness_duration", "expected_end_point"):
        assert given[name].withheld == NO_TOLERANCE_PATCH


@pytest.mark.parametrize("load", ["", LOADED])
def test_the_dataset_has_units_and_doses_only_of_a_known_load(load: str) -> None:
    plan = read_plan(PLAN.replace("DEVICE", DISSOLVING + load), "test")
    patch = run(plan, library(), scenario_batch(16, 0, 0)).zones["eyes"].patch
    assert patch is not None
    dataset = patch_dataset(patch)
    assert dataset["time"].attrs["units"] == "min"
    assert float(dataset["time"][-1]) == pytest.approx(120.0)
    assert ("delivered_dose" in dataset) == bool(load)
    if load:
        whole = dataset["delivered_dose"].sum("compartment").values
        assert whole == pytest.approx(100 * 0.8**3 * 0.875)
