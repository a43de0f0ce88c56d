"""Pain: how it grows with the length and the number of needles, and what cream on channels leaves of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from percuta.engine.anaesthesia import CALIBRATION_PRODUCT, block_course, threshold_of
from percuta.engine.bench import Bench
from percuta.engine.session import channels_of, session_times
from percuta.engine.skin import layers_of
from percuta.engine.topicals import Uptake, uptake_of
from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import publication
from percuta.evidence.validation.scenes import bench_of, plan_of, scenarios
from percuta.evidence.validation.verdicts import judged
from percuta.library.registry import library
from percuta.physics.anaesthesia import pain_left
from percuta.physics.tolerance import pain
from percuta.plan.model import Plan
from percuta.plan.steps import TopicalAnaesthetic

Floats = NDArray[np.float64]

_SCALING = "gill_2008"
_MEMBERS = 128
_LITTLE = 0.01  # of 10: where pain and its odds are the same, as in the law that was published
_SHORTEST, _LONGEST = 0.48e-3, 1.45e-3  # m, single needles of that study


@dataclass(frozen=True)
class Pretreated:
    """A split-face study: devices and passes of the channels and of the needling, and the pain without channels."""

    source: str
    first: str
    first_passes: int
    device: str
    depth: str
    passes: int
    control: float


_STUDIES = (
    Pretreated("luz_2017", "generic-roller-0.5", 4, "generic-roller-1.0", "1.0 mm", 12, 5.22),
    Pretreated("healio_2016", "generic-pen-12", 1, "generic-pen-12", "2.5 mm", 20, 5.37),
)


def _growth(length: float, number: float) -> Floats:
    """Return by what factor little pain grows with length and number of needles, (m,)."""
    known, draws = library(), scenarios()
    by_length, by_number = (
        draws.draw(known.parameter(f"tolerance.pain_{kind}_exponent")) for kind in ("length", "count")
    )
    one = np.ones(draws.members)
    return pain(length * one, number * one, _LITTLE * one, one, one, by_length, by_number, one) / _LITTLE


def _scaling() -> list[Row]:
    measured = publication(_SCALING).measurements
    return [
        judged(measured["length_threefold"], _growth(3.0, 1.0)),
        judged(measured["number_tenfold"], _growth(1.0, 10.0)),
        judged(measured["most_over_least"], _growth(_LONGEST / _SHORTEST, 1.0)),
    ]


def _pretreated() -> list[Row]:
    rows = []
    for study in _STUDIES:
        bench = bench_of(_first_needles(study), _MEMBERS)
        zone = bench.plan.zones[0].name
        layers = layers_of(bench, bench.plan.zones[0])
        times, channels = session_times(bench, {}), channels_of(bench, zone, layers)
        uptake = uptake_of(bench, zone, layers, channels, times)
        later = bench_of(plan_of("cheek", "female", {"model": study.device}, study.depth, study.passes), _MEMBERS)
        needles = channels_of(later, "field", layers)
        assert uptake is not None
        assert uptake.channels is not None
        assert needles is not None
        arms = (uptake, replace(uptake, course=uptake.channels.closed, channels=None))
        left = [_left(bench, arm, needles.reached_typical) for arm in arms]
        without = bench.parameter("tolerance.pain_without_anaesthetic")
        with_channels, intact = (1.0 + (without - 1.0) * each for each in left)
        odds = study.control / (10.0 - study.control) * with_channels / intact
        rows.append(judged(publication(study.source).measurements["pain_with_channels"], 10.0 * odds / (1.0 + odds)))
    return rows


def _first_needles(study: Pretreated) -> Plan:
    """Return a plan that makes shallow channels and then puts cream on them."""
    plan = plan_of("cheek", "female", {"model": study.first}, "0.5 mm", study.first_passes)
    cream = {
        "do": "topical_anaesthetic",
        "product": CALIBRATION_PRODUCT,
        "amount": "1.5 g",
        "duration": "60 min",
        "occluded": True,
    }
    steps = (*plan.session.steps, TopicalAnaesthetic.model_validate(cream))
    return plan.model_copy(update={"session": plan.session.model_copy(update={"steps": steps})})


def _left(bench: Bench, uptake: Uptake, reach: Floats) -> Floats:
    """Return the share of pain left after the contact time that each scenario draws, (m,)."""
    time, block = block_course(uptake, threshold_of(bench))
    at = uptake.start + bench.parameter("anaesthesia.pretreatment_contact_time")
    depth = np.array([np.interp(one, own, row) for one, own, row in zip(at, time, block, strict=True)])
    return pain_left(depth, reach, bench.parameter("tolerance.pain_length_exponent"))


CASES = (
    Case(
        "MECH-V11",
        "Pain where cream lay on channels",
        "validation",
        tuple(study.source for study in _STUDIES),
        False,
        _pretreated,
    ),
    Case("MECH-V12", "Pain against length and number of needles", "validation", (_SCALING,), True, _scaling),
)
