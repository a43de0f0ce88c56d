"""Endpoints and datasets of radiofrequency needles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jsonschema import validate

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.course import NO_GRADE_RF
from percuta.results.endpoints import NO_END_POINT_RF, NO_REDNESS_RF, NOT_NEEDLED
from percuta.results.pick_freeze import REPLICATES
from percuta.results.samples import convert_array
from percuta.results.thermal import THERMAL
from percuta.results.variance import MEMBERS_WITH_PULSES, replicate_size, spread_shares
from percuta.workflows.schemas import schema
from percuta.workflows.simulate import Result, simulate

from ..engine.pulsed import changed, not_computed
from .test_endpoints import NAMES

CHIN = ("[device]", '[[zones]]\nname = "chin"\nsite = "chin"\narea = "20 cm^2"\n[device]')


@pytest.fixture(scope="module")
def result() -> Result:
    """A plan with pulses on one of two zones, computed once."""
    return simulate(read_plan(changed(CHIN)), 16)


def test_every_endpoint_is_there_once_for_each_zone(result: Result) -> None:
    for zone in ("cheeks", "chin"):
        found = [one.name for one in result.endpoints if one.zone in (None, zone)]
        assert sorted(found) == sorted([*NAMES, *THERMAL, "downtime"])


def test_output_meets_its_schema_and_is_json(result: Result) -> None:
    data = [one.as_dict() for one in result.endpoints]
    validate(data, schema("endpoints"))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_what_nobody_counted_is_withheld_and_a_zone_without_pulses_says_so(result: Result) -> None:
    assert result.endpoint("redness_duration", "cheeks").withheld == NO_REDNESS_RF
    assert result.endpoint("expected_end_point", "cheeks").withheld == NO_END_POINT_RF
    assert result.endpoint("wrinkle_grade_change", "cheeks").withheld == NO_GRADE_RF
    assert {result.endpoint(name, "chin").withheld for name in (*THERMAL, "downtime", "pain_peak")} == {NOT_NEEDLED}
    assert all(result.endpoint(name, "cheeks").p50 is not None for name in THERMAL)
    assert result.endpoint("session_duration").p50 is not None


def test_endpoints_are_those_of_the_tree(result: Result) -> None:
    thermal = result.tree["zones/cheeks/thermal"].to_dataset()
    for name in ("peak_temperature", "resistance", "energy_per_needle"):
        assert result.endpoint(name, "cheeks").p50 == pytest.approx(np.median(thermal[name]))
    assert result.endpoint("zone_width", "cheeks").p50 == pytest.approx(np.median(thermal["width"]))
    of = {name: thermal[f"{name}_fraction_of_compartment"] for name in ("coagulated", "necrotic")}
    for name, kind, place in (
        ("papillary_coagulated_fraction", "coagulated", "papillary"),
        ("epidermis_necrotic_fraction", "necrotic", "epidermis"),
        ("subcutis_necrotic_fraction", "necrotic", "subcutis"),
    ):
        values = of[kind].sel(compartment=place)
        assert result.endpoint(name, "cheeks").p95 == pytest.approx(np.quantile(values, 0.95))


def test_results_can_be_shown_by_kinetic_set(result: Result) -> None:
    thermal = result.tree["zones/cheeks/thermal"]
    for end_point, count in (("cell", 6), ("collagen", 2)):
        chosen = thermal[f"{end_point}_set"]
        names = chosen.attrs["flag_meanings"].split("|")
        assert len(names) == count
        assert set(np.unique(chosen)) == set(range(count))
        drawn = result.tree[f"inputs/rf__{end_point}_kinetics"]
        assert drawn.attrs["flag_meanings"].split("|") == names
        assert np.array_equal(drawn.to_numpy(), chosen.to_numpy())
    assert "thermal" not in result.tree["zones/chin"].children


def test_depth_points_down_and_is_one_axis_for_all_scenarios(result: Result) -> None:
    thermal = result.tree["zones/cheeks/thermal"]
    assert thermal["depth"].attrs["positive"] == "down"
    assert thermal["coagulated_fraction"].dims == ("member", "depth")
    assert thermal["depth"].to_numpy()[-1] == pytest.approx(3.0)


def test_temperatures_are_written_in_degrees_celsius(result: Result) -> None:
    surface = result.tree["inputs/rf__surface_temperature"]
    assert surface.attrs["units"] == "degC"
    assert 32.0 <= float(surface.min()) <= float(surface.max()) <= 36.0
    assert convert_array(np.array([310.15]), "degC")[0] == pytest.approx(37.0)
    assert convert_array(np.array([3.0]), "K")[0] == 3.0
    assert convert_array(np.array([1e-3]), "mm")[0] == 1.0


def test_shares_of_the_spread_take_few_scenarios_of_a_plan_with_pulses() -> None:
    plan = read_plan(changed())
    assert replicate_size(plan, 4096) == MEMBERS_WITH_PULSES
    told: list[tuple[int, int]] = []
    shares = spread_shares(plan, library(), 64, 0, not_computed, lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] <= 5 * REPLICATES * MEMBERS_WITH_PULSES  # as drawn, and with each grade exchanged
    depth = shares["reached_depth_typical", "cheeks"]  # its inputs are all assumed
    assert depth["assumed"]["value"] == pytest.approx(1.0, abs=0.3)
    assert depth["measured"]["value"] == depth["fitted"]["value"] == 0.0
    assert ("energy_per_needle", "cheeks") not in shares  # the stand-in delivers the same in every scenario


def test_progress_counts_scenarios_to_the_end() -> None:
    told: list[tuple[float, float]] = []
    seldom = changed(('"60 mJ"', '"11 mJ"'))  # pulses that no other test has had computed
    simulate(read_plan(seldom), 16, progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {16}
    done = [one for one, _ in told]
    assert done == sorted(done)
    assert done[-1] == 16
    assert len(set(done)) > 8  # pulse by pulse, not batch by batch
