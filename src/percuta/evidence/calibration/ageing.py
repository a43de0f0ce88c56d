"""Collagen of the ageing: what old skin makes, from cells in culture, and what is lost after the menopause."""

from __future__ import annotations

from percuta.evidence.calibration.fit import Fit, Repeated, figure

_CELLS, _WOUNDS, _PRESS = "varani_2006", "holt_1992", "aad_menopause"
_NO_DIFFERENCE = 1.0  # what the study of wounds found, whose figures were not read


def synthesis_of_the_old() -> dict[str, Repeated]:
    """Return the range of synthesis at 80 years against the young, and its middle."""
    cells = round(figure(_CELLS, "procollagen_old") / figure(_CELLS, "procollagen_young"), 2)
    return {"ageing.synthesis_at_80": Repeated(0.5 * (cells + _NO_DIFFERENCE), {"low": cells, "high": _NO_DIFFERENCE})}


def loss_after_the_menopause() -> dict[str, Repeated]:
    """Return the share of collagen lost in the first years."""
    return {"ageing.menopause_loss": Repeated(figure(_PRESS, "first_years"))}


def later_decline() -> dict[str, Repeated]:
    """Return the loss a year after those [1/s]."""
    return {"ageing.later_decline": Repeated(figure(_PRESS, "later"))}


FITS = (
    Fit(
        "synthesis at 80 years",
        "The ratio of old to young cells is the lower end; that all is alike likely between it and no difference, as "
        "in wounds, is judgement.",
        "assumed",
        ("ageing.synthesis_at_80",),
        ((_CELLS, "procollagen_young"), (_CELLS, "procollagen_old"), (_WOUNDS, "collagen")),
        synthesis_of_the_old,
    ),
    Fit(
        "first years after the menopause",
        "A round figure of a press report, taken as it stands; that it holds, and its spread, are judgement.",
        "assumed",
        ("ageing.menopause_loss",),
        ((_PRESS, "first_years"),),
        loss_after_the_menopause,
    ),
    Fit(
        "later years after the menopause",
        "A round figure of a press report, taken as it stands; that it holds, and its spread, are judgement.",
        "assumed",
        ("ageing.later_decline",),
        ((_PRESS, "later"),),
        later_decline,
    ),
)
