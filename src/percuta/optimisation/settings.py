"""The settings that a search may change: an ordered list of values for each, and a plan with some of them chosen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from percuta.errors import DeviceLimitError, PlanError, Where
from percuta.library.aims import SettingDefault
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.optimisation.default_ranges import default_values, defaults_for
from percuta.optimisation.places import DOSES, OF_COURSE, missing, own_value, places_of, written
from percuta.plan.device import check_device, deepest_setting, resolve_device
from percuta.plan.model import DeviceChoice, Plan
from percuta.plan.reading import look_up
from percuta.plan.steps import AnyStep, Needling
from percuta.plan.wishes import (
    BY_NAME,
    SettingRange,
    Written,
    in_unit,
    read_setting,
    unit_of_setting,
)
from percuta.sources import Sourced
from percuta.units import show

# What the device can do of one hangs on the other: all needles have to get their energy within the pulse.
_PARTNERS = {"pulse_width": DOSES, **dict.fromkeys(DOSES, ("pulse_width",))}
_SAME = 1e-6
_AS_WRITTEN = "as written in the plan"


@dataclass(frozen=True)
class Setting:
    """A setting and the values that it may take.

    Attributes
    ----------
    name, step
        What is set, and the number of its session step; None for what belongs to no step.
    unit
        Unit in which its values are compared.
    values
        As written in a plan file, in increasing order; names in the order in which they were given.
    current
        Index of the plan's own value, which is always among them; None where the plan leaves it out and nobody
        published what holds then.
    default
        Whether the values were not given in the plan.
    reason
        Where the values come from.
    depths
        For each device that may be chosen, the ``set_depth`` that its needles ask for.
    """

    name: str
    step: int | None
    unit: str
    values: tuple[Written, ...]
    current: int | None
    default: bool
    reason: str
    depths: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether a value lies between its neighbours, which names do not."""
        return self.name not in BY_NAME


def labels(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """Return what each setting is called: its name, with the number of its step where two steps have it."""
    names = [one.name for one in settings]
    return tuple(one.name if names.count(one.name) == 1 else f"{one.name} (step {one.step})" for one in settings)


def settings_of(plan: Plan, library: Library) -> tuple[Setting, ...]:
    """Return the settings that a search over a plan may change.

    Raises
    ------
    PlanError
        If the plan or its device does not have a setting that it asks to change, or is asked for one twice.
    DeviceLimitError
        If the device cannot be set to one of the values, as :func:`percuta.plan.device.check_device` gives it.
    """
    device = resolve_device(plan.device, library)
    wishes = plan.optimise.settings if plan.optimise is not None else None
    if wishes is None:
        return _defaults(plan, device, library)
    keyed = [
        (made, key)
        for key, asked in ((f"optimise.settings[{number}]", one) for number, one in enumerate(wishes, 1))
        for made in _asked(plan, device, library, asked, key)
    ]
    settings = [made for made, _ in keyed]
    _check_once(settings)
    for setting, key in keyed:
        _check_possible(plan, library, setting, settings, key)
    return tuple(settings)


def with_settings(plan: Plan, settings: tuple[Setting, ...], choice: tuple[int, ...]) -> Plan:
    """Return the plan with a value chosen for each setting; what the plan has already is left as it is written.

    Parameters
    ----------
    plan
        The plan that the settings were made from.
    settings, choice
        The settings, and for each the index of its value.
    """
    for setting, index in zip(settings, choice, strict=True):
        if index != setting.current:
            plan = _with_value(plan, setting, index)
    return plan


def _with_value(plan: Plan, setting: Setting, index: int) -> Plan:
    value = read_setting(setting.name, setting.values[index])
    if setting.name in OF_COURSE:
        return plan.model_copy(update={"course": plan.course.model_copy(update={setting.name: value})})
    steps = list(plan.session.steps)
    if setting.name == "device":
        depth = read_setting("set_depth", setting.depths[index])
        for place, step in enumerate(steps):
            if isinstance(step, Needling):
                steps[place] = step.model_copy(update={"set_depth": depth})
        # what the plan states of the label of its own device says nothing of another
        return _with_steps(plan, steps).model_copy(update={"device": DeviceChoice(model=str(value))})
    place = (setting.step or 1) - 1
    key = "duration" if setting.name == "anaesthetic_duration" else setting.name
    steps[place] = steps[place].model_copy(update={key: value})
    return _with_steps(plan, steps)


def _with_steps(plan: Plan, steps: list[AnyStep]) -> Plan:
    return plan.model_copy(update={"session": plan.session.model_copy(update={"steps": tuple(steps)})})


def _defaults(plan: Plan, device: Device, library: Library) -> tuple[Setting, ...]:
    found = [
        one
        for default in defaults_for(plan, device, library)
        for step in places_of(plan, device, default.name)
        if (one := _by_default(plan, device, library, default, step)) is not None
    ]
    if not found:
        raise PlanError(
            "no setting of this plan has a range by default",
            where=Where(key="optimise.settings"),
            do="write [[optimise.settings]] with the values that may be tried",
        )
    return tuple(found)


def _by_default(
    plan: Plan, device: Device, library: Library, default: SettingDefault, step: int | None
) -> Setting | None:
    """Return a setting with its default range; None where that holds no other value than the plan's own."""
    own = own_value(plan, device, library, default.name, step)
    if default.name == "device":
        values: tuple[Written, ...] = _rollers_like(device, library)
    else:
        number = None if own is None else _in(default.name, own)
        values = tuple(written(one) for one in default_values(default, device, number))
    made = _setting(library, default.name, step, values, own, default.reason, default=True)
    return made if len(made.values) > 1 else None


def _asked(plan: Plan, device: Device, library: Library, asked: SettingRange, key: str) -> list[Setting]:
    """Return a setting that the plan asks for, once for each step that has it."""
    places = places_of(plan, device, asked.setting, asked.step)
    if not places:
        raise missing(plan, device, asked, key)
    values = tuple(written(one) for one in asked.all_values())
    if not values:
        return [_named_only(plan, device, library, asked.setting, step, key) for step in places]
    if asked.setting == "device":
        for number, one in enumerate(values):
            _check_roller(str(one), library, f"{key}.values[{number + 1}]")
    owns = [own_value(plan, device, library, asked.setting, step) for step in places]
    return [
        _setting(library, asked.setting, step, values, own, _AS_WRITTEN, default=False)
        for step, own in zip(places, owns, strict=True)
    ]


def _named_only(plan: Plan, device: Device, library: Library, name: str, step: int | None, key: str) -> Setting:
    """Return a setting that the plan names without values."""
    default = next((one for one in defaults_for(plan, device, library) if one.name == name), None)
    made = None if default is None else _by_default(plan, device, library, default, step)
    if made is None:
        raise PlanError(
            "this setting has no range by default here",
            value=name,
            where=Where(key=f"{key}.setting"),
            do="give low, high and by, or values",
        )
    return made


def _setting(
    library: Library,
    name: str,
    step: int | None,
    values: tuple[Written, ...],
    own: Written | None,
    reason: str,
    *,
    default: bool,
) -> Setting:
    """Return a setting whose values hold the plan's own once, as the plan writes it."""
    listed = _names(values, own) if name in BY_NAME else _numbers(name, values, own)
    current = None if own is None else listed.index(own)
    depths = tuple(_depth(str(one), library) for one in listed) if name == "device" else ()
    return Setting(name, step, unit_of_setting(name), listed, current, default, reason, depths)


def _names(values: tuple[Written, ...], own: Written | None) -> tuple[Written, ...]:
    kept = tuple(dict.fromkeys(values))
    return kept if own is None or own in kept else (own, *kept)


def _numbers(name: str, values: tuple[Written, ...], own: Written | None) -> tuple[Written, ...]:
    kept: list[Written] = [] if own is None else [own]
    for one in values:
        if not any(_same(_in(name, one), _in(name, other)) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: _in(name, one)))


def _in(name: str, value: Written) -> float:
    return in_unit(name, read_setting(name, value))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


def _rollers_like(device: Device, library: Library) -> tuple[str, ...]:
    """Return the rollers of one maker, by the length of their needles."""
    lengths = {
        one.id: length.si
        for one in library.devices.values()
        if one.kind == "roller" and one.maker == device.maker and (length := _needle_length(one)) is not None
    }
    return tuple(sorted(lengths, key=lambda one: lengths[one]))


def _needle_length(roller: Device) -> Sourced | None:
    return roller.published("needle_length") or deepest_setting(roller)


def _depth(roller: str, library: Library) -> str:
    length = _needle_length(library.device(roller))
    return "" if length is None else show(length.si, "mm", 6)


def _check_roller(name: str, library: Library, key: str) -> None:
    look_up("device", library.devices, name, key)
    roller = library.devices[name]
    if roller.kind != "roller" or _needle_length(roller) is None:
        do = "take another roller"
        raise PlanError("not a roller whose needles have a known length", value=name, where=Where(key=key), do=do)


def _check_once(settings: list[Setting]) -> None:
    places = [(one.name, one.step) for one in settings]
    for number, (name, step) in enumerate(places):
        if (name, step) in places[:number]:
            place = name if step is None else f"{name} of step {step}"
            raise PlanError("a setting is asked for twice", value=place, where=Where(key="optimise.settings"))


def _check_possible(plan: Plan, library: Library, setting: Setting, every: list[Setting], key: str) -> None:
    """Check that the device can do each value, with one of the values on offer of what it goes together with."""
    partners = tuple(one for one in every if one.step == setting.step and one.name in _PARTNERS.get(setting.name, ()))
    for index in range(len(setting.values)):
        if index == setting.current:
            continue
        changed, faults = _with_value(plan, setting, index), []
        for chosen in product(*(range(len(one.values)) for one in partners)):
            tried = with_settings(changed, partners, chosen)
            try:
                check_device(tried, resolve_device(tried.device, library))
                break
            except DeviceLimitError as fault:
                faults.append(fault)
        else:
            raise faults[0].at(Where(key=key))  # the step itself is as the device can do it
