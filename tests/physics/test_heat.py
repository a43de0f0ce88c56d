"""Heat: steady slabs, energy that stays, boiling and condensing to the last joule, metal and surfaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.errors import ConvergenceError
from percuta.numerics.grid import centres
from percuta.physics.array_cells import upright_cells
from percuta.physics.electric import BOILING
from percuta.physics.heat import BOILING_RANGE, HeatProblem, escape, exchange, temperature_of
from percuta.physics.pulse import fineness_of
from percuta.physics.pulse_setup import Boiling, PulseSetup, Surface

from .gel import MM, SKIN_WATER, STEEL, gel, layer

Floats = NDArray[np.float64]
START = 307.15


def problem(setup: PulseSetup, tolerance: float = 1e-8) -> HeatProblem:
    return HeatProblem(upright_cells(setup, fineness_of(setup, "draft")), setup, START, tolerance)


def uneven(heat: HeatProblem, seed: int = 0, spread: float = 20.0) -> Floats:
    """Random temperatures [K above the reference] in all cells that hold heat."""
    vector = heat.solver.padded()
    heat.solver.box(vector)[:] = np.random.default_rng(seed).uniform(0.0, spread, heat.cells.shape)
    vector[heat.capacity <= 0.0] = 0.0
    return vector


@pytest.mark.parametrize("needle", [gel().needle, STEEL], ids=["excluded", "conducting"])
def test_conduction_moves_heat_and_keeps_it(needle: object) -> None:
    heat = problem(gel(needle=needle))
    temperature = uneven(heat)
    conducted = heat.conducted(temperature)
    assert abs(conducted.sum()) < 1e-12 * np.abs(conducted).sum()
    # what is even stays even
    even = np.where(heat.capacity > 0.0, 7.0, 0.0)
    assert np.abs(heat.conducted(even)).max() < 1e-9 * np.abs(conducted).max()


def test_capacity_is_that_of_tissue_and_metal() -> None:
    heat = problem(gel(needle=STEEL))
    box = (0.75 * MM) ** 2 * 4.0 * MM
    metal = 0.25 * np.pi * (0.125 * MM) ** 2 * 2.0 * MM
    assert heat.metal.sum() == pytest.approx(metal, rel=1e-6)
    assert heat.capacity.sum() == pytest.approx((box - metal) * 3.706e6 + metal * 4.0e6, rel=1e-6)


def test_a_slab_between_two_held_faces_has_a_straight_profile() -> None:
    setup = gel(top=Surface(np.inf, 290.0), bottom=Surface(np.inf, 330.0), needle=replace(STEEL, conductivity=0.4))
    heat = problem(setup)
    state = heat.start(np.full(heat.cells.shape[2], START))
    for _ in range(3):  # steps of an hour
        heat.advance(state, state.enthalpy.copy(), 3600.0)
    found = heat.solver.box(state.temperature)
    z = centres(heat.cells.z) / (4.0 * MM)
    bare = heat.cells.open.min(axis=2) == 1.0
    # the needle of tissue's conductivity disturbs nothing but the closed part of the top
    assert found[bare][-1] + START == pytest.approx(290.0 + 40.0 * z, abs=0.4)
    assert heat.lost(state) == pytest.approx(0.0, abs=1e-3 * 0.4 * 40.0 / (4.0 * MM) * (0.75 * MM) ** 2)


def test_a_step_stores_what_flows_in() -> None:
    setup = gel(needle=STEEL, top=Surface(500.0, 278.15))
    heat = problem(setup)
    state = heat.start(np.full(heat.cells.shape[2], START))
    before = state.enthalpy.copy()
    source = uneven(heat, 3, 1e-3) * (heat.capacity > 0.0)
    heat.advance(state, before + 0.02 * source, 0.02)
    stored = float((state.enthalpy - before).sum())
    assert stored == pytest.approx(0.02 * (source.sum() - heat.lost(state)), rel=1e-6)


def test_nothing_leaves_by_the_end_of_a_needle() -> None:
    # the needle's own end is in its holder: only tissue is cooled from above
    heat = problem(gel(needle=STEEL, top=Surface(2000.0, 278.15)))
    wall = heat.solver.box(heat.wall)[:, :, 0]
    assert np.all(wall[heat.cells.open[:, :, 0] == 0.0] == 0.0)
    area = (0.75 * MM) ** 2 - 0.25 * np.pi * (0.125 * MM) ** 2
    dz = heat.cells.z[1]
    assert wall.sum() == pytest.approx(area / (1.0 / 2000.0 + 0.5 * dz / 0.4), rel=0.02)


@pytest.mark.parametrize(
    ("transfer", "expected"), [(0.0, 0.0), (np.inf, 1.0 / 2e-4), (1000.0, 1.0 / (2e-4 + 1e-3)), (1e-3, 1e-3)]
)
def test_a_surface_is_insulated_held_or_in_series(transfer: float, expected: float) -> None:
    assert exchange(Surface(transfer, 300.0), np.array([2e-4]))[0] == pytest.approx(expected, rel=1e-6)


def test_the_sensor_averages_the_metal_at_the_tip() -> None:
    heat = problem(gel(needle=STEEL))
    weights = heat.metal_mean(0.5 * MM)
    assert weights.sum() == pytest.approx(1.0)
    by_depth = heat.solver.box(weights).sum(axis=(0, 1))
    middle = centres(heat.cells.z)
    assert np.all((by_depth > 0.0) == ((middle > 1.5 * MM) & (middle < 2.0 * MM)))
    # an upright needle is as thick everywhere: the weight of a layer of cells is its share of the length
    inside = by_depth > 0.0
    assert by_depth[inside] == pytest.approx(np.diff(heat.cells.z)[inside] / (0.5 * MM), rel=1e-6)


def test_a_needle_left_out_has_no_temperature_of_its_own() -> None:
    assert problem(gel()).metal_mean(0.5 * MM).sum() == 0.0


# --- boiling -------------------------------------------------------------------------------------------------------

CAPACITY, LATENT = 3.7e6, SKIN_WATER  # of a cubic metre
BEGIN = BOILING - START


def boiled(enthalpy: Floats, escaped: float | Floats) -> tuple[Floats, Floats]:
    """Temperatures above the start and effective capacities of cells of a cubic metre."""
    temperature, effective = np.zeros(enthalpy.size), np.zeros(enthalpy.size)
    temperature_of(
        temperature,
        effective,
        enthalpy,
        np.full(enthalpy.size, CAPACITY),
        np.full(enthalpy.size, LATENT),
        np.broadcast_to(np.asarray(escaped, dtype=np.float64), enthalpy.shape).copy(),
        BEGIN,
        BOILING_RANGE,
    )
    return temperature, effective


@given(st.floats(0.0, 0.95))
def test_temperature_rises_steadily_with_enthalpy(escaped: float) -> None:
    enthalpy = np.linspace(-20.0 * CAPACITY, 150.0 * CAPACITY + LATENT, 4001)
    temperature, effective = boiled(enthalpy, escaped)
    slope = np.diff(temperature) / np.diff(enthalpy)
    assert np.all(slope > 0.0)
    assert slope.max() <= (1.0 + 1e-9) / CAPACITY
    # the capacity is that of the course, except where a step crosses a bend
    same = effective[1:] == effective[:-1]
    assert np.abs(slope[same] * effective[1:][same] - 1.0).max() < 1e-6
    # what escaped took its latent heat along
    hottest = temperature[-1]
    assert hottest == pytest.approx((enthalpy[-1] - LATENT * (1.0 - escaped)) / CAPACITY)


def test_two_kelvin_take_up_the_latent_heat() -> None:
    whole = CAPACITY * (BEGIN + BOILING_RANGE) + LATENT
    half = CAPACITY * (BEGIN + 0.5 * BOILING_RANGE) + 0.5 * LATENT
    temperature, _ = boiled(np.array([CAPACITY * BEGIN, half, whole, whole + CAPACITY]), 0.0)
    assert temperature - BEGIN == pytest.approx([0.0, 1.0, 2.0, 3.0])


@given(st.lists(st.floats(0.0, 1.2), min_size=1, max_size=6), st.floats(0.0, 1.0))
def test_vapour_that_escapes_takes_its_heat_and_leaves_the_temperature(levels: list[float], recovered: float) -> None:
    """Boil to several degrees, cooling in between: each new share of vapour partly leaves."""
    escaped, vaporised = np.zeros(1), np.zeros(1)
    enthalpy = np.array([CAPACITY * BEGIN])
    for level in levels:
        temperature, _ = boiled(enthalpy, escaped)
        enthalpy = enthalpy + (level - 0.5) * LATENT
        before, _ = boiled(enthalpy, escaped)
        had, gone = enthalpy.copy(), escaped.copy()
        carried = escape(
            before, enthalpy, escaped, vaporised, np.full(1, LATENT), BEGIN, BOILING_RANGE, 1.0 - recovered
        )
        temperature, _ = boiled(enthalpy, escaped)
        assert temperature == pytest.approx(before, abs=1e-6)
        assert had[0] - enthalpy[0] == pytest.approx(carried, abs=1e-6 * LATENT)
        assert carried == pytest.approx(LATENT * (escaped[0] - gone[0]), abs=1e-6 * LATENT)
        assert 0.0 <= escaped[0] <= vaporised[0] <= 1.0
        if recovered == 1.0:
            assert escaped[0] == 0.0


def boiling_problem(recovered: float = 0.5) -> HeatProblem:
    setup = gel(needle=STEEL, layers=(layer(latent_heat=SKIN_WATER),), boiling=Boiling(recovered=recovered))
    return problem(setup)


def test_a_boiling_step_keeps_its_heat() -> None:
    heat = boiling_problem()
    state = heat.start(np.full(heat.cells.shape[2], 371.0))
    before = state.enthalpy.copy()
    # heat for half of the water in every third cell, and none elsewhere
    source = np.zeros_like(before)
    source[heat.solver.start :: 3] = 0.5 * heat.latent[heat.solver.start :: 3]
    heat.advance(state, before + source, 0.01)
    assert state.enthalpy.sum() - before.sum() == pytest.approx(source.sum(), rel=1e-6)
    share = heat.vapour(state)
    assert share.max() > 0.1
    assert share.min() == 0.0
    assert np.all(share[heat.latent == 0.0] == 0.0)


def test_cells_that_do_not_boil_have_no_vapour() -> None:
    heat = problem(gel(needle=STEEL, layers=(layer(latent_heat=SKIN_WATER),)))  # boiling left out
    state = heat.start(np.full(heat.cells.shape[2], 400.0))
    assert heat.vapour(state).max() == 0.0
    assert heat.let_vapour_escape(state, 0.5) == 0.0
    assert state.temperature.max() == pytest.approx(400.0 - START)


def test_a_solve_that_misses_its_tolerance_raises() -> None:
    heat = problem(gel(needle=STEEL), tolerance=0.0)
    state = heat.start(np.full(heat.cells.shape[2], START))
    with pytest.raises(ConvergenceError, match="temperature could not be solved"):
        heat.advance(state, state.enthalpy + 1e-6 * uneven(heat), 0.5)


def test_a_held_end_of_the_needles_takes_heat_by_the_metal_alone() -> None:
    heat = problem(gel(needle=STEEL, holder=Surface(np.inf, 290.0)))
    filled = heat.cells.open[:, :, 0] <= 0.0
    wall = heat.solver.box(heat.wall)[:, :, 0]
    area = np.diff(heat.cells.x)[:, None] * np.diff(heat.cells.y)
    half = 0.5 * np.diff(heat.cells.z)[0]
    assert wall[filled] == pytest.approx((area * 16.0 / half)[filled])
    assert np.all(wall[heat.cells.open[:, :, 0] >= 1.0] == 0.0)
    # nothing else exchanges heat: in the end everything is as cold as the holder
    state = heat.start(np.full(heat.cells.shape[2], START))
    for _ in range(3):
        heat.advance(state, state.enthalpy.copy(), 1e5)
    assert state.temperature[heat.capacity > 0.0] == pytest.approx(290.0 - START, abs=1e-2)
