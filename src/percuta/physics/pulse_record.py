"""What is known after one RF pulse: fields at its end, traces over time, zones by depth.

Arrays belong to the computed piece of the array (see `percuta.physics.array_piece`); numbers that are summed over
needles are given for one unit of the array: one pitch x pitch cell of an array without edges, one pair, or the whole
of a finite array.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class Traces:
    """Histories, each (steps + 1,): at the start and after every time step, SI units, per unit of the array."""

    time: Floats
    voltage: Floats
    current: Floats
    power: Floats
    resistance: Floats
    sensor: Floats
    tissue_peak: Floats
    surface_peak: Floats
    mean_rise: Floats
    stored: Floats
    lost: Floats


@dataclass(frozen=True)
class DamageField:
    """One damage set: its integral in every cell, and what it does to the unit.

    Attributes
    ----------
    name, collagen
        Of the kinetic set.
    log_integral : (x, y, z)
        ln Omega, -inf where nothing happened.
    fraction : (z,)
        Mean of 1 - exp(-Omega) over the tissue of each layer of cells of the unit.
    volume
        Volume with Omega of at least 1 in the unit [m^3].
    width, height, top
        Extent of the outline Omega = 1 along the surface (its mean over x and y) and in depth, and the depth at
        which it begins [m]; 0 and NaN where there is none.
    """

    name: str
    collagen: bool
    log_integral: Floats32
    fraction: Floats
    volume: float
    width: float
    height: float
    top: float


@dataclass(frozen=True)
class PulseRecord:
    """One computed pulse.

    Attributes
    ----------
    x, y, z
        Edges of the cells [m], shapes (nx + 1,), (ny + 1,), (nz + 1,).
    tissue_share : (nx, ny, nz)
        Share of each cell's volume that is tissue.
    layer : (nz,)
        Index of the tissue layer of each layer of cells.
    copies
        How many copies of the computed piece make one unit.
    mirrored
        Whether the faces at the least x and the least y are planes of symmetry.
    potential : (nx, ny, nz)
        At the end of the pulse [V rms].
    temperature, peak : (nx, ny, nz)
        At the end of the pulse and the highest ever [K].
    joule : (nx, ny, nz)
        Joule heat at the end of the pulse [W/m^3 of cell].
    vaporised : (nx, ny, nz)
        Highest vaporised share of the water.
    damage
        One field per kinetic set, cell sets first.
    cem43_log : (nx, ny, nz)
        ln of the equivalent minutes at 43 degC, valid only where ``peak`` stays below 52 degC.
    heat_shocked, thermal_reaction : (nz,)
        Share of the tissue that lives after a peak of at least ``heat_shock_peak``, and of the reaction between the
        electrodes (45 to 55 degC, lives).
    traces
        Over time, through the pulse and the cooling after it.
    pulse_end
        Index into the traces of the end of the (last) pulse.
    energy
        Delivered to one unit [J].
    energy_per_needle
        The same for one needle [J]; the edge needles of a finite array differ, see ``needle_energy``.
    needle_energy : (n, 3)
        x, y and delivered energy [J] of every needle of the computed piece, each as if whole.
    volume_above_60
        Tissue that was at or above 60 degC at the end of the pulse, per unit [m^3].
    energy_balance_error
        Joule heat less what is stored and lost, over the largest of what is delivered, stored, lost and brought by
        blood.
    joule_error
        (Joule heat - V I) / (V I).
    residual
        Largest relative residual of any solve.
    discretisation_error
        Estimated relative error of the delivered power from the grid; NaN where it was not asked for.
    cells, steps, field_solves
        Size of the computation.
    sensor_reached
        Time after which the sensor was within 1 K of its target [s]; NaN without a sensor.
    peak_voltage
        Highest peak (not rms) voltage of the pulse [V].
    """

    x: Floats
    y: Floats
    z: Floats
    tissue_share: Floats32
    layer: NDArray[np.uint8]
    copies: float
    mirrored: tuple[bool, bool]
    potential: Floats32
    temperature: Floats32
    peak: Floats32
    joule: Floats32
    vaporised: Floats32
    damage: tuple[DamageField, ...]
    cem43_log: Floats32
    heat_shocked: Floats
    thermal_reaction: Floats
    traces: Traces
    pulse_end: int
    energy: float
    energy_per_needle: float
    needle_energy: Floats
    volume_above_60: float
    energy_balance_error: float
    joule_error: float
    residual: float
    discretisation_error: float
    cells: int
    steps: int
    field_solves: int
    sensor_reached: float
    peak_voltage: float

    def damage_of(self, name: str) -> DamageField:
        """Return the field of one kinetic set."""
        return next(one for one in self.damage if one.name == name)
