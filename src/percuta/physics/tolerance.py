r"""What the person feels and shows: pain, redness, and the end point seen during needling.

Pain grows as :math:`L^{1.77} N^{0.30}` with needle length :math:`L` and the number of needles :math:`N` that
enter together (arithmetic on Gill and others, Clin J Pain 2008: three times the length gave seven times the
pain, ten times the needles twice). A 0 to 10 scale ends at 10, so the power law acts on the odds
:math:`p/(10-p)`; for little pain both are the same. The anchor is a split-face measurement.

Redness lasts a number of days read from a table by depth, which the library grades assumed.

End point: pinpoint bleeding where the typical needle passes the superficial plexus at a depth below the
epidermis, even redness where it passes through the epidermis, otherwise nothing to see.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

END_POINTS = ("nothing_visible", "uniform_erythema", "pinpoint_bleeding")


def pain(
    length: Floats,
    needle_count: Floats,
    anchor_pain: Floats,
    anchor_length: Floats,
    anchor_count: Floats,
    length_exponent: Floats,
    count_exponent: Floats,
    odds_factor: Floats,
) -> Floats:
    """Return pain on a 0 to 10 scale.

    Parameters
    ----------
    length, needle_count : (m,)
        Needle length in the skin [m] and needles that enter together.
    anchor_pain, anchor_length, anchor_count : (m,)
        The measurement that the scale is fixed on: pain (0 to 10, both ends excluded), length [m], needles.
    length_exponent, count_exponent : (m,)
        Exponents of length and number.
    odds_factor : (m,)
        Factor on the odds for what differs from the measurement, such as no anaesthetic; 1 for nothing.
    """
    growth = (length / anchor_length) ** length_exponent * (needle_count / anchor_count) ** count_exponent
    odds = anchor_pain / (10.0 - anchor_pain) * growth * odds_factor
    return np.asarray(10.0 * odds / (1.0 + odds))


def redness(depth: Floats, table_depth: Floats, table_low: Floats, table_high: Floats, position: Floats) -> Floats:
    """Return the days of redness, interpolated in a table by depth.

    Parameters
    ----------
    depth : (m,)
        Set depth [m].
    table_depth, table_low, table_high : (rows,)
        Depths of the table [m], rising, with the shortest and longest duration [s].
    position : (m,)
        Where between shortest and longest this person lies, 0 to 1.
    """
    low = np.interp(depth, table_depth, table_low)
    high = np.interp(depth, table_depth, table_high)
    return np.asarray(low + (high - low) * position)


def end_point(typical_depth: Floats, epidermis: Floats, plexus_depth: Floats) -> NDArray[np.int64]:
    """Return the index in :data:`END_POINTS` of what is seen.

    Parameters
    ----------
    typical_depth, epidermis, plexus_depth : (m,)
        Depth of the typical needle, thickness of the epidermis, and depth of the superficial plexus below the
        epidermis [m].
    """
    reddened = typical_depth > epidermis
    bleeding = typical_depth > epidermis + plexus_depth
    return np.asarray(reddened.astype(np.int64) + bleeding.astype(np.int64))
