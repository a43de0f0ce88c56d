"""The plan file's table ``optimise``: what is wanted, what must not happen, and what may be set otherwise.

Endpoints are named here and looked up where they are computed, since which there are hangs on the plan.
"""

from __future__ import annotations

import math
import sys
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from percuta.errors import UnitError
from percuta.plan.faults import misfit
from percuta.plan.quantities import (
    CourseTime,
    Depth,
    Energy,
    Frequency,
    Interval,
    Power,
    PulseWidth,
    SensorTemperature,
    Speed,
    StepTime,
    Voltage,
)
from percuta.plan.steps import PLAIN_TEXT, Name, Passes, Share, Strict
from percuta.units import Quantity, parse, unit_of

SettingName = Literal[
    "set_depth",
    "passes",
    "frequency",
    "glide_speed",
    "needling_time",
    "cartridge",
    "device",
    "energy_per_pin",
    "power",
    "voltage",
    "sensor_temperature",
    "pulse_width",
    "overlap",
    "sessions",
    "interval",
    "anaesthetic_duration",
]
SETTING_NAMES: tuple[str, ...] = get_args(SettingName)
Sessions = Annotated[int, Field(ge=1, le=24, strict=True)]
Value = Quantity | int | float | str
Written = str | int | float
"""A value as a plan file has it: text with its unit, a number, or a name."""

_KINDS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(kind)
    for name, kind in {
        "set_depth": Depth,
        "passes": Passes,
        "frequency": Frequency,
        "glide_speed": Speed,
        "needling_time": StepTime,
        "cartridge": Name,
        "device": Name,
        "energy_per_pin": Energy,
        "power": Power,
        "voltage": Voltage,
        "sensor_temperature": SensorTemperature,
        "pulse_width": PulseWidth,
        "overlap": Share,
        "sessions": Sessions,
        "interval": Interval,
        "anaesthetic_duration": StepTime,
    }.items()
}
BY_NAME = ("cartridge", "device")
"""Settings whose values are names, which have no order."""
_UNITS = {
    "set_depth": "mm",
    "frequency": "Hz",
    "glide_speed": "mm/s",
    "needling_time": "min",
    "energy_per_pin": "mJ",
    "power": "W",
    "voltage": "V",
    "sensor_temperature": "degC",
    "pulse_width": "ms",
    "interval": "week",
    "anaesthetic_duration": "min",
}
_OF_KIND = {"int_type": "a whole number", "float_type": "a number", "string_type": "text in quotes"}
_MOST_VALUES = 200
_ROUNDING = 1e-9


def unit_of_setting(name: str) -> str:
    """Return the unit that a setting is shown in; ``"1"`` for a number and ``"text"`` for a name."""
    return "text" if name in BY_NAME else _UNITS.get(name, "1")


def read_setting(name: str, written: object) -> Value:
    """Read one value of a setting as a plan has it.

    Raises
    ------
    pydantic.ValidationError
        If it is no such value.
    """
    value: Value = _KINDS[name].validate_python(written)
    return value


def in_unit(name: str, value: Value) -> float:
    """Return a value of a setting as a number in the setting's unit."""
    return value.to(unit_of_setting(name)) if isinstance(value, Quantity) else float(value)


def _is_number(value: object) -> bool:
    """Tell whether a value is a finite number of a size that a float has."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max  # type: ignore[arg-type]


def _limit(value: object) -> object:
    """Return a limit as it was written: a number in its endpoint's unit, or text with a unit of the same kind."""
    if _is_number(value):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("limit", "not a limit", {"allowed": 'a number, or text with a unit such as "5 days"'})
    try:
        unit_of(value)
    except UnitError as fault:
        raise PydanticCustomError("limit", "{what}", {"what": fault.what, "allowed": 'such as "45 min"'}) from fault
    return value


def _plain(value: object) -> object:
    """Return a value of a setting as it was written; which it may be hangs on the setting."""
    if isinstance(value, str) or _is_number(value):
        return value
    raise PydanticCustomError("setting", "not a value of a setting", {"allowed": "a number, or text"})


_VALUE_SCHEMA = {"type": ["string", "number"], "description": "as the setting itself is written in the plan"}
_LIMIT_SCHEMA = {"type": ["string", "number"], "description": "number in the endpoint's unit, or text with a unit"}
Limit = Annotated[Any, BeforeValidator(_limit), WithJsonSchema(_LIMIT_SCHEMA)]
AsWritten = Annotated[Any, BeforeValidator(_plain), WithJsonSchema(_VALUE_SCHEMA)]
Probability = Annotated[float, Field(ge=0.5, le=0.999, strict=True)]
Quantile = Annotated[float, Field(ge=0.01, le=0.99, strict=True)]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=PLAIN_TEXT)]
StepNumber = Annotated[int, Field(ge=1, le=60, strict=True)]


class Objective(Strict):
    """An endpoint that is to be as high or as low as may be, at a quantile over the scenarios.

    Without a ``zone`` the worst zone of each scenario counts; ``time`` is counted from the first session.
    """

    endpoint: Name
    goal: Literal["maximise", "minimise"]
    quantile: Quantile = 0.5
    zone: Name | None = None
    time: CourseTime | None = None
    reason: Reason | None = None


class Constraint(Strict):
    """A limit that an endpoint has to keep with a probability."""

    endpoint: Name
    below: Limit | None = None
    above: Limit | None = None
    probability: Probability = 0.95
    zone: Name | None = None
    time: CourseTime | None = None
    reason: Reason | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Constraint:
        if (self.below is None) == (self.above is None):
            more = "below" if self.below is None else "above"
            raise misfit("give either below or above; for a band write two constraints", (more,))
        return self


class SettingRange(Strict):
    """The values that a setting may take: ``low`` to ``high`` in steps of ``by``, or a list of ``values``.

    With the name alone the default range is taken.
    """

    setting: SettingName
    step: StepNumber | None = None
    low: AsWritten | None = None
    high: AsWritten | None = None
    by: AsWritten | None = None
    values: Annotated[tuple[AsWritten, ...], Field(min_length=1, max_length=_MOST_VALUES)] | None = None

    @model_validator(mode="after")
    def _values_are_of_the_setting(self) -> SettingRange:
        ends = [name for name in ("low", "high", "by") if getattr(self, name) is not None]
        if ends and self.values is not None:
            raise misfit("give either low, high and by, or values", ("values",), do=f"remove {' and '.join(ends)}")
        if ends and len(ends) < 3:
            missing = next(name for name in ("low", "high", "by") if name not in ends)
            raise misfit("a range needs low, high and by", (ends[0],), do=f"add {missing}")
        if ends and self.setting in BY_NAME:
            raise misfit("names have no order", (ends[0],), allowed=f"values = [...], the names of each {self.setting}")
        if self.step is not None and self.setting in ("sessions", "interval", "device"):
            raise misfit(f"{self.setting} belongs to no step", ("step",), self.step, do="remove step")
        for number, written in enumerate(self.values or ()):
            self._check(("values", number), written)
        if ends:
            self._check_range()
        return self

    def _check(self, path: tuple[str | int, ...], written: object) -> None:
        try:
            read_setting(self.setting, written)
        except ValidationError as fault:
            raise _of_value(fault, path, written) from None

    def _check_range(self) -> None:
        for end in ("low", "high"):
            self._check((end,), getattr(self, end))
        step = self.stride
        low, high = (in_unit(self.setting, read_setting(self.setting, end)) for end in (self.low, self.high))
        if low > high:
            raise misfit("low is above high", ("low",), self.low, allowed=f"at most {self.high}")
        if not step > 0.0:
            raise misfit("the steps of a range go upwards", ("by",), self.by, allowed="above 0")
        if (high - low) / step > _MOST_VALUES:
            raise misfit("too many values", ("by",), self.by, allowed=f"a step that gives at most {_MOST_VALUES}")

    @property
    def stride(self) -> float:
        """The step of the range in the setting's unit; a difference of temperatures may be written in K or degC."""
        unit = unit_of_setting(self.setting)
        if unit == "1":
            if not isinstance(self.by, int | float):
                raise misfit("not a number", ("by",), self.by, allowed="a number")
            return float(self.by)
        return _difference(self.by, unit)

    def all_values(self) -> tuple[Value, ...]:
        """Return the values in increasing order; names as they were written. Empty where none are given."""
        if self.values is not None:
            read = [read_setting(self.setting, written) for written in self.values]
            return tuple(read if self.setting in BY_NAME else sorted(read, key=lambda one: in_unit(self.setting, one)))
        if self.low is None:
            return ()
        low, high = (in_unit(self.setting, read_setting(self.setting, end)) for end in (self.low, self.high))
        count = math.floor((high - low) / self.stride + 1e-6) + 1
        return tuple(value_at(self.setting, low + number * self.stride) for number in range(count))


def value_at(name: str, number: float) -> Value:
    """Return the value of a setting at a number in its unit, written with a few digits."""
    unit = unit_of_setting(name)
    if unit != "1":
        return read_setting(name, f"{number:.6g} {unit if unit != 'week' else 'weeks'}")
    return read_setting(name, float(f"{number:.6g}") if name == "overlap" else round(number))


def _difference(written: object, unit: str) -> float:
    try:
        if unit == "degC":
            text = written.replace("degC", "K").replace("°C", "K") if isinstance(written, str) else written
            return parse(text, "K").si
        return parse(written, unit).to(unit)
    except UnitError as fault:
        raise misfit(fault.what, ("by",), written, allowed=fault.allowed or "") from None


def _of_value(fault: ValidationError, path: tuple[str | int, ...], written: object) -> PydanticCustomError:
    """Return what is wrong with a value, at its place in the range."""
    found = fault.errors(include_url=False)[0]
    context: dict[str, Any] = found.get("ctx") or {}
    ends = (("ge", "at least"), ("le", "at most"), ("lt", "below"))
    allowed = context.get("allowed") or ", ".join(f"{words} {context[key]}" for key, words in ends if key in context)
    allowed = allowed or _OF_KIND.get(found["type"], "")
    what = found["msg"] if found["type"] == "quantity" else "not a value of this setting"
    return misfit(what, path, written, allowed=allowed)


class Optimise(Strict):
    """What `percuta optimise` is asked: objectives, constraints, settings.

    Of each list that is left out the defaults for the wanted effect and the person's phototype are taken; an empty
    list of constraints is none at all.
    """

    objectives: Annotated[tuple[Objective, ...], Field(min_length=1, max_length=5)] = ()
    constraints: Annotated[tuple[Constraint, ...], Field(max_length=30)] | None = None
    settings: Annotated[tuple[SettingRange, ...], Field(min_length=1, max_length=30)] | None = None
