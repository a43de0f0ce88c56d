"""Temperature-controlled pair: cells and steps refined by the square root of two from level to level."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from percuta.physics.pulse_setup import Drive, Needle, NeedleArray, PulseSetup, SensorControl, Surface, TissueLayer
from problem_files import Problem
from solutions.pulse_in_layered_skin import kinetics
from solutions.pulses import TWICE, Followed, followed

Floats = NDArray[np.float64]
Answer = dict[str, Any]

LEVELS = 4
METHOD = "cut cells of 90 to 32 um at the needles, TR-BDF2 with 24 steps or more of the dwell at the first level"

__all__ = ["LEVELS", "METHOD", "TWICE", "solve"]

_BELOW = 1.0  # K, under the target at time t1
_INSTANT = 1e-9  # s
_CELLS = 0


def setup_of(problem: Problem) -> PulseSetup:
    """Return what Percuta takes for the problem."""
    start = problem["temperature.start"]
    layer = TissueLayer(
        "dermis",
        problem["dermis.thickness"],
        problem["dermis.conductivity"],
        problem["dermis.conductivity"],
        problem["dermis.slope"],
        problem["dermis.thermal_conductivity"],
        problem["dermis.heat_capacity"],
        sigma_reference=problem["dermis.conductivity_reference"],
        perfusion=problem["dermis.perfusion"],
    )
    return PulseSetup(
        layers=(layer,),
        needle=Needle(
            problem["needle.diameter"],
            problem["needle.tip_depth"],
            problem["needle.exposed_length"],
            conductivity=problem["needle.thermal_conductivity"],
            heat_capacity=problem["needle.heat_capacity"],
        ),
        array=NeedleArray("checkerboard", problem["pair.spacing"], 2, 1, margin=problem["pair.margin"]),
        drive=Drive(
            problem["control.dwell"],
            control=SensorControl(problem["control.target"], problem["needle.exposed_length"]),
            power_limit=problem["control.power_limit"],
        ),
        top=Surface(problem["surface.transfer"], problem["surface.plate_temperature"]),
        start_surface=start,
        start_core=start,
        boiling=None,
        blood_temperature=problem["dermis.blood_temperature"],
        cell_kinetics=(kinetics(problem, "cells"),),
    )


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs of a level."""
    found = followed(setup_of(problem), level, fewest=24, tolerance=0.8)
    reached = _reached(found, problem["control.target"] - _BELOW)
    energy = PchipInterpolator(found.trace(0), found.trace(9) + found.trace(10))
    course = [float(energy(reached + after)) for after in problem.points("energy_course")]
    return {
        "conductance_at_start": _conductance(problem, level),
        "time_to_target": reached,
        "energy": float(energy(reached + problem["control.dwell"])),
        "dead_volume": found.volume(_CELLS),
        "energy_course": course,
        "rise_between_needles": found.rises(
            [(0.0, 0.0, z) for z in problem.points("rise_between_needles")], problem["temperature.start"]
        ),
    }


def _conductance(problem: Problem, level: int) -> float:
    """Return the conductance at the temperature of the start [S], from the power at 1 V."""
    setup = replace(setup_of(problem), drive=Drive(_INSTANT, voltage=1.0))
    return float(followed(setup, level, fewest=1, tolerance=1.0).trace(3)[0])


def _reached(found: Followed, temperature: float) -> float:
    """Return the time at which the reading first is at a temperature [s]."""
    time, reading = found.trace(0), found.trace(5)
    last = int(np.argmax(reading >= temperature))
    course = PchipInterpolator(time, reading)
    return float(brentq(lambda moment: float(course(moment)) - temperature, time[last - 1], time[last]))
