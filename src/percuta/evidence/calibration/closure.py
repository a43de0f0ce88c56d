r"""Time constants of closing skin, from times until a share is left open and from half-lives.

First order: :math:`\tau = t / \ln 20` where 95 % have closed after :math:`t`, and :math:`\tau = t_{1/2} / \ln 2`. Mean
:math:`m` and standard deviation :math:`d` over people become the lognormal that has the same two:
:math:`s^2 = \ln(1 + (d/m)^2)`, median :math:`m\, e^{-s^2/2}`.
"""

from __future__ import annotations

import math

import numpy as np

from percuta.evidence.calibration.fit import Fit, Repeated, figure
from percuta.evidence.measurements import publication
from percuta.physics.closure import CLOSED, closing_time

_PEOPLE, _RATS, _FILM = "gupta_2011", "kalluri_2011", "micropore_sites_pilot"
_HALF_LIVES = ("half_life_upper_arm", "half_life_forearm", "half_life_abdomen")


def barrier() -> dict[str, Repeated]:
    """Return the barrier's time constant without a film: of people, in a spread that holds that of rats."""
    people, rats = (
        _constant(figure(*which)) for which in ((_PEOPLE, "barrier_without_film"), (_RATS, "barrier_of_rats"))
    )
    return {"closure.barrier_time": Repeated(people, holds=(rats,))}


def barrier_under_a_film() -> dict[str, Repeated]:
    """Return the barrier's time constant under a film, with its spread over people, from half-lives at three sites."""
    sites = [publication(_FILM).measurements[name] for name in _HALF_LIVES]
    mean = float(np.mean([site.value for site in sites]))
    pooled = math.sqrt(float(np.mean([(site.spread or 0.0) ** 2 for site in sites])))
    log_sd = math.sqrt(math.log(1.0 + (pooled / mean) ** 2))
    median = mean / math.exp(log_sd**2 / 2.0)
    return {"closure.barrier_time_occluded": Repeated(median / math.log(2.0), {"log_sd": log_sd})}


def pores() -> dict[str, Repeated]:
    """Return the pores' time constant without a film: the geometric mean over two lengths of needle."""
    short, long = (_constant(figure(_RATS, name)) for name in ("pores_short", "pores_long"))
    return {"closure.pore_time": Repeated(math.sqrt(short * long), holds=(short, long))}


def _constant(time: float) -> float:
    """Return the time constant with which only the closed share is left open after a time [s]."""
    return float(closing_time(np.array([time]), CLOSED)[0])


FITS = (
    Fit(
        "barrier without a film",
        "Time until all people had recovered, taken as 95 % closed; the width of the spread is judgement, chosen so "
        "that it holds the time of rats.",
        "derived",
        ("closure.barrier_time",),
        ((_PEOPLE, "barrier_without_film"), (_RATS, "barrier_of_rats")),
        barrier,
    ),
    Fit(
        "barrier under a film",
        "Mean half-life and pooled standard deviation of three sites as a lognormal.",
        "derived",
        ("closure.barrier_time_occluded",),
        tuple((_FILM, name) for name in _HALF_LIVES),
        barrier_under_a_film,
    ),
    Fit(
        "pores without a film",
        "Geometric mean of the times after which two lengths of needle left no pore that takes up dye, as 95 % closed; "
        "the width of the spread is judgement.",
        "derived",
        ("closure.pore_time",),
        ((_RATS, "pores_short"), (_RATS, "pores_long")),
        pores,
    ),
)
