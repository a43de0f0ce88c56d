"""Pain by length and number of needles, pain of radiofrequency needles, and downtime.

Where pain grows as a power, ``n`` times the length and ``p`` times the pain give the exponent ``ln p / ln n``.
"""

from __future__ import annotations

import math

from percuta.evidence.calibration.fit import Fit, Repeated, figure
from percuta.evidence.measurements import publication

_TRIAL = "gill_2008"
_RF_PAIN = (("elawar_2018", "pain"), ("yogya_2022", "pain"))
_RF_DOWNTIME = ("dou_2022", "downtime")
_LONGER, _MORE = 3.0, 10.0  # times the length, times the number, to which the ratios of pain belong


def length_exponent() -> dict[str, Repeated]:
    """Return the exponent of pain in length."""
    pain = figure(_TRIAL, "length_threefold")
    return {"tolerance.pain_length_exponent": Repeated(math.log(pain) / math.log(_LONGER))}


def count_exponent() -> dict[str, Repeated]:
    """Return the exponent of pain in the number of needles."""
    pain = figure(_TRIAL, "number_tenfold")
    return {"tolerance.pain_count_exponent": Repeated(math.log(pain) / math.log(_MORE))}


def rf_pain() -> dict[str, Repeated]:
    """Return the pain of radiofrequency needles, the middle of two means."""
    first, second = (figure(*finding) for finding in _RF_PAIN)
    return {"tolerance.pain_anchor_rf": Repeated(0.5 * (first + second))}


def rf_downtime() -> dict[str, Repeated]:
    """Return the downtime after radiofrequency needles, with its spread over people [s]."""
    source, finding = _RF_DOWNTIME
    days = publication(source).measurements[finding]
    return {"tolerance.downtime_rf": Repeated(days.value, {"sd": days.spread or 0.0})}


FITS = (
    Fit(
        "pain and length",
        "ln 7 / ln 3: seven times the pain at three times the length; the spread is judgement.",
        "derived",
        ("tolerance.pain_length_exponent",),
        ((_TRIAL, "length_threefold"),),
        length_exponent,
    ),
    Fit(
        "pain and number",
        "ln 2 / ln 10: twice the pain at ten times the number; the spread is judgement.",
        "derived",
        ("tolerance.pain_count_exponent",),
        ((_TRIAL, "number_tenfold"),),
        count_exponent,
    ),
    Fit(
        "pain of radiofrequency needles",
        "Half way between the means of two trials of other settings, which is judgement, as the spread is.",
        "assumed",
        ("tolerance.pain_anchor_rf",),
        _RF_PAIN,
        rf_pain,
    ),
    Fit(
        "downtime after radiofrequency needles",
        "A measured mean and its standard deviation, taken as they stand.",
        "measured",
        ("tolerance.downtime_rf",),
        (_RF_DOWNTIME,),
        rf_downtime,
    ),
)
