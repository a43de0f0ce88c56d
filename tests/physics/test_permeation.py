"""The way of a drug through the skin, from its molecule and its vehicle."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics import permeation

CM_PER_HOUR = 0.01 / 3600.0


def test_the_correlation_gives_the_published_order_for_lidocaine() -> None:
    found = permeation.skin_permeability(
        np.array([2.44]), np.array([0.2343]), np.array([-2.72]), np.array([0.71]), np.array([-0.0061])
    )
    assert found[0] / CM_PER_HOUR == pytest.approx(10.0 ** (-2.72 + 0.71 * 2.44 - 0.0061 * 234.3))
    assert found[0] / CM_PER_HOUR == pytest.approx(4e-3, rel=0.1)  # mechanics of the skin, section 3.3


def test_half_is_ionised_at_the_pka() -> None:
    pka = np.array([7.9])
    assert permeation.ionised_over_unionised(pka, pka, base=True)[0] == pytest.approx(1.0)
    assert permeation.ionised_over_unionised(pka, np.array([6.9]), base=True)[0] == pytest.approx(10.0)
    assert permeation.ionised_over_unionised(pka, np.array([6.9]), base=False)[0] == pytest.approx(0.1)


def test_apparent_diffusivity_of_the_published_membrane() -> None:
    found = permeation.slab_diffusivity(np.array([150e-6]), np.array([0.89 * 3600.0]))
    assert found[0] * 1e4 == pytest.approx(1.2e-8, rel=0.03)  # cm^2/s, as derived from the lag of 0.89 h


def test_dermal_diffusivity_of_lidocaine() -> None:
    found = permeation.tissue_diffusivity(np.array([0.2343]), np.array([-4.15]), np.array([-0.655]))
    assert found[0] * 1e4 == pytest.approx(2e-6, rel=0.05)  # cm^2/s


def test_a_heavier_drug_moves_more_slowly() -> None:
    factor = permeation.mass_factor(np.array([0.3343]), np.array([0.2343]), np.array([-0.0061]))
    assert factor[0] == pytest.approx(10.0**-0.61)


def test_channels_equilibrate_in_minutes() -> None:
    time = permeation.lateral_equilibration_time(np.array([250e4]), np.array([2e-10]))
    assert time[0] == pytest.approx((0.632e-3) ** 2 / (4 * 2e-10), rel=0.01)
    assert time[0] / 60.0 == pytest.approx(8.3, abs=0.1)
