"""Healing: the normalised cascade against curves of wound healing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.cases import Case, Row, Verdict
from percuta.evidence.measurements import Curve, publication
from percuta.evidence.rates import central_rates, drawn_rates
from percuta.evidence.validation.scenes import scenarios
from percuta.evidence.validation.verdicts import BAND, band_of
from percuta.physics.cascade import HealingRates
from percuta.physics.healing import SessionInjuries, healing_course
from percuta.units import convert

Floats = NDArray[np.float64]

_WOUNDS = "skibidy_2026"
_DAY = 86_400.0
_MEMBERS = 256
_STATES = {
    "inflammation": "mediator",
    "macrophages": "macrophage",
    "myofibroblasts": "secreting_fibroblast",
    "collagen": "collagen",
    "tensile_strength": "mature_collagen",
}
"""The state of the model that each curve is compared with; a curve without one is not comparable."""


def _wound(rates: HealingRates) -> tuple[Floats, dict[str, Floats]]:
    """Return times (t,) [s] and states (t, m) after one wound, without ageing, loss or limit of collagen."""
    members = rates.members
    none = np.zeros((members, 1, 1))
    course = healing_course(
        rates,
        SessionInjuries(np.zeros(1), none + 1.0, none, none),
        end=100.0 * _DAY,
        synthesis_capacity=np.ones(members),
        reference=lambda time: np.zeros((time.size, members)),
    )
    states = {name: course.state(name)[..., 0] for name in set(_STATES.values()) - {"collagen"}}
    states["collagen"] = (course.mature_collagen + course.immature_collagen)[..., 0]
    return course.time, states


def _at(curve: Curve, time: Floats, state: Floats) -> Floats:
    """Return the model (points, m) at a curve's times, normalised as the curve is.

    A curve that is 1 at its peak is met by a state divided by its own peak. One that ends at its last point is
    met by a state scaled to that point.
    """
    values = np.stack([np.interp(curve.time, time, member) for member in state.T], axis=1)
    if curve.normalised == "peak = 1":
        return np.asarray(values / state.max(axis=0))
    return np.asarray(values * curve.value[-1] / values[-1])


def _curves() -> list[Row]:
    linear = {"mature_loss": 0.0, "collagen_capacity": np.inf, "synthesis_gain": 1.0}
    time, central = _wound(central_rates(**linear))
    _, drawn = _wound(drawn_rates(scenarios(_MEMBERS), **linear))
    rows = []
    for curve in publication(_WOUNDS).curves.values():
        if curve.id in _STATES:
            state = _STATES[curve.id]
            rows.append(_judged(curve, _at(curve, time, central[state])[:, 0], _at(curve, time, drawn[state])))
        else:
            rows.append(
                Row(
                    curve.quantity,
                    "1",
                    None,
                    None,
                    "not comparable",
                    expected_text=_shown(curve),
                    note=f"{curve.quantity}: {curve.note}",
                )
            )
    return rows


def _judged(curve: Curve, central: Floats, drawn: Floats) -> Row:
    """Return the row of one curve: root mean square at central rates against the band it can be read to.

    A point is met where the band of the prediction holds it, give or take the reading.
    """
    readable = curve.reading_band or 0.0
    root_mean_square = float(np.sqrt(np.mean((central - curve.value) ** 2)))
    low, high = np.quantile(drawn, BAND, axis=1)
    met = np.count_nonzero((low <= curve.value + readable) & (curve.value - readable <= high))
    low_rms, high_rms = band_of(np.sqrt(np.mean((drawn - curve.value[:, None]) ** 2, axis=0)))
    verdict: Verdict = "inside" if root_mean_square <= readable else "outside"
    return Row(
        curve.quantity,
        "1",
        None,
        None,
        verdict,
        spread=readable,
        error=root_mean_square,
        tolerance=readable,
        error_in="rms",
        expected_text=_shown(curve),
        predicted_text=f"{met} of {curve.value.size} points met (rms {low_rms:.2g} to {high_rms:.2g})",
        fitted=curve.role == "fit",
        note=f"{curve.quantity}: {curve.note}" if curve.note else "",
    )


def _shown(curve: Curve) -> str:
    first, last = (convert(float(time), "days") for time in (curve.time[0], curve.time[-1]))
    band = "" if curve.reading_band is None else f" ± {curve.reading_band:g}"
    return f"{curve.value.size} points, day {first:g} to {last:g}{band}"


CASES = (Case("BIO-V1", "Time courses of a healing wound, normalised", "validation", (_WOUNDS,), True, _curves),)
