"""The rule by which a prediction is judged against a published mean.

The measured value, give or take its half width, is inside where it meets the band from 5 % to 95 % of the
prediction. The half width is the standard error where it is known, otherwise the spread as published, otherwise
the band within which the source can be read. The rule is the same for every case.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.evidence.cases import Row, Verdict
from percuta.evidence.measurements import Measurement

Floats = NDArray[np.float64]

BAND = (0.05, 0.95)


def band_of(values: Floats) -> tuple[float, float]:
    """Return 5 % and 95 % of a prediction over scenarios."""
    low, high = np.quantile(values, BAND)
    return float(low), float(high)


def judged(measured: Measurement, predicted: Floats, quantity: str = "", **row: Any) -> Row:
    """Return the row of one measured mean.

    Parameters
    ----------
    measured
        What was published.
    predicted : (m,)
        Prediction of each scenario [SI]; one value where no input of it is uncertain.
    quantity
        What is compared, where the words of the measurement do not say it.
    row
        Fields of :class:`~percuta.evidence.cases.Row` to set otherwise, such as ``verdict`` or ``note``.
    """
    value, half = measured.shown(measured.value), measured.half_width
    spread = None if half is None else measured.shown(half)
    shown = measured.shown(predicted)
    band, median = band_of(shown), float(np.median(shown))
    fields: dict[str, Any] = {
        "verdict": meets(value, spread or 0.0, band),
        "spread": spread,
        "band": band if predicted.size > 1 else None,
        "error": median / value - 1.0,
        "error_in": "of the value",
        "fitted": measured.role == "fit",
        "note": measured.note,
    }
    return Row(quantity or measured.quantity, measured.unit, value, median, **(fields | row))


def meets(value: float, half_width: float, band: tuple[float, float]) -> Verdict:
    """Tell whether a value, give or take its half width, meets a band."""
    low, high = band
    return "inside" if low <= value + half_width and value - half_width <= high else "outside"
