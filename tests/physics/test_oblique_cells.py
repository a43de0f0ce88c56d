"""Cells of an inclined pair: metal and walls, an upright pair made otherwise, independent finite elements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percuta.numerics.grid import centres
from percuta.physics.array_cells import ArrayCells, upright_cells
from percuta.physics.electric import ElectricField
from percuta.physics.oblique_cells import oblique_cells
from percuta.physics.pulse import compute_pulse, fineness_of
from percuta.physics.pulse_setup import Accuracy, Drive, Needle, NeedleArray, PulseSetup

from .gel import MM, finite_elements, gel, layer

PAIR = gel(
    layers=(layer(thickness=6.0 * MM, sigma_in_plane=0.25, sigma_in_depth=0.25),),
    needle=Needle(0.25 * MM, 2.0 * MM, 3.0 * MM, angle=np.radians(20.0)),
    array=NeedleArray("pair", 1.25 * MM),
    drive=Drive(0.5, voltage=10.0),
)


def cells_of(setup: PulseSetup, accuracy: Accuracy = "draft") -> ArrayCells:
    return oblique_cells(setup, fineness_of(setup, accuracy))


def conductance(cells: ArrayCells, setup: PulseSetup) -> float:
    field = ElectricField(cells, setup, 1e-5)
    return field.update(field.solver.padded() + 310.15, field.solver.padded(), 0.0).conductance


@settings(max_examples=8)
@given(st.floats(15.0, 90.0), st.floats(0.8, 3.0), st.floats(0.2, 0.35))
def test_metal_fills_what_tissue_does_not(angle: float, depth: float, diameter: float) -> None:
    needle = Needle(diameter * MM, depth * MM, 0.5 * MM, angle=np.radians(angle))
    cells = cells_of(replace(PAIR, needle=needle))
    box = (cells.x[-1] - cells.x[0]) * (cells.y[-1] - cells.y[0]) * (cells.z[-1] - cells.z[0])
    # measured along its axis in the skin; the ends cut askew give and take alike
    metal = 0.25 * np.pi * needle.diameter**2 * needle.depth / np.sin(needle.angle)
    assert box - cells.volume.sum() == pytest.approx(metal, rel=0.05)


def test_walls_lie_along_the_bare_end_of_the_needle() -> None:
    cells, needle = cells_of(PAIR), PAIR.needle
    metal = cells.walls.needle >= 0
    i, j, k = np.unravel_index(cells.walls.cell[metal], cells.shape)
    x, y, z = centres(cells.x)[i], centres(cells.y)[j], centres(cells.z)[k]
    c, s = np.cos(needle.angle), np.sin(needle.angle)
    along, aside = y * c + z * s, z * c - y * s
    size = 0.2 * MM
    assert np.all(np.hypot(x - 0.625 * MM, aside) < 0.125 * MM + size)
    end = needle.depth / s
    assert along.min() > end - needle.exposed_length - size
    assert along.max() < end + size
    assert set(cells.walls.potential[metal]) == {0.5}
    # the plane between the needles carries no potential
    assert np.all(np.unravel_index(cells.walls.cell[~metal], cells.shape)[0] == 0)
    assert np.all(cells.walls.potential[~metal] == 0.0)


@pytest.mark.parametrize(("accuracy", "bound"), [("draft", 0.05), ("standard", 0.01)])
def test_power_is_that_of_finite_elements(accuracy: Accuracy, bound: float) -> None:
    answer = finite_elements()["potential"]["inclined_pair"]["power"]
    assert conductance(cells_of(PAIR, accuracy), PAIR) * 10.0**2 == pytest.approx(answer, rel=bound)


def test_an_upright_pair_is_an_array_of_two_needles() -> None:
    upright = replace(PAIR, needle=Needle(0.25 * MM, 2.0 * MM, 1.0 * MM))
    array = replace(upright, array=NeedleArray("checkerboard", 1.25 * MM, 2, 1))
    expected = conductance(upright_cells(array, fineness_of(array, "standard")), array)
    assert conductance(cells_of(upright, "standard"), upright) == pytest.approx(expected, rel=0.01)


def test_a_pulse_of_a_pair_balances() -> None:
    record = compute_pulse(PAIR, "draft")
    assert record.copies == 2.0
    assert record.mirrored == (True, False)
    assert abs(record.energy_balance_error) < 1e-4
    assert abs(record.joule_error) < 0.01
    assert record.energy_per_needle == pytest.approx(0.5 * record.energy)
    assert record.needle_energy[0, 2] == pytest.approx(0.5 * record.energy, rel=1e-6)
