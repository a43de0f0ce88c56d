"""Shares of a needle that a roller's channels keep, from channels in the skin of rats."""

from __future__ import annotations

from percuta.evidence.calibration.fit import Fit, Repeated, figure
from percuta.evidence.measurements import publication
from percuta.library.registry import library

_RATS, _ROLLER = "kalluri_2011", "dermaroller-770"


def channel_diameter() -> dict[str, Repeated]:
    """Return the diameter of the open channel as a share of the needle's."""
    channel = publication(_RATS).measurements["channel_diameter"]
    needle = library().device(_ROLLER).known("needle_diameter").si
    return {
        "puncture.channel_diameter_share": Repeated(channel.value / needle, {"sd": (channel.spread or 0.0) / needle})
    }


def reached_share() -> dict[str, Repeated]:
    """Return the lower end of the share of a short roller's needle that goes in."""
    needle = library().device(_ROLLER).known("needle_length").si
    low = round(figure(_RATS, "channel_depth") / needle, 1)
    return {"puncture.roller_reached_share_short": Repeated(spread={"low": low})}


FITS = (
    Fit(
        "diameter of channels",
        "Diameter of the channel and its spread over the needle's width at the base.",
        "derived",
        ("puncture.channel_diameter_share",),
        ((_RATS, "channel_diameter"),),
        channel_diameter,
    ),
    Fit(
        "reach of short rollers",
        "Depth of the channel over the length of the needle, to one digit, is the lower end; the upper is judgement.",
        "assumed",
        ("puncture.roller_reached_share_short",),
        ((_RATS, "channel_depth"),),
        reached_share,
    ),
)
