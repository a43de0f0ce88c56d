"""The pulse file's model: one RF pulse on the bench, in layers whose every property can be given by hand."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from percuta.plan.faults import misfit
from percuta.plan.model import SchemaNumber, Text
from percuta.plan.pulse_tables import (
    ArrayTable,
    BoilingTable,
    CompareTable,
    DamageTable,
    DriveTable,
    LayerTable,
    NeedleTable,
    ThermalTable,
)
from percuta.plan.steps import Strict
from percuta.units import show

_ROUNDING = 1e-9


class PulseFile(Strict):
    """A whole pulse file; see ``examples/pulse_bipolar.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, serialize_by_alias=True)

    schema_number: Annotated[SchemaNumber, Field(alias="schema")]
    title: Text
    notes: Text | None = None
    array: ArrayTable
    needle: NeedleTable
    layers: Annotated[tuple[LayerTable, ...], Field(min_length=1, max_length=20)]
    drive: DriveTable
    thermal: ThermalTable = ThermalTable()
    boiling: BoilingTable = BoilingTable()
    damage: DamageTable = DamageTable()
    compare: CompareTable | None = None

    @property
    def depth(self) -> float:
        """Depth of the stack of layers [m]."""
        return math.fsum(layer.thickness.si for layer in self.layers)

    @model_validator(mode="after")
    def _tables_fit_together(self) -> PulseFile:
        _check_layers(self)
        _check_needles(self)
        _check_limits(self)
        if self.drive.sensor_temperature is not None:
            _check_sensor(self)
        return self


def _check_layers(file: PulseFile) -> None:
    names = [layer.name for layer in file.layers]
    for number, layer in enumerate(file.layers):
        if layer.name in names[:number]:
            path = ("layers", number, "name")
            raise misfit("two layers have the same name", path, layer.name, allowed="another name")
        if file.boiling.enabled and layer.tissue is None and layer.water_fraction is None:
            raise misfit(
                "whether the layer boils depends on its water_fraction",
                ("layers", number, "water_fraction"),
                do="give it (0.0 for a layer that does not boil), or write enabled = false under [boiling]",
            )


def _check_needles(file: PulseFile) -> None:
    array, needle = file.array, file.needle
    if needle.thermal == "excluded" and file.thermal.holder_temperature is not None:
        raise misfit(
            "the holder cools the needle, which is left out of the heat problem",
            ("thermal", "holder_temperature"),
            file.thermal.holder_temperature,
            allowed='with thermal = "conducting" under [needle]',
        )
    if needle.diameter.si >= array.pitch.si * (1 - _ROUNDING):
        raise misfit("the needles overlap", ("needle", "diameter"), needle.diameter, allowed=f"less than {array.pitch}")
    if needle.depth.si >= file.depth * (1 - _ROUNDING):
        allowed = f"less than {show(file.depth, 'mm')}, the depth of all layers"
        raise misfit("the tip leaves the stack of layers", ("needle", "depth"), needle.depth, allowed=allowed)
    if abs(needle.inclination - math.pi / 2) > _ROUNDING and array.pattern != "pair":
        raise misfit(
            "only the needles of a pair can be inclined",
            ("needle", "angle"),
            needle.angle,
            allowed='90 deg, or pattern = "pair"',
        )
    if array.unit != "one pitch x pitch cell" and array.skin_beyond <= array.pitch.si / 2:
        what = "the margin ends nearer to the outermost needles than their neighbours stand"
        raise misfit(what, ("array", "margin"), array.margin, allowed=f"more than half the pitch of {array.pitch}")


def _check_limits(file: PulseFile) -> None:
    drive, needles = file.drive, file.array.needles_per_unit
    voltage, power, energy = drive.voltage, drive.power, drive.energy_per_needle
    if voltage is not None and drive.voltage_limit is not None and voltage.si > drive.voltage_limit.si:
        allowed = f"at most {drive.voltage_limit}"
        raise misfit("more than the limit of the generator", ("drive", "voltage"), voltage, allowed=allowed)
    limit = drive.power_limit
    if power is not None and limit is not None and power.si > limit.si:
        raise misfit("more than the limit of the generator", ("drive", "power"), power, allowed=f"at most {limit}")
    if energy is not None and limit is not None and energy.si * needles / drive.pulse_width.si > limit.si:
        most = show(limit.si * drive.pulse_width.si / needles, "mJ")
        raise misfit(
            "more than the limit of the generator gives within the pulse",
            ("drive", "energy_per_needle"),
            energy,
            allowed=f"at most {most} a needle in {drive.pulse_width} with {limit} for {needles} needles",
        )


def _check_sensor(file: PulseFile) -> None:
    drive, thermal, needle = file.drive, file.thermal, file.needle
    target, control = drive.sensor_temperature, drive.control
    assert target is not None
    if needle.thermal == "excluded":
        what = "a sensor reads the temperature of the metal, which is left out"
        raise misfit(what, ("needle", "thermal"), needle.thermal, allowed="conducting")
    if not any((drive.power_limit, drive.voltage_limit, drive.current_limit)):
        raise misfit(
            "a generator without a limit reaches any temperature at once",
            ("drive", "sensor_temperature"),
            target,
            do="give power_limit, voltage_limit or current_limit",
        )
    for start in filter(None, (thermal.start, thermal.start_surface, thermal.start_core)):
        if target.si <= start.si:
            what = "the target is not above the temperature at the start"
            raise misfit(what, ("drive", "sensor_temperature"), target, allowed=f"more than {start}")
    if control is not None and control.interval is not None and control.interval.si > drive.pulse_width.si:
        what, path = "the control is set less than once in a pulse", ("drive", "control", "interval")
        raise misfit(what, path, control.interval, allowed=f"at most {drive.pulse_width}")
    if control is not None and control.length is not None:
        longest = needle.length.si if needle.length is not None else needle.length_in_skin
        if control.length.si > longest * (1 + _ROUNDING):
            path = ("drive", "control", "length")
            raise misfit(
                "the sensor is longer than the needle", path, control.length, allowed=f"at most {show(longest, 'mm')}"
            )
