"""Recovery: what the person feels during the session and shows in the days after it."""

from __future__ import annotations

import numpy as np

from percuta.engine.bench import Bench
from percuta.engine.handovers import Channels, Layers, Tolerance
from percuta.physics import tolerance
from percuta.plan.steps import Needling, RfPulses, TopicalAnaesthetic

_BANDS = ("shallow", "middle", "deep")


def tolerance_of(bench: Bench, zone: str, layers: Layers, channels: Channels) -> Tolerance:
    """Return pain, redness and end point of one session in one zone; with current, pain and downtime."""
    if bench.device.kind == "rf_array":
        return _tolerance_of_current(bench, zone)
    setting = max(step.set_depth.si for step in bench.plan.needling if zone in step.zones)
    depths, shortest, longest = (
        np.array([bench.parameter(f"tolerance.redness_{band}_{kind}")[0] for band in _BANDS])
        for kind in ("depth", "low", "high")
    )
    depth = np.full(bench.scenarios.members, setting)
    return Tolerance(
        pain=_pain(bench, zone, depth),
        redness=tolerance.redness(depth, depths, shortest, longest, bench.parameter("tolerance.redness_position")),
        end_point=tolerance.end_point(
            channels.reached_typical, layers.epidermis, bench.parameter("tolerance.plexus_depth")
        ),
        downtime=None,
    )


def _tolerance_of_current(bench: Bench, zone: str) -> Tolerance:
    """Return pain and downtime as trials counted them, whatever their settings, which were not read."""
    anchor, one = bench.parameter("tolerance.pain_anchor_rf"), np.ones(bench.scenarios.members)
    odds = one if anaesthetised(bench, zone) else bench.parameter("tolerance.pain_without_anaesthetic")
    pain = tolerance.pain(one, one, anchor, one, one, one, one, odds)
    return Tolerance(pain, redness=None, end_point=None, downtime=bench.parameter("tolerance.downtime_rf"))


def anaesthetised(bench: Bench, zone: str) -> bool:
    """Tell whether a zone has cream on for its label's least time before it is needled for the first time.

    How much of the effect a shorter time gives is not computed; it counts as none.
    """
    for step in bench.plan.session.steps:
        if zone not in bench.plan.zones_of(step):
            continue
        if isinstance(step, TopicalAnaesthetic):
            least = bench.library.product(step.product).published("label_minimum_duration")
            if least is None or step.duration.si >= least.si:
                return True
        if isinstance(step, Needling | RfPulses):
            return False
    return False


def _pain(bench: Bench, zone: str, depth: np.ndarray) -> np.ndarray:
    by_roller = bench.parameter("tolerance.pain_anchor") > 0.5

    def anchor(quantity: str) -> np.ndarray:
        pen = bench.parameter(f"tolerance.pain_anchor_pen{quantity}")
        roller = bench.parameter(f"tolerance.pain_anchor_roller{quantity}")
        return np.where(by_roller, roller, pen)

    needles = _needles_at_once(bench, zone)
    without = bench.parameter("tolerance.pain_without_anaesthetic")
    return tolerance.pain(
        depth,
        needles,
        anchor(""),
        anchor("_length"),
        anchor("_count"),
        bench.parameter("tolerance.pain_length_exponent"),
        bench.parameter("tolerance.pain_count_exponent"),
        np.ones_like(depth) if anaesthetised(bench, zone) else without,
    )


def _needles_at_once(bench: Bench, zone: str) -> np.ndarray:
    """Return how many needles enter together, the most of all steps on a zone."""
    counts = [bench.opened(step).of_device("needle_count") for step in bench.plan.needling if zone in step.zones]
    needles = np.max(counts, axis=0)
    at_once = bench.parameter("tolerance.roller_needles_at_once") if bench.device.kind == "roller" else 1.0
    return np.asarray(needles * at_once)
