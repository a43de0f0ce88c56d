"""How deep the needles of a step reach: a share of the setting that nobody knows exactly, and scatter about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.plan.steps import Needling, RfPulses

Floats = NDArray[np.float64]


def reach_of(bench: Bench, step: Needling | RfPulses) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the depths that single needles of a step reach [m], (m,) each.

    Several depths of pulses are one insertion to the deepest. The needles of an array scatter like those of a pen.
    """
    if isinstance(step, Needling):
        mean = reached_mean(bench, step)
    else:
        mean = bench.parameter("rf.reached_share") * max(depth.si for depth in step.depths)
    return mean, bench.parameter("puncture.scatter_between_needles") * mean


def reached_mean(bench: Bench, step: Needling) -> Floats:
    """Return the mean depth that the needles reach [m]: an uncertain share of the setting.

    The share lies between the range for short and the range for long needles, in proportion to the setting.
    """
    kind = "roller" if bench.device.kind == "roller" else "pen"
    short, long = bench.parameter("puncture.short_setting"), bench.parameter("puncture.long_setting")
    weight = np.clip((step.set_depth.si - short) / (long - short), 0.0, 1.0)
    at_short, at_long = (  # one column: who reaches far with short needles does so with long ones
        bench.scenarios.draw(bench.library.parameter(f"puncture.{kind}_reached_share_{end}"), "puncture.reached_share")
        for end in ("short", "long")
    )
    share = (1.0 - weight) * at_short + weight * at_long
    if kind == "roller":
        return share * step.set_depth.si
    offset = bench.parameter("puncture.dial_offset") * bench.of_device("depth_tolerance", "puncture.dial_tolerance")
    setting = np.maximum(
        step.set_depth.si + offset, bench.parameter("puncture.least_setting_share") * step.set_depth.si
    )
    return np.asarray(share * setting)
