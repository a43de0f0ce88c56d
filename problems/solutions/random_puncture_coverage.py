"""Random puncture coverage: Gauss-Legendre nodes doubled from level to level, and adaptive quadrature."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special

from percuta.physics.puncture import Tracks, pen_density, reached_depth, roller_density
from problem_files import Problem

Floats = NDArray[np.float64]
Answer = dict[str, Any]

LEVELS, TWICE = 6, 1
METHOD = "closed form; mean over needle depths and depth of the layer by 6 to 192 Gauss-Legendre nodes"
INDEPENDENT = "adaptive quadrature of the formulae as they stand, divided at every kink, relative tolerance 1e-10"

_FIRST = 6  # nodes
_BEYOND = 9.0  # scatters above the mean at which the adaptive quadrature ends


def solve(problem: Problem, level: int) -> Answer:
    """Return the outputs with 6 nodes, doubled from level to level."""
    nodes = _FIRST * 2 ** (level - 1)
    tracks = [_pen(problem), _roller(problem)]

    def passed(depth: Floats) -> Floats:
        covered = sum(one.density[:, None] * one.path_area(depth[None], nodes) for one in tracks)
        return np.asarray(covered).reshape(depth.size)

    place, weight = np.polynomial.legendre.leggauss(nodes)
    top, bottom = problem["layer.top"], problem["layer.bottom"]
    layer = -np.expm1(-passed(top + 0.5 * (bottom - top) * (place + 1.0)))
    depths = np.array(problem.points("punctured_share"))
    return _answer(
        float(sum(one.density[0] for one in tracks)),
        float(passed(np.zeros(1))[0]),
        float(0.5 * weight @ layer),
        float(reached_depth(tracks, 0.5)[0]),
        -np.expm1(-passed(depths)),
    )


def _answer(density: float, passed: float, volume: float, median: float, shares: Floats) -> Answer:
    return {
        "puncture_density": density,
        "punctured_at_surface": -math.expm1(-passed),
        "punctured_twice_at_surface": 1.0 - (1.0 + passed) * math.exp(-passed),
        "punctured_volume": volume,
        "median_depth": median,
        "punctured_share": [float(one) for one in shares],
    }


def _pen(problem: Problem) -> Tracks:
    density = pen_density(
        problem["pen.needle_count"],
        problem["pen.rate"],
        problem["pen.glide_speed"],
        problem["pen.swath_width"],
        problem["pen.passes"],
    )
    return _tracks(problem, "pen", density, problem["pen.glide_speed"] / (2.0 * problem["pen.rate"]), None)


def _roller(problem: Problem) -> Tracks:
    drum = problem["roller.drum_diameter"]
    density = roller_density(
        problem["roller.needle_count"], drum, problem["roller.drum_width"], problem["roller.passes"]
    )
    return _tracks(problem, "roller", density, 0.0, 0.5 * drum)


def _tracks(problem: Problem, device: str, density: Floats, smear: float, drum: float | None) -> Tracks:
    mean, scatter, diameter, taper = (
        np.array([problem[f"{device}.{name}"]]) for name in ("mean_depth", "scatter", "diameter", "taper")
    )
    return Tracks(np.atleast_1d(density), mean, scatter, diameter, taper, np.array([smear]), drum, np.ones(1))


def independent(problem: Problem) -> Answer:
    """Return the outputs by adaptive quadrature."""
    value = problem.__getitem__
    pen = value("pen.passes") * value("pen.needle_count") * value("pen.rate")
    pen /= value("pen.glide_speed") * value("pen.swath_width")
    roller = value("roller.passes") * value("roller.needle_count")
    roller /= math.pi * value("roller.drum_diameter") * value("roller.drum_width")
    densities = {"pen": pen, "roller": roller}

    def passed(depth: float) -> float:
        return sum(density * _mean_area(problem, device, depth) for device, density in densities.items())

    top, bottom = problem["layer.top"], problem["layer.bottom"]
    volume = integrate.quad(lambda depth: -math.expm1(-passed(depth)), top, bottom, epsabs=0.0, epsrel=1e-9)[0]

    def shallower(depth: float) -> float:
        parts = (density * _share_above(problem, device, depth) for device, density in densities.items())
        return sum(parts) / (pen + roller) - 0.5

    return _answer(
        pen + roller,
        passed(0.0),
        float(volume) / (bottom - top),
        float(optimize.brentq(shallower, 0.0, 3e-3, xtol=1e-15)),
        np.array([-math.expm1(-passed(depth)) for depth in problem.points("punctured_share")]),
    )


def _share_above(problem: Problem, device: str, depth: float) -> float:
    mean, scatter = problem[f"{device}.mean_depth"], problem[f"{device}.scatter"]
    low = float(special.ndtr(-mean / scatter))
    return float((special.ndtr((depth - mean) / scatter) - low) / (1.0 - low))


def _mean_area(problem: Problem, device: str, depth: float) -> float:
    mean, scatter, diameter, taper = (
        problem[f"{device}.{name}"] for name in ("mean_depth", "scatter", "diameter", "taper")
    )

    def weighted(tip: float) -> float:
        width = diameter * min(1.0, (tip - depth) / taper)
        if device == "pen":
            moved = problem["pen.glide_speed"] / (2.0 * problem["pen.rate"])
        else:
            drum = 0.5 * problem["roller.drum_diameter"]
            angle = math.acos((drum + depth) / (drum + tip))
            moved = 2.0 * abs(drum * angle - (drum + tip) * math.sin(angle))
        area = 0.25 * math.pi * width**2 + width * moved
        return area * math.exp(-0.5 * ((tip - mean) / scatter) ** 2)

    end = mean + _BEYOND * scatter
    edges = sorted(
        {depth, *(at for at in (mean - scatter, mean, mean + scatter, depth + taper) if depth < at < end), end}
    )
    whole = sum(
        float(integrate.quad(weighted, low, high, epsabs=0.0, epsrel=1e-10, limit=200)[0])
        for low, high in pairwise(edges)
    )
    return whole / (math.sqrt(2.0 * math.pi) * scatter * float(special.ndtr(mean / scatter)))
