"""The electric field: heat that is V I, conductivity against temperature and dryness, bounds, errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from percuta.errors import ConvergenceError
from percuta.numerics.conjugate_gradient import Solve
from percuta.physics.array_cells import ArrayCells, upright_cells
from percuta.physics.electric import BOILING, ElectricField, FieldState
from percuta.physics.pulse import fineness_of
from percuta.physics.pulse_setup import Boiling, NeedleArray, PulseSetup

from .gel import CELSIUS, MM, gel, layer

Floats = NDArray[np.float64]


class Bench:
    """A field that can be asked for at one temperature and dryness everywhere, or any by cell."""

    def __init__(self, setup: PulseSetup, tolerance: float = 1e-6) -> None:
        self.setup = setup
        self.cells: ArrayCells = upright_cells(setup, fineness_of(setup, "draft"))
        self.field = ElectricField(self.cells, setup, tolerance)
        self.time = 0.0

    def at(self, celsius: Floats | float = 37.0, vaporised: Floats | float = 0.0) -> FieldState:
        temperature, vapour = self.field.solver.padded(), self.field.solver.padded()
        self.field.solver.box(temperature)[:] = np.asarray(celsius) + CELSIUS
        self.field.solver.box(vapour)[:] = vaporised
        state = self.field.update(temperature, vapour, self.time)
        self.time += 1.0
        return state

    def uneven(self, low: float, high: float, seed: int = 0) -> Floats:
        return np.random.default_rng(seed).uniform(low, high, self.cells.shape)

    def potential(self) -> NDArray[Any]:
        return self.field.solver.box(self.field.potential)


def array(pattern: Any, rows: int, columns: int) -> NeedleArray:
    return NeedleArray(pattern, 1.5 * MM, rows, columns, margin=2.0 * MM)


SETUPS = {
    "checkerboard": gel(),
    "rows": gel(array=NeedleArray("alternating_rows", 1.5 * MM)),
    "finite": gel(array=array("checkerboard", 3, 2)),
    "monopolar": gel(array=array("monopolar", 2, 3)),
}


@pytest.mark.parametrize("name", SETUPS)
def test_heat_is_voltage_times_current(name: str) -> None:
    bench = Bench(SETUPS[name])
    state = bench.at(bench.uneven(34.0, 80.0))
    heat = float(bench.field.joule.sum()) * bench.cells.copies
    # around a monopolar array a part arises in the body beyond the cells
    assert (state.inside < 0.999) == (name == "monopolar")
    assert heat == pytest.approx(state.conductance * state.inside, rel=1e-12)
    assert state.conductance == pytest.approx(bench.field.current(), rel=2e-5)
    assert np.all(bench.field.joule >= 0.0)
    assert np.all(bench.field.solver.box(bench.field.joule)[bench.cells.open <= 0.0] == 0.0)
    # the needles together bring all of it
    by_needle = bench.field.needle_conductance()
    entering = float(by_needle @ bench.cells.needle_share) * bench.cells.copies
    assert entering == pytest.approx(state.conductance, rel=2e-5)


@pytest.mark.parametrize("name", SETUPS)
def test_the_potential_stays_between_the_electrodes(name: str) -> None:
    bench = Bench(SETUPS[name])
    bench.at(bench.uneven(34.0, 95.0, 1))
    highest = 1.0 if name == "monopolar" else 0.5
    found = bench.potential()
    assert found.max() <= highest * (1.0 + 1e-5)
    assert found.min() >= (-0.5 if name == "finite" else 0.0) - 1e-5


def test_an_error_of_the_field_hardly_changes_its_heat() -> None:
    # heat is least for the true field: an error of one part in 300 costs its square
    loose, tight = Bench(gel(), 3e-3), Bench(gel(), 1e-7)
    for bench in (loose, tight):
        bench.at(bench.uneven(34.0, 80.0))
    heats = [float(bench.field.joule.sum()) for bench in (loose, tight)]
    assert -1e-9 <= heats[0] / heats[1] - 1.0 < 3.0 * 3e-3**2


@settings(max_examples=10)
@given(st.floats(0.0, 0.03), st.floats(5.0, 120.0))
def test_conductance_follows_an_even_temperature_and_stops_at_boiling(slope: float, celsius: float) -> None:
    bench = Bench(gel(layers=(layer(sigma_slope=slope),)))
    reference = bench.at(37.0).conductance
    factor = 1.0 + slope * (min(celsius, BOILING - CELSIUS) - 37.0)
    assert bench.at(celsius).conductance == pytest.approx(reference * factor, rel=1e-4)


def test_conductivity_falls_log_linearly_until_dry() -> None:
    bench = Bench(gel(boiling=Boiling(dry_limit=0.1, dry_conductivity=1e-3)))
    wet = bench.at(99.0).conductance
    for share, factor in ((0.025, 10.0**-0.75), (0.05, 10.0**-1.5), (0.1, 1e-3), (0.5, 1e-3)):
        assert bench.at(100.0, share).conductance == pytest.approx(wet * factor, rel=1e-3)
    assert Bench(gel()).at(100.0, 0.5).conductance == pytest.approx(wet, rel=1e-4)  # boiling left out


def test_a_dry_shell_chokes_the_current() -> None:
    bench = Bench(gel(boiling=Boiling()))
    wet = bench.at(90.0).conductance
    vapour = np.zeros(bench.cells.shape)
    vapour.reshape(-1)[bench.cells.walls.cell[bench.cells.walls.needle >= 0]] = 0.2
    choked = bench.at(90.0, vapour)
    assert choked.conductance < 0.05 * wet
    assert bench.field.current() == pytest.approx(choked.conductance, rel=1e-3)


def test_a_field_that_still_holds_is_not_solved_again() -> None:
    bench = Bench(gel(), 1e-3)
    assert bench.at(37.0).iterations > 0
    assert bench.at(37.0).iterations == 0
    # an even change of conductivity leaves the field as it is
    before = bench.potential().copy()
    again = bench.at(57.0)
    assert again.iterations == 0
    assert bench.potential() == pytest.approx(before, abs=1e-9)
    assert again.conductance == pytest.approx(bench.at(37.0).conductance * 1.3, rel=1e-4)


def test_edge_needles_of_a_finite_array_carry_less() -> None:
    bench = Bench(gel(array=array("checkerboard", 5, 5)))
    bench.at()
    carried = bench.field.needle_conductance().reshape(3, 3)
    # from the middle outwards; the corner has two neighbours of the other polarity, the middle four
    assert carried[0, 0] > carried[2, 0] > carried[2, 2]
    assert carried == pytest.approx(carried.T, rel=1e-3)
    endless = Bench(gel())
    endless.at()
    assert carried[0, 0] == pytest.approx(float(endless.field.needle_conductance()[0]), rel=0.05)


def test_single_precision_against_a_direct_solve() -> None:
    bench = Bench(gel(layers=(layer(sigma_in_plane=0.38, sigma_in_depth=0.27),)), 1e-7)
    bench.at()
    direct = double_precision(bench.cells)
    assert np.abs(bench.potential().ravel() - direct).max() < 2e-6
    walls = bench.cells.walls
    power = np.sum(walls.conductance * (walls.potential - direct[walls.cell]) * walls.potential) * bench.cells.copies
    assert bench.field.current() == pytest.approx(power, rel=1e-6)


def double_precision(cells: ArrayCells) -> Floats:
    """The potential for 1 V, by a direct solve in double precision."""
    number = int(np.prod(cells.shape))
    index, g = np.arange(number).reshape(cells.shape), cells.conductance
    rows = np.concatenate([index[1:].ravel(), index[:, 1:].ravel(), index[:, :, 1:].ravel()])
    columns = np.concatenate([index[:-1].ravel(), index[:, :-1].ravel(), index[:, :, :-1].ravel()])
    values = np.concatenate([g.x[1:-1].ravel(), g.y[:, 1:-1].ravel(), g.z[:, :, 1:-1].ravel()])
    coupling = sparse.coo_array((values, (rows, columns)), shape=(number, number)).tocsc()
    coupling = coupling + coupling.T
    walls, rhs = np.zeros(number), np.zeros(number)
    np.add.at(walls, cells.walls.cell, cells.walls.conductance)
    np.add.at(rhs, cells.walls.cell, cells.walls.conductance * cells.walls.potential)
    diagonal = walls + coupling.sum(axis=0) + (cells.open <= 0.0).ravel()
    return np.asarray(spsolve(sparse.csc_array(sparse.diags_array(diagonal) - coupling), rhs))


def test_a_field_that_cannot_be_solved_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(gel())
    missed = Solve(2, np.array([1.0, 0.5, 0.25]), False)
    monkeypatch.setattr(bench.field.solver, "solve", lambda *given, **settings: missed)
    with pytest.raises(ConvergenceError, match="electric field could not be solved") as fault:
        bench.at()
    assert fault.value.exit_code == 4
    assert "relative energy of the error after each correction: 1.0e+00, 5.0e-01, 2.5e-01" in str(fault.value)


def test_a_temperature_that_is_not_a_number_is_no_field() -> None:
    bench = Bench(gel())
    celsius = bench.uneven(34.0, 60.0)
    celsius[2, 2, 2] = np.nan
    with pytest.raises(ConvergenceError):
        bench.at(celsius)


def test_anisotropy_is_taken_by_direction() -> None:
    # along the surface only the in-plane conductivity counts where nothing flows in depth
    through = replace(gel().needle, depth=0.5 * MM, exposed_length=0.5 * MM)
    values = []
    for across in (0.01, 0.3):
        thin = layer(thickness=0.5 * MM, sigma_in_depth=across)
        values.append(Bench(gel(layers=(thin,), needle=through)).at().conductance)
    assert values[0] == pytest.approx(values[1], rel=1e-4)
