"""Sampling the calibration of healing: chains, their convergence, and the rows that scenarios draw from.

emcee's ensemble of walkers (Foreman-Mackey and others 2013, Publ Astron Soc Pac 125:306) moves through
:data:`percuta.evidence.calibration.amplitude.PARAMETERS`. A row of the shipped table is one kept step: the study it
stands for acts or does not (spike), has its own amplitude about the median, and slopes of the clinical scales that go
with it. Rows are sorted, those without effect first and then by amplitude, so that a low-discrepancy column of
scenarios runs through them evenly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from percuta.errors import LibraryError
from percuta.evidence.calibration.amplitude import FITTED, PARAMETERS, log_posterior, prior_draws
from percuta.evidence.calibration.grades import SCALES, slopes, untreated_share
from percuta.library.posterior import posterior, posterior_rows

Floats = NDArray[np.float64]

WALKERS, STEPS, BURN_IN = 48, 6000, 1500
ROWS = 2048
SEED = 20_261_122
MEANING = {
    "responds": "1 where needling acts at all, else 0",
    "amplitude": "collagen made per punctured fraction in young skin, in a study or practice yet unseen",
    "median_amplitude": "its median over studies",
    "between_studies": "logarithmic spread of the amplitude between studies",
    "no_effect_share": "share of studies in which needling does nothing",
    "untreated_share": "share of a graded change that comes without needles",
    "wrinkle_slope": "slope of the wrinkle grade (Lemperle)",
    "laxity_slope": "slope of the laxity grade (after Alexiades)",
    "scar_slope": "slope of the scar grade (after Goodman and Baron)",
}
"""What a column of the shipped table is."""
LEFT_OUT = ("lotfi_2013", "wamsley_2021")
"""Studies with printed values, each left out once to be predicted by the rest."""
ALL = "none"  # left out of the whole fit
PREDICTIVE_ROWS = 768
_AMPLITUDES = (1e-3, 100.0)  # beyond them nothing differs


@dataclass(frozen=True)
class Chains:
    """Kept steps of all walkers.

    Attributes
    ----------
    steps : (kept, walkers, parameters)
        In the order of :data:`percuta.evidence.calibration.amplitude.PARAMETERS`.
    autocorrelation : (parameters,)
        Integrated autocorrelation time in steps.
    accepted
        Share of moves that were accepted.
    """

    steps: Floats
    autocorrelation: Floats
    accepted: float

    @property
    def rows(self) -> Floats:
        """All kept steps, (kept * walkers, parameters)."""
        return self.steps.reshape(-1, self.steps.shape[-1])

    @property
    def effective(self) -> Floats:
        """Independent draws that each parameter's chains are worth, (parameters,)."""
        return np.asarray(len(self.rows) / self.autocorrelation)

    @property
    def split_r_hat(self) -> Floats:
        """Split R-hat over the halves of every walker (Gelman and others, Bayesian Data Analysis 3), (parameters,)."""
        half = len(self.steps) // 2
        parts = np.concatenate([self.steps[:half], self.steps[half : 2 * half]], axis=1)
        within = parts.var(axis=0, ddof=1).mean(axis=0)
        between = half * parts.mean(axis=0).var(axis=0, ddof=1)
        return np.asarray(np.sqrt(((half - 1) / half * within + between / half) / within))


def sample(steps: int = STEPS, burn_in: int = BURN_IN, seed: int = SEED, sources: tuple[str, ...] = FITTED) -> Chains:
    """Run the chains.

    Parameters
    ----------
    steps, burn_in
        Steps of each walker, and how many of the first are thrown away.
    seed
        Of start and moves.
    sources
        Studies of the fit; fewer for leaving one out.
    """
    import emcee
    from emcee.autocorr import integrated_time

    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(
        WALKERS, len(PARAMETERS), lambda rows: _finite(log_posterior(rows, sources)), vectorize=True, moves=moves
    )
    start = prior_draws(WALKERS, seed)
    sampler.random_state = np.random.RandomState(seed).get_state()
    sampler.run_mcmc(start, steps)
    kept = sampler.get_chain(discard=burn_in)
    times = integrated_time(kept, quiet=True)
    return Chains(np.asarray(kept), np.asarray(times), float(np.mean(sampler.acceptance_fraction)))


def _finite(log_density: Floats) -> Floats:
    return np.where(np.isnan(log_density), -np.inf, log_density)


def shipped_rows(chains: Chains, rows: int = ROWS, seed: int = SEED) -> Floats:
    """Return the table that scenarios draw from, one column for each of :data:`MEANING`, (rows, columns)."""
    random = np.random.default_rng(seed)
    chosen = chains.rows[random.choice(len(chains.rows), rows, replace=False)]
    median, between, nothing = chosen[:, 0], chosen[:, 1], chosen[:, 2]
    acts = random.random(rows) >= nothing
    amplitude = np.clip(np.exp(median + between * random.standard_normal(rows)), *_AMPLITUDES)
    share = untreated_share(random.random(rows))
    steep = [slopes(scale, chosen, share, seed + place) for place, scale in enumerate(SCALES, 1)]
    table = np.column_stack([acts, amplitude, np.exp(median), between, nothing, share, *steep])
    return table[np.lexsort((amplitude, acts))]


def thinned(chains: Chains, rows: int, seed: int = SEED) -> Floats:
    """Return kept steps chosen at random, (rows, parameters)."""
    return chains.rows[np.random.default_rng(seed).choice(len(chains.rows), rows, replace=False)]


@cache
def predictive_rows(without: str = ALL) -> Floats:
    """Return the shipped rows of the fit, or of the fit without one study, to predict trials with, (rows, parameters).

    Raises
    ------
    LibraryError
        If there is no fit without that study.
    """
    head, *rows = posterior_rows("healing_parameters").splitlines()
    found = [line.split(",")[1:] for line in rows if line.split(",")[0] == without]
    if not found or tuple(head.split(",")[1:]) != PARAMETERS:
        raise LibraryError("no fit without this study", value=without, allowed=", ".join((ALL, *LEFT_OUT)))
    return np.array(found, dtype=np.float64)


def disagreement(chains: Chains) -> dict[str, float]:
    """Return how far the means of new chains lie from what is shipped, in Monte Carlo errors of both together.

    What is compared is every parameter, and every column that scenarios draw from, by its ranks: slopes and amplitudes
    have tails too long for means.
    """
    rows, found = predictive_rows(), {}
    for place, name in enumerate(PARAMETERS):
        one, other = chains.rows[:, place], rows[:, place]
        # kept rows are far apart in their chains, so that they count as independent
        error = np.hypot(one.std() / np.sqrt(chains.effective[place]), other.std() / np.sqrt(len(other)))
        found[name] = float((one.mean() - other.mean()) / error)
    again = shipped_rows(chains, seed=SEED + 1)
    for place, name in enumerate(MEANING):
        both = np.concatenate([again[:, place], np.array(posterior("healing").columns[name])])
        ranks = stats.rankdata(both)
        new, old = ranks[: len(again)], ranks[len(again) :]
        fewest = min(len(again), float(chains.effective.min()))
        error = np.hypot(new.std() / np.sqrt(fewest), old.std() / np.sqrt(len(old)))
        found[f"drawn {name}"] = float((new.mean() - old.mean()) / error)
    return found
