"""Topical steroids: how far they lower the synthesis of collagen, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.steroid import Use, use_of, windows_of
from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import publication
from percuta.evidence.validation.scenes import plan_of, scenarios
from percuta.evidence.validation.verdicts import band_of, judged, meets
from percuta.library.registry import library
from percuta.plan.device import resolve_device

Floats = NDArray[np.float64]

_HYDROCORTISONE, _BETAMETHASONE = "hydrocortisone_collagen_2003", "betamethasone_collagen_1996"
_GEL, _CREAM = "hydrocortisone-1-gel", "betamethasone-valerate-cream"
_DAY = 86_400.0
_WEEK = 7.0
_ONE_COLUMN = np.array([True])


def _bench() -> Bench:
    known = library()
    plan = plan_of("abdomen", "male", {"model": "generic-pen-12"}, "0.5 mm", 1)
    return Bench(plan, resolve_device(plan.device, known), known, scenarios())


def _synthesis(bench: Bench, product: str, *uses: tuple[float, float]) -> Callable[[float, float], Floats]:
    """Return a function that gives the mean synthesis from one day to another, (m,).

    Parameters
    ----------
    bench
        Library and scenarios.
    product
        The steroid.
    uses
        Day of the first and of the last use of each of its uses.
    """
    each = [use_of(bench, product, start * _DAY, last - start, _ONE_COLUMN) for start, last in uses]
    given: list[Use] = [use for use in each if use is not None]
    windows = windows_of(given, 100.0 * _DAY)

    def mean(start: float, stop: float) -> Floats:
        lost = np.zeros(bench.scenarios.members)
        for window in windows:
            held = min(window.end, stop * _DAY) - max(window.start, start * _DAY)
            lost += max(held, 0.0) / ((stop - start) * _DAY) * (1.0 - window.factor[:, 0])
        return np.asarray(1.0 - lost)

    return mean


def _rows() -> list[Row]:
    bench = _bench()
    return [*_hydrocortisone(bench), *_betamethasone(bench)]


def _hydrocortisone(bench: Bench) -> list[Row]:
    measured = publication(_HYDROCORTISONE).measurements
    continuous = _synthesis(bench, _GEL, (0.0, 3.0 * _WEEK))
    used = continuous(0.0, 3.0 * _WEEK)
    weekly = _synthesis(bench, _GEL, *((week * _WEEK, week * _WEEK + 3.0) for week in range(3)))
    third = weekly(2.0 * _WEEK, 3.0 * _WEEK)
    return [
        judged(measured["continuous_type_1"], used),
        judged(measured["continuous_type_3"], used),
        judged(measured["intermittent_type_1"], third),
        judged(measured["intermittent_type_3"], third),
        judged(measured["two_weeks_after"], continuous(5.0 * _WEEK, 5.0 * _WEEK + 0.1)),
    ]


def _betamethasone(bench: Bench) -> list[Row]:
    measured = publication(_BETAMETHASONE).measurements
    (use,) = (use_of(bench, _CREAM, 0.0, 3.0, _ONE_COLUMN),)
    assert use is not None
    last, week, fortnight = (use.lowered((3.0 + days) * _DAY)[:, 0] for days in (0.0, _WEEK, 2.0 * _WEEK))
    regained, seen = week - last, measured["regained_in_a_week"]
    half, band = seen.reading_band or 0.0, band_of(regained)
    return [
        Row(
            seen.quantity,
            "1",
            seen.value,
            float(np.median(regained)),
            meets(seen.value, half, band),
            spread=half,
            band=band,
            error=float(np.median(regained)) - seen.value,
            error_in="of normal",
            note=seen.note,
        ),
        judged(measured["two_weeks_after"], fortnight),
    ]


CASES = (
    Case(
        "BIO-V2",
        "Collagen formation under topical steroids, and its return",
        "validation",
        (_HYDROCORTISONE, _BETAMETHASONE),
        True,
        _rows,
    ),
)
