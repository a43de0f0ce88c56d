"""What needles and current do by the model of the simulation: passing the epidermis, punctures, heat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.library.tables import Fields
from percuta.plan.model import Plan
from percuta.plan.pulse_dose import figures_needed
from percuta.plan.steps import Needling, RfPulses
from percuta.sources import Sourced
from percuta.units import Quantity

if TYPE_CHECKING:
    from percuta.engine.handovers import ThermalZone
    from percuta.engine.pulse import Solve
    from percuta.engine.scenarios import Scenarios

# The device's figures without which no puncture density can be computed.
FIGURES_OF_DENSITY = {
    "pen": ("needle_count", "puncture_rate"),
    "stamp": ("needle_count", "puncture_rate"),
    "roller": ("needle_count", "drum_diameter", "swath_width"),
}
_SCENARIOS = 64
_SCENARIOS_WITH_PULSES = 16  # the first of those that a plan computes when it is not asked otherwise
_SEED = 0


@dataclass(frozen=True)
class Dose:
    """How densely a zone is needled.

    Attributes
    ----------
    passes
        Passes of the usual kind that give as many punctures, median over the scenarios.
    density
        Punctures per area [1/m^2], median over the scenarios; None where a figure of the device for it is not
        published, or where the needles carry current.
    """

    passes: float
    density: float | None

    def __add__(self, other: Dose) -> Dose:
        known = self.density is not None and other.density is not None
        return Dose(self.passes + other.passes, (self.density or 0.0) + (other.density or 0.0) if known else None)


def shares_past_epidermis(
    plan: Plan, device: Device, library: Library, step: Needling, epidermis: Sequence[float]
) -> list[float]:
    """Return the share of needles that pass the epidermis, over all needles and scenarios.

    Parameters
    ----------
    plan, device, library
        The plan, its device and the library.
    step
        The needling step.
    epidermis
        Thicknesses of the epidermis [m], one by dataset.
    """
    from scipy import special

    from percuta.engine.bench import Bench
    from percuta.engine.reach import reach_of

    bench = Bench(plan, device, library, scenarios()).opened(step)
    mean, scatter = reach_of(bench, step)
    return [float(special.ndtr((mean - thickness) / scatter).mean()) for thickness in epidermis]


def dose_of(
    plan: Plan, device: Device, library: Library, step: Needling | RfPulses, zone: str, usual_frequency: Sourced
) -> Dose:
    """Return the dose of one step on one zone.

    A pass of the usual kind goes at the hand's usual speed, with the step's own needles at the usual frequency.
    The dose in such passes is the quotient of two densities; what nobody published of the device cancels out.

    Parameters
    ----------
    plan, device, library
        The plan, its device and the library.
    step
        A needling step. Steps with current count by their passes.
    zone
        Name of the zone.
    usual_frequency
        Frequency of a pass of the usual kind, for devices that stamp.
    """
    if isinstance(step, RfPulses):
        return Dose(float(step.passes), None)
    import numpy as np

    from percuta.engine.bench import Bench
    from percuta.engine.session import density_of

    bench = Bench(plan, device, library, scenarios()).opened(step)
    rate = step.frequency.si if step.frequency is not None else usual_frequency.si
    missing = [name for name in FIGURES_OF_DENSITY.get(device.kind, ()) if bench.device.published(name) is None]
    neutral: Fields = {
        name: Sourced(f"device.{name}", rate if name == "puncture_rate" else 1.0, "1", None, "assumed")
        for name in missing
    }
    filled = replace(bench, device=replace(bench.device, fields=bench.device.fields | neutral))
    frequency = None if device.kind == "roller" else Quantity(usual_frequency.text, usual_frequency.si)
    once = {"passes": 1, "needling_time": None, "glide_speed": None, "frequency": frequency}
    area = plan.zone(zone).area.si
    density = density_of(filled, step, area)
    of_a_pass = density_of(filled, step.model_copy(update=once), area)
    known = not set(missing) - ({"puncture_rate"} if step.frequency is not None else set())
    return Dose(float(np.median(density / of_a_pass)), float(np.median(density)) if known else None)


def heat_of(plan: Plan, device: Device, library: Library, solve: Solve | None = None) -> dict[str, ThermalZone]:
    """Return what the current does in a few scenarios to each zone that gets pulses.

    Nothing where a figure that it needs is not published; the rule ``device_fields_needed`` names it.

    Parameters
    ----------
    plan, device, library
        The plan, its device and the library.
    solve
        Gives the pulses; they are computed, or looked up where they were before, when left out.

    Raises
    ------
    PlanError
        If the pulses of the plan cannot be computed.
    ConvergenceError
        If one of them misses its tolerance.
    """
    if not plan.rf_pulses or any(figures_needed(device, step) for step in plan.rf_pulses):
        return {}
    from percuta.engine.bench import Bench
    from percuta.engine.heating import thermal_zone
    from percuta.engine.pulse import PulseSolver, pulsed_zones
    from percuta.engine.skin import layers_of

    bench = Bench(plan, device, library, scenarios(_SCENARIOS_WITH_PULSES))
    skin = {zone.name: layers_of(bench, zone) for zone in plan.zones}
    pulsed = pulsed_zones(bench, skin, solve or PulseSolver())
    return {zone: thermal_zone(bench, zone, skin[zone], steps) for zone, steps in pulsed.items()}


@cache
def scenarios(members: int = _SCENARIOS) -> Scenarios:
    """The same scenarios for every plan."""
    from percuta.engine.scenarios import scenario_batch

    return scenario_batch(members, _SEED, 0)
