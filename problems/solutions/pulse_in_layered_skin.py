"""RF pulse in layered skin: cells and steps refined by the square root of two from level to level."""

from __future__ import annotations

from typing import Any

from percuta.physics.pulse_setup import Drive, Kinetics, Needle, NeedleArray, PulseSetup, Surface, TissueLayer
from problem_files import Problem
from solutions.pulses import TWICE, followed

Answer = dict[str, Any]

LEVELS = 6
METHOD = "cut cells of 75 to 13 um at the needle, TR-BDF2 with 16 steps or more at the first level"

__all__ = ["LEVELS", "METHOD", "TWICE", "solve"]

_ASIDE = 3.0e-4  # m
_CELLS, _COLLAGEN = 0, 1


def setup_of(problem: Problem) -> PulseSetup:
    """Return what Percuta takes for the problem."""
    start = problem["temperature.start"]
    return PulseSetup(
        layers=tuple(_layer(problem, name) for name in ("epidermis", "dermis", "fat")),
        needle=Needle(
            problem["needle.diameter"],
            problem["needle.tip_depth"],
            problem["needle.exposed_length"],
            conductivity=problem["needle.thermal_conductivity"],
            heat_capacity=problem["needle.heat_capacity"],
        ),
        array=NeedleArray("alternating_rows", problem["array.pitch"]),
        drive=Drive(2.0 * problem["drive.on"], power=problem["drive.power"], sub_pulses=2, gap=problem["drive.gap"]),
        top=Surface(problem["surface.transfer"], problem["surface.plate_temperature"]),
        start_surface=start,
        start_core=start,
        boiling=None,
        cell_kinetics=(kinetics(problem, "cells"),),
        collagen_kinetics=(kinetics(problem, "collagen"),),
    )


def kinetics(problem: Problem, name: str) -> Kinetics:
    """Return one damage set of a problem."""
    return Kinetics(name, problem[f"{name}.log_factor"], problem[f"{name}.activation"], collagen=name == "collagen")


def _layer(problem: Problem, name: str) -> TissueLayer:
    return TissueLayer(
        name,
        problem[f"{name}.thickness"],
        problem[f"{name}.conductivity_in_plane"],
        problem[f"{name}.conductivity_in_depth"],
        problem[f"{name}.slope"],
        problem[f"{name}.thermal_conductivity"],
        problem[f"{name}.heat_capacity"],
        sigma_reference=problem["temperature.conductivity_reference"],
    )


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs of a level."""
    found = followed(setup_of(problem), level, fewest=16, tolerance=0.4)
    start, volts = problem["temperature.start"], found.trace(1)
    return {
        "voltage_at_start": float(volts[0]),
        "voltage_at_end": float(volts[-1]),
        "needle_rise": float(found.trace(5)[-1]) - start,
        "coagulated_volume": found.volume(_COLLAGEN),
        "dead_volume": found.volume(_CELLS),
        "rise_in_depth": found.rises([(_ASIDE, _ASIDE, z) for z in problem.points("rise_in_depth")], start),
        "dead_fraction": found.fraction(_CELLS, problem.points("dead_fraction")),
    }
