r"""Time steps: the implicit method, and the control of the step by its error.

TR-BDF2 as a pair: diffusion is taken implicitly at two stages with one common coefficient, heat sources explicitly.
The last stage is the result itself, so that every change of a source passes through the implicit solve and no stiff
cell is left ringing. Each part is summed with its own weights, and what the sources bring equals what is stored and
lost, to rounding. Second order, L-stable: a jump of the source needs no special start.

With :math:`\gamma = 2 - \sqrt 2` the stages lie at 0, :math:`\gamma` and 1 of the step.

References: Hosea and Shampine, Applied Numerical Mathematics 20 (1996) 21, for TR-BDF2 and its error estimate;
Ascher, Ruuth and Spiteri, Applied Numerical Mathematics 25 (1997) 151, for pairs whose last stage is the result.
"""

from __future__ import annotations

from math import sqrt

MIDDLE = 2.0 - sqrt(2.0)
"""Place of the middle stage in the step."""
IMPLICIT = 1.0 - 1.0 / sqrt(2.0)
"""Coefficient of the stage's own implicit term, at both stages."""
OUTER = 1.0 / (2.0 * sqrt(2.0))
"""Weight of the first and of the middle stage in the sum over the step; the last one's is :data:`IMPLICIT`."""
EXPLICIT = (1.0 - 0.5 / MIDDLE, 0.5 / MIDDLE, 0.0)
"""Weights of the stages' sources in the last stage, which is the result."""
WEIGHTS = (OUTER, OUTER, IMPLICIT)
"""Weights of the stages' implicit terms in the result."""
ERROR_WEIGHTS = (
    OUTER - (1.0 - OUTER) / 3.0,
    OUTER - (3.0 * OUTER + 1.0) / 3.0,
    IMPLICIT - IMPLICIT / 3.0,
)
"""Weights of the difference to the embedded method of third order, for the implicit terms."""
EXPLICIT_ERROR_WEIGHTS = tuple(
    error - weight + used for error, weight, used in zip(ERROR_WEIGHTS, WEIGHTS, EXPLICIT, strict=True)
)
"""The same for the sources."""

_SAFETY, _LEAST, _MOST = 0.85, 0.25, 2.5


def next_step(step: float, error: float, tolerance: float) -> float:
    """Return the step that would give an error at the tolerance, within bounds.

    Parameters
    ----------
    step
        The step just tried.
    error
        Its estimated local error, of third order in the step.
    tolerance
        Same unit.
    """
    factor = _MOST if error <= 0.0 else _SAFETY * (tolerance / error) ** (1.0 / 3.0)
    return step * min(max(factor, _LEAST), _MOST)
