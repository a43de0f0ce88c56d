"""The stages in their order: skin, pulse, session, recovery, course."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percuta.engine.bench import Bench
from percuta.engine.course import course_of
from percuta.engine.handovers import COMPARTMENTS, Channels, Injury, Remodelling, SessionTimes, ThermalZone, Zone
from percuta.engine.heating import thermal_zone
from percuta.engine.pulse import PulseSolver, Solve, pulsed_zones
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


def run(plan: Plan, library: Library, scenarios: Scenarios, solve: Solve | None = None) -> Outcome:
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
    bench = Bench(plan, device, library, scenarios)
    skin = {zone.name: layers_of(plan, zone, library, scenarios) for zone in plan.zones}
    pulsed = pulsed_zones(bench, skin, solve or PulseSolver())
    times = session_times(bench, pulsed)
    zones: dict[str, Zone] = {}
    injuries: dict[str, Injury] = {}
    for name, layers in skin.items():
        channels = channels_of(bench, name, layers)
        thermal = thermal_zone(bench, name, layers, pulsed[name]) if name in pulsed else None
        tolerance = None if channels is None else tolerance_of(bench, name, layers, channels)
        zones[name] = Zone(layers, channels, thermal, tolerance)
        if channels is not None:
            injuries[name] = _injury(channels, thermal)
    modelled = plan.patient.desired_effect not in WITHOUT_OUTCOME_MODEL
    remodelling = course_of(bench, injuries) if injuries and modelled else None
    if remodelling is not None and not np.isfinite(remodelling.course.mature_collagen).all():
        raise ConvergenceError("the healing course gave a value that is not a number", do="report the plan file")
    return Outcome(plan, scenarios, times, zones, remodelling)


def _injury(channels: Channels, thermal: ThermalZone | None) -> Injury:
    punctured = np.stack([channels.punctured_papillary, channels.punctured_reticular], axis=1)
    if thermal is None:
        return Injury(punctured, np.zeros_like(punctured), np.zeros_like(punctured))
    dermis = [COMPARTMENTS.index(name) for name in ("papillary", "reticular")]
    return Injury(punctured, thermal.coagulated_in[:, dermis], thermal.heat_shocked_in[:, dermis])
