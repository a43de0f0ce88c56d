"""What one RF pulse is made of: tissue layers, needles, their array, the surfaces, the drive.

All values are plain SI: metres, kelvin, S/m, W/(m K), J/(m^3 K), volts rms. Depth is 0 at the skin surface and
positive downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Pattern = Literal["checkerboard", "alternating_rows", "pair", "monopolar"]
Accuracy = Literal["draft", "standard", "reference"]


@dataclass(frozen=True)
class TissueLayer:
    """One level layer, uniform along the surface.

    Attributes
    ----------
    name
        What the layer is called in results.
    thickness
        [m].
    sigma_in_plane, sigma_in_depth
        Electrical conductivity along and across the layer at ``sigma_reference`` [S/m].
    sigma_slope
        Relative change of both per kelvin [1/K], linear.
    sigma_reference
        Temperature at which the conductivities hold [K].
    conductivity
        Thermal conductivity [W/(m K)].
    heat_capacity
        Volumetric heat capacity [J/(m^3 K)].
    latent_heat
        Heat that vaporises all of the layer's water [J/m^3]; 0 for a layer that does not boil.
    perfusion
        Blood: density times specific heat times rate [W/(m^3 K)].
    """

    name: str
    thickness: float
    sigma_in_plane: float
    sigma_in_depth: float
    sigma_slope: float
    conductivity: float
    heat_capacity: float
    sigma_reference: float = 310.15
    latent_heat: float = 0.0
    perfusion: float = 0.0


@dataclass(frozen=True)
class Needle:
    """One needle; all needles of an array are alike.

    Attributes
    ----------
    diameter
        [m].
    depth
        Depth of the tip below the surface, along the vertical [m].
    exposed_length
        Length of bare metal, measured along the needle from its tip [m]; the rest is insulated.
    taper
        Length over which the tip narrows to a point [m]; 0 for a flat end, whose face is electrode.
    angle
        Angle between needle and skin surface [rad]; pi/2 for an upright needle.
    conductivity, heat_capacity
        Of the metal [W/(m K)], [J/(m^3 K)]; a conductivity of 0 leaves the needle out of the heat problem.
    """

    diameter: float
    depth: float
    exposed_length: float
    taper: float = 0.0
    angle: float = 1.5707963267948966
    conductivity: float = 16.0
    heat_capacity: float = 4.0e6


@dataclass(frozen=True)
class NeedleArray:
    """How needles and their polarities are laid out.

    Attributes
    ----------
    pattern
        ``checkerboard`` and ``alternating_rows`` are bipolar arrays; ``pair`` is one pair of an array of independent
        pairs; ``monopolar`` returns the current through the body.
    pitch
        Distance of neighbouring needles [m].
    rows, columns
        Of a finite array; both 0 for an array without edges.
    body_resistance
        Resistance in series, of the body and the return electrode [Ohm]; monopolar only.
    margin
        Skin beyond the outermost needles of a finite array [m].
    """

    pattern: Pattern
    pitch: float
    rows: int = 0
    columns: int = 0
    body_resistance: float = 0.0
    margin: float = 4.0e-3

    @property
    def infinite(self) -> bool:
        """Whether the array has no edges."""
        return self.rows == 0


@dataclass(frozen=True)
class Surface:
    """What the top of the skin or the bottom of the stack exchanges heat with.

    Attributes
    ----------
    transfer
        Heat transfer coefficient [W/(m^2 K)]: 0 is insulated, infinite holds the face at ``temperature``.
    temperature
        Of what lies beyond [K].
    """

    transfer: float = 0.0
    temperature: float = 307.15


@dataclass(frozen=True)
class SensorControl:
    """Temperature control by sensors in the needles.

    Attributes
    ----------
    target
        Temperature to hold [K].
    length
        Length from the tip over which a sensor averages the metal's temperature [m].
    offset
        Reading less true mean temperature [K].
    lag
        Time constant of the reading [s]; 0 for none.
    interval
        Time between two settings of the controller [s].
    ideal
        An ideal control sets just the power that brings the mean to the target, within the limits.
    proportional, integral
        Gains of the controller in power per pitch cell or pair [W/K], [W/(K s)]; ignored by an ideal control.
    """

    target: float
    length: float
    offset: float = 0.0
    lag: float = 0.0
    interval: float = 0.02
    ideal: bool = True
    proportional: float = 0.0
    integral: float = 0.0


@dataclass(frozen=True)
class Drive:
    """What the generator does.

    Exactly one of ``voltage``, ``power`` and ``control`` is given. Voltage is rms between the polarities (between
    array and return electrode for a monopolar array); power is per unit of the array: a pitch x pitch cell, that is
    one needle, of an array without edges, one pair of independent pairs, or the whole of a finite array.

    Attributes
    ----------
    width
        Time that the current is on in one pulse, or the dwell at the target temperature [s].
    sub_pulses, gap
        A pulse may be a pack of equal sub-pulses with gaps of this length [s] between them.
    pulses, pause
        Stacked pulses on one place and the pause between them [s].
    voltage_limit, current_limit, power_limit
        The generator's limits [V rms], [A rms], [W], per unit; infinite where there is none.
    longest_rise
        Longest time to come within 1 K of a sensor's target before it counts as never reached [s].
    insist
        Whether a target that is never reached is an error; otherwise the dwell begins when the longest rise is over.
    """

    width: float
    voltage: float | None = None
    power: float | None = None
    control: SensorControl | None = None
    sub_pulses: int = 1
    gap: float = 0.0
    pulses: int = 1
    pause: float = 0.0
    voltage_limit: float = float("inf")
    current_limit: float = float("inf")
    power_limit: float = float("inf")
    longest_rise: float = 10.0
    insist: bool = True


@dataclass(frozen=True)
class Boiling:
    """What happens from 99 degC on.

    Attributes
    ----------
    dry_limit
        Vaporised share of the water at which the conductivity has fallen to its least.
    dry_conductivity
        That least, as a share of the value at 99 degC.
    recovered
        Share of the vapour that condenses again in place on cooling.
    """

    dry_limit: float = 0.1
    dry_conductivity: float = 1e-3
    recovered: float = 0.5


@dataclass(frozen=True)
class Kinetics:
    """A first-order rate of thermal damage, of one or two branches: k = exp(ln A - B/T).

    Attributes
    ----------
    name
        Key of the set, such as ``henriques_moritz``.
    log_factor, activation
        ln(A s) and E/R [K] up to ``break_temperature``.
    break_temperature, log_factor_above, activation_above
        The branch above a temperature [K]; infinite where there is one branch only.
    collagen
        Whether the end point is the denaturation of collagen; otherwise the death of cells.
    """

    name: str
    log_factor: float
    activation: float
    break_temperature: float = float("inf")
    log_factor_above: float = 0.0
    activation_above: float = 0.0
    collagen: bool = False


@dataclass(frozen=True)
class PulseSetup:
    """Everything that decides the course of one pulse.

    Attributes
    ----------
    layers
        From the surface down; together the depth of the domain.
    needle, array, drive
        The device.
    top, bottom
        Heat exchange of the tissue at the faces.
    holder
        Heat exchange of the needles' own ends at the surface: insulated, or held at a temperature.
    start_surface, start_core
        Temperatures [K] between which the steady state before the pulse is found; equal for a uniform start.
    boiling
        None leaves vaporisation out.
    blood_temperature
        [K].
    cell_kinetics, collagen_kinetics
        Damage sets; the first cell set stops perfusion.
    """

    layers: tuple[TissueLayer, ...]
    needle: Needle
    array: NeedleArray
    drive: Drive
    top: Surface = Surface()
    bottom: Surface = Surface()
    holder: Surface = Surface()
    start_surface: float = 307.15
    start_core: float = 310.15
    boiling: Boiling | None = field(default_factory=Boiling)
    blood_temperature: float = 310.15
    cell_kinetics: tuple[Kinetics, ...] = ()
    collagen_kinetics: tuple[Kinetics, ...] = ()

    @property
    def depth(self) -> float:
        """Depth of the domain [m]."""
        return sum(layer.thickness for layer in self.layers)
