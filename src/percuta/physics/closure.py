r"""How needled skin closes: barrier and pores at two rates, slower under a film, and the water that is lost.

Two things close at rates of their own. The *barrier* is what impedance and water loss measure; the *pores* are
what a dye still enters. Of each, the share of the open area that is left falls as

.. math:: \frac{\mathrm{d}s}{\mathrm{d}t} = -\frac{s}{\tau(t)}, \qquad
          s(t) = \exp\left(-\frac{t - o(t)}{\tau_u} - \frac{o(t)}{\tau_o}\right)

with :math:`t` [s] since the last needle, :math:`\tau_u` and :math:`\tau_o` the time constants without and under a
film [s], and :math:`o(t)` the time spent under films until :math:`t` [s]. The solution is exact for any number of
films. A time until a share is left is turned into a time constant as :math:`\tau = t / \ln(1/s)`.

Time constants are those of a young adult times a factor of age (1 up to 26 years, on a straight line to its value
at 77 years, constant after it) and factors of what is put on the skin.

Water loss is the mixture of two kinds of skin:

.. math:: W(t) = W_0 + (W_1 - W_0)\, A\, s_{barrier}(t)

with :math:`W_0` the loss of intact skin and :math:`W_1` that of skin without its stratum corneum [kg/m^2/s], and
:math:`A` the open share of the surface after the last needle. A film stops evaporation while it is on; the law gives
what the skin would lose without it.

Assumptions and range: all channels of a person close alike, whatever their depth and width; first order is the
form in which half-lives are published and was not tested against it; channels do not hinder each other. Measured
after needles of 0.37 to 0.77 mm without current, on rats and on arms and abdomens of people; used for denser and
deeper needling and for needles with current.

Sources: without a film the barrier was back within 2 h, under one it took longer (Gupta and others 2011); half-lives
of 20 to 26 h (a pilot study of 35 people, PMC8259462); water loss back after 4 to 5 h, pores closed to a dye after 12
and 18 h in rats (Kalluri and others 2011); slower at 77 than at 26 years, with no figure in the abstract (Kelchen
and others 2016): the factor is assumed; slower with diclofenac (Brogden and others 2012).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from percuta.physics.ageing import YEAR

Floats = NDArray[np.float64]
Film = tuple[Floats, Floats]
"""When a film comes on and off, each (m,) [s] since the last needle."""

YOUNG_AGE, OLD_AGE = 26.0 * YEAR, 77.0 * YEAR
"""Mean ages of the two groups that were compared [s]; the factor of age is 1 at the first."""

CLOSED = 0.05
"""Share of the open area that is left when skin counts as closed."""


def age_factor(age: float | Floats, at_old_age: Floats) -> Floats:
    """Return how much longer closing takes than in a young adult.

    Parameters
    ----------
    age
        Age [s].
    at_old_age : (m,)
        The factor at 77 years [1].
    """
    weight = np.clip((age - YOUNG_AGE) / (OLD_AGE - YOUNG_AGE), 0.0, 1.0)
    return np.asarray(1.0 + weight * (at_old_age - 1.0))


def closing_time(time: Floats, share: float | Floats) -> Floats:
    """Return the time constant with which a share of the open area is left after a time.

    Parameters
    ----------
    time : (m,)
        Time at which it is left [s].
    share : (m,)
        Share of the open area, between 0 and 1.
    """
    return np.asarray(time / -np.log(share))


def separate(films: Sequence[Film]) -> list[Film]:
    """Return films that do not overlap and cover the same times from 0 on.

    Parameters
    ----------
    films
        In the order in which they come on.
    """
    apart: list[Film] = []
    last: Floats | float = 0.0
    for on, off in films:
        begin = np.maximum(on, last)
        end = np.maximum(begin, off)
        apart.append((begin, end))
        last = end
    return apart


def occluded_time(time: Floats, films: Sequence[Film]) -> Floats:
    """Return how long the skin has been under a film, shape (m, t), or (1, t) without films.

    Parameters
    ----------
    time : (t,)
        Times since the last needle [s].
    films
        In the order in which they come on.
    """
    covered = np.zeros((1, time.size))
    for on, off in separate(films):
        covered = covered + np.clip(time[None] - on[:, None], 0.0, (off - on)[:, None])
    return covered


def open_share(time: Floats, closing: Floats, occluded_closing: Floats, films: Sequence[Film] = ()) -> Floats:
    """Return the share of the open area that is left, shape (m, t).

    Parameters
    ----------
    time : (t,)
        Times since the last needle [s].
    closing, occluded_closing : (m,)
        Time constants without a film and under one [s].
    films
        In the order in which they come on.
    """
    covered = occluded_time(time, films)
    exponent = (time[None] - covered) / closing[:, None] + covered / occluded_closing[:, None]
    return np.asarray(np.exp(-exponent))


def time_to_close(
    closing: Floats, occluded_closing: Floats, films: Sequence[Film] = (), share: float = CLOSED
) -> Floats:
    """Return when only a share of the open area is left [s] since the last needle, shape (m,).

    Parameters
    ----------
    closing, occluded_closing : (m,)
        Time constants without a film and under one [s].
    films
        In the order in which they come on.
    share
        Share of the open area that is left, between 0 and 1.
    """
    left = np.full(np.shape(closing), -np.log(share))  # what the exponent still has to grow by
    reached = np.zeros_like(left)
    for on, off in separate(films):
        for until, constant in ((on, closing), (off, occluded_closing)):
            step = np.minimum(until - reached, left * constant)
            reached, left = reached + step, np.maximum(left - step / constant, 0.0)
    return np.asarray(reached + left * closing)


def water_loss(intact: Floats, without_barrier: Floats, open_surface: Floats, share: Floats) -> Floats:
    """Return the water that evaporates [kg/m^2/s], shape (m, t).

    Parameters
    ----------
    intact, without_barrier : (m,)
        Loss of intact skin, and of skin without its stratum corneum [kg/m^2/s].
    open_surface : (m,)
        Open share of the surface after the last needle.
    share : (m, t)
        Share of it that the barrier still leaves open.
    """
    more = (without_barrier - intact) * open_surface
    return np.asarray(intact[:, None] + more[:, None] * share)
