"""The same session with another device: steps with needles become those that the device does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from percuta.library.entries import Device
from percuta.plan.device import DONE_WITH, deepest_setting
from percuta.plan.fields import fields_of
from percuta.plan.steps import STEP_KINDS
from percuta.units import show

_KINDS = {word: kind for word, kind in STEP_KINDS.items() if kind in DONE_WITH}


def refitted(steps: Sequence[Any], device: Device) -> list[Any]:
    """Return the steps of a session as plain data, fitted to a device as far as they can be.

    A step with needles takes the kind that the device does and keeps what that kind has as well: zones, depth, passes,
    end point. The needles of a roller have one length, which becomes the depth. What else the new kind needs, as the
    dose of a pulse, stays to be entered.

    Parameters
    ----------
    steps
        Plain data; what is no step with needles is left as it is.
    device
        The device that is taken in place of another.
    """
    return [
        _refitted(step, device) if isinstance(step, Mapping) and step.get("do") in _KINDS else step for step in steps
    ]


def _refitted(step: Mapping[str, Any], device: Device) -> dict[str, Any]:
    do, kind = next((word, kind) for word, kind in _KINDS.items() if device.kind in DONE_WITH[kind])
    kept = {name: value for name, value in step.items() if name in fields_of(kind)}
    length = deepest_setting(device) if device.kind == "roller" else None
    if length is not None:
        kept["set_depth"] = show(length.si, "mm")
    if step["do"] == "patch":  # how long a patch is worn is no length of another step
        kept = {name: value for name, value in kept.items() if do == "patch" or name != "duration"}
    return {"do": do, **kept}
