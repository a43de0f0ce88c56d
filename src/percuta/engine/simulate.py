"""The stages in their order: skin, session, recovery, course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percuta.engine.bench import Bench
from percuta.engine.course import course_of
from percuta.engine.handovers import Channels, Injury, Remodelling, SessionTimes, Zone
from percuta.engine.recovery import tolerance_of
from percuta.engine.scenarios import Scenarios
from percuta.engine.session import channels_of, session_times
from percuta.engine.skin import layers_of
from percuta.errors import ConvergenceError
from percuta.library.registry import Library
from percuta.plan.device import check_device, resolve_device
from percuta.plan.model import WITHOUT_OUTCOME_MODEL, Plan


@dataclass(frozen=True)
class Outcome:
    """Everything that was computed for one batch of scenarios, one row per scenario, in SI units."""

    plan: Plan
    scenarios: Scenarios
    times: SessionTimes
    zones: dict[str, Zone]
    remodelling: Remodelling | None


def run(plan: Plan, library: Library, scenarios: Scenarios) -> Outcome:
    """Compute a plan for all scenarios of a batch at once.

    Parameters
    ----------
    plan
        The plan. Safety is not looked at here.
    library
        Where devices, sites and parameters come from.
    scenarios
        The draws of the uncertain inputs.

    Raises
    ------
    DeviceLimitError
        If the device cannot do what is planned.
    ConvergenceError
        If a result is not a number.
    LibraryError
        If a figure that is needed was never published.
    """
    device = resolve_device(plan.device, library)
    check_device(plan, device)
    bench = Bench(plan, device, library, scenarios)
    times = session_times(bench)
    zones: dict[str, Zone] = {}
    injuries: dict[str, Injury] = {}
    for zone in plan.zones:
        layers = layers_of(plan, zone, library, scenarios)
        channels = channels_of(bench, zone.name, layers)
        tolerance = None if channels is None else tolerance_of(bench, zone.name, layers, channels)
        zones[zone.name] = Zone(layers, channels, tolerance)
        if channels is not None:
            injuries[zone.name] = _injury(channels)
    modelled = plan.patient.desired_effect not in WITHOUT_OUTCOME_MODEL
    remodelling = course_of(bench, injuries) if injuries and modelled else None
    if remodelling is not None and not np.isfinite(remodelling.course.mature_collagen).all():
        raise ConvergenceError("the healing course gave a value that is not a number", do="report the plan file")
    return Outcome(plan, scenarios, times, zones, remodelling)


def _injury(channels: Channels) -> Injury:
    punctured = np.stack([channels.punctured_papillary, channels.punctured_reticular], axis=1)
    return Injury(punctured, np.zeros_like(punctured), np.zeros_like(punctured))
