"""The field of one needle: closed forms of a long needle and of a disc, anisotropy, and what the fit keeps of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from percuta.numerics.cut_cells import needle_cuts
from percuta.numerics.grid import Refinement, graded_edges
from percuta.physics.needle_field import (
    Conductances,
    NeedleField,
    distinct,
    fitted_conductances,
    needle_field,
    plain_conductances,
    radius_at,
)
from percuta.physics.pulse_setup import Needle

from .gel import MM

Floats = NDArray[np.float64]

RADIUS, REACH = 0.125 * MM, 0.75 * MM
NEEDLE = Needle(2.0 * RADIUS, 2.0 * MM, 0.5 * MM)


def field_of(
    needle: Needle = NEEDLE,
    planes: tuple[float, ...] = (0.0, 4.0 * MM),
    along: tuple[float, ...] = (0.3,),
    across: tuple[float, ...] | None = None,
    reach: float = REACH,
    ratio: float = 1.15,
) -> NeedleField:
    return needle_field(needle, np.array(planes), np.array(along), np.array(across or along), reach, ratio)


def test_radius_of_flat_and_tapered_needles() -> None:
    depths = np.array([0.0, 1.49, 1.75, 1.999, 2.001, 3.0]) * MM
    assert radius_at(NEEDLE, depths) / RADIUS == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    tapered = Needle(2.0 * RADIUS, 2.0 * MM, 0.5 * MM, taper=0.5 * MM)
    assert radius_at(tapered, depths) / RADIUS == pytest.approx([1.0, 1.0, 0.5, 0.002, 0.0, 0.0], abs=1e-9)


def test_a_needle_through_the_layer_is_a_coaxial_cable() -> None:
    # G = 2 pi sigma L / ln(R / a), to rounding on any cells, since radial flow is logarithmic between them
    through = Needle(2.0 * RADIUS, 4.0 * MM, 4.0 * MM)
    exact = 2.0 * np.pi * 0.3 * 4.0 * MM / np.log(REACH / RADIUS)
    for ratio in (1.6, 1.15):
        assert field_of(through, ratio=ratio).current == pytest.approx(exact, rel=1e-9)


def test_a_disc_on_a_half_space() -> None:
    # R = 1 / (4 sigma a); the disc stands out by a hundredth of its radius, and the earth is 500 radii away
    far, found = 500.0 * RADIUS, []
    for out in (0.02 * RADIUS, 0.01 * RADIUS):
        found.append(field_of(Needle(2.0 * RADIUS, out, out), planes=(0.0, far), reach=far, ratio=1.1).current)
    flush = 2.0 * found[1] - found[0]
    assert flush == pytest.approx(4.0 * 0.3 * RADIUS, rel=5e-3)


def test_the_field_converges_with_its_cells() -> None:
    growths = np.array([1.6, 1.3, 1.15])
    exact = field_of(ratio=1.05).current
    errors = np.abs([field_of(ratio=ratio).current / exact - 1.0 for ratio in growths])
    orders = np.diff(np.log(errors)) / np.diff(np.log(np.log(growths)))
    assert errors[-1] < 2e-3
    assert np.all(orders > 1.7)


def test_anisotropy_is_a_stretch_in_depth() -> None:
    # with z' = z sqrt(along / across) the problem is isotropic of conductivity sqrt(along across)
    along, across = 0.38, 0.27
    stretch = np.sqrt(along / across)
    stretched = Needle(2.0 * RADIUS, 2.0 * MM * stretch, 0.5 * MM * stretch)
    mean = float(np.sqrt(along * across))
    isotropic = field_of(stretched, planes=(0.0, 4.0 * MM * stretch), along=(mean,))
    assert field_of(along=(along,), across=(across,)).current == pytest.approx(isotropic.current, rel=1e-3)


def test_a_layer_cut_in_two_is_one_layer() -> None:
    cut = field_of(planes=(0.0, 1.7 * MM, 4.0 * MM), along=(0.3, 0.3))
    assert cut.current == pytest.approx(field_of().current, rel=1e-4)


def test_a_better_conductor_anywhere_lets_more_through() -> None:
    currents = [field_of(planes=(0.0, 1.75 * MM, 4.0 * MM), along=(0.3, below)).current for below in (0.03, 0.3, 3.0)]
    assert currents[0] < currents[1] < currents[2]
    assert currents[2] < 10.0 * currents[1]


def test_the_potential_has_no_extremum_in_the_tissue() -> None:
    field = field_of()
    assert field.potential.min() >= 0.0
    assert field.potential.max() <= 1.0 + 1e-12


def test_the_stream_function_counts_the_current() -> None:
    field = field_of()
    # no current crosses the skin, the insulated shaft, or the bottom
    shaft = int(np.argmin(np.abs(field.r - RADIUS)))
    above = field.z < 1.5 * MM
    assert np.all(np.abs(field.stream_below[shaft, above]) < 1e-6 * field.current)
    assert np.ptp(field.stream_below[:, -1]) < 1e-12 * field.current
    # on the earthed wall it rises from nothing to the whole current
    assert np.all(np.diff(field.stream_below[-1]) >= -1e-15)
    assert 2.0 * np.pi * field.stream_below[-1, -1] == pytest.approx(field.current)


def test_distinct_planes_keep_both_ends() -> None:
    assert distinct([0.0, 2.0, 1.0, 1.05, 1.99], 0.1) == [0.0, 1.0, 2.0]


def quarter(size: float) -> tuple[Floats, Floats, Conductances, Conductances]:
    x = graded_edges([0.0, REACH], [Refinement(0.6 * RADIUS, RADIUS, size)], ratio=1.2)
    marks = [1.5 * MM, 2.0 * MM]
    z = graded_edges([0.0, *marks, 4.0 * MM], [Refinement(mark, mark, size) for mark in marks], ratio=1.2)
    cuts = needle_cuts(x, x, z, lambda depth: radius_at(NEEDLE, depth))
    sigma = np.full(z.size - 1, 0.3)
    return (
        x,
        z,
        fitted_conductances(x, x, z, cuts, sigma, sigma, NEEDLE, field_of()),
        plain_conductances(x, x, z, cuts, sigma, sigma),
    )


def test_fitted_conductances_are_symmetric_positive_and_close_to_plain_ones_far_away() -> None:
    x, _, fitted, plain = quarter(0.05 * MM)
    assert np.allclose(fitted.x, np.swapaxes(fitted.y, 0, 1), rtol=1e-9, atol=0.0)
    assert np.allclose(fitted.z, np.swapaxes(fitted.z, 0, 1), rtol=1e-9, atol=0.0)
    assert np.allclose(fitted.wall, np.swapaxes(fitted.wall, 0, 1), rtol=1e-6, atol=0.0)
    for one, other in ((fitted.x, plain.x), (fitted.y, plain.y), (fitted.z, plain.z)):
        assert np.array_equal(one > 0.0, other > 0.0)
        changed = one[other > 0.0] / other[other > 0.0]
        assert changed.min() > 0.25
        assert changed.max() < 6.0
    beyond = np.searchsorted(x, 3.0 * RADIUS)
    assert np.array_equal(fitted.x[beyond + 1 :], plain.x[beyond + 1 :])


def test_walls_are_where_bare_metal_is() -> None:
    _, z, fitted, _ = quarter(0.05 * MM)
    middle = 0.5 * (z[1:] + z[:-1])
    touched = fitted.wall.max(axis=(0, 1)) > 0.0
    assert not np.any(touched & (middle < 1.5 * MM))
    end = int(np.searchsorted(z, 2.0 * MM))
    assert np.all(touched[(middle > 1.5 * MM) & (middle < 2.0 * MM)])
    assert touched[end]  # the cells under the end face
    assert not np.any(touched[end + 1 :])
