"""The tables of a pulse file, each with what has to hold within it."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from percuta.plan.faults import misfit
from percuta.plan.model import Line, Rows
from percuta.plan.quantities import (
    Angle,
    BareLength,
    ConductivitySlope,
    ControlInterval,
    Current,
    Density,
    Distance,
    DistanceOrNone,
    Duration,
    DurationOrNone,
    ElectricalConductivity,
    Energy,
    HeatCapacity,
    HeatTransfer,
    IntegralGain,
    Perfusion,
    Power,
    ProportionalGain,
    RadioFrequency,
    Resistance,
    SensorTemperature,
    Temperature,
    TemperatureDifference,
    ThermalConductivity,
    Voltage,
)
from percuta.plan.steps import Name, Strict

UnitOfArray = Literal["one pitch x pitch cell", "one pair", "whole array"]
Count = Annotated[int, Field(ge=1, le=1000, strict=True)]
KineticSets = Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
DRIVES = ("voltage", "power", "energy_per_needle", "sensor_temperature")
_UPRIGHT = math.pi / 2
_ROUNDING = 1 + 1e-9
_USUAL_MARGIN = 4e-3  # m


class ArrayTable(Strict):
    """How the needles and their polarities are laid out; without rows and columns the array has no edges."""

    pattern: Literal["checkerboard", "alternating_rows", "pair", "monopolar"]
    pitch: Distance
    rows: Rows | None = None
    columns: Rows | None = None
    body_resistance: Resistance | None = None
    margin: Distance | None = None

    @property
    def unit(self) -> UnitOfArray:
        """What power, energy and volumes are given for."""
        if self.pattern == "pair":
            return "one pair"
        return "one pitch x pitch cell" if self.rows is None else "whole array"

    @property
    def skin_beyond(self) -> float:
        """Skin beyond the outermost needles [m]."""
        return self.margin.si if self.margin is not None else _USUAL_MARGIN

    @property
    def needles_per_unit(self) -> int:
        """How many needles one unit of the array holds."""
        return 2 if self.pattern == "pair" else (self.rows or 1) * (self.columns or 1)

    @model_validator(mode="after")
    def _size_fits_the_pattern(self) -> ArrayTable:
        given = "rows" if self.rows is not None else "columns"
        if (self.rows is None) != (self.columns is None):
            other = "columns" if given == "rows" else "rows"
            raise misfit(f"{given} without {other}", (given,), getattr(self, given), allowed="both, or neither")
        if self.pattern == "pair" and self.rows is not None:
            raise misfit("a pair has no rows and columns", ("rows",), self.rows, do="remove rows and columns")
        if self.pattern == "monopolar" and self.rows is None:
            what = "a monopolar array without edges has no return path; give rows and columns"
            raise misfit(what, ("pattern",), self.pattern)
        if self.pattern == "checkerboard" and self.rows == self.columns == 1:
            raise misfit("one needle has no other polarity beside it", ("rows",), 1, allowed="two needles or more")
        if self.pattern == "alternating_rows" and self.rows == 1:
            raise misfit("one row has no other polarity beside it", ("rows",), 1, allowed="2 or more")
        return self

    @model_validator(mode="after")
    def _nothing_is_without_effect(self) -> ArrayTable:
        if self.body_resistance is not None and self.pattern != "monopolar":
            what = "only the current of a monopolar array passes the body"
            raise misfit(what, ("body_resistance",), self.body_resistance, do="remove body_resistance")
        if self.margin is not None and self.unit == "one pitch x pitch cell":
            raise misfit("an array without edges has no margin", ("margin",), self.margin, do="remove margin")
        return self


class NeedleTable(Strict):
    """One needle, bare over ``exposed_length`` from its tip; all needles of the array are alike."""

    diameter: Distance
    depth: Distance
    exposed_length: BareLength
    taper: DistanceOrNone | None = None
    angle: Angle | None = None
    length: Distance | None = None
    thermal: Literal["conducting", "excluded"] = "conducting"
    conductivity: ThermalConductivity | None = None
    heat_capacity: HeatCapacity | None = None

    @property
    def inclination(self) -> float:
        """Angle to the surface of the skin [rad]."""
        return self.angle.si if self.angle is not None else _UPRIGHT

    @property
    def length_in_skin(self) -> float:
        """Length of the needle below the surface [m]."""
        return self.depth.si / math.sin(self.inclination)

    @model_validator(mode="after")
    def _parts_fit_the_needle(self) -> NeedleTable:
        if self.length is not None and self.exposed_length.si > self.length.si * _ROUNDING:
            what = "the exposed length is longer than the needle"
            raise misfit(what, ("exposed_length",), self.exposed_length, allowed=f"at most {self.length}")
        if self.length is not None and self.length_in_skin > self.length.si * _ROUNDING:
            allowed = f"at most {self.length} along the needle"
            raise misfit("the tip lies deeper than the needle is long", ("depth",), self.depth, allowed=allowed)
        if self.taper is not None and self.taper.si > min(self.exposed_length.si, self.length_in_skin) * _ROUNDING:
            allowed = f"at most the exposed length of {self.exposed_length}, and what is in the skin"
            raise misfit("the taper is longer than the bare metal", ("taper",), self.taper, allowed=allowed)
        return self

    @model_validator(mode="after")
    def _an_excluded_needle_has_no_metal(self) -> NeedleTable:
        for key in ("conductivity", "heat_capacity"):
            if self.thermal == "excluded" and (given := getattr(self, key)) is not None:
                what = f"a needle left out of the heat problem has no {key}"
                raise misfit(what, (key,), given, do=f'remove {key}, or write thermal = "conducting"')
        return self


class LayerTable(Strict):
    """One level layer; a ``tissue`` of the library fills what is left out, without one the properties are given."""

    name: Name
    thickness: Distance
    tissue: Name | None = None
    electrical_conductivity: ElectricalConductivity | None = None
    electrical_conductivity_in_depth: ElectricalConductivity | None = None
    conductivity_slope: ConductivitySlope | None = None
    conductivity_reference: Temperature | None = None
    thermal_conductivity: ThermalConductivity | None = None
    heat_capacity: HeatCapacity | None = None
    water_fraction: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None
    density: Density | None = None
    perfusion: Perfusion | None = None

    @model_validator(mode="after")
    def _properties_are_complete(self) -> LayerTable:
        if self.tissue is None:
            for key in ("electrical_conductivity", "thermal_conductivity", "heat_capacity"):
                if getattr(self, key) is None:
                    do = "give it, or name a tissue of the library"
                    raise misfit(f"a layer without a tissue needs its {key}", (key,), do=do)
            if self.water_fraction and self.density is None:
                what = "the latent heat of the water needs the density of the layer"
                raise misfit(what, ("density",), do="give density")
        if self.conductivity_reference is not None and self.electrical_conductivity is None:
            what = "the conductivities of library tissues hold at 37 degC"
            do = "give electrical_conductivity as well, or remove conductivity_reference"
            raise misfit(what, ("conductivity_reference",), self.conductivity_reference, do=do)
        return self


class ControlTable(Strict):
    """How the generator holds a sensor temperature; ``length`` is what the sensor averages, from the tip."""

    kind: Literal["ideal", "pi"] = "ideal"
    length: Distance | None = None
    offset: TemperatureDifference | None = None
    lag: DurationOrNone | None = None
    interval: ControlInterval | None = None
    proportional: ProportionalGain | None = None
    integral: IntegralGain | None = None
    longest_rise: Duration | None = None

    @model_validator(mode="after")
    def _gains_are_for_a_controller(self) -> ControlTable:
        for key in ("proportional", "integral"):
            given = getattr(self, key)
            if self.kind == "ideal" and given is not None:
                raise misfit("an ideal control has no gains", (key,), given, do=f'remove {key}, or write kind = "pi"')
            if self.kind == "pi" and given is None:
                raise misfit(f"a PI controller needs its {key} gain", (key,), do=f"give {key}")
        return self


class DriveTable(Strict):
    """What the generator does: one kind of dose, its pulses and its limits; voltages are rms."""

    voltage: Voltage | None = None
    power: Power | None = None
    energy_per_needle: Energy | None = None
    sensor_temperature: SensorTemperature | None = None
    pulse_width: Duration
    sub_pulses: Count = 1
    gap: DurationOrNone | None = None
    pulses: Count = 1
    pause: DurationOrNone | None = None
    frequency: RadioFrequency | None = None
    voltage_limit: Voltage | None = None
    current_limit: Current | None = None
    power_limit: Power | None = None
    control: ControlTable | None = None

    @model_validator(mode="after")
    def _one_kind_of_dose(self) -> DriveTable:
        given = [name for name in DRIVES if getattr(self, name) is not None]
        if len(given) != 1:
            what = "one kind of dose is needed" if not given else "one kind of dose only"
            allowed = "exactly one of voltage, power, energy_per_needle and sensor_temperature"
            raise misfit(what, tuple(given[-1:]), " and ".join(given) or None, allowed=allowed)
        if self.control is not None and self.sensor_temperature is None:
            what = "control is for a sensor_temperature"
            raise misfit(what, ("control",), do=f"remove the table, or give sensor_temperature in place of {given[0]}")
        return self

    @model_validator(mode="after")
    def _nothing_is_without_effect(self) -> DriveTable:
        for key, count in (("gap", "sub_pulses"), ("pause", "pulses")):
            given = getattr(self, key)
            if given is not None and given.si > 0 and getattr(self, count) == 1:
                raise misfit(f"{key} lies between {count}, and there is one", (key,), given, do=f"give {count}")
        return self


class ThermalTable(Strict):
    """Temperatures at the start, and what the surface, the bottom and the needles' holder exchange heat with."""

    start: Temperature | None = None
    start_surface: Temperature | None = None
    start_core: Temperature | None = None
    top: Literal["insulated", "air", "contact"] = "insulated"
    top_temperature: Temperature | None = None
    top_transfer: HeatTransfer | None = None
    bottom: Literal["insulated", "held"] = "insulated"
    holder_temperature: Temperature | None = None
    blood_temperature: Temperature | None = None

    @model_validator(mode="after")
    def _one_way_to_start(self) -> ThermalTable:
        for key, other in (("start_surface", "start_core"), ("start_core", "start_surface")):
            given = getattr(self, key)
            if given is not None and self.start is not None:
                what = "start is the same everywhere, and leaves nothing for the surface or the core"
                raise misfit(what, (key,), given, allowed="start, or start_surface and start_core")
            if given is not None and getattr(self, other) is None:
                raise misfit(f"{key} without {other}", (key,), given, allowed="both, or start")
        for key in ("top_temperature", "top_transfer"):
            if self.top == "insulated" and (given := getattr(self, key)) is not None:
                raise misfit(
                    "an insulated top exchanges no heat", (key,), given, allowed='with top = "air" or "contact"'
                )
        return self


class BoilingTable(Strict):
    """Vaporisation from 99 degC on; what is left out comes from the library."""

    enabled: StrictBool = True
    dry_limit: Annotated[float, Field(ge=1e-3, le=1, strict=True)] | None = None
    dry_conductivity: Annotated[float, Field(ge=1e-9, le=1, strict=True)] | None = None
    recovered: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None

    @model_validator(mode="after")
    def _nothing_is_without_effect(self) -> BoilingTable:
        for key in ("dry_limit", "dry_conductivity", "recovered"):
            if not self.enabled and (given := getattr(self, key)) is not None:
                raise misfit("boiling is left out", (key,), given, do=f"remove {key}, or write enabled = true")
        return self


class DamageTable(Strict):
    """Kinetic sets of the library by name; all of them where left out. The first cell set stops the perfusion."""

    cell: KineticSets | None = None
    collagen: KineticSets | None = None

    @model_validator(mode="after")
    def _each_set_once(self) -> DamageTable:
        for key in ("cell", "collagen"):
            names = getattr(self, key) or ()
            for number, name in enumerate(names):
                if name in names[:number]:
                    raise misfit("the same kinetic set twice", (key, number), name, do="remove one")
        return self


class CompareTable(Strict):
    """A measured outline to lay over the section: a CSV file with the columns ``x_mm`` and ``depth_mm``."""

    outline: Line
    label: Line | None = None
