r"""Punctures: how many, how deep, and how much of the skin they pass through.

Density of a device that is moved over the skin (punctures per area of skin, one pass):

- pen: :math:`n = N f / (v w)`, with needle count :math:`N`, stamp rate :math:`f` [Hz], speed of the hand
  :math:`v` [m/s] and width of the needle pattern :math:`w` [m];
- pen that touches an area :math:`A` for a time :math:`t`: :math:`n = N f t / A`;
- roller: :math:`n = N / (\pi D w)`, with drum diameter :math:`D` and width :math:`w`.

Depth. The depths that single needles reach are normally distributed about a mean (scatter between needles);
the mean is an uncertain share of the setting (ignorance), drawn by the caller. Depths are cut off at the
surface and nowhere else: a needle does not stop at the lower face of the dermis.

Path. A needle of diameter :math:`d` and taper :math:`h` that reaches :math:`D` is
:math:`d(z) = d \min(1, (D - z)/h)` wide at depth :math:`z`. Moved sideways by :math:`s` while it is in the
skin it passes through the area :math:`a = \pi d^2/4 + d s`. A gliding pen moves by :math:`v/(2f)`; a rolled
needle enters on an arc and leaves a slit (:func:`roller_slit`).

Overlap. Punctures fall at random, so that the punctured fraction of the skin at a depth is
:math:`1 - \exp(-n \langle a \rangle)` (Boolean model; Chiu, Stoyan, Kendall and Mecke, Stochastic Geometry
and its Applications, 2013). ``placed_punctures`` confirms it by placing them.

Valid for needles much smaller than the treated area and for rigid needles; tissue that a needle pushes aside
without tearing counts as punctured here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_NODES = 24  # of the quadrature over the needles' depths
_REACH = 4.5  # scatters about the mean depth; 7 needles in a million lie beyond
_GAUSS = np.polynomial.legendre.leggauss(12)
_gauss = cache(np.polynomial.legendre.leggauss)


def pen_density(
    needle_count: Floats | float,
    rate: Floats | float,
    glide_speed: Floats | float,
    swath_width: Floats | float,
    passes: float,
) -> Floats:
    """Return the puncture density of a gliding pen [1/m^2] after a number of passes."""
    return np.asarray(passes * needle_count * rate / (glide_speed * swath_width), dtype=np.float64)


def timed_density(needle_count: Floats | float, rate: Floats | float, time: Floats | float, area: float) -> Floats:
    """Return the puncture density of a pen [1/m^2] that touches ``area`` [m^2] evenly for ``time`` [s]."""
    return np.asarray(needle_count * rate * time / area, dtype=np.float64)


def roller_density(
    needle_count: Floats | float, drum_diameter: Floats | float, drum_width: Floats | float, passes: float
) -> Floats:
    """Return the puncture density of a roller [1/m^2] after a number of passes."""
    return np.asarray(passes * needle_count / (np.pi * drum_diameter * drum_width), dtype=np.float64)


def roller_slit(depth: Floats, reached: Floats, drum_radius: float) -> Floats:
    """Return the length of the slit that a rolled needle leaves at a depth [m], in skin that does not move.

    A drum of radius ``R`` rolls without slip; a needle whose tip reaches ``D`` passes depth ``z`` at the angle
    ``cos(angle) = (R + z)/(R + D)`` and has moved by ``s = 2 |R angle - (R + D) sin(angle)|`` between entry
    and exit. Real skin follows the needle, so this is an upper bound.

    Parameters
    ----------
    depth, reached
        Depth looked at and depth of the tip [m]; broadcast against each other. Below the tip there is no slit.
    drum_radius
        Radius of the drum to its surface [m].
    """
    ratio = np.clip((drum_radius + depth) / (drum_radius + reached), -1.0, 1.0)
    angle = np.arccos(ratio)
    slit = 2.0 * np.abs(drum_radius * angle - (drum_radius + reached) * np.sin(angle))
    return np.where(depth < reached, slit, 0.0)


@dataclass(frozen=True)
class Tracks:
    """The needle tracks of one needling step, one row per scenario.

    Attributes
    ----------
    density : (m,)
        Punctures per area [1/m^2].
    mean_depth, scatter : (m,)
        Mean and standard deviation of the depths that single needles reach [m].
    diameter, taper : (m,)
        Needle diameter and length of its taper [m].
    smear : (m,)
        Sideways movement in the skin, the same at all depths [m]; zero for a roller.
    drum_radius
        Radius of the drum [m], or None for a device that stamps.
    slit_share : (m,)
        Share of the rigid-skin slit that the skin's own movement leaves, 0 to 1; for rollers.
    """

    density: Floats
    mean_depth: Floats
    scatter: Floats
    diameter: Floats
    taper: Floats
    smear: Floats
    drum_radius: float | None
    slit_share: Floats

    def reached_share(self, depth: Floats) -> Floats:
        """Return the share of needles that reach each depth.

        Parameters
        ----------
        depth : (m, z) or (1, z)
            Depths [m].

        Returns
        -------
        (m, z) float64
        """
        return share_beyond(self.mean_depth[:, None], self.scatter[:, None], depth)

    def path_area(self, depth: Floats, nodes: int = _NODES) -> Floats:
        """Return the mean area that one needle passes through at each depth [m^2].

        The mean over all needles, those that end above a depth counting zero there, by Gauss-Legendre quadrature from
        that depth (or 4.5 scatters above the mean) to 4.5 scatters below it.

        Parameters
        ----------
        depth : (m, z) or (1, z)
            Depths [m].
        nodes
            Nodes of the quadrature.

        Returns
        -------
        (m, z) float64
        """
        return self._mean_over_needles(depth, lambda tip: self._area_of_one(depth, tip), nodes)

    def open_area(self, depth: Floats, channel_share: Floats, open_depth_share: Floats) -> Floats:
        """Return the mean area that one needle leaves open at each depth [m^2].

        Parameters
        ----------
        depth : (m, z) or (1, z)
            Depths [m].
        channel_share, open_depth_share : (m,)
            Diameter of the channel as a share of the needle's at that depth, and its depth as a share of the
            depth reached.
        """

        def area(tip: Floats) -> Floats:
            diameter = channel_share[:, None] * self._diameter(depth, tip)
            return np.where(depth < open_depth_share[:, None] * tip, 0.25 * np.pi * diameter**2, 0.0)

        return self._mean_over_needles(depth, area, _NODES)

    def _mean_over_needles(self, depth: Floats, area: Callable[[Floats], Floats], nodes: int) -> Floats:
        mean, width = self.mean_depth[:, None], self.scatter[:, None]
        first = np.maximum(np.maximum(depth, mean - _REACH * width), 0.0)
        half = 0.5 * np.maximum(mean + _REACH * width - first, 0.0)
        total = np.zeros(half.shape)
        for node, weight in zip(*_gauss(nodes), strict=True):
            tip = first + half * (node + 1.0)
            total += weight * area(tip) * np.exp(-0.5 * ((tip - mean) / width) ** 2)
        return np.asarray(total * half / (np.sqrt(2.0 * np.pi) * width * special.ndtr(mean / width)))

    def _diameter(self, depth: Floats, tip: Floats) -> Floats:
        """Return the needle's diameter at a depth when its tip is at ``tip`` [m]."""
        return self.diameter[:, None] * np.clip((tip - depth) / self.taper[:, None], 0.0, 1.0)

    def _area_of_one(self, depth: Floats, tip: Floats) -> Floats:
        diameter = self._diameter(depth, tip)
        moved = self.smear[:, None]
        if self.drum_radius is not None:
            moved = moved + self.slit_share[:, None] * roller_slit(depth, tip, self.drum_radius)
        return 0.25 * np.pi * diameter**2 + diameter * moved


def punctured_fraction(tracks: list[Tracks], depth: Floats) -> Floats:
    """Return the fraction of skin area that any needle has passed through, at each depth.

    Parameters
    ----------
    tracks
        One entry per needling step on this skin.
    depth : (m, z) or (1, z)
        Depths [m].

    Returns
    -------
    (m, z) float64
    """
    covered = sum(step.density[:, None] * step.path_area(depth) for step in tracks)
    return np.asarray(-np.expm1(-covered))


def open_fraction(tracks: list[Tracks], depth: Floats, channel_share: Floats, open_depth_share: Floats) -> Floats:
    """Return the fraction of skin area that stays open after the needles are withdrawn, at each depth.

    Parameters
    ----------
    tracks
        One entry per needling step on this skin.
    depth : (m, z) or (1, z)
        Depths [m].
    channel_share : (m,)
        Diameter of the open channel as a share of the needle's.
    open_depth_share : (m,)
        Depth of the open channel as a share of the depth reached.
    """
    covered = sum(step.density[:, None] * step.open_area(depth, channel_share, open_depth_share) for step in tracks)
    return np.asarray(-np.expm1(-covered))


def layer_mean(tracks: list[Tracks], top: Floats, bottom: Floats) -> Floats:
    """Return the punctured volume fraction between two depths, by Gauss-Legendre quadrature.

    Parameters
    ----------
    tracks
        One entry per needling step on this skin.
    top, bottom : (m,)
        Upper and lower face of the layer [m].

    Returns
    -------
    (m,) float64
    """
    nodes, weights = _GAUSS
    depth = top[:, None] + (bottom - top)[:, None] * 0.5 * (nodes + 1.0)
    return np.asarray(punctured_fraction(tracks, depth) @ (0.5 * weights))


def reached_share(tracks: list[Tracks], depth: Floats) -> Floats:
    """Return the share of all needle tracks that reach each depth; ``depth`` is (m, z) or (1, z)."""
    total = sum(step.density for step in tracks)
    reaching = sum(step.density[:, None] * step.reached_share(depth) for step in tracks)
    return np.asarray(reaching / np.asarray(total)[:, None])


def depth_of_share(mean: Floats, scatter: Floats, share: float) -> Floats:
    """Return the depth that a share of the needles of one step does not pass [m], as :func:`reached_depth`.

    Parameters
    ----------
    mean, scatter : (m,)
        Mean and standard deviation of the depths that single needles reach [m], cut off at the surface.
    share
        0.5 for the typical needle, 0.95 for the deepest five in a hundred.

    Returns
    -------
    (m,) float64
    """
    return np.asarray(mean - scatter * special.ndtri((1.0 - share) * special.ndtr(mean / scatter)))


def share_beyond(mean: Floats, scatter: Floats, depth: Floats | float) -> Floats:
    """Return the share of the needles of one step that reach a depth [m]; see :meth:`Tracks.reached_share`."""
    return np.asarray(special.ndtr((mean - depth) / scatter) / special.ndtr(mean / scatter))


def reached_depth(tracks: list[Tracks], share: float) -> Floats:
    """Return the depth that a share of all needle tracks does not pass [m], by bisection.

    Parameters
    ----------
    tracks
        One entry per needling step on this skin.
    share
        0.5 for the typical needle, 0.95 for the deepest five in a hundred.

    Returns
    -------
    (m,) float64
    """
    low = np.zeros_like(tracks[0].density)
    high = np.max([step.mean_depth + 8.0 * step.scatter for step in tracks], axis=0)
    for _ in range(48):  # halves the bracket to below a femtometre
        middle = 0.5 * (low + high)
        beyond = reached_share(tracks, middle[:, None])[:, 0] > 1.0 - share
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.asarray(0.5 * (low + high))
