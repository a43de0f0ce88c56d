"""Layers of the persons that the engine draws, against the table they are drawn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from percuta.engine.skin import layers_of
from percuta.evidence.cases import Case, Row, Verdict
from percuta.evidence.measurements import Measurement, publication
from percuta.evidence.validation.scenes import bench_of, plan_of
from percuta.evidence.validation.verdicts import band_of

Floats = NDArray[np.float64]

_TABLE = "meng_2022"
_COVERAGE = 0.95  # of the intervals in which mean and standard deviation of the whole population lie


def _layers() -> list[Row]:
    return [_judged(measured, _drawn(measured)) for measured in publication(_TABLE).measurements.values()]


def _drawn(measured: Measurement) -> Floats:
    """Return one layer of the persons that the engine draws from this dataset [m]."""
    plan = plan_of(measured.site, measured.sex, {"model": "generic-pen-12"}, "0.5 mm", 1)
    layers = layers_of(bench_of(plan), plan.zone("field"))
    values: Floats = getattr(layers, measured.layer)
    return np.asarray(values[layers.dataset == layers.datasets.index(_TABLE)])


def _judged(measured: Measurement, drawn: Floats) -> Row:
    """Judge mean and standard deviation, each by its own interval for a sample of the study's size."""
    mean, sd = float(drawn.mean()), float(drawn.std(ddof=1))
    mean_held, sd_held = _intervals(measured)
    verdict: Verdict = "inside" if _holds(mean_held, mean) and _holds(sd_held, sd) else "outside"
    unit, (low, high) = measured.unit, band_of(measured.shown(drawn))
    value, spread = measured.shown(measured.value), measured.shown(measured.spread or 0.0)
    return Row(
        measured.quantity,
        unit,
        value,
        measured.shown(mean),
        verdict,
        spread=spread,
        band=(low, high),
        error=sd / (measured.spread or np.nan) - 1.0,
        error_in="of the sd",
        expected_text=f"{value:.2f} ± {spread:.2f} {unit}",
        predicted_text=f"{measured.shown(mean):.2f} ± {measured.shown(sd):.2f} ({low:.2f} to {high:.2f}) {unit}",
        fitted=measured.role == "fit",
    )


def _intervals(measured: Measurement) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the intervals of mean (Student) and standard deviation (chi squared) [SI] of a normal population."""
    sd, n = measured.spread or 0.0, measured.n or 2
    half = float(stats.t.ppf(0.5 + 0.5 * _COVERAGE, n - 1)) * sd / np.sqrt(n)
    low, high = (float(stats.chi2.ppf(0.5 + sign * 0.5 * _COVERAGE, n - 1)) for sign in (-1, 1))
    return (
        (measured.value - half, measured.value + half),
        (sd * float(np.sqrt((n - 1) / high)), sd * float(np.sqrt((n - 1) / low))),
    )


def _holds(interval: tuple[float, float], value: float) -> bool:
    return interval[0] <= value <= interval[1]


CASES = (
    Case("BIO-V5", "Drawn thickness of layers against the table of a study", "validation", (_TABLE,), True, _layers),
)
