"""Shares of variance: an exact case, and that they appear only when asked for."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.library.registry import library
from percuta.plan.reading import read_plan
from percuta.results.samples import Sample
from percuta.results.variance import assumed_shares, total_share
from percuta.workflows.simulate import simulate

from ..engine.test_simulate import PLAN


def test_share_of_a_linear_sum() -> None:
    # y = a + 2 b with equal spreads: b holds 4 of 5 parts of the variance
    a, b, other = np.random.default_rng(1).normal(size=(3, 20_000))
    found = total_share(Sample("y", None, "1", "", a + 2 * b), Sample("y", None, "1", "", a + 2 * other))
    assert found == pytest.approx(0.8, abs=0.02)


def test_constants_and_categories_have_no_share() -> None:
    same = Sample("y", None, "1", "", np.ones(8))
    words = Sample("y", None, "category", "", np.arange(8.0), tuple("abcdefgh"))
    assert total_share(same, same) is None
    assert total_share(words, words) is None


@pytest.mark.parametrize("seed", [0, 2])
def test_what_hangs_on_assumed_inputs_alone_has_a_share_of_one(seed: int) -> None:
    shares = assumed_shares(read_plan(PLAN, "test"), library(), 64, seed)
    depth = shares["reached_depth_typical", "cheeks"]
    assert depth["value"] == pytest.approx(1.0, abs=0.05)
    assert depth["high"] == 1.0
    assert shares["tracks_beyond_dermis_fraction", "cheeks"]["high"] < 0.95  # measured layers count here


def test_null_without_influence() -> None:
    assert simulate(read_plan(PLAN, "test"), 16).endpoint("puncture_density").assumed_share is None
