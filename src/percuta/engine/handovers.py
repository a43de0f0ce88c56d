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


@dataclass(frozen=True)
class Injury:
    """Volume fractions of the papillary and the reticular dermis that one session injures, each (m, 2)."""

    punctured: Floats
    coagulated: Floats
    heat_shocked: Floats


@dataclass(frozen=True)
class SessionTimes:
    """Duration of every step [s], shape (m, steps), NaN where it is not computed; needling by zone, (m,)."""

    steps: Floats
    needling: dict[str, Floats]


@dataclass(frozen=True)
class Tolerance:
    """Pain (0 to 10), days of redness [s] and the index of the end point seen, each (m,)."""

    pain: Floats
    redness: Floats
    end_point: Indices


@dataclass(frozen=True)
class Zone:
    """All stages of one zone; a zone without needling has its layers only."""

    layers: Layers
    channels: Channels | None
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
