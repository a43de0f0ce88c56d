"""Diffusion through skin: closed forms stand with the verification cases, here what must hold for any skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percuta.errors import ConvergenceError
from percuta.evidence.cases import Case
from percuta.evidence.verification import skin_transport
from percuta.evidence.verification.skin_transport import endless, stack, under
from percuta.physics.diffusion import OpenChannels, Phase, Skin, Vehicle, diffuse, without_channels

HOUR = 3600.0
ONE = np.ones(1)
SKIN = stack((15e-6, 14.0, 1.6e-13, 0.0), (60e-6, 4.2, 5e-10, 0.0), (4e-3, 4.2, 8.4e-10, 3e-4), cells=12)
CREAM = Vehicle(1.5e-3 * ONE, 25.0 * ONE, 6.0 * ONE, 6.0 * 3e-11 * ONE)


def rows_of(skin: Skin, count: int) -> Skin:
    """Return the same skin in several rows."""
    width, capacity, mobility, clearance = (
        np.tile(values, (count, 1)) for values in (skin.width, skin.capacity, skin.mobility, skin.clearance)
    )
    return Skin(width, capacity, mobility, clearance, skin.horny)


@pytest.mark.parametrize("case", skin_transport.CASES, ids=lambda case: case.id)
def test_closed_forms_hold(case: Case) -> None:
    assert {row.verdict for row in case.run()} == {"pass"}


def test_rows_do_not_touch_each_other() -> None:
    strong = replace(
        CREAM, **{name: np.repeat(getattr(CREAM, name), 3) for name in ("thickness", "capacity", "mobility")}
    )
    strong = replace(strong, concentration=np.array([0.0, 25.0, 50.0]))
    three = diffuse(rows_of(SKIN, 3), [Phase(HOUR * np.ones(3), strong, True, np.ones(3), np.ones(3))])
    alone = diffuse(SKIN, [under(CREAM, 1.0, 24)])
    assert not three.concentration[0].any()
    assert three.concentration[1] == pytest.approx(alone.concentration[0], rel=1e-12)
    assert three.concentration[2] == pytest.approx(2.0 * alone.concentration[0], rel=1e-10)


def test_what_is_wiped_off_no_longer_passes() -> None:
    bare = Phase(24.0 * HOUR * ONE, None, False, ONE, ONE)
    course = diffuse(SKIN, [under(CREAM, 1.0, 24), bare])
    left_on = diffuse(SKIN, [under(CREAM, 1.0, 24), replace(bare, vehicle=CREAM)])
    assert course.wiped[0] > 0.9 * course.applied[0]
    assert course.in_vehicle[0, -1] == 0.0
    assert course.absorbed[0, -1] < 0.2 * left_on.absorbed[0, -1]


def test_a_cream_put_on_again_replaces_the_first() -> None:
    course = diffuse(SKIN, [under(CREAM, 1.0, 24), under(CREAM, 1.0, 24)])
    assert course.applied[0] == pytest.approx(2.0 * 1.5e-3 * 25.0)
    assert course.wiped[0] < 1.5e-3 * 25.0


def test_a_peel_is_a_thinner_stratum_corneum() -> None:
    thin = stack((7.5e-6, 14.0, 1.6e-13, 0.0), (60e-6, 4.2, 5e-10, 0.0), (4e-3, 4.2, 8.4e-10, 3e-4), cells=12)
    peeled = diffuse(SKIN, [Phase(HOUR * ONE, CREAM, True, ONE / 0.5, 0.5 * ONE)])
    assert diffuse(thin, [under(CREAM, 1.0, 24)]).absorbed == pytest.approx(peeled.absorbed, rel=1e-9)


def test_steps_that_are_too_long_are_an_error() -> None:
    with pytest.raises(ConvergenceError, match="too long"):
        diffuse(SKIN, [under(Vehicle(5e-6 * ONE, 25.0 * ONE, 6.0 * ONE, 2e-10 * ONE), 100.0, 1)])


def test_halving_the_steps_changes_little() -> None:
    coarse = diffuse(SKIN, [under(CREAM, 1.0, 24), Phase(600.0 * ONE, None, False, ONE, ONE)])
    fine = diffuse(SKIN, [under(CREAM, 1.0, 96), Phase(600.0 * ONE, None, False, ONE, ONE, steps=96)])
    assert coarse.absorbed[0, -1] == pytest.approx(fine.absorbed[0, -1], rel=5e-3)
    deep = slice(24, 36)
    assert coarse.concentration[0, -1, deep] == pytest.approx(fine.concentration[0, -1, deep], rel=2e-2, abs=1e-6)
    assert 0.0 < coarse.time_error < 0.01


@settings(deadline=None, max_examples=30)
@given(
    thickness=st.floats(5e-6, 3e-3),
    strength=st.floats(0.01, 400.0),
    hours=st.floats(0.02, 30.0),
    closing=st.floats(0.1, 60.0),
    share=st.floats(0.0, 0.5),
    passes=st.floats(0.1, 5.0),
)
def test_drug_is_neither_made_nor_lost(
    thickness: float, strength: float, hours: float, closing: float, share: float, passes: float
) -> None:
    cream = Vehicle(thickness * ONE, strength * ONE, 6.0 * ONE, 2e-10 * ONE)
    open_share = np.full((1, SKIN.width.shape[1]), share)
    channels = OpenChannels(open_share, 2e-9 * ONE, closing * HOUR * ONE)
    phases = [
        Phase(hours * HOUR * ONE, cream, True, passes * ONE, passes * ONE),
        Phase(hours * HOUR * ONE, cream, False, ONE, 0.5 * ONE, channels),
        Phase(hours * HOUR * ONE, None, False, ONE, ONE),
    ]
    course = diffuse(SKIN, phases)
    assert np.abs(course.balance).max() < 1e-10
    assert course.concentration.min() > -1e-6 * strength
    closed = diffuse(SKIN, without_channels(phases))
    assert course.absorbed[0, -1] >= closed.absorbed[0, -1] * (1.0 - 1e-6)


def test_a_value_that_is_no_number_is_an_error() -> None:
    broken = replace(SKIN, mobility=np.where(np.arange(36) == 20, np.nan, SKIN.mobility))
    with pytest.raises(ConvergenceError, match="not a number"):
        diffuse(broken, [under(endless(1.0), 1.0, 4)])
