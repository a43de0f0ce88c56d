"""Punctures: covered fraction, slit of a roller, and the mean area of a needle's path."""

from __future__ import annotations

import math

import numpy as np
from scipy import integrate, optimize, special

from percuta.evidence.cases import Case, Row, verified
from percuta.physics.placed_punctures import placed_coverage
from percuta.physics.puncture import Tracks, layer_mean, punctured_fraction, roller_slit

# The problems: sizes of the order that needles have, chosen here and measured nowhere.
_DIAMETER, _TAPER, _SMEAR = 0.25e-3, 0.7e-3, 0.085e-3  # m
_MEAN, _SCATTER = 0.8e-3, 0.1e-3  # m, depths of single needles
_DRUM = 10e-3  # m, radius
_DENSITIES = (50e4, 250e4, 1000e4, 4000e4)  # 1/m^2

_ERRORS = 3.0  # standard errors that the Monte Carlo estimate may be away
_SMALL = 0.002  # largest standard error with which the comparison says anything
_SLIT = 1e-9  # of the slit
_QUADRATURE = 5e-3  # far below the uncertainty of the reached depth


def _tracks(density: float, *, mean: float, scatter: float, taper: float, smear: float, drum: float | None) -> Tracks:
    return Tracks(
        density=np.array([density]),
        mean_depth=np.array([mean]),
        scatter=np.array([scatter]),
        diameter=np.array([_DIAMETER]),
        taper=np.array([taper]),
        smear=np.array([smear]),
        drum_radius=drum,
        slit_share=np.ones(1),
    )


def _coverage() -> list[Row]:
    rows = []
    for smear, shape in ((0.0, "discs"), (_SMEAR, "stadiums")):
        for number, density in enumerate(_DENSITIES):
            # needles far deeper than their taper, so that all have their whole diameter at the surface
            tracks = _tracks(density, mean=2.0 * _TAPER, scatter=0.01 * _TAPER, taper=_TAPER, smear=smear, drum=None)
            closed = float(punctured_fraction([tracks], np.zeros((1, 1)))[0, 0])
            placed = placed_coverage(density, _DIAMETER, smear, needles=1000, points=1000, squares=96, seed=number)
            away = abs(placed.mean - closed) / placed.standard_error
            error = away if placed.standard_error <= _SMALL else np.inf
            rows.append(
                verified(
                    f"covered fraction, {density * 1e-4:.0f} {shape} per cm^2",
                    "1",
                    placed.mean,
                    closed,
                    error=float(error),
                    tolerance=_ERRORS,
                    error_in=f"standard errors of {placed.standard_error:.1g}",
                )
            )
    return rows


def _traced_slit(depth: float, reached: float, radius: float) -> float:
    """Return the length that a needle sweeps at a depth, from the drum's motion step by step.

    The hub moves by ``radius`` times the turned angle; the needle is the straight line from the hub to the
    tip. Its place at the depth is followed while the tip is below it.
    """

    def tip_below(turned: float) -> float:
        return (radius + reached) * math.cos(turned) - radius - depth

    leaves = float(optimize.brentq(tip_below, 0.0, 0.5 * np.pi, xtol=1e-15))
    turned = np.linspace(-leaves, leaves, 20_001)
    hub = np.stack([radius * turned, np.full_like(turned, -radius)])
    tip = hub + (radius + reached) * np.stack([-np.sin(turned), np.cos(turned)])
    share = (depth - hub[1]) / (tip[1] - hub[1])
    place = hub[0] + share * (tip[0] - hub[0])
    return float(place.max() - place.min())


def _slit() -> list[Row]:
    rows = []
    for reached in (0.5e-3, 1.0e-3, 1.5e-3, 2.5e-3):
        for depth in (0.0, 0.5 * reached):
            traced = _traced_slit(depth, reached, _DRUM)
            closed = float(roller_slit(np.array(depth), np.array(reached), _DRUM))
            rows.append(
                verified(
                    f"slit at {depth * 1e3:g} mm of a needle at {reached * 1e3:g} mm",
                    "mm",
                    traced * 1e3,
                    closed * 1e3,
                    error=abs(closed / traced - 1.0),
                    tolerance=_SLIT,
                    error_in="of the slit",
                )
            )
    return rows


def _mean_area(depth: float, drum: float | None) -> float:
    """Return the mean path area at a depth [m^2] by adaptive quadrature over the needles' depths."""

    def weighted_area(tip: float) -> float:
        width = _DIAMETER * min((tip - depth) / _TAPER, 1.0)
        moved = _SMEAR if drum is None else float(roller_slit(np.array(depth), np.array(tip), drum))
        return (0.25 * math.pi * width**2 + width * moved) * math.exp(-0.5 * ((tip - _MEAN) / _SCATTER) ** 2)

    kinks = [place for place in (_MEAN, depth + _TAPER) if place > depth]
    end = _MEAN + 8.0 * _SCATTER
    whole = integrate.quad(weighted_area, depth, end, points=kinks, epsabs=0.0, epsrel=1e-8, limit=200)[0]
    needles = math.sqrt(2.0 * math.pi) * _SCATTER * float(special.ndtr(_MEAN / _SCATTER))
    return float(whole) / needles


def _path_area() -> list[Row]:
    rows = []
    for drum, device in ((None, "gliding pen"), (_DRUM, "roller")):
        smear = _SMEAR if drum is None else 0.0
        tracks = _tracks(_DENSITIES[1], mean=_MEAN, scatter=_SCATTER, taper=_TAPER, smear=smear, drum=drum)
        at_surface = _mean_area(0.0, drum)
        for depth in (0.0, 0.5 * _MEAN, _MEAN):
            fine = _mean_area(depth, drum)
            computed = float(tracks.path_area(np.array([[depth]]))[0, 0])
            rows.append(
                verified(
                    f"mean path area at {depth * 1e3:g} mm, {device}",
                    "mm^2",
                    fine * 1e6,
                    computed * 1e6,
                    error=abs(computed - fine) / at_surface,
                    tolerance=_QUADRATURE,
                    error_in="of the area at the surface",
                )
            )
        rows.append(_layer_row(tracks, device))
    return rows


def _layer_row(tracks: Tracks, device: str) -> Row:
    """Compare the punctured volume fraction of a layer with a fine sum over depths."""
    top, bottom, cells = 0.2e-3, 1.1e-3, 100
    depths = top + (bottom - top) * (np.arange(cells) + 0.5) / cells
    covered = tracks.density[0] * np.array([_mean_area(float(depth), tracks.drum_radius) for depth in depths])
    fine = float(np.mean(-np.expm1(-covered)))
    computed = float(layer_mean([tracks], np.array([top]), np.array([bottom]))[0])
    return verified(
        f"punctured fraction from {top * 1e3:g} to {bottom * 1e3:g} mm, {device}",
        "1",
        fine,
        computed,
        error=abs(computed / fine - 1.0),
        tolerance=_QUADRATURE,
        error_in="of the fraction",
    )


CASES = (
    Case(
        "puncture-coverage",
        "Covered fraction: closed form against punctures placed at random",
        "verification",
        (),
        False,
        _coverage,
    ),
    Case(
        "roller-slit", "Slit of a rolled needle: closed form against a traced needle", "verification", (), False, _slit
    ),
    Case(
        "path-area",
        "Mean path area and layer fraction: the model's quadratures against fine ones",
        "verification",
        (),
        False,
        _path_area,
    ),
)
