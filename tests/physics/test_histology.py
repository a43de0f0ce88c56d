"""Histology: what shrinkage, a section off the axis and the stain make of a computed zone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.physics import histology

MM = 1e-3

shares = st.floats(0.0, 0.9)
lengths = st.floats(0.01 * MM, 5.0 * MM)


def test_a_section_through_the_axis_only_shrinks() -> None:
    assert histology.observed_width(1.0 * MM, 0.15) == pytest.approx(0.85 * MM)
    assert histology.observed_height(2.0 * MM, 0.2, 0.0, 1.0 * MM) == pytest.approx(1.6 * MM)
    assert histology.observed_area(3.0, 0.1, 0.2, 0.0, 1.0 * MM) == pytest.approx(3.0 * 0.9 * 0.8)


def test_the_chord_of_a_circle() -> None:
    # 3-4-5: at 0.3 of a radius of 0.5 the half chord is 0.4
    assert histology.observed_width(1.0 * MM, 0.0, 0.3 * MM) == pytest.approx(0.8 * MM)
    assert histology.observed_width(2.0 * MM, 0.0, 0.3 * MM, 1.0 * MM) == pytest.approx(1.6 * MM)
    assert histology.observed_height(2.0 * MM, 0.0, 0.3 * MM, 1.0 * MM) == pytest.approx(1.6 * MM)
    assert histology.observed_area(1.0, 0.0, 0.0, 0.3 * MM, 1.0 * MM) == pytest.approx(0.64)


def test_a_section_beside_the_zone_shows_nothing() -> None:
    assert histology.observed_width(1.0 * MM, 0.1, 0.51 * MM) == 0.0
    assert histology.observed_area(1.0, 0.1, 0.1, 0.51 * MM, 1.0 * MM) == 0.0
    assert np.isnan(histology.observed_bottom(0.2 * MM, 1.0 * MM, 0.1, 0.6 * MM, 1.0 * MM))


def test_the_bottom_rises_off_the_axis_and_with_shrinkage() -> None:
    # a ball from 0.2 to 1.2 mm: on the axis its bottom, at 0.3 mm from it 0.4 mm below the centre at 0.7 mm
    bottom = histology.observed_bottom(0.2 * MM, 1.0 * MM, 0.0, np.array([0.0, 0.3]) * MM, 1.0 * MM)
    assert bottom == pytest.approx(np.array([1.2, 1.1]) * MM)
    assert histology.observed_bottom(0.2 * MM, 1.0 * MM, 0.1, 0.0, 1.0 * MM) == pytest.approx(1.08 * MM)


def test_a_random_section_shows_a_quarter_of_pi() -> None:
    offsets = (np.arange(4000) + 0.5) / 4000 * 0.5 * MM
    assert np.mean(histology.observed_width(1.0 * MM, 0.0, offsets)) == pytest.approx(0.25 * np.pi * MM, rel=1e-5)


def test_shrinkage_from_the_excess_of_computed_laser_zones() -> None:
    # 12 +- 2 % in width and 21 +- 2 % in depth: both lie in the range of 10 to 20 % that is sampled
    assert histology.shrinkage_of([0.12, 0.21]) == pytest.approx([0.107, 0.174], abs=5e-4)
    excess = np.array([0.10, 0.14, 0.19, 0.23])
    found = histology.shrinkage_of(excess)
    assert histology.observed_width(1.0 + excess, found) == pytest.approx(np.ones(4))
    assert found.min() > 0.09
    assert found.max() < 0.20


def test_each_stain_has_its_end_point() -> None:
    assert histology.COLLAGEN_STAINS == {"nbtc": False, "h_and_e": True}


@given(lengths, shares, st.floats(0.0, 3.0 * MM), lengths)
def test_a_specimen_never_shows_more_than_there_was(
    width: float, shrinkage: float, offset: float, across: float
) -> None:
    seen = histology.observed_width(width, shrinkage, offset, across)
    assert 0.0 <= seen <= width
    assert seen <= histology.observed_width(width, shrinkage, 0.5 * offset, across)
