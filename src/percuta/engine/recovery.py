"""Recovery: what the person feels during the session and shows in the days after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Anaesthesia, Channels, Layers, Tolerance
from percuta.physics import tolerance
from percuta.physics.anaesthesia import pain_left
from percuta.plan.steps import Needling, RfPulses, TopicalAnaesthetic

Floats = NDArray[np.float64]

_BANDS = ("shallow", "middle", "deep")


def tolerance_of(bench: Bench, zone: str, layers: Layers, channels: Channels, numbed: Anaesthesia | None) -> Tolerance:
    """Return pain, redness and end point of one session in one zone; with current, pain and downtime."""
    numbness = _odds_factor(bench, zone, channels, numbed)
    if bench.device.kind == "rf_array":
        return _tolerance_of_current(bench, numbness)
    setting = max(step.set_depth.si for step in bench.plan.needling if zone in step.zones)
    depths, shortest, longest = (
        np.array([bench.parameter(f"tolerance.redness_{band}_{kind}")[0] for band in _BANDS])
        for kind in ("depth", "low", "high")
    )
    depth = np.full(bench.scenarios.members, setting)
    return Tolerance(
        pain=_pain(bench, zone, depth, numbness),
        redness=tolerance.redness(depth, depths, shortest, longest, bench.parameter("tolerance.redness_position")),
        end_point=tolerance.end_point(
            channels.reached_typical, layers.epidermis, bench.parameter("tolerance.plexus_depth")
        ),
        downtime=None,
    )


def _tolerance_of_current(bench: Bench, numbness: Floats) -> Tolerance:
    """Return pain and downtime as trials counted them, whatever their settings, which were not read."""
    anchor, one = bench.parameter("tolerance.pain_anchor_rf"), np.ones(bench.scenarios.members)
    pain = tolerance.pain(one, one, anchor, one, one, one, one, numbness)
    return Tolerance(pain, redness=None, end_point=None, downtime=bench.parameter("tolerance.downtime_rf"))


def _odds_factor(bench: Bench, zone: str, channels: Channels, numbed: Anaesthesia | None) -> Floats:
    """Return the factor on the odds of pain for what the anaesthetic leaves of it.

    The scale was fixed on people with cream, which counts as a whole block: 1. Without cream it is the factor for no
    anaesthetic, and between the two it follows the share of the needle's pain that lies below the block. A cream of
    which nobody published how it passes the skin may leave any share of it once its label's least time is over.
    """
    without = bench.parameter("tolerance.pain_without_anaesthetic")
    if numbed is not None:
        length = bench.parameter("tolerance.pain_length_exponent")
        left = pain_left(numbed.at_needling, channels.reached_typical, length)
    elif anaesthetised(bench, zone):
        left = bench.parameter("tolerance.pain_left_by_unknown_cream")
    else:
        left = np.ones_like(without)
    return np.asarray(1.0 + (without - 1.0) * left)


def anaesthetised(bench: Bench, zone: str) -> bool:
    """Tell whether a zone has cream on for its label's least time before it is needled for the first time.

    For creams of which nobody published how they pass the skin; a shorter time counts as none.
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


def _pain(bench: Bench, zone: str, depth: Floats, numbness: Floats) -> Floats:
    by_roller = bench.parameter("tolerance.pain_anchor") > 0.5

    def anchor(quantity: str) -> Floats:
        pen = bench.parameter(f"tolerance.pain_anchor_pen{quantity}")
        roller = bench.parameter(f"tolerance.pain_anchor_roller{quantity}")
        return np.where(by_roller, roller, pen)

    needles = _needles_at_once(bench, zone)
    return tolerance.pain(
        depth,
        needles,
        anchor(""),
        anchor("_length"),
        anchor("_count"),
        bench.parameter("tolerance.pain_length_exponent"),
        bench.parameter("tolerance.pain_count_exponent"),
        numbness,
    )


def _needles_at_once(bench: Bench, zone: str) -> Floats:
    """Return how many needles enter together, the most of all steps on a zone."""
    counts = [bench.opened(step).of_device("needle_count") for step in bench.plan.needling if zone in step.zones]
    needles = np.max(counts, axis=0)
    at_once = bench.parameter("tolerance.roller_needles_at_once") if bench.device.kind == "roller" else 1.0
    return np.asarray(needles * at_once)
