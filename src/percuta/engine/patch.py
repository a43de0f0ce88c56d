"""Patches whose needles dissolve or let a drug out: what they give up in one zone, and the punctures they leave.

They open the skin like other needles. What they do to collagen is not computed: no trial that was read calibrates it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Layers, Patch
from percuta.library.device_fields import PATCH_TIMES
from percuta.physics import dissolving
from percuta.physics.puncture import Tracks
from percuta.plan.device import patches_to_cover
from percuta.plan.steps import WearPatch

Floats = NDArray[np.float64]

_Below = Callable[[Floats, Floats, Floats, Floats, Floats], Floats]
_Until = Callable[[float, Floats, Floats, Floats], Floats]

_TIMES = 121  # points of the course that the result keeps


def patch_step(bench: Bench, zone: str) -> WearPatch | None:
    """Return the step in which a zone wears a patch, or None."""
    return next((step for step in bench.plan.patches if zone in step.zones), None)


def patch_of(bench: Bench, zone: str, layers: Layers) -> Patch | None:
    """Return what a patch gives up in one zone, or None where it wears none.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    zone, layers
        Where, and the person's skin there.

    Raises
    ------
    LibraryError
        If a figure of the patch that is needed was never published.
    """
    step = patch_step(bench, zone)
    if step is None:
        return None
    tip, loaded, taken = _tip(bench), _loaded_length(bench), bench.of_device(PATCH_TIMES[bench.device.kind])
    time = np.linspace(0.0, step.duration.si, _TIMES)
    below, until = _law(bench)
    inserted = dissolving.load_below(np.zeros_like(tip), tip, loaded)
    given_up = below(np.zeros((1, 1)), time[None], tip[:, None], loaded[:, None], taken[:, None]) / inserted[:, None]
    faces = np.stack(
        [0.0 * tip, layers.epidermis, layers.papillary_bottom, layers.bottom, np.full_like(tip, np.inf)], axis=1
    )
    worn = np.full((1, 1), step.duration.si)
    share_in = -np.diff(below(faces, worn, tip[:, None], loaded[:, None], taken[:, None]), axis=1)
    patches, covered = _coverage(bench, step, zone)
    delivered_in, amount = _doses(bench, share_in, patches)
    return Patch(
        time=time,
        given_up=given_up,
        tip=tip,
        inserted=inserted,
        share_in=share_in,
        time_to_95=until(0.95, tip, loaded, taken),
        time_constant=taken,
        patches=patches,
        covered=covered,
        delivered=None if delivered_in is None else delivered_in.sum(axis=1),
        delivered_in=delivered_in,
        amount=amount,
    )


def _law(bench: Bench) -> tuple[_Below, _Until]:
    """Return the law of a kind: what is given up below a depth, and when a share of it is."""
    if bench.device.kind == "dissolving_patch":
        return dissolving.dissolved_below, dissolving.time_dissolved
    return dissolving.released_below, lambda share, tip, loaded, taken: dissolving.time_released(share, taken)


def patch_tracks(bench: Bench, step: WearPatch, zone: str) -> Tracks:
    """Return the punctures of a patch; they scatter like those of a pen, and a cone tapers over its whole length."""
    mean = _tip(bench)
    _, covered = _coverage(bench, step, zone)
    none = np.zeros_like(mean)
    return Tracks(
        density=covered * bench.of_device("needle_count") / bench.of_device("patch_area"),
        mean_depth=mean,
        scatter=bench.parameter("puncture.scatter_between_needles") * mean,
        diameter=bench.of_device("needle_diameter"),
        taper=bench.of_device("needle_length"),
        smear=none,
        drum_radius=None,
        slit_share=none,
    )


def _tip(bench: Bench) -> Floats:
    """Return the depth of the tips [m]; the share that enters is the class's where the device's own is unpublished."""
    entry = bench.device.published("inserted_share") or bench.library.parameter("patch.inserted_share")
    return np.asarray(bench.scenarios.draw(entry, "device.inserted_share") * bench.of_device("needle_length"))


def _loaded_length(bench: Bench) -> Floats:
    """Return how far from the tip the needles are loaded [m]; all along where nobody published it."""
    length = bench.of_device("needle_length")
    if bench.device.published("loaded_length") is None:
        return length
    return np.minimum(bench.of_device("loaded_length"), length)


def _coverage(bench: Bench, step: WearPatch, zone: str) -> tuple[int, float]:
    """Return the number of patches on a zone, and the share of the zone that they cover."""
    area, one = bench.plan.zone(zone).area.si, bench.device.known("patch_area").si
    patches = step.patches or patches_to_cover(area, one)
    return patches, min(patches * one / area, 1.0)


def _doses(bench: Bench, share_in: Floats, patches: int) -> tuple[Floats | None, Floats | None]:
    """Return the dose per area of covered skin by compartment, and that of all patches; None where no load is known."""
    if bench.device.published("load_per_patch") is None:
        return None, None
    load = bench.of_device("load_per_patch")
    per_area = load / bench.of_device("patch_area")
    return share_in * per_area[:, None], patches * load * share_in.sum(axis=1)
