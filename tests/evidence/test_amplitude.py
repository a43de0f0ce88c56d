"""The calibration of the amplitude: its likelihood against plain integration, its draws, and a short chain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from percuta.errors import LibraryError
from percuta.evidence.calibration import sampling
from percuta.evidence.calibration.amplitude import (
    FITTED,
    HELD_BACK,
    PARAMETERS,
    Datum,
    data_of,
    log_likelihood,
    log_posterior,
    log_prior,
    predicted_means,
    prior_draws,
    probability_of_finding,
    slab,
    spike,
)
from percuta.evidence.calibration.scores import interval_score, weighted_interval_score
from percuta.evidence.calibration.studies import (
    AMPLITUDES,
    DOSES,
    STUDIES,
    Outcome,
    Response,
    Study,
    compute_responses,
    shipped_responses,
    study,
)
from percuta.evidence.measurements import publication
from percuta.library.posterior import about, posterior
from percuta.library.registry import library

LINEAR = Response(np.repeat(0.2 * AMPLITUDES[:, None], DOSES.size, axis=1))
PLACE = {name: place for place, name in enumerate(PARAMETERS)}


def row(**values: float) -> np.ndarray:
    """One row of parameters: amplitude 1, no spread between studies, scales of 1."""
    usual = dict.fromkeys(PARAMETERS, 0.0) | {"no_effect_share": 0.3}
    return np.array([list((usual | values).values())])


def datum(change: float | None = None, found: str = "", people: int = 25) -> Datum:
    """A made-up outcome whose gain is a fifth of the amplitude at every dose."""
    return Datum(Outcome("made_up", "collagen_area", 0.0), LINEAR, people, change, found)


def error(mean: float, people: int = 25) -> float:
    """The standard error of noise 0.3 and a log-normal spread between people of 0.33."""
    return float(np.sqrt((0.3**2 + np.expm1(0.33**2) * mean**2) / people))


def test_a_response_is_straight_between_its_amplitudes_and_stays_within() -> None:
    middle = float(np.sqrt(AMPLITUDES[3] * AMPLITUDES[4]))
    assert LINEAR.at(np.log([middle]))[0, 0] == pytest.approx(0.1 * (AMPLITUDES[3] + AMPLITUDES[4]))
    assert LINEAR.at(np.array([-50.0, 50.0]))[:, 0] == pytest.approx([0.2 * AMPLITUDES[0], 0.2 * AMPLITUDES[-1]])


def test_without_spread_the_slab_is_the_sampling_error_alone() -> None:
    mean = float(LINEAR.at(np.zeros(1))[0, 0])
    expected = stats.norm.logpdf(0.25, mean, error(mean))
    assert slab(row(), (datum(0.25),)) == pytest.approx(expected)


@pytest.mark.parametrize("finding", ["increase", "decrease", "no significant change"])
def test_a_censored_finding_has_the_probability_of_its_test(finding: str) -> None:
    mean = float(LINEAR.at(np.zeros(1))[0, 0])
    reached = stats.norm(mean / error(mean), 1.0)
    expected = {
        "increase": reached.sf(1.959964),
        "decrease": reached.cdf(-1.959964),
        "no significant change": reached.cdf(1.959964) - reached.cdf(-1.959964),
    }[finding]
    assert np.exp(slab(row(), (datum(found=finding),))) == pytest.approx(expected, rel=1e-5)
    assert probability_of_finding(row(no_effect_share=0.0), datum(found=finding)) == pytest.approx(expected, rel=1e-5)


def test_what_studies_share_is_integrated_out() -> None:
    """Two outcomes of one study share its z: the quadrature against an adaptive one."""
    both, between = (datum(0.25), datum(found="increase")), 0.5

    def integrand(z: float) -> float:
        mean = float(LINEAR.at(np.array([between * z]))[0, 0])
        seen = stats.norm.pdf(0.25, mean, error(mean)) * stats.norm.sf(1.959964 - mean / error(mean))
        return float(seen * stats.norm.pdf(z))

    expected, _ = integrate.quad(integrand, -8.0, 8.0, epsrel=1e-8, limit=200)
    # 15 nodes on a response of straight pieces are off by 3 %; with 80 nodes no mean of the posterior moves by 0.001
    assert np.exp(slab(row(between_studies=between), both)) == pytest.approx(expected, rel=0.04)


def test_spike_and_slab_are_mixed_by_the_share_without_effect() -> None:
    one = (datum(0.05),)
    mixed = 0.3 * np.exp(spike(one)) + 0.7 * np.exp(slab(row(), one))
    assert np.exp(log_likelihood(row(), one)) == pytest.approx(mixed)
    assert np.exp(spike(one)) == pytest.approx(stats.norm.pdf(0.05, 0.0, 0.3 / 5.0))
    assert np.exp(spike((datum(found="no significant change"),))) == pytest.approx(0.95)


def test_a_larger_printed_change_wants_a_larger_amplitude() -> None:
    rows = np.vstack([row(log_amplitude=value) for value in np.linspace(-3.0, 3.0, 61)])
    best = [rows[np.argmax(log_likelihood(rows, (datum(change),))), 0] for change in (0.05, 0.2, 0.8)]
    assert best == sorted(set(best))


def test_the_prior_is_what_the_library_says() -> None:
    rows = prior_draws(20_000, 1)
    entry = library().parameter("calibration.amplitude")
    assert np.quantile(rows[:, 0], [0.16, 0.5, 0.84]) == pytest.approx(
        np.log(entry.si) + 1.5 * np.array([-1, 0, 1]), abs=0.05
    )
    outside = row(between_studies=1.6)
    assert log_prior(outside)[0] == -np.inf
    assert log_posterior(outside)[0] == -np.inf
    assert np.isfinite(log_posterior(rows[:50])).all()


def test_the_studies_of_the_fit_say_so_and_those_held_back_judge() -> None:
    for sources, role in ((FITTED, "fit"), (HELD_BACK, "judge")):
        for source in sources:
            known = publication(source)
            for one in data_of(source):
                found = known.measurements.get(one.outcome.id) or known.directions[one.outcome.id]
                assert found.role == role, source
                assert one.people >= 10
    nulls = [one.found for source in HELD_BACK for one in data_of(source)]
    assert "no significant change" in nulls
    assert any(one.found == "no significant change" for one in data_of("zayed_2019"))


def test_shipped_responses_are_those_of_the_engine() -> None:
    one = study("el_domyati_2015_acne")
    chosen = AMPLITUDES[[6, 9]]
    [found] = compute_responses(one, chosen)
    assert found.gain == pytest.approx(shipped_responses()[one.source, "collagen_1"].gain[[6, 9]], rel=1e-3)


def test_shipped_rows_are_sorted_and_say_what_the_parameters_say() -> None:
    shipped = posterior("healing")
    acts, sizes = np.array(shipped.columns["responds"]), np.array(shipped.columns["amplitude"])
    assert len(shipped) == sampling.ROWS
    assert tuple(shipped.columns) == tuple(sampling.MEANING)
    assert np.all(np.diff(acts) >= 0.0)
    assert np.all(np.diff(sizes[acts == 1.0]) >= 0.0)
    expected = float(np.mean(shipped.columns["no_effect_share"]))
    assert np.mean(acts == 0.0) == pytest.approx(
        expected, abs=4.0 * np.sqrt(expected * (1.0 - expected) / len(shipped))
    )
    for left_out in (sampling.ALL, *sampling.LEFT_OUT):
        mixed = [one for one in shipped.about[f"without_{left_out}"].values() if isinstance(one, dict)]
        assert len(mixed) == len(PARAMETERS)
        assert max(one["r_hat"] for one in mixed) < 1.05
        assert min(one["effective_draws"] for one in mixed) > 2000


def test_the_draws_name_the_responses_they_were_made_with() -> None:
    assert posterior("healing").about["sha256"]["responses"] == about("responses")["sha256"]["responses"]


def test_entries_hold_the_median_of_their_draws() -> None:
    drawn = [value for value in library().parameters.values() if value.spread and value.spread.kind == "draws"]
    assert len(drawn) == 5
    for entry in drawn:
        assert entry.spread is not None
        middle = np.median([float(value) for value in entry.spread.values])
        assert entry.si == pytest.approx(middle, rel=5e-3), entry.name


def test_a_short_chain_agrees_with_the_shipped_draws() -> None:
    chains = sampling.sample(900, 300, seed=7)
    off = sampling.disagreement(chains)
    assert max(abs(value) for value in off.values()) < 5.0
    assert 0.05 < chains.accepted < 0.6


def test_rows_without_a_study_are_shipped_for_those_left_out_only() -> None:
    assert predicted_means(sampling.predictive_rows("lotfi_2013"), data_of("lotfi_2013")[0], 0).shape == (768,)
    with pytest.raises(LibraryError, match="no fit without this study"):
        sampling.predictive_rows("seo_2013")


def test_the_band_of_a_study_that_found_nothing_reaches_to_zero() -> None:
    for one in data_of("wu_2022"):
        low, high = np.quantile(predicted_means(sampling.predictive_rows(), one, 3), [0.05, 0.95])
        assert low < 0.0 < high


def test_scores_of_a_normal_prediction() -> None:
    draws = stats.norm.ppf((np.arange(200_001) + 0.5) / 200_001)
    assert interval_score(draws, 0.0, 0.9) == pytest.approx(2 * 1.644854, rel=1e-3)
    assert interval_score(draws, 3.0, 0.9) == pytest.approx(2 * 1.644854 + 20.0 * (3.0 - 1.644854), rel=1e-3)
    # a band three times too wide scores worse than the right one, and so does one three times too narrow
    value = 0.7
    right, wide, narrow = (
        np.mean([weighted_interval_score(f * draws, y) for y in (-1.2, -value, 0.0, value, 1.2)]) for f in (1, 3, 1 / 3)
    )
    assert right < min(wide, narrow)


@pytest.mark.parametrize("one", STUDIES, ids=lambda one: one.source)
def test_a_study_is_simulated_as_its_file_says(one: Study) -> None:
    known = publication(one.source)
    told = known.settings.get("sessions", "")
    if told.isdigit():
        assert one.sessions == int(told)
    for outcome in one.outcomes:
        found = known.measurements.get(outcome.id) or known.directions[outcome.id]
        if found.time is not None and found.time_from == "last session":
            assert outcome.after_last_session == pytest.approx(found.time.si, rel=0.1)
        if found.time is not None and found.time_from == "first session":
            [plan, *_] = one.plans()
            before = (one.sessions - 1) * plan.course.interval.si
            assert outcome.after_last_session == pytest.approx(found.time.si - before, rel=0.1)
