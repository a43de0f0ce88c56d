"""How well few scenarios know the two ends of a range, in words."""

from __future__ import annotations

import math
from typing import Any

from percuta.report.wording import duration, significant, unit

WORTH_SAYING = 0.05  # of the width of the range
_TIMES = {"anaesthetic_exposure_multiple": "times"}


def worth_saying(endpoint: dict[str, Any]) -> bool:
    """Tell whether the sampling error of an endpoint's tails is more than a small part of its range."""
    error = endpoint.get("tail_error")
    return error is not None and error > WORTH_SAYING * (endpoint["p95"] - endpoint["p5"]) and error > 0.0


def ends_known(endpoint: dict[str, Any]) -> str:
    """Return to what the ends of a range are known, as "±0.3 mm"; empty where the error is small.

    One standard error, in the unit and rounding that the range is shown in: where that is whole days or whole points
    of pain, an error that rounds to none is not said.
    """
    if not worth_saying(endpoint):
        return ""
    error, written, name = float(endpoint["tail_error"]), str(endpoint["unit"]), str(endpoint["name"])
    if name == "pain_peak" or written == "day":
        said = _whole(error, "" if name == "pain_peak" else "day")
    elif written == "h":
        said = _hours(error, endpoint["p95"])
    elif written == "min":
        said = duration(error)
    elif written in ("1", "") and name.endswith("_fraction"):
        said = f"{significant(100 * error, 1)} %" if error >= 0.0005 else ""
    elif written == "J" and endpoint["p95"] < 1.0:
        said = f"{significant(1e3 * error, 1)} mJ"
    else:
        said = f"{significant(error, 1)} {_TIMES.get(name, unit(written))}".strip()
    return f"±{said}" if said else ""


def _whole(error: float, of: str) -> str:
    whole = math.floor(error + 0.5)
    return f"{whole} {of}{'s' if of and whole > 1 else ''}".strip() if whole else ""


def _hours(error: float, high: float) -> str:
    """Return an error of hours as the end is shown: in days beyond three days, in minutes below one hour."""
    if high > 72.0:
        return _whole(max(error / 24.0, 1.0), "day")
    return f"{round(error)} h" if error >= 1.0 else duration(60.0 * error)
