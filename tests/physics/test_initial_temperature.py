"""Resting skin: the steady Pennes equation against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.numerics.grid import centres
from percuta.physics.initial_temperature import initial_temperature
from percuta.physics.pulse_setup import PulseSetup, TissueLayer

from .gel import MM, gel, layer

Floats = NDArray[np.float64]

SURFACE, CORE = 307.15, 310.15


def resting(*layers: TissueLayer, blood: float = CORE) -> PulseSetup:
    return gel(layers=layers, start_surface=SURFACE, start_core=CORE, blood_temperature=blood)


def test_equal_temperatures_are_uniform_whatever_the_blood() -> None:
    setup = gel(start_surface=SURFACE, start_core=SURFACE, layers=(layer(perfusion=5e3),))
    assert np.all(initial_temperature(setup, np.linspace(0.0, 4.0 * MM, 9)) == SURFACE)


def test_without_blood_heat_flows_through_layers_in_series() -> None:
    z = np.array([0.0, 0.3, 1.0, 1.4, 2.5, 4.0]) * MM
    found = initial_temperature(
        resting(layer(thickness=1.0 * MM, conductivity=0.4), layer(thickness=3.0 * MM, conductivity=0.2)), z
    )
    resistance = np.interp(centres(z), [0.0, MM, 4.0 * MM], [0.0, 1.0 * MM / 0.4, 1.0 * MM / 0.4 + 3.0 * MM / 0.2])
    assert found == pytest.approx(SURFACE + (CORE - SURFACE) * resistance / (MM / 0.4 + 3.0 * MM / 0.2))


def perfused(z: Floats, blood: float) -> Floats:
    """Closed form of one layer 4 mm deep: cosh and sinh of depth over sqrt(k / w)."""
    depth, inverse = 4.0 * MM, np.sqrt(2e5 / 0.4)
    rise = (SURFACE - blood) * np.sinh(inverse * (depth - z)) + (CORE - blood) * np.sinh(inverse * z)
    return np.asarray(blood + rise / np.sinh(inverse * depth))


@pytest.mark.parametrize("blood", [CORE, 308.0])
def test_blood_bends_the_profile_at_second_order(blood: float) -> None:
    setup, errors = resting(layer(perfusion=2e5), blood=blood), []
    for cells in (10, 20, 40):
        z = np.linspace(0.0, 4.0 * MM, cells + 1)
        errors.append(np.abs(initial_temperature(setup, z) - perfused(centres(z), blood)).max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.2)
    assert errors[-1] < 5e-3


@given(st.lists(st.tuples(st.floats(0.1, 2.0), st.floats(0.1, 0.6), st.floats(0.0, 3e4)), min_size=1, max_size=4))
def test_no_layer_is_colder_than_the_surface_or_warmer_than_the_core(parts: list[tuple[float, float, float]]) -> None:
    layers = [layer(thickness=deep * MM, conductivity=k, perfusion=w) for deep, k, w in parts]
    z = np.linspace(0.0, sum(one.thickness for one in layers), 40)
    found = initial_temperature(resting(*layers), z)
    assert np.all(np.diff(found) > -1e-9)
    assert found[0] >= SURFACE
    assert found[-1] <= CORE + 1e-9
