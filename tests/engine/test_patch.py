"""Patches in the stages: what they give, where, and that they are credited with nothing that was seen after steel."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.handovers import COMPARTMENTS, Patch
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import Outcome, run
from percuta.errors import LibraryError
from percuta.library.registry import library
from percuta.plan.reading import read_plan

from ..patched import DISSOLVING, LOADED, PLAN, POROUS


def outcome(device: str, members: int = 64, worn: str = "2 hours") -> Outcome:
    """Compute a plan with a patch for one batch of scenarios."""
    plan = PLAN.replace("DEVICE", device).replace('duration = "2 hours"', f'duration = "{worn}"')
    return run(read_plan(plan, "test"), library(), scenario_batch(members, 0, 0))


def patch(device: str, worn: str = "2 hours") -> Patch:
    """What the patch gives to the skin beside the eyes."""
    found = outcome(device, worn=worn).zones["eyes"].patch
    assert found is not None
    return found


def test_the_dose_is_load_times_inserted_times_dissolved() -> None:
    found = patch(DISSOLVING + LOADED)
    share = 0.8**3 * (1.0 - 0.5**3)  # half of the dissolution time
    assert found.inserted == pytest.approx(0.8**3)
    assert found.given_up[:, -1] == pytest.approx(1.0 - 0.5**3)
    assert found.delivered == pytest.approx(share * 100e-9 / 1e-4)
    assert found.patches == 12
    assert found.amount == pytest.approx(12 * share * 100e-9)
    assert found.time_constant == pytest.approx(4 * 3600)
    assert found.time_to_95 == pytest.approx(4 * 3600 * (1 - 0.05 ** (1 / 3)))


def test_pores_let_the_drug_out_in_first_order() -> None:
    found = patch(POROUS + LOADED)
    assert found.given_up[:, -1] == pytest.approx(1.0 - np.exp(-1.0))
    assert found.delivered == pytest.approx(0.8**3 * (1.0 - np.exp(-1.0)) * 100e-9 / 1e-4)
    assert found.time_constant == pytest.approx(2 * 3600)
    assert found.time_to_95 == pytest.approx(2 * 3600 * np.log(20.0))


@pytest.mark.parametrize("device", [DISSOLVING + LOADED, POROUS + LOADED, 'model = "generic-dissolving-patch"'])
def test_the_layers_add_up_to_the_delivered_dose(device: str) -> None:
    found = patch(device)
    assert found.delivered is not None
    assert found.delivered_in is not None
    assert found.delivered_in.shape == (64, len(COMPARTMENTS))
    assert (found.delivered_in >= 0.0).all()
    assert found.delivered_in.sum(axis=1) == pytest.approx(found.delivered, rel=1e-14)
    assert found.share_in.sum(axis=1) == pytest.approx(found.inserted * found.given_up[:, -1], rel=1e-12)


def test_the_epidermis_gets_the_part_of_the_cone_that_lies_in_it() -> None:
    whole = outcome(DISSOLVING.replace("4 hours", "1 hour"))
    found, layers = whole.zones["eyes"].patch, whole.zones["eyes"].layers
    assert found is not None
    below = np.maximum(0.4e-3 - layers.epidermis, 0.0) / 0.5e-3
    assert found.share_in[:, 0] == pytest.approx(0.8**3 - below**3)


def test_a_load_at_the_tip_is_pressed_in_whole() -> None:
    found = patch(DISSOLVING + LOADED + 'loaded_length = "0.2 mm"\n')
    assert found.inserted == pytest.approx(1.0)


@pytest.mark.parametrize("length", ["", 'loaded_length = "0.1 mm"\n', 'loaded_length = "0.45 mm"\n'])
@pytest.mark.parametrize("device", [DISSOLVING, POROUS])
def test_95_percent_is_given_up_when_it_is_said_to_be(device: str, length: str) -> None:
    taken = patch(device + length).time_to_95
    [minutes] = set(np.round(taken / 60.0, 9))  # nothing of these labels is uncertain
    found = patch(device + length, worn=f"{minutes:.9f} min")
    assert found.given_up[:, -1] == pytest.approx(0.95)


def test_without_a_load_only_shares_are_known() -> None:
    found = patch(DISSOLVING)
    assert found.delivered is None
    assert found.delivered_in is None
    assert found.amount is None
    assert (found.share_in.sum(axis=1) > 0).all()


def test_the_patch_leaves_channels_and_no_injury() -> None:
    found = outcome(DISSOLVING)
    zone = found.zones["eyes"]
    assert zone.channels is not None
    assert zone.channels.density == pytest.approx(100 / 1e-4)
    assert zone.channels.reached_typical == pytest.approx(0.4e-3, rel=0.01)
    assert zone.tolerance is None
    assert found.remodelling is None
    assert found.zones["forehead"].channels is None
    assert found.zones["forehead"].patch is None


def test_fewer_patches_than_cover_the_zone_thin_its_punctures_and_not_the_dose_below_them() -> None:
    text = PLAN.replace("DEVICE", DISSOLVING + LOADED).replace('"2 hours"', '"2 hours"\npatches = 3')
    zone = run(read_plan(text, "test"), library(), scenario_batch(16, 0, 0)).zones["eyes"]
    assert zone.channels is not None
    assert zone.patch is not None
    assert zone.patch.covered == pytest.approx(3 / 12)
    assert zone.channels.density == pytest.approx(100 / 1e-4 * 3 / 12)
    assert zone.patch.delivered == pytest.approx(0.8**3 * 0.875 * 100e-9 / 1e-4)


def test_the_session_lasts_as_long_as_the_patch_is_worn() -> None:
    assert outcome(DISSOLVING).times.steps[:, 0] == pytest.approx(2 * 3600.0)


def test_a_figure_that_nobody_published_is_named() -> None:
    with pytest.raises(LibraryError, match="not published"):
        outcome('model = "clha-patch-2019"')
