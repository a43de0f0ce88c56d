"""The course of collagen: closed forms, published timings, superposition, order and refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from percuta.physics.ageing import YEAR
from percuta.physics.cascade import CASCADE, HealingRates, unit_responses
from percuta.physics.healing import Course, SessionInjuries, SynthesisWindow, healing_course

FloatArray = NDArray[np.float64]
DAY = 86400.0
WEEK = 7.0 * DAY
HOUR = 3600.0

# Reference rates per day: fitted shapes of punch wounds, 95 % of coagulated matrix gone at 70 days.
REFERENCE = {
    "debris_clearance": 1.18 / DAY,
    "coagulated_clearance": 0.043 / DAY,
    "mediator_clearance": 0.259 / DAY,
    "macrophage_clearance": 0.687 / DAY,
    "fibroblast_stage_rate": 0.308 / DAY,
    "maturation": 0.049 / DAY,
    "mature_loss": 0.0,
    "coagulated_mediator_ratio": 1.0,
    "heat_shock_drive": 0.0,
    "synthesis_gain": 1.0,
    "collagen_capacity": np.inf,
    "coagulated_replacement": 1.0,
}


def rates_of(**changed: float) -> HealingRates:
    """One member with the reference's rates but for what is changed."""
    return HealingRates(**{name: np.array([value]) for name, value in {**REFERENCE, **changed}.items()})


def drawn_rates(members: int, seed: int) -> HealingRates:
    """Rates spread more widely than the reference's log standard deviations, with ageing turnover on."""
    random = np.random.default_rng(seed)

    def lognormal(median: float, log_sd: float) -> FloatArray:
        return np.asarray(median * np.exp(log_sd * random.standard_normal(members)))

    return HealingRates(
        debris_clearance=lognormal(1.18 / DAY, 0.24),
        coagulated_clearance=lognormal(0.043 / DAY, 0.3),
        mediator_clearance=lognormal(0.259 / DAY, 0.18),
        macrophage_clearance=lognormal(0.687 / DAY, 0.24),
        fibroblast_stage_rate=lognormal(0.308 / DAY, 0.2),
        maturation=lognormal(0.049 / DAY, 0.32),
        mature_loss=lognormal(np.log(2.0) / (15.0 * YEAR), 0.3),
        coagulated_mediator_ratio=random.uniform(0.2, 2.0, members),
        heat_shock_drive=random.uniform(0.0, 1.0, members),
        synthesis_gain=random.uniform(0.1, 4.0, members),
        collagen_capacity=random.uniform(1.5, 2.5, members),
        coagulated_replacement=random.uniform(0.5, 1.0, members),
    )


def injuries_of(times: list[float], columns: int = 1, members: int = 1, **fractions: float) -> SessionInjuries:
    shape = (members, columns, len(times))
    return SessionInjuries(
        times=np.array(times),
        punctured=np.full(shape, fractions.get("punctured", 0.0)),
        coagulated=np.full(shape, fractions.get("coagulated", 0.0)),
        heat_shocked=np.full(shape, fractions.get("heat_shocked", 0.0)),
    )


def constant_reference(value: float = 1.0, members: int = 1) -> Callable[[FloatArray], FloatArray]:
    return lambda time: np.full((time.size, members), value)


def unit_course(end: float = 200.0 * DAY, *, longest_step: float = 6.0 * HOUR, **changed: float) -> Course:
    """One mechanical session that punctures a hundredth of the tissue, on skin that does not age."""
    return healing_course(
        rates_of(**changed),
        injuries_of([0.0], punctured=0.01),
        end=end,
        synthesis_capacity=np.ones(1),
        reference=constant_reference(),
        longest_step=longest_step,
        keep="all",
    )


class TestTimings:
    """The curves of BIO-V1: with the reference's rates the cascade peaks and matures when it should."""

    @pytest.mark.parametrize(("day", "share"), [(56, 0.85), (84, 0.96), (112, 0.99)])
    def test_mature_collagen_share_of_its_end_value(self, day: int, share: float) -> None:
        course = unit_course(end=400.0 * DAY)
        gained = (course.mature_collagen[:, 0, 0] - 1.0) / 0.01
        assert gained[4 * day] == pytest.approx(share, abs=0.01)
        assert gained[-1] == pytest.approx(1.0, abs=1e-6)

    @pytest.mark.parametrize(("day", "total", "mature"), [(7, 0.07, 0.004), (14, 0.45, 0.08), (28, 0.94, 0.43)])
    def test_early_collagen(self, day: int, total: float, mature: float) -> None:
        course = unit_course()
        matured = (course.mature_collagen[4 * day, 0, 0] - 1.0) / 0.01
        made = matured + course.immature_collagen[4 * day, 0, 0] / 0.01
        assert (made, matured) == (pytest.approx(total, abs=0.01), pytest.approx(mature, abs=0.01))


class TestClosedForms:
    """What can be said without a solver."""

    def test_untreated_course_is_the_reference_exactly(self) -> None:
        def reference(time: FloatArray) -> FloatArray:
            return np.asarray(np.exp(-0.01 / YEAR * time)[:, None] * np.array([0.9, 0.7, 0.5]))

        course = healing_course(
            drawn_rates(3, seed=1),
            injuries_of([0.0, 4 * WEEK], columns=2, members=3),
            end=52 * WEEK,
            synthesis_capacity=np.ones(3),
            reference=reference,
        )
        assert np.array_equal(course.mature_collagen, np.repeat(course.untreated[:, :, None], 2, axis=2))
        assert np.array_equal(course.untreated, reference(course.time))
        assert not course.immature_collagen.any()

    @pytest.mark.parametrize("capacity", [1.0, 0.68])
    def test_collagen_made_is_gain_times_capacity_times_punctured(self, capacity: float) -> None:
        course = healing_course(
            rates_of(synthesis_gain=3.0),
            injuries_of([0.0], punctured=0.01),
            end=800 * DAY,
            synthesis_capacity=np.array([capacity]),
            reference=constant_reference(0.7),
        )
        assert course.mature_collagen[-1, 0, 0] - 0.7 == pytest.approx(3.0 * capacity * 0.01, rel=1e-9)

    def test_coagulated_collagen_is_lost_and_laid_down_anew(self) -> None:
        """Without fibroblasts a full replacement restores what was lost, half of it restores half."""
        for share in (1.0, 0.5):
            course = healing_course(
                rates_of(synthesis_gain=0.0, coagulated_replacement=share),
                injuries_of([0.0], coagulated=0.1),
                end=800 * DAY,
                synthesis_capacity=np.ones(1),
                reference=constant_reference(0.8),
            )
            assert course.mature_collagen[0, 0, 0] == pytest.approx(0.8 * 0.9, rel=1e-12)
            assert course.mature_collagen[-1, 0, 0] == pytest.approx(0.8 - 0.08 * (1.0 - share), rel=1e-9)

    def test_two_sessions_at_one_time_coagulate_one_after_the_other(self) -> None:
        course = healing_course(
            rates_of(),
            injuries_of([0.0, 0.0], coagulated=0.1),
            end=WEEK,
            synthesis_capacity=np.ones(1),
            reference=constant_reference(),
        )
        assert course.mature_collagen[0, 0, 0] == pytest.approx(0.81, rel=1e-12)

    def test_collagen_never_passes_its_capacity(self) -> None:
        course = healing_course(
            rates_of(synthesis_gain=100.0, collagen_capacity=1.5),
            injuries_of([0.0, 4 * WEEK, 8 * WEEK], punctured=0.5),
            end=52 * WEEK,
            synthesis_capacity=np.ones(1),
            reference=constant_reference(),
        )
        total = course.mature_collagen + course.immature_collagen
        assert 1.49 < total.max() <= 1.5 * (1.0 + 1e-12)

    def test_steroid_through_the_whole_course_scales_what_is_made(self) -> None:
        """BIO-V2: hydrocortisone all along, synthesis at 0.11, far from the limit: 0.11 of the gain."""
        made = [
            healing_course(
                rates_of(),
                injuries_of([0.0], punctured=0.01),
                end=200 * DAY,
                synthesis_capacity=np.ones(1),
                reference=constant_reference(),
                windows=windows,
            ).mature_collagen[-1, 0, 0]
            - 1.0
            for windows in ((), (SynthesisWindow(0.0, 200 * DAY, np.array([[0.11]])),))
        ]
        assert made[1] / made[0] == pytest.approx(0.11, rel=1e-9)

    def test_steroid_for_some_days_lowers_collagen_and_overlaps_multiply(self) -> None:
        def made(*windows: SynthesisWindow) -> float:
            course = healing_course(
                rates_of(),
                injuries_of([0.0], punctured=0.01),
                end=200 * DAY,
                synthesis_capacity=np.ones(1),
                reference=constant_reference(),
                windows=windows,
            )
            return float(course.mature_collagen[-1, 0, 0] - 1.0)

        half = SynthesisWindow(8 * DAY, 15.3 * DAY, np.array([[0.5]]))
        quarter = SynthesisWindow(8 * DAY, 15.3 * DAY, np.array([[0.25]]))
        assert made(half) < made()
        assert made(half, half) == pytest.approx(made(quarter), rel=1e-12)

    def test_cost_of_a_window_is_the_share_of_fibroblast_activity_in_it(self) -> None:
        """Lost share = (1 - factor) * integral of a Y over the window; edges off the usual step."""
        start, end = 8.13 * DAY, 15.37 * DAY
        lags = unit_responses(rates_of(), np.array([0.01 * DAY]), 1537)[:, 0, 6, 0]
        inside = lags[813:]
        weights = np.full(inside.size, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        expected = 0.308 * 0.01 / 3.0 * float(weights @ inside)
        course = healing_course(
            rates_of(),
            injuries_of([0.0], punctured=0.01),
            end=800 * DAY,
            synthesis_capacity=np.ones(1),
            reference=constant_reference(),
            windows=(SynthesisWindow(start, end, np.array([[0.0]])),),
        )
        assert 1.0 - (course.mature_collagen[-1, 0, 0] - 1.0) / 0.01 == pytest.approx(expected, rel=1e-7)


class TestSuperposition:
    """The linear part: sessions and impulses add."""

    def test_three_sessions_are_the_sum_of_shifted_unit_responses(self) -> None:
        rates = drawn_rates(3, seed=7)
        random = np.random.default_rng(8)
        times = np.array([0.0, 14.0, 42.0]) * DAY
        injuries = SessionInjuries(times, *random.uniform(0.0, 0.2, (3, 3, 2, 3)))
        course = healing_course(
            rates,
            injuries,
            end=100 * DAY,
            synthesis_capacity=np.ones(3),
            reference=constant_reference(members=3),
            keep="all",
        )
        responses = unit_responses(rates, np.full(3, 6 * HOUR), 400)
        doses = np.stack([injuries.punctured, injuries.coagulated, injuries.heat_shocked])
        for index, name in enumerate(CASCADE):
            expected = np.zeros((401, 3, 2))
            for session, start in enumerate((0, 56, 168)):
                expected[start:] += np.einsum("tmi,imc->tmc", responses[: 401 - start, :, index], doses[..., session])
            computed = course.state(name)
            assert np.max(np.abs(computed - expected)) < 1e-12 * max(1.0, expected.max()), name


class TestNumerics:
    """Order, grid, storage and refusals."""

    def test_fourth_order_in_the_step(self) -> None:
        """Halving the step divides the largest error of total collagen by about 16."""

        def total(step: float) -> FloatArray:
            course = unit_course(
                end=64 * DAY,
                longest_step=step,
                synthesis_gain=60.0,
                collagen_capacity=1.5,
                mature_loss=0.01 / DAY,
            )
            every = round(2 * DAY / step)
            return (course.mature_collagen + course.immature_collagen)[::every, 0, 0]

        finest = total(DAY / 32)
        errors = [float(np.max(np.abs(total(step) - finest))) for step in (2 * DAY, DAY, DAY / 2, DAY / 4)]
        orders = [float(np.log2(coarse / fine)) for coarse, fine in pairwise(errors)]
        assert orders == pytest.approx([4.0, 4.0, 4.0], abs=0.35)
        assert errors[-1] < 1e-8

    def test_linear_part_does_not_depend_on_the_step(self) -> None:
        coarse, fine = unit_course(longest_step=DAY), unit_course(longest_step=0.25 * DAY)
        for name in CASCADE:
            assert np.max(np.abs(coarse.state(name) - fine.state(name)[::4])) < 1e-14

    def test_sessions_and_window_edges_are_nodes_and_no_step_is_longer_than_asked(self) -> None:
        edges = [0.0, 13.7 * DAY, 30 * DAY, 31.11 * DAY]
        course = healing_course(
            rates_of(),
            injuries_of(edges[:2], punctured=0.01),
            end=60 * DAY,
            synthesis_capacity=np.ones(1),
            reference=constant_reference(),
            windows=(SynthesisWindow(edges[2], edges[3], np.array([[0.3]])),),
        )
        assert np.isin(edges, course.time).all()
        assert np.diff(course.time).min() > 0.0
        assert np.diff(course.time).max() <= 6 * HOUR * (1 + 1e-12)
        assert course.time[-1] == 60 * DAY

    def test_members_do_not_depend_on_their_company(self) -> None:
        """Bit for bit, so that chunks of scenarios on several processes repeat."""
        rates = drawn_rates(8, seed=3)
        injuries = injuries_of([0.0, 4 * WEEK], columns=4, members=8, punctured=0.05, coagulated=0.02)

        def run(chosen: slice) -> Course:
            return healing_course(
                HealingRates(**{f.name: getattr(rates, f.name)[chosen] for f in fields(rates)}),
                SessionInjuries(
                    injuries.times,
                    injuries.punctured[chosen],
                    injuries.coagulated[chosen],
                    injuries.heat_shocked[chosen],
                ),
                end=20 * WEEK,
                synthesis_capacity=np.linspace(0.7, 1.0, 8)[chosen],
                reference=lambda time: np.tile(np.linspace(0.6, 0.9, 8)[chosen], (time.size, 1)),
            )

        whole, part = run(slice(0, 8)), run(slice(2, 5))
        assert np.array_equal(whole.mature_collagen[:, 2:5], part.mature_collagen)
        assert np.array_equal(whole.mediator[:, 2:5], part.mediator)

    def test_summary_keeps_three_linear_states_that_equal_those_of_all(self) -> None:
        injuries = injuries_of([0.0], punctured=0.1)

        def run(keep: Literal["summary", "all"]) -> Course:
            return healing_course(
                rates_of(),
                injuries,
                end=8 * WEEK,
                synthesis_capacity=np.ones(1),
                reference=constant_reference(),
                keep=keep,
            )

        everything, summary = run("all"), run("summary")
        for name in ("mediator", "macrophage", "secreting_fibroblast", "immature_collagen"):
            assert np.allclose(everything.state(name), summary.state(name), rtol=1e-13, atol=0.0)
        with pytest.raises(KeyError, match="growth_drive"):
            summary.state("growth_drive")

    def test_injuries_out_of_range_are_refused(self) -> None:
        for fraction in (-0.1, 1.1, np.nan):
            with pytest.raises(ValueError, match="punctured"):
                injuries_of([0.0], punctured=fraction)
        with pytest.raises(ValueError, match="times"):
            injuries_of([-1.0])
        with pytest.raises(ValueError, match="coagulated"):
            SessionInjuries(np.zeros(1), np.zeros((1, 1, 1)), np.zeros((1, 2, 1)), np.zeros((1, 1, 1)))

    def test_windows_out_of_range_are_refused(self) -> None:
        with pytest.raises(ValueError, match="window"):
            SynthesisWindow(2 * DAY, DAY, np.array([[0.5]]))
        with pytest.raises(ValueError, match="factor"):
            SynthesisWindow(DAY, 2 * DAY, np.array([[-0.5]]))

    @pytest.mark.parametrize(
        ("times", "members", "message"), [([0.0, WEEK], 1, "before the end"), ([0.0], 2, "2 members")]
    )
    def test_a_course_that_does_not_fit_its_injuries_is_refused(
        self, times: list[float], members: int, message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            healing_course(
                rates_of(),
                injuries_of(times, members=members),
                end=WEEK,
                synthesis_capacity=np.ones(1),
                reference=constant_reference(),
            )
