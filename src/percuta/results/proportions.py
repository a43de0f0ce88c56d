"""How well a share is known from a number of trials: the exact interval of Clopper and Pearson.

It follows from the binomial distribution of independent trials. The scenarios of a run are a scrambled Sobol sample,
which is spread more evenly than independent draws: the interval is rather too wide than too narrow.
"""

from __future__ import annotations

LEVEL = 0.95


def clopper_pearson(successes: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    r"""Return the exact two-sided interval of a share.

    Its ends are the shares at which the number of successes lies just in one tail of probability :math:`\alpha/2`,
    :math:`\alpha` being one less the level; as quantiles of the beta distribution,
    :math:`B_{\alpha/2}(k, n - k + 1)` and :math:`B_{1 - \alpha/2}(k + 1, n - k)` (Clopper and Pearson, Biometrika
    26:404, 1934). Where no trial or every trial succeeds, one end is 0 or 1.

    Parameters
    ----------
    successes, trials
        Successes :math:`k` among :math:`n` independent trials.
    level
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    tuple[float, float]
        Lower and upper end.

    Raises
    ------
    ValueError
        Without a trial, for successes that are not among them, or a level that is not between 0 and 1.
    """
    from scipy.stats import beta

    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if not 0.0 < level < 1.0:
        raise ValueError(f"{level} is no level of confidence")
    tail, failures = 0.5 * (1.0 - level), trials - successes
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, failures + 1))
    high = 1.0 if failures == 0 else float(beta.ppf(1.0 - tail, successes + 1, failures))
    return low, high
