"""How many needles are expected to pass the epidermis, by the same model as the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Plan
from percuta.plan.steps import Needling

if TYPE_CHECKING:
    from percuta.engine.scenarios import Scenarios

_SCENARIOS = 64
_SEED = 0


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

    from percuta.engine.session import Bench, reached_mean

    bench = Bench(plan, device, library, _scenarios())
    mean = reached_mean(bench, step)
    scatter = bench.parameter("puncture.scatter_between_needles") * mean
    return [float(special.ndtr((mean - thickness) / scatter).mean()) for thickness in epidermis]


@cache
def _scenarios() -> Scenarios:
    """The same scenarios for every plan."""
    from percuta.engine.scenarios import scenario_batch

    return scenario_batch(_SCENARIOS, _SEED, 0)
