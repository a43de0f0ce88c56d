"""Intervals between sessions that the protocol rules ask for, from what the fitted cascade has left of a session.

They follow from the fitted rates and from no finding of their own, and change where those change.
"""

from __future__ import annotations

import numpy as np

from percuta.evidence.calibration.fit import Fit, Repeated
from percuta.evidence.rates import central_rates
from percuta.physics.cascade import CASCADE, cascade_peaks, residual_at_interval

_DAY, _WEEK = 86_400.0, 7
_INFLAMED, _SECRETING = 0.05, 0.20  # of the peak, above which another session overlaps; judgement
_FIRST, _SECOND = "rule.interval_below_14_days.interval", "rule.interval_below_28_days.interval"


def overlaps() -> dict[str, Repeated]:
    """Return the day on which inflammation is down, and the first whole week by which secretion is [s]."""
    rates = central_rates()
    days = np.arange(1, 100)
    left = [residual_at_interval(rates, float(day) * _DAY) for day in days]
    mediator = np.array([one.mediator[0] for one in left])
    secreting = np.array([one.secreting_fibroblast[0] for one in left])
    past = days * _DAY > cascade_peaks(rates)[0][0, CASCADE.index("secreting_fibroblast")]
    calm = float(np.interp(-np.log(_INFLAMED), -np.log(mediator[1:]), days[1:]))
    week = days[past & (secreting <= _SECRETING) & (days % _WEEK == 0)][0]
    return {_FIRST: Repeated(round(calm) * _DAY), _SECOND: Repeated(float(week) * _DAY)}


FITS = (
    Fit(
        "intervals between sessions",
        "The day on which the mediator is at 5 % of its peak, and the first whole week by which secreting fibroblasts "
        "are past theirs and at 20 % of it or less; both shares are judgement.",
        "derived",
        (_FIRST, _SECOND),
        (),
        overlaps,
    ),
)
