"""From a scenario's draws to what the physics of one RF pulse takes: layers, needle, array, drive, surfaces.

The stack of layers is living epidermis, dermis, fat and below it muscle, in which the temperature rises from that of
the surface to that of the core; the stratum corneum carries no current and is a thermal resistance of the surface.
Where the library has no thickness of the fat, as on the body, fat goes on to the bottom of the stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench, tissue_entry
from percuta.engine.handovers import Layers
from percuta.engine.pulse_bench import HEAT_OF_VAPORISATION, INFINITE, cole_cole_of, kinetics_of
from percuta.errors import LibraryError, PlanError
from percuta.physics.dielectric import HIGHEST_FREQUENCY, LOWEST_FREQUENCY, frequency_factor
from percuta.physics.pulse_setup import (
    Boiling,
    Drive,
    Kinetics,
    Needle,
    NeedleArray,
    Pattern,
    PulseSetup,
    SensorControl,
    Surface,
    TissueLayer,
)
from percuta.plan.pulse_dose import NO_CONVERSION
from percuta.plan.steps import RfPulses

Floats = NDArray[np.float64]

_TISSUES = ("epidermis", "dermis", "subcutis", "muscle")
_UPRIGHT = 0.5 * pi
_LEAST_STACK = 10e-3  # m; the temperature of resting skin rises over about this depth
_LEAST_MARGIN = 4e-3  # m; skin beyond the needles of an array with edges, and below their tips
_FIELD_DEPTH = 1.5  # pitches below the tips, where the field of an array without edges is about a hundredth
_THINNEST = 0.05e-3  # m; what remains of a layer at the bottom of the stack


@dataclass(frozen=True)
class _Tissue:
    """Properties of one tissue by scenario, each (m,); see :class:`~percuta.physics.pulse_setup.TissueLayer`."""

    name: str
    sigma_in_plane: Floats
    sigma_in_depth: Floats
    conductivity: Floats
    heat_capacity: Floats
    latent_heat: Floats
    perfusion: Floats

    @property
    def diffusivity(self) -> Floats:
        return self.conductivity / self.heat_capacity


@dataclass(frozen=True)
class Layout:
    """How the needles of the device are laid out."""

    pattern: Pattern
    rows: int
    columns: int

    @property
    def needles(self) -> int:
        """Number of needles in all."""
        return self.rows * self.columns

    @property
    def needles_per_unit(self) -> int:
        """Number of needles in what is computed: a pitch cell, a pair, or the whole of a monopolar array."""
        return {"pair": 2, "monopolar": self.needles}.get(self.pattern, 1)

    @property
    def units(self) -> float:
        """Number of such units that share the generator's power."""
        return self.needles / self.needles_per_unit


def layout_of(bench: Bench) -> Layout:
    """Return the layout of the device's needles.

    Raises
    ------
    LibraryError
        If it is not published.
    """
    device = bench.device
    words: dict[str, Pattern] = {
        "checkerboard": "checkerboard",
        "alternating_rows": "alternating_rows",
        "pair": "pair",
        "monopolar": "monopolar",
    }
    rows, columns = (int(device.known(name).si) for name in ("rows", "columns"))
    return Layout(words[device.known("pattern").text], rows, columns)


def insertion_angle(bench: Bench) -> Floats:
    """Return the angle between needles and skin surface [rad]; needles are upright unless they are pairs."""
    if layout_of(bench).pattern == "pair":
        return bench.of_device("insertion_angle")
    stated = bench.device.published("insertion_angle")
    if stated is not None and abs(stated.si - _UPRIGHT) > 1e-6:
        raise PlanError(
            "only the needles of pairs can be inclined", value=stated.text, do="choose an array of upright needles"
        )
    return np.full(bench.scenarios.members, _UPRIGHT)


def setups_of(bench: Bench, step: RfPulses, depth: float, zone: str, layers: Layers) -> list[PulseSetup]:
    """Return the setup of one pulse for every scenario.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    step
        The step that gives the dose.
    depth
        The setting [m].
    zone, layers
        Where, and the person's skin there.

    Raises
    ------
    LibraryError
        If a figure of the device that is needed was never published.
    PlanError
        If the dose cannot be computed.
    """
    array, angle = layout_of(bench), insertion_angle(bench)
    tissues = {name: _tissue(bench, name) for name in _TISSUES}
    needle = _needles(bench, depth, angle)
    drive = _Drives(bench, step, array)
    tops = _tops(bench, zone)
    pitch, body = bench.of_device("pitch"), bench.parameter("rf.body_resistance")
    start, core = bench.parameter("rf.surface_temperature"), bench.library.parameter("rf.core_temperature").si
    boiling = [bench.parameter(f"rf.{name}") for name in ("dry_limit", "dry_conductivity", "vapour_recovered")]
    cells, collagen = (_kinetics(bench, end_point) for end_point in ("cell", "collagen"))
    slope = bench.parameter("rf.conductivity_slope")
    endless = np.full(bench.scenarios.members, INFINITE)
    thickness = dict(zip(_TISSUES, (layers.epidermis, layers.dermis, fat_thickness(bench, zone), endless), strict=True))
    reference = bench.library.parameter("dielectric.reference_temperature").si
    setups = []
    for i in range(bench.scenarios.members):
        spread = 2.0 * sqrt(4.0 * float(tissues["dermis"].diffusivity[i]) * drive.longest)
        edged = array.pattern in ("pair", "monopolar")
        below = max(spread, _LEAST_MARGIN if edged else _FIELD_DEPTH * float(pitch[i]))
        bottom = max(needle[i].depth + below, _LEAST_STACK)
        setups.append(
            PulseSetup(
                layers=_stack(tissues, thickness, float(slope[i]), reference, bottom, i),
                needle=needle[i],
                array=_needle_array(array, float(pitch[i]), float(body[i]), max(spread, _LEAST_MARGIN)),
                drive=drive.of(i),
                top=tops[i],
                bottom=Surface(INFINITE, core),
                start_surface=float(start[i]),
                start_core=core,
                boiling=Boiling(*(float(part[i]) for part in boiling)),
                blood_temperature=core,
                cell_kinetics=(cells[i],),
                collagen_kinetics=(collagen[i],),
            )
        )
    return setups


def _tissue(bench: Bench, name: str) -> _Tissue:
    def drawn(field: str) -> Floats:
        entry = tissue_entry(bench.library.tissues[name], field)
        if name == "muscle":  # needles do not enter it: its typical values are good enough
            return np.full(bench.scenarios.members, entry.si)
        return bench.scenarios.draw(entry)

    density = drawn("density")
    in_plane = drawn("electrical_conductivity_in_plane") * _frequency_factors(bench, name)
    return _Tissue(
        name,
        in_plane,
        in_plane / drawn("electrical_anisotropy"),
        drawn("thermal_conductivity"),
        density * drawn("specific_heat"),
        HEAT_OF_VAPORISATION * density * drawn("water_fraction"),
        drawn("perfusion") * bench.library.parameter("rf.blood_heat_capacity").si,
    )


def _frequency_factors(bench: Bench, tissue: str) -> Floats:
    """Return the conductivity of a tissue at the device's frequency over that in the library, (m,)."""
    frequency = bench.of_device("frequency")
    if not np.all((frequency >= LOWEST_FREQUENCY) & (frequency <= HIGHEST_FREQUENCY)):
        stated = bench.device.known("frequency")
        raise PlanError(
            "the change of tissues with frequency is not known there", value=stated.text, allowed="10 kHz to 10 MHz"
        )
    known = bench.library
    dispersions = cole_cole_of(tissue_entry(known.tissues[tissue], "dielectric_set").text, known)
    reference = known.parameter("dielectric.reference_frequency").si
    return np.array([frequency_factor(dispersions, float(one), reference) for one in frequency])


def fat_thickness(bench: Bench, zone: str) -> Floats:
    """Return the thickness of the fat at a zone [m], (m,); infinite where the library has none."""
    fat = bench.library.fat(bench.plan.zone(zone).site)
    if fat is None:
        return np.full(bench.scenarios.members, INFINITE)
    return bench.scenarios.draw(fat, "tissue.subcutis.superficial_fat_thickness")


def _stack(
    tissues: dict[str, _Tissue],
    thickness: dict[str, Floats],
    slope: float,
    reference: float,
    bottom: float,
    scenario: int,
) -> tuple[TissueLayer, ...]:
    """Return the layers of one scenario down to a depth [m]; the last one is cut off there."""
    stack, top = [], 0.0
    for name, tissue in tissues.items():
        whole = float(thickness[name][scenario])
        thick = bottom - top if top + whole > bottom - _THINNEST else whole
        stack.append(
            TissueLayer(
                name=name,
                thickness=thick,
                sigma_in_plane=float(tissue.sigma_in_plane[scenario]),
                sigma_in_depth=float(tissue.sigma_in_depth[scenario]),
                sigma_slope=slope,
                conductivity=float(tissue.conductivity[scenario]),
                heat_capacity=float(tissue.heat_capacity[scenario]),
                sigma_reference=reference,
                latent_heat=float(tissue.latent_heat[scenario]),
                perfusion=float(tissue.perfusion[scenario]),
            )
        )
        top += thick
        if thick != whole:
            break
    return tuple(stack)


def _needles(bench: Bench, depth: float, angle: Floats) -> list[Needle]:
    """Return the needle of every scenario at a setting [m]: it reaches a share of it."""
    reached = bench.parameter("rf.reached_share") * depth
    bare, diameter = bench.of_device("exposed_length"), bench.of_device("needle_diameter")
    taper = np.minimum(tip_length(bench), np.minimum(bare, reached / np.sin(angle)))
    metal = [bench.library.parameter(f"rf.needle_{name}").si for name in ("conductivity", "heat_capacity")]
    parts = zip(diameter, reached, bare, taper, angle, strict=True)
    return [Needle(*(float(part) for part in one), *metal) for one in parts]


def tip_length(bench: Bench) -> Floats:
    """Return the length over which the needles taper [m], (m,); 0 for flat ends."""
    shape = bench.device.published("tip_shape")
    if shape is not None and shape.text == "flat":
        return np.zeros(bench.scenarios.members)
    return bench.of_device("tip_length")


def _needle_array(array: Layout, pitch: float, body: float, margin: float) -> NeedleArray:
    if array.pattern == "monopolar":
        return NeedleArray(array.pattern, pitch, array.rows, array.columns, body, margin)
    if array.pattern == "pair":
        return NeedleArray(array.pattern, pitch, margin=margin)
    return NeedleArray(array.pattern, pitch)


def _kinetics(bench: Bench, end_point: str) -> list[Kinetics]:
    """Return the kinetic set of every scenario."""
    names = kinetic_set_names(bench, end_point)
    sets = [kinetics_of(name, bench.library, collagen=end_point == "collagen") for name in names]
    return [sets[index] for index in kinetic_set_indices(bench, end_point)]


def kinetic_set_names(bench: Bench, end_point: str) -> tuple[str, ...]:
    """Return the kinetic sets that a scenario may take for ``cell`` or ``collagen``."""
    spread = bench.library.parameter(f"rf.{end_point}_kinetics").spread
    return () if spread is None else tuple(str(name) for name in spread.values)


def kinetic_set_indices(bench: Bench, end_point: str) -> NDArray[np.int64]:
    """Return which of the kinetic sets each scenario takes, (m,)."""
    return bench.parameter(f"rf.{end_point}_kinetics").astype(np.int64)


def _tops(bench: Bench, zone: str) -> list[Surface]:
    """Return what the surface of every scenario exchanges heat with, through the stratum corneum."""
    cooling = bench.device.published("cooling")
    beyond = "contact" if cooling is not None and cooling.text == "contact" else "air"
    transfer = bench.parameter(f"rf.surface_transfer_{beyond}")
    temperature = bench.parameter(f"rf.{beyond}_temperature")
    on_face = bench.library.site(bench.plan.zone(zone).site).region == "face"
    alike = "cheek" if on_face else "dorsal_forearm"
    thick = tissue_entry(bench.library.tissues["epidermis"], f"stratum_corneum_thickness_{alike}")
    resistance = thick.si / tissue_entry(bench.library.tissues["stratum-corneum"], "thermal_conductivity").si
    through = 1.0 / (1.0 / transfer + resistance)
    return [Surface(float(one), float(other)) for one, other in zip(through, temperature, strict=True)]


class _Drives:
    """What the generator does in every scenario; power and current of the whole array are shared by its units."""

    def __init__(self, bench: Bench, step: RfPulses, array: Layout) -> None:
        if step.level is not None:
            raise LibraryError(
                f"{NO_CONVERSION} is not published",
                value=f"level = {step.level:g} ({bench.device.name})",
                do="give the dose as energy_per_pin, power, voltage or sensor_temperature, with its pulse_width",
            )
        assert step.pulse_width is not None
        self.width, self.power, self.voltage = step.pulse_width.si, None, None
        if step.energy_per_pin is not None:
            self.power = step.energy_per_pin.si / self.width * array.needles_per_unit
        elif step.power is not None:
            self.power = step.power.si / array.units
        elif step.voltage is not None:
            self.voltage = step.voltage.si
        self.voltage_limit, self.current_limit, self.power_limit = (
            INFINITE if limit is None else limit.si / shared
            for limit, shared in (
                (bench.device.published("maximum_voltage"), 1.0),
                (bench.device.published("maximum_current"), array.units),
                (bench.device.published("maximum_power"), array.units),
            )
        )
        self.target = None if step.sensor_temperature is None else step.sensor_temperature.si
        if self.target is not None:
            bench.device.known("maximum_power")  # nothing else bounds how fast a control heats
            self.length, self.offset = bench.of_device("sensor_length"), bench.parameter("rf.sensor_offset")

    @property
    def longest(self) -> float:
        """Longest time with the current on [s]."""
        return self.width if self.target is None else self.width + Drive.longest_rise

    def of(self, scenario: int) -> Drive:
        """Return the drive of one scenario."""
        control = None
        if self.target is not None:
            control = SensorControl(self.target, float(self.length[scenario]), float(self.offset[scenario]))
        return Drive(
            self.width,
            voltage=self.voltage,
            power=self.power,
            control=control,
            voltage_limit=self.voltage_limit,
            current_limit=self.current_limit,
            power_limit=self.power_limit,
            insist=False,  # a sensor that this skin keeps from its target is a result, not a fault
        )
