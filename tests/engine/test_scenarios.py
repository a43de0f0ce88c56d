"""Scenarios: columns by name, batches of one sequence, powers of two."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from percuta.engine import scenarios
from percuta.engine.scenarios import BATCH, COLUMNS, Scenarios, batch_count, check_members, group_of, scenario_batch
from percuta.errors import PlanError
from percuta.library.registry import library
from percuta.sources import Sourced, read_entry


def entry(name: str, **changes: object) -> Sourced:
    """A uniform input between 0 and 1 under the name of a column."""
    raw = {"value": 0.5, "spread": {"kind": "uniform", "low": 0.0, "high": 1.0}, "grade": "assumed", "source": []}
    found = read_entry(name, raw | changes)
    assert isinstance(found, Sourced)
    return found


def test_every_parameter_with_a_spread_has_a_column() -> None:
    spread = {
        name if value.spread.kind != "draws" else group_of(value)
        for name, value in library().parameters.items()
        if value.spread is not None and not name.startswith("calibration.")  # priors, which no scenario draws
    }
    shared = {name for name in spread if "reached_share_" in name}  # these draw from puncture.reached_share
    shared |= {name for name in spread if "permeability_residual_" in name}  # and these from the general residual
    shared.add("patch.inserted_share")  # and this from that of a device
    shared |= {name for name in spread if name.startswith("people.")}  # each trait has one column for many entries
    assert spread - shared - set(COLUMNS) == set()
    assert len(set(COLUMNS)) == len(COLUMNS) <= scenarios.CAPACITY


def test_a_draw_depends_on_its_column_alone() -> None:
    alone, later = scenario_batch(64, 5, 0), scenario_batch(64, 5, 0)
    later.draw(entry("timing.gel"))
    wanted = entry("healing.maturation")
    assert np.array_equal(alone.draw(wanted), later.draw(wanted))
    assert not np.array_equal(alone.draw(wanted), alone.draw(entry("timing.gel")))


def test_draws_fill_the_unit_interval_evenly() -> None:
    drawn = scenario_batch(64, 0, 0).draw(entry("timing.gel"))
    assert np.array_equal(np.sort((drawn * 64).astype(int)), np.arange(64))  # one in each 64th: a Sobol net
    assert drawn.min() > 0.0
    assert drawn.max() < 1.0


def test_seeds_differ_and_repeat() -> None:
    wanted = entry("timing.gel")
    first, again, other = (scenario_batch(64, seed, 0).draw(wanted) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_batches_are_one_sequence() -> None:
    members = 4 * BATCH
    wanted = entry("timing.gel")
    together = np.concatenate([scenario_batch(members, 3, number).draw(wanted) for number in range(4)])
    assert batch_count(members) == 4
    assert np.array_equal(np.sort((together * members).astype(int)), np.arange(members))


@pytest.mark.parametrize("name", ["puncture.reached_share", "skin.dermis", "timing.gel", "steroid.recovery_time"])
def test_second_sequence_is_independent_of_the_first(name: str) -> None:
    wanted = entry(name)
    first = scenario_batch(256, 0, 0).draw(wanted)
    second = scenario_batch(256, 0, 0, lambda _, one: True).draw(wanted)
    assert abs(stats.pearsonr(first, second).statistic) < 0.2
    assert np.array_equal(np.sort((second * 256).astype(int)), np.arange(256))


def test_the_inputs_that_matter_most_are_uncorrelated() -> None:
    drawn = np.array([scenario_batch(64, 0, 0).draw(entry(name)) for name in COLUMNS[:12]])
    assert np.abs(np.corrcoef(drawn) - np.eye(12)).max() < 0.45


def test_only_chosen_inputs_come_from_the_second_half() -> None:
    measured = entry("timing.rinse", grade="measured", source="gill_2008")
    plain = scenario_batch(64, 0, 0)
    swapped = scenario_batch(64, 0, 0, lambda _, one: one.grade == "assumed")
    assert np.array_equal(plain.draw(measured), swapped.draw(measured))
    assert not np.array_equal(plain.draw(entry("timing.gel")), swapped.draw(entry("timing.gel")))


def test_an_exact_value_is_the_same_in_every_scenario() -> None:
    points = np.full((4, scenarios.CAPACITY), 0.3)
    drawn = Scenarios(points, points).draw(entry("any.name", spread=None))
    assert drawn.tolist() == [0.5] * 4


@pytest.mark.parametrize(
    ("members", "near"),
    [(100, "64 and 128"), (3, "16"), (0, "16"), (-5, "16"), (10**9, "65536"), (65535, "32768 and 65536")],
)
def test_other_numbers_are_refused_and_neighbours_named(members: int, near: str) -> None:
    with pytest.raises(PlanError, match="power of two") as fault:
        check_members(members)
    assert fault.value.exit_code == 2
    assert near in str(fault.value)


def test_powers_of_two_are_taken() -> None:
    for power in range(4, 17):
        check_members(1 << power)
