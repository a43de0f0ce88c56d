"""How an array is set down over a zone: the footprint of a stamp, how many there are, and how long they take.

The footprint of upright needles is a pitch by a pitch for each, so that stamps side by side go on in the same grid. Of
pairs it is the swath times the length over which a needle lies below the surface, a pitch at least. A stamp that
overlaps the one before by a share ``o`` counts as ``1 / (1 - o)`` stamps, and places of different passes are taken as
chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.pulse_setups import insertion_angle, layout_of, tip_length
from percuta.engine.reach import reach_of
from percuta.physics.puncture import Tracks
from percuta.plan.steps import RfPulses

Floats = NDArray[np.float64]

_SHORTEST_TAPER = 1e-6  # m; tracks of flat needles end within it


def footprint(bench: Bench, step: RfPulses) -> Floats:
    """Return the area that one stamp covers [m^2], (m,)."""
    array, pitch = layout_of(bench), bench.of_device("pitch")
    if array.pattern != "pair":
        return np.asarray(array.needles * pitch**2)
    deepest = max(depth.si for depth in step.depths)
    return np.asarray(bench.of_device("swath_width") * np.maximum(deepest / np.tan(insertion_angle(bench)), pitch))


def area_share(bench: Bench, step: RfPulses, computed: Floats) -> Floats:
    """Return by what the fractions of a computed pulse are multiplied to hold for the footprint, (m,).

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    step
        The step.
    computed : (m,)
        Area of skin that one unit of the array was computed in [m^2].
    """
    return np.asarray(computed * layout_of(bench).units / footprint(bench, step))


def covering(step: RfPulses) -> float:
    """Return how many times the stamps of a step cover the zone."""
    return step.passes / (1.0 - (step.overlap or 0.0))


def stamping_time(bench: Bench, step: RfPulses, pulses: Floats | float, area: float) -> Floats:
    """Return how long a step takes on a zone of some area [m^2]: whole stamps with their pulses [s], (m,) [s]."""
    stamps = step.passes * np.ceil(area * (covering(step) / step.passes) / footprint(bench, step))
    return np.asarray(stamps * (pulses + bench.parameter("rf.time_between_pulses")))


def needle_tracks(bench: Bench, step: RfPulses) -> Tracks:
    """Return the tracks that the needles of a step leave; several depths are one insertion to the deepest.

    The needles of an array scatter like those of a pen. An inclined needle is wider in every level section.
    """
    upright = np.sin(insertion_angle(bench))
    mean, scatter = reach_of(bench, step)
    none = np.zeros_like(mean)
    return Tracks(
        density=np.asarray(covering(step) * layout_of(bench).needles / footprint(bench, step)),
        mean_depth=mean,
        scatter=scatter,
        diameter=np.asarray(bench.of_device("needle_diameter") / np.sqrt(upright)),
        taper=np.maximum(tip_length(bench) * upright, _SHORTEST_TAPER),
        smear=none,
        drum_radius=None,
        slit_share=none,
    )
