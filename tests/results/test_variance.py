"""Shares of variance: an exact case, and that they appear only when asked for."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.endpoints import Sample
from percuta.results.variance import _share, assumed_shares
from percuta.workflows.simulate import simulate

from ..engine.test_simulate import PLAN


def test_share_of_a_linear_sum() -> None:
    # y = a + 2 b with equal spreads: b holds 4 of 5 parts of the variance
    rng = np.random.default_rng(1)
    a, b, other = rng.normal(size=(3, 20_000))
    found = _share(Sample("y", None, "1", "", a + 2 * b), Sample("y", None, "1", "", a + 2 * other))
    assert found is not None
    assert found["value"] == pytest.approx(0.8, abs=0.02)
    assert found["low"] < 0.8 < found["high"]


def test_constants_and_categories_have_no_share() -> None:
    same = Sample("y", None, "1", "", np.ones(8))
    words = Sample("y", None, "category", "", np.arange(8.0), tuple("abcdefgh"))
    assert _share(same, same) is None
    assert _share(words, words) is None


def test_a_plan_that_states_its_hand_hangs_on_less() -> None:
    shares = assumed_shares(read_plan(PLAN, "test"), library(), 64, 0)
    assert 0.7 < shares["reached_depth_typical", "cheeks"]["value"] <= 1.0
    assert shares["tracks_beyond_dermis_fraction", "cheeks"]["value"] < 0.7  # measured layers count here


def test_null_without_influence() -> None:
    assert simulate(read_plan(PLAN, "test"), 16).endpoint("puncture_density").assumed_share is None
