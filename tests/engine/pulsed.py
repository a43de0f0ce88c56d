"""What tests of pulses in plans share: a plan, its bench, and pulses that are not computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percuta.engine.bench import Bench
from percuta.engine.handovers import Layers
from percuta.engine.pulse_store import PulseTask
from percuta.engine.pulse_summary import PulseSummary
from percuta.engine.scenarios import scenario_batch
from percuta.engine.skin import layers_of
from percuta.library.registry import library
from percuta.physics.pulse_setup import PulseSetup
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan

RF_PLAN = """
schema = 1
title = "test"
[patient]
age = "52 years"
sex = "female"
phototype = 3
mass = "68 kg"
desired_effect = "wrinkles"
[[zones]]
name = "cheeks"
site = "cheek"
area = "76 cm^2"
[device]
model = "generic-rf-7x7-insulated"
[[session.steps]]
do = "rf_pulses"
zones = ["cheeks"]
set_depth = "1.5 mm"
pulse_width = "100 ms"
energy_per_pin = "60 mJ"
[course]
sessions = 3
interval = "6 weeks"
follow_up_after_last_session = "12 weeks"
"""
PAIRS = (
    ("generic-rf-7x7-insulated", "generic-rf-pairs-20-degrees"),
    ('"1.5 mm"', '"2 mm"'),
    ('energy_per_pin = "60 mJ"', 'sensor_temperature = "72 degC"'),
    ('"100 ms"', '"4 s"'),
)
MONOPOLAR = (("7x7-insulated", "monopolar"), ('energy_per_pin = "60 mJ"', 'power = "25 W"'))


def changed(*changes: tuple[str, str]) -> str:
    """Return the text of the plan with words replaced."""
    text = RF_PLAN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def bench_of(*changes: tuple[str, str], members: int = 16) -> Bench:
    """Return what the pulse stage has at hand."""
    plan = read_plan(changed(*changes))
    return Bench(plan, resolve_device(plan.device, library()), library(), scenario_batch(members, 0, 0))


def skin_of(bench: Bench) -> dict[str, Layers]:
    """Return the layers of every zone."""
    return {zone.name: layers_of(bench, zone) for zone in bench.plan.zones}


def summary(setup: PulseSetup, fraction: float = 0.1, time: float = 0.25) -> PulseSummary:
    """Return a pulse that damages the same fraction from the surface to 2 mm, three layers of cells in all."""
    width = setup.array.pitch
    return PulseSummary(
        edges=np.array([0.0, 1e-3, 2e-3, setup.depth]),
        coagulated=np.array([fraction, fraction, 0.0]),
        necrotic=np.array([2.0 * fraction, 2.0 * fraction, 0.0]),
        heat_shocked=np.array([fraction, fraction, 0.0]),
        area=width**2,
        volume=1e-12,
        width=0.3e-3,
        height=0.4e-3,
        top=setup.needle.depth,
        peak_temperature=360.0,
        surface_temperature=310.0,
        energy_per_needle=0.05,
        resistance=4900.0,
        time=time,
        sensor_reached=float("nan"),
    )


def not_computed(tasks: Sequence[PulseTask]) -> list[PulseSummary]:
    """Stand in for a solver."""
    return [summary(task.setup) for task in tasks]
