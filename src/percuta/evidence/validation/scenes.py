"""Plans and scenarios for measurements that need the engine: one person, one zone, one device."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from percuta.engine.bench import Bench
from percuta.engine.scenarios import Scenarios, batch_count, scenario_batch
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan

MEMBERS = 2048
_SEED = 0


@cache
def _points(members: int) -> Any:
    batches = range(batch_count(members))
    return np.concatenate([scenario_batch(members, _SEED, number).points for number in batches])


def scenarios(members: int = MEMBERS) -> Scenarios:
    """Return the scenarios of all validation cases as one batch."""
    points = _points(members)
    return Scenarios(points, points)


def bench_of(plan: Plan, members: int = MEMBERS) -> Bench:
    """Return what the engine has at hand to compute a plan with the scenarios of the validation cases."""
    known = library()
    return Bench(plan, resolve_device(plan.device, known), known, scenarios(members))


def plan_of(site: str, sex: str, device: dict[str, Any], set_depth: str, passes: int) -> Plan:
    """Return a plan that does nothing but needle one site once.

    Age, phototype and mass are those of anybody: no quantity judged with such a plan depends on them.

    Parameters
    ----------
    site, sex
        Where and on whom.
    device
        The device as in a plan file.
    set_depth, passes
        How.
    """
    needling = {"do": "needling", "zones": ["field"], "set_depth": set_depth, "passes": passes}
    return Plan.model_validate(
        {
            "schema": 1,
            "title": "Validation case",
            "patient": {
                "age": "40 years",
                "sex": sex,
                "phototype": 2,
                "mass": "70 kg",
                "desired_effect": "other",
            },
            "zones": [{"name": "field", "site": site, "area": "10 cm^2"}],
            "device": device,
            "session": {"steps": [needling]},
            "course": {"sessions": 1, "interval": "4 weeks", "follow_up_after_last_session": "0 weeks"},
        }
    )
