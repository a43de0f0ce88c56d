"""What one clock's stage hands to the next: arrays in SI units, one row per scenario."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from percuta.physics.healing import Course
from percuta.physics.puncture import Tracks

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Layers:
    """The person's skin at one zone.

    Attributes
    ----------
    epidermis, dermis : (m,)
        Thickness [m].
    papillary_share : (m,)
        Upper share of the dermis that is papillary.
    dataset : (m,)
        Index into ``datasets``.
    datasets
        Identifiers of the thickness datasets.
    """

    epidermis: Floats
    dermis: Floats
    papillary_share: Floats
    dataset: Indices
    datasets: tuple[str, ...]

    @property
    def papillary_bottom(self) -> Floats:
        """Depth of the lower face of the papillary dermis [m]."""
        return self.epidermis + self.papillary_share * self.dermis

    @property
    def bottom(self) -> Floats:
        """Depth of the lower face of the dermis [m]."""
        return self.epidermis + self.dermis


@dataclass(frozen=True)
class Channels:
    """Punctures of one session in one zone; depths [m], fractions 0 to 1, arrays (m,) or (m, z)."""

    tracks: list[Tracks]
    depth: Floats
    density: Floats
    reached_share: Floats
    punctured: Floats
    open: Floats
    channel_diameter: Floats
    reached_typical: Floats
    reached_deepest: Floats
    punctured_surface: Floats
    punctured_papillary: Floats
    punctured_reticular: Floats
    tracks_beyond_dermis: Floats


COMPARTMENTS = ("epidermis", "papillary", "reticular", "subcutis")
"""Where the heated fractions are averaged; of the subcutis the uppermost part only, see :class:`ThermalZone`."""


@dataclass(frozen=True)
class ThermalZone:
    """What the current of one session does to one zone; depths [m], fractions 0 to 1, arrays (m,) or (m, z).

    Attributes
    ----------
    depth : (z,)
        Depths of the profiles, the same for all scenarios.
    coagulated, necrotic, heat_shocked : (m, z)
        Fraction of the treated area in which collagen is denatured (the mean of 1 - exp(-Omega) of the collagen set
        of the scenario), in which cells die (of its cell set), and which lives on after a heat shock.
    coagulated_in, necrotic_in, heat_shocked_in : (m, 4)
        Their means over the depth of the :data:`COMPARTMENTS`; of the subcutis over its first millimetre.
    width, height, volume, top
        Of the largest zone around one needle that a single pulse coagulates [m, m, m^3, m]; 0 and NaN for none.
    peak_temperature, surface_temperature
        Highest in the tissue and on its surface [K].
    energy_per_needle
        Delivered by the strongest pulse [J].
    resistance
        Of the whole array when the current comes on, of one pair where pairs have their own generators [Ohm].
    sensor_reached
        Time until the sensors are at their target [s]; NaN where none control the pulse.
    cell_set, collagen_set
        Index of the kinetic sets of each scenario in ``cell_sets`` and ``collagen_sets``.
    """

    depth: Floats
    coagulated: Floats
    necrotic: Floats
    heat_shocked: Floats
    coagulated_in: Floats
    necrotic_in: Floats
    heat_shocked_in: Floats
    width: Floats
    height: Floats
    volume: Floats
    top: Floats
    peak_temperature: Floats
    surface_temperature: Floats
    energy_per_needle: Floats
    resistance: Floats
    sensor_reached: Floats
    cell_set: Indices
    collagen_set: Indices
    cell_sets: tuple[str, ...]
    collagen_sets: tuple[str, ...]


@dataclass(frozen=True)
class Injury:
    """Volume fractions of the papillary and the reticular dermis that one session injures, each (m, 2)."""

    punctured: Floats
    coagulated: Floats
    heat_shocked: Floats


@dataclass(frozen=True)
class SessionTimes:
    """Duration of every step [s], shape (m, steps), and of the needling by zone, (m,)."""

    steps: Floats
    needling: dict[str, Floats]


@dataclass(frozen=True)
class Tolerance:
    """Pain (0 to 10), days of redness and downtime [s] and the index of the end point seen, each (m,).

    Redness and end point were counted after needles without current only, downtime after radiofrequency only.
    """

    pain: Floats
    redness: Floats | None
    end_point: Indices | None
    downtime: Floats | None


@dataclass(frozen=True)
class Zone:
    """All stages of one zone; a zone without needles has its layers only, one without current no heat."""

    layers: Layers
    channels: Channels | None
    thermal: ThermalZone | None
    tolerance: Tolerance | None


@dataclass(frozen=True)
class Remodelling:
    """The healing course of all needled zones.

    Attributes
    ----------
    course
        States of the healing model; columns are zones times (papillary, reticular).
    zones
        Names of the needled zones in the order of the columns.
    sessions : (s,)
        Times of the sessions [s].
    thickness_exponent, firmness_exponent : (m,)
        How thickness and firmness follow collagen.
    """

    course: Course
    zones: tuple[str, ...]
    sessions: Floats
    thickness_exponent: Floats
    firmness_exponent: Floats

    def compartment(self, values: Floats, zone: str) -> Floats:
        """Return one zone's two columns of a state, shape (times, m, 2)."""
        start = 2 * self.zones.index(zone)
        return values[:, :, start : start + 2]
