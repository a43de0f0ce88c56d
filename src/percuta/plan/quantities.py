"""Field types of the plan file: text with a unit, checked for its dimension and its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from percuta.errors import UnitError
from percuta.units import Quantity, parse, unit_of


@dataclass(frozen=True)
class QuantityField:
    """A quantity of one dimension between two bounds, given in ``unit``; ``zero`` tells whether it may be nothing."""

    unit: str
    low: float
    high: float
    zero: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda quantity: quantity.text),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "description": f"number with a unit of the same kind as {self.unit}, {self._bounds()}",
            "examples": [f"{self.high if self.low == self.high else _middle(self.low, self.high):g} {self.unit}"],
            "pattern": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*(1? ?/ ?)?[A-Za-zµμ°%(]",
        }

    def _bounds(self) -> str:
        start = "above 0" if self.low == 0 and not self.zero else f"from {self.low:g}"
        return f"{start} to {self.high:g} {self.unit}"

    def _read(self, value: Any) -> Quantity:
        try:
            quantity = parse(value, self.unit)
        except UnitError as fault:
            raise PydanticCustomError(
                "quantity", "{what}", {"what": fault.what, "allowed": fault.allowed or ""}
            ) from fault
        magnitude = quantity.to(self.unit)
        rounding = 1e-9
        inside = self.low - rounding * abs(self.low) <= magnitude <= self.high * (1 + rounding)
        if not inside or (magnitude == 0 and not self.zero):
            raise PydanticCustomError("quantity", "{what}", {"what": "out of bounds", "allowed": self._bounds()})
        if unit_of(quantity.text) == "1":  # "1.5" is an angle in radians, which nobody means
            raise PydanticCustomError("quantity", "{what}", {"what": "the unit is missing", "allowed": self._bounds()})
        return quantity


def _middle(low: float, high: float) -> float:
    return float(f"{(low + high) / 2 if low <= 0 else (low * high) ** 0.5:.1g}")


Age = Annotated[Quantity, QuantityField("years", 0, 120)]
BodyMass = Annotated[Quantity, QuantityField("kg", 1, 400)]
Area = Annotated[Quantity, QuantityField("cm^2", 0.01, 20_000)]
Depth = Annotated[Quantity, QuantityField("mm", 0.01, 10)]
Length = Annotated[Quantity, QuantityField("mm", 0.01, 200)]
Speed = Annotated[Quantity, QuantityField("mm/s", 0.1, 500)]
Frequency = Annotated[Quantity, QuantityField("Hz", 0.1, 1000)]
StepTime = Annotated[Quantity, QuantityField("min", 0.01, 24 * 60)]
Interval = Annotated[Quantity, QuantityField("days", 0, 730)]
FollowUp = Annotated[Quantity, QuantityField("weeks", 0, 260, zero=True)]
CourseTime = Annotated[Quantity, QuantityField("weeks", 0, 3000)]
Amount = Annotated[Quantity, QuantityField("g", 0, 1000)]
Load = Annotated[Quantity, QuantityField("ug", 0, 1_000_000)]
PulseWidth = Annotated[Quantity, QuantityField("ms", 0, 60_000)]
Energy = Annotated[Quantity, QuantityField("mJ", 0, 100_000)]
Power = Annotated[Quantity, QuantityField("W", 0, 1000)]
Voltage = Annotated[Quantity, QuantityField("V", 0, 2000)]
SensorTemperature = Annotated[Quantity, QuantityField("degC", 30, 120)]

# Of a pulse file.
# The least values are where cells and time steps would no longer follow; nothing real lies below them.
Distance = Annotated[Quantity, QuantityField("mm", 0.001, 200)]
BareLength = Annotated[Quantity, QuantityField("mm", 0.02, 200)]
DistanceOrNone = Annotated[Quantity, QuantityField("mm", 0, 200, zero=True)]
Angle = Annotated[Quantity, QuantityField("deg", 5, 90)]
RadioFrequency = Annotated[Quantity, QuantityField("kHz", 10, 10_000)]
ElectricalConductivity = Annotated[Quantity, QuantityField("S/m", 1e-6, 100)]
ConductivitySlope = Annotated[Quantity, QuantityField("1/K", 0, 0.1, zero=True)]
ThermalConductivity = Annotated[Quantity, QuantityField("W/m/K", 0.01, 1000)]
HeatCapacity = Annotated[Quantity, QuantityField("MJ/m^3/K", 0.01, 20)]
Density = Annotated[Quantity, QuantityField("kg/m^3", 0, 25_000)]
Perfusion = Annotated[Quantity, QuantityField("1/s", 0, 1, zero=True)]
Resistance = Annotated[Quantity, QuantityField("ohm", 0, 100_000, zero=True)]
Current = Annotated[Quantity, QuantityField("A", 0, 1000)]
Duration = Annotated[Quantity, QuantityField("s", 0, 600)]
ControlInterval = Annotated[Quantity, QuantityField("s", 0.001, 600)]
DurationOrNone = Annotated[Quantity, QuantityField("s", 0, 600, zero=True)]
Temperature = Annotated[Quantity, QuantityField("degC", -20, 60, zero=True)]
TemperatureDifference = Annotated[Quantity, QuantityField("K", -50, 50, zero=True)]
HeatTransfer = Annotated[Quantity, QuantityField("W/m^2/K", 0, 100_000)]
ProportionalGain = Annotated[Quantity, QuantityField("W/K", 0, 1000)]
IntegralGain = Annotated[Quantity, QuantityField("W/K/s", 0, 100_000, zero=True)]
