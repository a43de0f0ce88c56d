r"""What the pulses of one session do together to a zone, by depth and compartment.

One pulse damages a fraction :math:`f(z)` of the area that its array covers. Pulses at several depths of one insertion
give :math:`1 - \prod (1 - f)`, :math:`k` passes at places left to chance :math:`1 - (1 - f)^k`, and several steps
combine like several depths: none warms the skin for another. Skin is heat-shocked that lives through all of them and
was shocked by one: :math:`\prod (1 - n)^k - \prod (1 - n - h)^k` with the necrotic fraction :math:`n` and the
heat-shocked :math:`h` of each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Layers, ThermalZone
from percuta.engine.pulse import Pulsed
from percuta.engine.pulse_setups import fat_thickness, kinetic_set_indices, kinetic_set_names, layout_of
from percuta.engine.pulse_summary import PulseSummary
from percuta.engine.stamping import area_share, covering

Floats = NDArray[np.float64]

UPPER_FAT = 1e-3  # m; over which damage to the subcutis is averaged
_DEPTHS = 121  # points of the depth profile that the result keeps
_PROFILE = 3e-3  # m; the profile reaches below the dermis of a face


def thermal_zone(bench: Bench, zone: str, layers: Layers, steps: list[Pulsed]) -> ThermalZone:
    """Return what the current of one session does to a zone.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    zone, layers
        Where, and the person's skin there.
    steps
        The computed pulses of all steps that act on it.
    """
    deepest = max(depth.si for one in steps for depth in one.step.depths)
    depth = np.linspace(0.0, max(1.5 * deepest, _PROFILE), _DEPTHS)
    about = np.concatenate([depth[:1], 0.5 * (depth[1:] + depth[:-1]), depth[-1:]])
    fat = np.minimum(fat_thickness(bench, zone), UPPER_FAT)
    tops = [0.0 * fat, layers.epidermis, layers.papillary_bottom, layers.bottom]
    faces = np.stack([*tops, layers.bottom + fat], axis=1)
    coagulated, necrotic, heat_shocked = _means(bench, steps, np.broadcast_to(about, (fat.size, about.size)))
    coagulated_in, necrotic_in, heat_shocked_in = _means(bench, steps, faces)
    every = [list(pulses) for pulses in zip(*(at_depth for one in steps for at_depth in one.pulses), strict=True)]
    zones = [max(pulses, key=lambda pulse: pulse.volume) for pulses in every]
    return ThermalZone(
        depth=depth,
        coagulated=coagulated,
        necrotic=necrotic,
        heat_shocked=heat_shocked,
        coagulated_in=coagulated_in,
        necrotic_in=necrotic_in,
        heat_shocked_in=heat_shocked_in,
        width=np.array([one.width for one in zones]),
        height=np.array([one.height for one in zones]),
        volume=np.array([one.volume for one in zones]),
        top=np.array([one.top for one in zones]),
        peak_temperature=_highest(every, "peak_temperature"),
        surface_temperature=_highest(every, "surface_temperature"),
        energy_per_needle=_highest(every, "energy_per_needle"),
        resistance=np.array([pulses[0].resistance for pulses in every]) / _in_parallel(bench),
        sensor_reached=_highest(every, "sensor_reached"),
        cell_set=kinetic_set_indices(bench, "cell"),
        collagen_set=kinetic_set_indices(bench, "collagen"),
        cell_sets=kinetic_set_names(bench, "cell"),
        collagen_sets=kinetic_set_names(bench, "collagen"),
    )


def _means(bench: Bench, steps: list[Pulsed], faces: Floats) -> Floats:
    """Return the coagulated, necrotic and heat-shocked fraction between some depths.

    Parameters
    ----------
    bench, steps
        See :func:`thermal_zone`.
    faces : (m, n + 1)
        Depths that rise [m].

    Returns
    -------
    (3, m, n) float64
    """
    means = np.empty((3, faces.shape[0], faces.shape[1] - 1))
    parts = [
        (pulses, covering(one.step), area_share(bench, one.step, np.array([pulse.area for pulse in pulses])))
        for one in steps
        for pulses in one.pulses
    ]
    for i, depths in enumerate(faces):
        edges, fractions = _together([(pulses[i], times, float(share[i])) for pulses, times, share in parts])
        for kind, fraction in enumerate(fractions):
            total = np.concatenate([[0.0], np.cumsum(fraction * np.diff(edges))])
            means[kind, i] = np.diff(np.interp(depths, edges, total)) / np.diff(depths)
    return np.clip(means, 0.0, 1.0)


def _together(pulses: list[tuple[PulseSummary, float, float]]) -> tuple[Floats, Floats]:
    """Combine pulses with the times that they cover the zone and the share of it that they were computed for.

    Returns
    -------
    edges : (n + 1,)
        Depths of the faces of all their layers of cells [m].
    fractions : (3, n)
        Coagulated, necrotic and heat-shocked.
    """
    edges = np.unique(np.concatenate([pulse.edges for pulse, _, _ in pulses]))
    middle = 0.5 * (edges[1:] + edges[:-1])
    kept, alive, untouched = np.ones((3, middle.size))
    for pulse, times, share in pulses:
        cell = np.searchsorted(pulse.edges, middle) - 1
        inside = cell < pulse.coagulated.size  # below its stack nothing happens
        coagulated, necrotic, shocked = (
            np.where(inside, share * one[np.minimum(cell, one.size - 1)], 0.0)
            for one in (pulse.coagulated, pulse.necrotic, pulse.heat_shocked)
        )
        kept *= np.clip(1.0 - coagulated, 0.0, 1.0) ** times
        alive *= np.clip(1.0 - necrotic, 0.0, 1.0) ** times
        untouched *= np.clip(1.0 - necrotic - shocked, 0.0, 1.0) ** times
    return edges, np.stack([1.0 - kept, 1.0 - alive, alive - untouched])


def _highest(every: list[list[PulseSummary]], name: str) -> Floats:
    """Return the highest value over the pulses of each scenario, (m,)."""
    return np.array([max(getattr(pulse, name) for pulse in pulses) for pulses in every])


def _in_parallel(bench: Bench) -> float:
    """Return how many units share a generator: every pair has its own."""
    array = layout_of(bench)
    return 1.0 if array.pattern == "pair" else array.units
