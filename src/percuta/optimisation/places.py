"""Where a plan has a setting, why it has not, and what its own value is."""

from __future__ import annotations

from percuta.errors import PlanError, Where
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import Needling, RfPulses, TopicalAnaesthetic
from percuta.plan.wishes import SETTING_NAMES, SettingRange, Value, Written, unit_of_setting, value_at
from percuta.units import Quantity, convert

USUAL = "(usual)"
"""Stands for the cartridge of a plan that names none; it is never written."""
OF_COURSE = ("sessions", "interval")
DOSES = ("energy_per_pin", "power", "voltage", "sensor_temperature")
_OF_NEEDLING = ("set_depth", "passes", "frequency", "glide_speed", "needling_time", "cartridge")
_OF_PULSES = ("set_depth", "passes", *DOSES, "pulse_width", "overlap")
_Reasons = tuple[tuple[bool, str], ...]


def places_of(plan: Plan, device: Device, name: str, step: int | None = None) -> list[int | None]:
    """Return the numbers of the steps that have a setting; None stands for what belongs to no step."""
    if name in OF_COURSE or name == "device":
        return [None] if _why_not(plan, device, name, None) is None else []
    numbers = range(1, len(plan.session.steps) + 1) if step is None else (step,)
    return [number for number in numbers if _why_not(plan, device, name, number) is None]


def missing(plan: Plan, device: Device, asked: SettingRange, key: str) -> PlanError:
    """Return the error of a setting that the plan does not have, with the reason."""
    kinds = (TopicalAnaesthetic,) if asked.setting == "anaesthetic_duration" else (Needling, RfPulses)
    steps = [number for number, step in enumerate(plan.session.steps, 1) if isinstance(step, kinds)]
    number = asked.step if asked.step is not None else steps[0] if steps else None
    if number is None and asked.setting not in (*OF_COURSE, "device"):
        why: str | None = f"no step has a setting {asked.setting}"
    else:
        why = _why_not(plan, device, asked.setting, number)
    return PlanError(
        f"the plan does not have this setting: {why}",
        value=asked.setting if asked.step is None else asked.step,
        allowed=f"in this plan: {', '.join(name for name in SETTING_NAMES if places_of(plan, device, name))}",
        where=Where(key=f"{key}.setting" if asked.step is None else f"{key}.step"),
    )


def own_value(plan: Plan, device: Device, library: Library, name: str, number: int | None) -> Written | None:
    """Return the plan's own value of a setting as it is written, or what holds where it is left out.

    None where neither is known.
    """
    if name == "device":
        return plan.device.model
    if name in OF_COURSE:
        stated = getattr(plan.course, name)
    else:
        stated = getattr(_step(plan, number), "duration" if name == "anaesthetic_duration" else name, None)
    if stated is not None:
        return written(stated)
    if name in ("cartridge", "overlap"):
        return USUAL if name == "cartridge" else 0.0
    usual = device.published("puncture_rate")
    if name == "glide_speed":
        usual = library.parameter(f"puncture.{'roller' if device.kind == 'roller' else 'pen'}_glide_speed")
    return None if usual is None else written(value_at(name, convert(usual.si, unit_of_setting(name))))


def written(value: Value) -> Written:
    """Return a value as it is written in a plan file."""
    return value.text if isinstance(value, Quantity) else value


def _step(plan: Plan, number: int | None) -> object:
    return plan.session.steps[(number or 1) - 1]


def _why_not(plan: Plan, device: Device, name: str, number: int | None) -> str | None:
    """Return why a plan or one of its steps does not have a setting; None where it has."""
    if name in OF_COURSE:
        return None
    if name == "device":
        return _first(
            (device.kind != "roller", "it chooses among rollers, whose needles have one length each"),
            (plan.device.model is None, "the roller is described in the plan, not named"),
        )
    step = plan.session.steps[(number or 1) - 1]
    if name == "anaesthetic_duration":
        return _first((not isinstance(step, TopicalAnaesthetic), f"the step {step.do} puts no anaesthetic on"))
    if isinstance(step, Needling):
        return _first(*_reasons_of_needling(plan, device, name, step))
    if isinstance(step, RfPulses):
        return _first(*_reasons_of_pulses(name, step))
    return f"the step {step.do} has no {name}"


def _first(*reasons: tuple[bool, str]) -> str | None:
    return next((why for holds, why in reasons if holds), None)


def _reasons_of_needling(plan: Plan, device: Device, name: str, step: Needling) -> _Reasons:
    roller, timed = device.kind == "roller", step.needling_time is not None
    return (
        (name not in _OF_NEEDLING, f"the step needling has no {name}"),
        (
            name == "set_depth" and roller,
            "the needles of a roller have one length; take the setting device, with other rollers as values",
        ),
        (name in ("frequency", "needling_time") and roller, f"a roller has no {name}"),
        (
            name in ("passes", "glide_speed") and timed and not roller,
            f"the step states its needling_time in place of {name}",
        ),
        (name == "needling_time" and not timed, "the step states its passes in place of needling_time"),
        (
            name == "cartridge" and not plan.device.cartridges,
            "the plan has no cartridges; add them under device.cartridges",
        ),
    )


def _reasons_of_pulses(name: str, step: RfPulses) -> _Reasons:
    stated = next(dose for dose in (*DOSES, "level") if getattr(step, dose) is not None)
    return (
        (name not in _OF_PULSES, f"the step rf_pulses has no {name}"),
        (
            name == "set_depth" and step.set_depth is None,
            "the step has several set_depths, which are not searched; write a step with one set_depth for each",
        ),
        (name in DOSES and name != stated, f"the dose of the step is its {stated}"),
        (name == "pulse_width" and step.pulse_width is None, "the step has a level, whose pulse is not known"),
    )
