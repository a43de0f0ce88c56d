"""Closing of needled skin: first order, films, age, and the mixture law of water loss."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from percuta.physics.ageing import YEAR
from percuta.physics.closure import (
    age_factor,
    closing_time,
    occluded_time,
    open_share,
    separate,
    time_to_close,
    water_loss,
)

HOUR = 3600.0


def hours(*values: float) -> np.ndarray:
    return np.array(values) * HOUR


def test_two_hours_until_95_percent_are_a_time_constant_of_40_minutes() -> None:
    # 2 h / ln 20 = 0.6676 h
    assert closing_time(hours(2.0), 0.05) == pytest.approx(0.66762 * HOUR, rel=1e-4)


def test_without_a_film_the_share_falls_exponentially() -> None:
    share = open_share(hours(0.0, 1.0, 3.0), hours(1.0, 3.0), hours(30.0, 30.0))
    assert share == pytest.approx(np.exp([[0.0, -1.0, -3.0], [0.0, -1.0 / 3.0, -1.0]]))


def test_under_a_film_from_the_start_it_closes_slowly_until_the_film_is_off() -> None:
    films = [(hours(0.0), hours(24.0))]
    share = open_share(hours(24.0, 25.0), hours(1.0), hours(30.0), films)
    assert share[0] == pytest.approx([np.exp(-24.0 / 30.0), np.exp(-24.0 / 30.0 - 1.0)])


def test_films_that_overlap_count_once() -> None:
    films = [(hours(0.0), hours(4.0)), (hours(2.0), hours(3.0)), (hours(3.0), hours(6.0))]
    assert occluded_time(hours(1.0, 5.0, 9.0), films)[0] == pytest.approx(hours(1.0, 5.0, 6.0))
    assert all((on <= off).all() for on, off in separate(films))


def test_a_film_before_the_last_needle_counts_from_the_needle_on() -> None:
    assert occluded_time(hours(0.0, 2.0), [(hours(-1.0), hours(1.0))])[0] == pytest.approx(hours(0.0, 1.0))


@given(
    st.floats(0.2, 50.0),
    st.floats(0.2, 50.0),
    st.lists(st.tuples(st.floats(0.0, 40.0), st.floats(0.0, 40.0)), max_size=3),
    st.floats(0.01, 0.9),
)
def test_time_to_close_is_when_the_share_is_left(
    free: float, under: float, ends: list[tuple[float, float]], share: float
) -> None:
    films = [(hours(min(pair)), hours(max(pair))) for pair in sorted(ends, key=min)]
    time = time_to_close(hours(free), hours(under), films, share)
    assert open_share(time, hours(free), hours(under), films)[0, 0] == pytest.approx(share, rel=1e-9)


def test_the_share_with_films_solves_the_rate_equation() -> None:
    free, under = 1.3, 29.0  # h
    films = [(1.0, 2.5), (4.0, 6.0)]
    time = np.linspace(0.0, 8.0, 9)

    def fall(now: float, share: np.ndarray) -> np.ndarray:
        covered = any(on <= now < off for on, off in films)
        return -share / (under if covered else free)

    solved = np.ones(1)
    pieces = [1.0]
    edges = sorted({*time, *(edge for film in films for edge in film)})
    for start, stop in pairwise(edges):
        inside = (start + 1e-9, stop - 1e-9)
        solved = solve_ivp(fall, inside, solved, rtol=1e-10, atol=1e-14).y[:, -1]
        if stop in time:
            pieces.append(float(solved[0]))
    share = open_share(time * HOUR, hours(free), hours(under), [(hours(on), hours(off)) for on, off in films])
    assert share[0] == pytest.approx(pieces, rel=1e-6)


@pytest.mark.parametrize(("years", "factor"), [(18.0, 1.0), (26.0, 1.0), (51.5, 1.5), (77.0, 2.0), (90.0, 2.0)])
def test_age_slows_on_a_straight_line_between_the_two_groups(years: float, factor: float) -> None:
    assert age_factor(years * YEAR, np.array([2.0])) == pytest.approx(factor)


def test_water_loss_mixes_intact_and_open_skin() -> None:
    # a tenth of the surface open, half of it closed again: 10 + 0.05 x 60
    lost = water_loss(np.array([10.0]), np.array([70.0]), np.array([0.1]), np.array([[1.0, 0.5, 0.0]]))
    assert lost[0] == pytest.approx([16.0, 13.0, 10.0])
