"""RF pulse in one layer: cells and steps refined by the square root of two from level to level."""

from __future__ import annotations

from typing import Any

from percuta.physics.pulse_setup import Drive, Needle, NeedleArray, PulseSetup, TissueLayer
from problem_files import Problem
from solutions.pulses import TWICE, followed

Answer = dict[str, Any]

LEVELS = 7
METHOD = "cut cells of 90 to 11 um at the needle, TR-BDF2 with 12 steps or more at the first level"

__all__ = ["LEVELS", "METHOD", "TWICE", "solve"]

_DEPTH, _ASIDE = 1.3e-3, 3.0e-4  # m, of the two curves


def setup_of(problem: Problem) -> PulseSetup:
    """Return what Percuta takes for the problem."""
    start = problem["temperature.start"]
    layer = TissueLayer(
        "gel",
        problem["layer.thickness"],
        problem["layer.conductivity"],
        problem["layer.conductivity"],
        problem["layer.slope"],
        problem["layer.thermal_conductivity"],
        problem["layer.heat_capacity"],
        sigma_reference=problem["layer.conductivity_reference"],
    )
    return PulseSetup(
        layers=(layer,),
        needle=Needle(
            problem["needle.diameter"],
            problem["needle.tip_depth"],
            problem["needle.exposed_length"],
            conductivity=0.0,
        ),
        array=NeedleArray("checkerboard", problem["array.pitch"]),
        drive=Drive(problem["drive.duration"], voltage=problem["drive.voltage"]),
        start_surface=start,
        start_core=start,
        boiling=None,
    )


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs of a level."""
    found = followed(setup_of(problem), level, fewest=12, tolerance=0.4)
    start, power = problem["temperature.start"], found.trace(3)
    return {
        "power_at_start": float(power[0]),
        "power_at_end": float(power[-1]),
        "energy": found.course.delivered * found.course.cells.copies,
        "mean_rise": float(found.trace(8)[-1]),
        "hot_volume": found.hot_volume(problem["temperature.counted"]),
        "rise_towards_neighbour": found.rises(
            [(x, 0.0, _DEPTH) for x in problem.points("rise_towards_neighbour")], start
        ),
        "rise_in_depth": found.rises([(_ASIDE, _ASIDE, z) for z in problem.points("rise_in_depth")], start),
    }
