r"""How long needling takes.

A hand that covers an area :math:`A` in :math:`k` passes with a swath :math:`w` at speed :math:`v` needs
:math:`t = k A / (v w)` while the device touches the skin. The rest of the time goes to lifting, wiping and
changing direction: the whole is :math:`t / c` with the share of contact :math:`c`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def needling_time(
    area: float, passes: float, glide_speed: Floats, swath_width: Floats, contact_share: Floats
) -> Floats:
    """Return the time to cover an area [s].

    Parameters
    ----------
    area
        Treated area [m^2].
    passes
        How often the whole area is covered.
    glide_speed, swath_width : (m,)
        Speed of the hand [m/s] and width of one stroke [m].
    contact_share : (m,)
        Share of the time in which the device touches the skin, above 0 to 1.
    """
    return np.asarray(passes * area / (glide_speed * swath_width * contact_share), dtype=np.float64)
