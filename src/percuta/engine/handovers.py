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
    """How long a session takes [s].

    Attributes
    ----------
    steps : (m, steps)
        Duration of every step.
    needling
        Time with needles by zone, (m,).
    needles
        First and last moment with needles by zone since the first step, each (m,).
    """

    steps: Floats
    needling: dict[str, Floats]
    needles: dict[str, tuple[Floats, Floats]]


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
class Anaesthesia:
    """How deep the anaesthetic blocks one zone; times [s] since the first step, depths [m].

    Attributes
    ----------
    time : (t,)
        The same for all scenarios.
    stimuli
        What the skin is blocked against, each with a threshold of its own.
    block_depth : (m, s, t)
        Depth down to which each stimulus is not felt.
    at_needling : (m,)
        Least block depth against the first stimulus between the first and the last needle.
    onset : (m,)
        From the cream's coming on until the block reaches the typical needle; NaN where it never does.
    lasting : (m,)
        How long after the cream's removal it stays that deep; NaN where it never is.
    needles_start, needles_end : (m,)
        When the needles are in this zone.
    """

    time: Floats
    stimuli: tuple[str, ...]
    block_depth: Floats
    at_needling: Floats
    onset: Floats
    lasting: Floats
    needles_start: Floats
    needles_end: Floats


@dataclass(frozen=True)
class Exposure:
    """What of the anaesthetics of a whole session reaches the blood.

    Attributes
    ----------
    time : (t,)
        Since the first step [s].
    drugs
        Identifiers of the drugs.
    absorbed : (m, t, d)
        Taken up by the blood so far [kg].
    plasma : (m, t, d)
        Concentration in plasma [kg/m^3]; NaN where no clearance is published.
    multiple : (m,)
        Of the creams on needled skin, for which no human blood levels are published: the dose absorbed of all drugs
        together, or the highest level of one of them, whichever is more, over that of the same creams on intact
        skin. None where no cream lies on needled skin, and so are the two that follow.
    intact : (m,)
        The dose absorbed of these creams on intact skin [kg].
    lateral : (m,)
        Time in which a drug evens out between channels [s], the longest of all zones. The computation takes each
        depth as even, which holds for times well beyond this one.
    """

    time: Floats
    drugs: tuple[str, ...]
    absorbed: Floats
    plasma: Floats
    multiple: Floats | None = None
    intact: Floats | None = None
    lateral: Floats | None = None


@dataclass(frozen=True)
class Barrier:
    """How the skin of one zone closes again; times [s] since the last needle.

    Attributes
    ----------
    time : (t,)
        The same for all scenarios.
    open_fraction : (m, t)
        Share of the surface whose pores are open.
    water_loss : (m, t)
        Water that evaporates from the skin [kg/m^2/s].
    baseline : (m,)
        The same of skin that was not needled.
    barrier_closure, pore_closure : (m,)
        Until 95 % of the barrier is back, and until 95 % of the pores' area is closed.
    """

    time: Floats
    open_fraction: Floats
    water_loss: Floats
    baseline: Floats
    barrier_closure: Floats
    pore_closure: Floats


@dataclass(frozen=True)
class Patch:
    """What a patch with needles that dissolve, or that let a drug out of their pores, gives to one zone.

    Attributes
    ----------
    time : (t,)
        Since the patch came on, until it is taken off [s]; the same for all scenarios.
    given_up : (m, t)
        Share of the load in the skin that has left the needles; 0 to 1.
    tip : (m,)
        Depth that the tips reach [m].
    inserted : (m,)
        Share of the whole load that is pressed into the skin.
    share_in : (m, 4)
        Share of the whole load that leaves the needles in each of the :data:`COMPARTMENTS` while it is worn.
    time_to_95 : (m,)
        Until 95 % of the load in the skin has left the needles, worn as long as that takes [s].
    time_constant : (m,)
        Until nothing of the inserted part of a dissolving needle is left, or time constant of pores [s].
    patches
        On this zone.
    covered
        Share of the zone that they cover.
    delivered : (m,)
        Given up per area of covered skin [kg/m^2]; None where no load is known.
    delivered_in : (m, 4)
        The same by compartment; they add up to ``delivered``.
    amount : (m,)
        Given up by all patches of the zone together [kg].
    """

    time: Floats
    given_up: Floats
    tip: Floats
    inserted: Floats
    share_in: Floats
    time_to_95: Floats
    time_constant: Floats
    patches: int
    covered: float
    delivered: Floats | None
    delivered_in: Floats | None
    amount: Floats | None


@dataclass(frozen=True)
class Zone:
    """All stages of one zone; a zone without needles has its layers only, one without current no heat."""

    layers: Layers
    channels: Channels | None
    thermal: ThermalZone | None
    tolerance: Tolerance | None
    barrier: Barrier | None = None
    anaesthesia: Anaesthesia | None = None
    patch: Patch | None = None


@dataclass(frozen=True)
class GradeMap:
    """How the grade of a clinical scale follows the collagen gain.

    Attributes
    ----------
    scale
        ``wrinkle``, ``laxity`` or ``scar``.
    slope : (m,)
        See :func:`percuta.physics.appearance.grade_change`.
    grades
        Grades from the best to the worst of the scale.
    person : (m,)
        How strongly the person of a scenario responds, relative to the median person.
    between_people
        Standard deviation of its logarithm.
    """

    scale: str
    slope: Floats
    grades: float
    person: Floats
    between_people: float


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
    grade
        How the grade of the wanted effect follows collagen; None where no trial gives one.
    without_steroid
        The same course with every steroid left out; None where none counts.
    steroid_left_out
        Zones that get a steroid which neither course counts.
    """

    course: Course
    zones: tuple[str, ...]
    sessions: Floats
    thickness_exponent: Floats
    firmness_exponent: Floats
    grade: GradeMap | None = None
    without_steroid: Course | None = None
    steroid_left_out: frozenset[str] = frozenset()

    def compartment(self, values: Floats, zone: str) -> Floats:
        """Return one zone's two columns of a state, shape (times, m, 2)."""
        start = 2 * self.zones.index(zone)
        return values[:, :, start : start + 2]
