"""A column of tissue without needles, on which the heat problem of a pulse runs in one dimension."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.grid import centres
from percuta.physics.array_cells import ArrayCells, Walls
from percuta.physics.array_piece import layer_of
from percuta.physics.damage_fields import DamageFields
from percuta.physics.needle_field import Conductances
from percuta.physics.pulse_course import Exactness, PulseCourse
from percuta.physics.pulse_setup import Boiling, Drive, Kinetics, Needle, NeedleArray, PulseSetup, Surface, TissueLayer

Floats = NDArray[np.float64]

_SIDE = 1e-3  # m
_INSULATED = Surface()
AREA = _SIDE**2
"""Section of a column [m^2]."""

EXACT = Exactness(field=1e-6, heat=1e-7, temperature=0.01, fewest=50)
"""As exact as a column is followed where its cells are what is looked at."""


def column_setup(
    layers: tuple[TissueLayer, ...],
    width: float,
    *,
    volts: float = 0.0,
    top: Surface = _INSULATED,
    bottom: Surface = _INSULATED,
    start: tuple[float, float] = (307.15, 307.15),
    blood: float = 310.15,
    sets: tuple[Kinetics, ...] = (),
    boiling: Boiling | None = None,
) -> PulseSetup:
    """Return a setup whose needle and array are not looked at; the current flows from the top to the bottom.

    Parameters
    ----------
    layers, top, bottom
        As in the setup of a pulse.
    width, volts
        Time [s] that a voltage [V rms] lies between top and bottom.
    start
        Temperature of the surface and of the core before [K].
    blood
        [K].
    sets
        Damage sets.
    boiling
        None leaves vaporisation out.
    """
    return PulseSetup(
        layers=layers,
        needle=Needle(1e-6, 1e-6, 1e-6, conductivity=0.0),
        array=NeedleArray("checkerboard", _SIDE),
        drive=Drive(width, voltage=volts),
        top=top,
        bottom=bottom,
        start_surface=start[0],
        start_core=start[1],
        boiling=boiling,
        blood_temperature=blood,
        cell_kinetics=sets,
    )


def column_cells(setup: PulseSetup, z: Floats) -> ArrayCells:
    """Return cells of one column, with the electrodes on its top and its bottom.

    Parameters
    ----------
    setup
        Layers of the column.
    z
        Edges of the cells in depth [m].
    """
    n, dz = z.size - 1, np.diff(z)
    layer = layer_of(z, [0.0, *accumulate(one.thickness for one in setup.layers)])
    across = np.array([one.sigma_in_depth for one in setup.layers])[layer]
    ones = np.ones((1, 1, n))
    faces = np.ones((2, 1, n)), np.ones((1, 2, n)), np.ones((1, 1, n + 1))
    gz = np.zeros(faces[2].shape)
    gz[0, 0, 1:-1] = AREA / (0.5 * (dz[:-1] / across[:-1] + dz[1:] / across[1:]))
    sides = Conductances(np.zeros(faces[0].shape), np.zeros(faces[1].shape), gz, np.zeros(ones.shape))
    ends = across[[0, -1]] * AREA / (0.5 * dz[[0, -1]])
    walls = Walls(np.array([0, n - 1]), ends, np.array([1.0, 0.0]), np.array([0, -1]), np.zeros(2))
    none, edges = np.zeros(1), np.array([0.0, _SIDE])
    return ArrayCells(
        edges,
        edges,
        z,
        layer,
        ones,
        AREA * dz[None, None],
        *faces,
        sides,
        walls,
        none,
        none,
        np.ones(1),
        1.0,
        (True, True),
    )


def column_course(setup: PulseSetup, z: Floats, exactness: Exactness = EXACT) -> PulseCourse:
    """Return the course of a column after its pulse, without the cooling that follows."""
    course = PulseCourse(column_cells(setup, z), setup, exactness)
    course.run(cooling=False)
    return course


def depth_where(z: Floats, values: Floats, level: float) -> float:
    """Return the depth at which values that fall with depth pass a level [m], interpolated between centres."""
    middle = centres(z)
    return float(np.interp(-level, -values, middle))


def log_damage(damage: DamageFields) -> Floats:
    """Return ln Omega of the first set in every cell."""
    return np.asarray(np.log(np.maximum(damage.integral[0], 1e-300)))
