r"""How far steroids lower synthesis, and how long its return takes.

On a straight line from a factor :math:`f` back to 1, of which :math:`m` is reached a time :math:`t` after the last use,
the whole return takes :math:`t\,(1 - f)/(m - f)`.
"""

from __future__ import annotations

from percuta.evidence.calibration.fit import Fit, Repeated, figure, shipped_value

_HYDROCORTISONE, _BETAMETHASONE = "hydrocortisone_collagen_2003", "betamethasone_collagen_1996"
_GEL, _CREAM = "product.hydrocortisone-1-gel", "product.betamethasone-valerate-cream"


def hydrocortisone_factor() -> dict[str, Repeated]:
    """Return the factor on synthesis under hydrocortisone."""
    return {f"{_GEL}.synthesis_factor": Repeated(figure(_HYDROCORTISONE, "continuous_type_1"))}


def betamethasone_factor() -> dict[str, Repeated]:
    """Return the factor on synthesis under betamethasone: that of hydrocortisone, for lack of a figure."""
    return {f"{_CREAM}.synthesis_factor": Repeated(figure(_HYDROCORTISONE, "continuous_type_1"))}


def two_weeks_after_hydrocortisone() -> dict[str, Repeated]:
    """Return the share of normal synthesis two weeks after the last use."""
    return {f"{_GEL}.synthesis_two_weeks_after": Repeated(figure(_HYDROCORTISONE, "two_weeks_after"))}


def two_weeks_after_betamethasone() -> dict[str, Repeated]:
    """Return the share of normal synthesis two weeks after the last use."""
    return {f"{_CREAM}.synthesis_two_weeks_after": Repeated(figure(_BETAMETHASONE, "two_weeks_after"))}


def recovery() -> dict[str, Repeated]:
    """Return how long synthesis takes back to normal after a steroid without a figure of its own [s]."""
    observed = shipped_value("steroid.observation").si
    factor = figure(_HYDROCORTISONE, "continuous_type_1")
    quick, slow = (
        observed * (1.0 - factor) / (figure(source, "two_weeks_after") - factor)
        for source in (_HYDROCORTISONE, _BETAMETHASONE)
    )
    return {"steroid.recovery_time": Repeated(quick, {"high": slow})}


FITS = (
    Fit(
        "synthesis under hydrocortisone",
        "One less the measured fall of type I; the width of the spread is judgement.",
        "derived",
        (f"{_GEL}.synthesis_factor",),
        ((_HYDROCORTISONE, "continuous_type_1"),),
        hydrocortisone_factor,
    ),
    Fit(
        "synthesis under betamethasone",
        "Taken as under hydrocortisone, which is judgement: its publication gives no figure.",
        "assumed",
        (f"{_CREAM}.synthesis_factor",),
        ((_HYDROCORTISONE, "continuous_type_1"),),
        betamethasone_factor,
    ),
    Fit(
        "synthesis two weeks after hydrocortisone",
        "A measured figure, taken as it stands.",
        "measured",
        (f"{_GEL}.synthesis_two_weeks_after",),
        ((_HYDROCORTISONE, "two_weeks_after"),),
        two_weeks_after_hydrocortisone,
    ),
    Fit(
        "synthesis two weeks after betamethasone",
        "A measured figure, taken as it stands.",
        "measured",
        (f"{_CREAM}.synthesis_two_weeks_after",),
        ((_BETAMETHASONE, "two_weeks_after"),),
        two_weeks_after_betamethasone,
    ),
    Fit(
        "return of synthesis",
        "Two weeks as after hydrocortisone, up to the time of betamethasone on a straight line; the lower end is "
        "judgement.",
        "assumed",
        ("steroid.recovery_time",),
        (
            (_HYDROCORTISONE, "continuous_type_1"),
            (_HYDROCORTISONE, "two_weeks_after"),
            (_BETAMETHASONE, "two_weeks_after"),
        ),
        recovery,
    ),
)
