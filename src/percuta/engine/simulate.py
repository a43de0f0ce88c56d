"""The stages in their order: skin, pulse, session, recovery, course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percuta.engine.anaesthesia import STIMULI, anaesthesia_of, threshold_of
from percuta.engine.barrier import barrier_of
from percuta.engine.bench import Bench
from percuta.engine.course import course_of, injury_of
from percuta.engine.exposure import exposure_of
from percuta.engine.handovers import (
    Exposure,
    Injury,
    Remodelling,
    SessionTimes,
    Zone,
)
from percuta.engine.heating import thermal_zone
from percuta.engine.patch import patch_of
from percuta.engine.people import People
from percuta.engine.pulse import PulseSolver, Solve, pulsed_zones
from percuta.engine.recovery import tolerance_of
from percuta.engine.scenarios import Scenarios
from percuta.engine.session import channels_of, session_times
from percuta.engine.skin import layers_of
from percuta.engine.topicals import Uptake, missing_in, uptake_of
from percuta.errors import ConvergenceError
from percuta.library.registry import Library
from percuta.plan.device import check_device, resolve_device
from percuta.plan.model import WITHOUT_OUTCOME_MODEL, Plan
from percuta.plan.steps import STEEL_NEEDLES, TopicalAnaesthetic


@dataclass(frozen=True)
class Outcome:
    """Everything that was computed for one batch of scenarios, one row per scenario, in SI units.

    ``exposure`` is None without anaesthetic cream, and where nobody published how its drugs pass the skin;
    ``missing_figures`` then names what is missing.
    """

    plan: Plan
    scenarios: Scenarios
    times: SessionTimes
    zones: dict[str, Zone]
    remodelling: Remodelling | None
    exposure: Exposure | None = None
    missing_figures: tuple[str, ...] = ()


def run(
    plan: Plan, library: Library, scenarios: Scenarios, solve: Solve | None = None, people: People | None = None
) -> Outcome:
    """Compute a plan for all scenarios of a batch at once.

    Parameters
    ----------
    plan
        The plan. Safety is not looked at here.
    library
        Where devices, sites and parameters come from.
    scenarios
        The draws of the uncertain inputs.
    solve
        Computes RF pulses; in this process and at ``draft`` when left out.
    people
        Who is treated in each scenario; the plan's one person when left out.

    Raises
    ------
    DeviceLimitError
        If the device cannot do what is planned.
    ConvergenceError
        If a result is not a number, or a pulse cannot be computed.
    LibraryError
        If a figure that is needed was never published.
    """
    device = resolve_device(plan.device, library)
    check_device(plan, device)
    bench = Bench(plan, device, library, scenarios, people)
    skin = {zone.name: layers_of(bench, zone) for zone in plan.zones}
    pulsed = pulsed_zones(bench, skin, solve or PulseSolver())
    times = session_times(bench, pulsed)
    uptakes: list[Uptake] = []
    thresholds = {stimulus: threshold_of(bench, stimulus) for stimulus in STIMULI} if _numbed(plan) else None
    zones: dict[str, Zone] = {}
    injuries: dict[str, Injury] = {}
    for name, layers in skin.items():
        channels = channels_of(bench, name, layers)
        thermal = thermal_zone(bench, name, layers, pulsed[name]) if name in pulsed else None
        patch = patch_of(bench, name, layers)
        needled = channels if patch is None else None  # by steel needles, on which every study of healing rests
        uptake = None if missing_in(bench, name) else uptake_of(bench, name, layers, channels, times)
        numbed = None
        if uptake is not None:
            uptakes.append(uptake)
            if thresholds is not None and needled is not None:
                numbed = anaesthesia_of(bench, name, uptake, thresholds, needled, times)
        tolerance = None if needled is None else tolerance_of(bench, name, layers, needled, numbed)
        barrier = None if channels is None else barrier_of(bench, name, channels, times)
        zones[name] = Zone(layers, channels, thermal, tolerance, barrier, numbed, patch)
        if needled is not None:
            injuries[name] = injury_of(needled, thermal)
    modelled = plan.patient.desired_effect not in WITHOUT_OUTCOME_MODEL
    remodelling = course_of(bench, injuries) if injuries and modelled else None
    if remodelling is not None and not np.isfinite(remodelling.course.mature_collagen).all():
        raise ConvergenceError("the healing course gave a value that is not a number", do="report the plan file")
    missing = missing_in(bench)
    exposure = exposure_of(bench, uptakes) if uptakes and not missing else None
    return Outcome(plan, scenarios, times, zones, remodelling, exposure, missing)


def _numbed(plan: Plan) -> bool:
    """Tell whether any anaesthetic cream may numb a zone for its needles."""
    needled = {zone for step in plan.session.steps if isinstance(step, STEEL_NEEDLES) for zone in plan.zones_of(step)}
    creams = (step for step in plan.session.steps if isinstance(step, TopicalAnaesthetic))
    return any(needled.intersection(plan.zones_of(step)) for step in creams)
