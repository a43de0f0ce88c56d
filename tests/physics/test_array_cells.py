"""Cells of whole arrays: volumes, a square cable, pieces that agree, independent finite elements, bad sizes."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from percuta.errors import PlanError
from percuta.numerics.conjugate_gradient import DiffusionSolver
from percuta.physics import array_cells
from percuta.physics.array_cells import ArrayCells, check_memory, upright_cells
from percuta.physics.array_piece import Fineness
from percuta.physics.pulse import fineness_of
from percuta.physics.pulse_setup import Accuracy, Needle, NeedleArray, Pattern, PulseSetup, Surface

from .gel import MM, NEEDLE, finite_elements, gel, layer

Floats = NDArray[np.float64]


def cells_of(setup: PulseSetup, accuracy: Accuracy = "standard", size: float | None = None) -> ArrayCells:
    return upright_cells(setup, fineness_of(setup, accuracy, size))


def solver_of(cells: ArrayCells) -> tuple[DiffusionSolver, Floats, Floats]:
    """The electric problem at reference conductivity: solver, potential, right-hand side."""
    solver = DiffusionSolver(cells.x, cells.y, cells.z)
    solver.gx[1:], solver.gy[:, 1:] = cells.conductance.x[1:-1], cells.conductance.y[:, 1:-1]
    solver.gz[:, :, 1:] = cells.conductance.z[:, :, 1:-1]
    walls, rhs, potential = cells.walls, solver.padded(), solver.padded()
    np.add.at(solver.d.reshape(-1), walls.cell, walls.conductance.astype(np.float32))
    np.add.at(solver.box(rhs).reshape(-1), walls.cell, walls.conductance * walls.potential)
    solver.d[cells.open <= 0.0] = 1.0
    solver.prepare()
    return solver, potential, rhs


def conductance(cells: ArrayCells) -> float:
    """Conductance of one unit of the array [S]: power at 1 V between the polarities."""
    solver, potential, rhs = solver_of(cells)
    assert solver.solve(potential, rhs, 1e-6).reached
    walls, found = cells.walls, solver.box(potential).ravel()
    return float(np.sum(walls.conductance * (walls.potential - found[walls.cell]) * walls.potential) * cells.copies)


PATTERNS: tuple[Pattern, ...] = ("checkerboard", "alternating_rows")


@settings(max_examples=25)
@given(
    st.integers(0, 4),
    st.integers(1, 4),
    st.floats(0.1, 0.4),
    st.one_of(st.just(0.0), st.floats(0.02, 0.6)),
    st.sampled_from(["draft", "standard"]),
)
def test_tissue_and_metal_fill_the_box(
    rows: int, columns: int, diameter: float, taper: float, accuracy: Accuracy
) -> None:
    array = NeedleArray("checkerboard", 1.5 * MM, rows, columns if rows else 0, margin=2.0 * MM)
    needle = replace(NEEDLE, diameter=diameter * MM, taper=taper * MM)
    cells = cells_of(gel(array=array, needle=needle), accuracy)
    box = cells.x[-1] * cells.y[-1] * cells.z[-1]
    section = 0.25 * np.pi * needle.diameter**2
    metal = section * (needle.depth - needle.taper + needle.taper / 3.0) * cells.needle_share.sum()
    assert cells.volume.sum() == pytest.approx(box - metal, rel=1e-9)
    assert cells.needle_share.sum() * cells.copies == pytest.approx(max(rows * columns, 1))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_cells_and_conductances_fit_together(pattern: Pattern) -> None:
    cells = cells_of(gel(array=NeedleArray(pattern, 1.5 * MM, 3, 2, margin=2.0 * MM)))
    for g, opened in (
        (cells.conductance.x, cells.open_x),
        (cells.conductance.y, cells.open_y),
        (cells.conductance.z, cells.open_z),
    ):
        assert np.all(g >= 0.0)
        assert np.all(g[opened == 0.0] == 0.0)
    filled = (cells.open <= 0.0).ravel()
    assert not filled[cells.walls.cell].any()
    assert np.all(cells.walls.conductance > 0.0)
    assert set(cells.walls.potential[cells.walls.needle >= 0]) == {-0.5, 0.5}
    assert set(cells.walls.potential[cells.walls.needle < 0]) <= {0.0}


def coax(size: float) -> float:
    """Relative error of a needle through a thin layer of a checkerboard, which is a square cable."""
    thin = layer(thickness=0.5 * MM)
    setup = gel(layers=(thin,), needle=Needle(0.25 * MM, 0.5 * MM, 0.5 * MM, conductivity=0.0))
    resistance = np.log(1.0787 * 0.75 / 0.125) / (2.0 * np.pi * 0.3 * 0.5 * MM)
    # 1 V between the polarities is half a volt between needle and square
    return float(conductance(cells_of(setup, size=size)) / (0.25 / resistance) - 1.0)


def test_a_needle_through_a_thin_layer_is_a_square_cable() -> None:
    errors = np.array([coax(size * MM) for size in (0.08, 0.04, 0.02)])
    assert np.all(np.abs(errors) < [4e-3, 2e-3, 1e-3])
    assert np.all(np.diff(np.abs(errors)) < 0.0)


def infinite(pattern: Pattern) -> PulseSetup:
    return gel(array=NeedleArray(pattern, 1.5 * MM))


ANSWERS = {
    "checkerboard": infinite("checkerboard"),
    "alternating_rows": infinite("alternating_rows"),
    "anisotropic": gel(layers=(layer(sigma_in_plane=0.38, sigma_in_depth=0.27),)),
    "two_layers": gel(
        layers=(
            layer(thickness=1.75 * MM),
            layer(thickness=2.25 * MM, sigma_in_plane=0.05, sigma_in_depth=0.05),
        )
    ),
    "tapered": gel(needle=replace(NEEDLE, exposed_length=0.8 * MM, taper=0.5 * MM)),
    "finite_2x2": gel(array=NeedleArray("checkerboard", 1.5 * MM, 2, 2)),
    "finite_3x3": gel(array=NeedleArray("checkerboard", 1.5 * MM, 3, 3)),
    "monopolar_2x2": gel(array=NeedleArray("monopolar", 1.5 * MM, 2, 2)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_power_is_that_of_finite_elements(name: str) -> None:
    volts = 14.0 if name == "monopolar_2x2" else 28.0
    found = {
        accuracy: conductance(cells_of(ANSWERS[name], accuracy))
        * volts**2
        / finite_elements()["potential"][name]["power"]
        - 1.0
        for accuracy in ("draft", "standard")
    }
    assert abs(found["draft"]) < 8e-3
    assert abs(found["standard"]) < 3e-3


def test_the_quarter_is_the_whole_cell() -> None:
    cells = cells_of(gel(), "draft")
    whole, potential, rhs = solver_of(unfolded(cells))
    assert whole.solve(potential, rhs, 1e-7).reached
    quarter, own, own_rhs = solver_of(cells)
    assert quarter.solve(own, own_rhs, 1e-7).reached
    nx = cells.shape[0]
    found, expected = whole.box(potential), quarter.box(own)
    assert found[nx:, nx:] == pytest.approx(expected, abs=1e-5)
    assert found[:nx, :nx] == pytest.approx(expected[::-1, ::-1], abs=1e-5)
    assert conductance(unfolded(cells)) == pytest.approx(conductance(cells), rel=1e-5)


def unfolded(cells: ArrayCells) -> ArrayCells:
    """The whole pitch cell, from four copies of its quarter."""

    def both(values: Floats) -> Floats:
        once = np.concatenate([values[::-1], values])
        return np.concatenate([once[:, ::-1], once], axis=1)

    g, walls = cells.conductance, cells.walls
    nx, ny, _ = cells.shape
    # faces on the planes of symmetry appear once, with the plain conductance between mirror images
    across_x, across_y = g.x.copy(), g.y.copy()
    dx, dy, dz = np.diff(cells.x), np.diff(cells.y), np.diff(cells.z)
    across_x[0] = cells.open_x[0] * 0.3 * dy[:, None] * dz / dx[0]
    across_y[:, 0] = cells.open_y[:, 0] * 0.3 * dx[:, None] * dz / dy[0]
    gx, gy = both(across_x), both(across_y)
    index = both(np.arange(np.prod(cells.shape)).reshape(cells.shape).astype(np.float64)).astype(np.int64).ravel()
    shape = (2 * nx, 2 * ny, cells.shape[2])
    places = [np.flatnonzero(index == cell) for cell in walls.cell]
    return replace(
        cells,
        x=np.concatenate([-cells.x[:0:-1], cells.x]) + cells.x[-1],
        y=np.concatenate([-cells.y[:0:-1], cells.y]) + cells.y[-1],
        open=both(cells.open),
        volume=both(cells.volume),
        conductance=replace(
            g,
            x=np.delete(gx, nx, axis=0),
            y=np.delete(gy, ny, axis=1),
            z=both(g.z),
            wall=np.zeros(shape),
        ),
        walls=replace(
            walls,
            cell=np.concatenate(places),
            conductance=np.repeat(walls.conductance, 4),
            potential=np.repeat(walls.potential, 4),
            needle=np.repeat(walls.needle, 4),
        ),
        copies=1.0,
    )


def test_rows_without_current_between_them_add_up() -> None:
    # along an alternating row nothing flows: n columns with half a pitch of margin carry n times the current of one
    def of(columns: int) -> float:
        array = NeedleArray("alternating_rows", 1.5 * MM, 2, columns, margin=0.75 * MM)
        return conductance(cells_of(gel(array=array), "draft"))

    assert of(2) == pytest.approx(2.0 * of(1), rel=1e-5)
    assert of(3) == pytest.approx(3.0 * of(1), rel=1e-5)


def test_rows_and_columns_may_be_exchanged() -> None:
    one, other = (NeedleArray("checkerboard", 1.5 * MM, *size, margin=2.0 * MM) for size in ((2, 3), (3, 2)))
    assert conductance(cells_of(gel(array=one), "draft")) == pytest.approx(
        conductance(cells_of(gel(array=other), "draft")), rel=1e-5
    )


@settings(max_examples=12)
@given(st.lists(st.floats(0.3, 3.7), min_size=1, max_size=3, unique=True), st.floats(0.03, 0.05))
def test_the_grid_may_be_shifted_and_sized(cuts: list[float], size: float) -> None:
    # the same gel cut anywhere into layers: other planes, other cells, the same power
    planes = [0.0, *sorted(cuts), 4.0]
    parts = tuple(layer(thickness=(low - high) * MM) for high, low in pairwise(planes))
    power = conductance(cells_of(gel(layers=parts), size=size * MM)) * 28.0**2
    assert power == pytest.approx(finite_elements()["potential"]["checkerboard"]["power"], rel=4e-3)


def test_layers_beside_a_needle_conduct_in_parallel() -> None:
    # a needle through all layers: the potential does not change with depth, so that layers just add
    through = Needle(0.25 * MM, 1.0 * MM, 1.0 * MM, conductivity=0.0)
    one = conductance(cells_of(gel(needle=through, layers=(layer(thickness=1.0 * MM),)), "draft"))
    parts = (
        layer(thickness=0.25 * MM, sigma_in_plane=0.1, sigma_in_depth=0.01),
        layer(thickness=0.75 * MM, sigma_in_plane=0.5, sigma_in_depth=0.4),
    )
    mixed = conductance(cells_of(gel(needle=through, layers=parts), "draft"))
    assert mixed == pytest.approx(one * (0.25 * 0.1 + 0.75 * 0.5) / 0.3, rel=2e-3)


def test_a_cooled_surface_is_resolved() -> None:
    calm, cooled = (cells_of(gel(top=Surface(transfer, 278.15)), size=0.04 * MM).z for transfer in (0.0, np.inf))
    assert cooled[1] <= 0.045 * MM
    assert calm[1] > 2.0 * cooled[1]


def test_cells_that_would_not_fit_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_cells, "_memory", lambda: 2.0**30)
    edges = np.linspace(0.0, 1.0, 201)
    with pytest.raises(PlanError, match="would not fit in memory") as fault:
        check_memory(edges, edges, edges)
    assert fault.value.exit_code == 2
    assert "8e+06 cells" in str(fault.value)
    monkeypatch.setattr(array_cells, "needle_cuts", lambda *given: pytest.fail("cells were made"))
    with pytest.raises(PlanError, match="would not fit"):
        upright_cells(gel(array=NeedleArray("checkerboard", 1.5 * MM, 20, 20)), Fineness(5e-6, 1.05, 2e-5))
