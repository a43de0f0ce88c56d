"""The block of skin of a computed plan: a picture in three dimensions and the same in words, written beside the result.

Written are ``block.json`` (what is shown, in words and numbers, with an index of the surfaces), ``block/NN.bin`` (the
surfaces at each time; :mod:`percuta.exchange.isosurfaces` says how), ``block.svg`` (a still picture) and, of a heated
block, ``fields.vti`` (for ParaView).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.pulse_frames import PulseFrames, pulse_frames
from percuta.engine.pulse_setups import layout_of, setups_of
from percuta.engine.scenarios import BATCH, scenario_batch
from percuta.engine.session import channels_of
from percuta.engine.skin import layers_of
from percuta.errors import PlanError, Where
from percuta.exchange.block_surfaces import Surfaces, surfaces_at_times
from percuta.exchange.frame_picture import write_frame_picture
from percuta.library.registry import Library, library
from percuta.physics.pulse_setup import Accuracy
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.plan.steps import RfPulses
from percuta.report.block import heated_block, heated_words
from percuta.report.block_channels import pierced_block, pierced_words
from percuta.report.block_picture import Cut, block_picture, cut_through
from percuta.results.block_piece import shown_piece
from percuta.results.drawn_channels import SIDE, DrawnChannels, drawn_channels
from percuta.results.typical import typical_scenario
from percuta.workflows.result_folder import (
    BLOCK,
    BLOCK_PICTURE,
    BLOCK_SURFACES,
    PICTURE,
    TREE,
    UNFINISHED_BLOCK,
    add_files,
    as_json,
)

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Progress = Callable[[float], None]  # told the share that is done
_VOLUME = "coagulated volume"


@dataclass(frozen=True)
class _Typical:
    """The scenario that is shown.

    Attributes
    ----------
    bench
        With that scenario alone.
    zone
        Where.
    volumes
        Coagulated around a needle in every scenario [mm^3]; empty without heat.
    member
        Its number, counted from 0.
    words
        How it was chosen.
    """

    bench: Bench
    zone: str
    volumes: Floats
    member: int
    words: str


def write_block(
    plan: Plan,
    folder: Path,
    known: Library | None = None,
    accuracy: Accuracy = "draft",
    progress: Progress | None = None,
) -> None:
    """Write the block of skin of a computed plan into its result folder.

    Parameters
    ----------
    plan
        The plan.
    folder
        Its result folder, with the scenarios that were computed; see :func:`percuta.workflows.plan.run_plan`.
    known
        The library; the shipped one when left out.
    accuracy
        Of the RF pulse.
    progress
        Called with the share that is done.

    Raises
    ------
    PlanError
        If the folder holds no result, or cannot be written.
    ConvergenceError
        If the pulse cannot be computed.
    PercutaError
        If scikit-image is not installed.
    """
    tell = progress or (lambda share: None)
    typical = _typical(plan, folder, known or library())
    surfaces: list[Surfaces] = []
    cut: Cut | None = None
    if plan.rf_pulses:
        block, frames, surfaces, cut = _heated(typical, accuracy, tell)
        _put_fields(folder, frames, block["about"][0])
    else:
        block = _pierced(typical)
    block |= {"zone": typical.zone, "chosen": typical.words}
    picture = block_picture(block, cut, f"Block of skin, {typical.zone}")
    _put_surfaces(folder, surfaces)
    add_files(folder, {BLOCK_PICTURE: picture, BLOCK: as_json(block)})
    tell(1.0)


def _typical(plan: Plan, folder: Path, known: Library) -> _Typical:
    from percuta.results.dataset import read_tree

    try:
        tree = read_tree(folder / TREE)
    except (OSError, ValueError) as fault:
        raise PlanError(
            "the block needs a computed plan",
            where=Where(folder / TREE),
            do="run `percuta plan` into this folder first",
        ) from fault
    zone = _first_zone(plan)
    quantities = _quantities(tree, f"/zones/{zone}")
    member = typical_scenario(list(quantities.values()))
    members, seed = int(tree.attrs["members"]), int(tree.attrs["seed"])
    scenarios = scenario_batch(members, seed, member // BATCH).rows(member % BATCH, member % BATCH + 1)
    *most, last = quantities
    words = (
        f"This is number {member + 1} of the {members} scenarios computed: the one nearest to the middle of all in "
        f"{', '.join(most)} and {last}. Others differ, as the ranges of the results show."
    )
    bench = Bench(plan, resolve_device(plan.device, known), known, scenarios)
    return _Typical(bench, zone, quantities.get(_VOLUME, np.empty(0)), member, words)


def _first_zone(plan: Plan) -> str:
    """Return the first zone that current passes, or that needles enter; the first of all where there is none."""
    heated = [zone for step in plan.rf_pulses for zone in plan.zones_of(step)]
    needled = [zone for step in plan.needling for zone in plan.zones_of(step)]
    covered = [zone for step in plan.patches for zone in plan.zones_of(step)]
    acted = heated or needled or covered
    return next((one.name for one in plan.zones if one.name in acted), plan.zones[0].name)


def _quantities(tree: xr.DataTree, zone: str) -> dict[str, Floats]:
    """Return what a typical scenario is in the middle of, by what it is called, as far as a zone has it."""
    wanted = {_VOLUME: "thermal/volume"}
    if f"{zone}/thermal" not in tree.groups:
        wanted = {"reached depth": "channels/reached_depth_typical", "puncture density": "channels/puncture_density"}
    wanted |= {
        "the thickness of the epidermis": "layers/epidermis_thickness",
        "the thickness of the dermis": "layers/dermis_thickness",
    }
    there = {words: place for words, place in wanted.items() if f"{zone}/{place.split('/')[0]}" in tree.groups}
    return {words: tree[f"{zone}/{place}"].to_numpy() for words, place in there.items()}


def _heated(
    typical: _Typical, accuracy: Accuracy, tell: Progress
) -> tuple[dict[str, Any], PulseFrames, list[Surfaces], Cut]:
    """Return what a heated block is, its pulse, its surfaces at each time, and its section."""
    bench, zone = typical.bench, typical.zone
    steps = [
        (number, step)
        for number, step in enumerate(bench.plan.session.steps, 1)
        if isinstance(step, RfPulses) and zone in bench.plan.zones_of(step)
    ]
    number, step = max(steps, key=lambda one: max(depth.si for depth in one[1].depths))
    depth = max(step.depths, key=lambda one: one.si)
    setup = setups_of(bench, step, depth.si, zone, layers_of(bench, bench.plan.zone(zone)))[0]
    frames = pulse_frames(setup, accuracy, progress=lambda share: tell(0.5 * share))
    layout = layout_of(bench)
    piece = shown_piece(frames, layout.rows, layout.columns)
    block = heated_block(frames, piece)
    surfaces = surfaces_at_times(frames, piece, lambda share: tell(0.5 + 0.5 * share))
    for place, (time, one) in enumerate(zip(block["times"], surfaces, strict=True)):
        time |= {"file": _file(place), "bytes": len(one.raw), "surfaces": one.index}
    low, high = (float(one) * 1e-9 for one in np.quantile(typical.volumes, [0.25, 0.75]))
    own = float(typical.volumes[typical.member]) * 1e-9
    block["about"] = heated_words(frames, piece, depth.text, f"step {number} on {zone}", (low, own, high), accuracy)
    return block, frames, surfaces, cut_through(frames, piece)


def _pierced(typical: _Typical) -> dict[str, Any]:
    """Return what a block with channels is."""
    bench, zone = typical.bench, typical.zone
    layers = layers_of(bench, bench.plan.zone(zone))
    channels = channels_of(bench, zone, layers)
    none = np.empty(0)
    drawn = drawn_channels(channels.tracks, 0) if channels else DrawnChannels(SIDE, none, none, none, 1.0)
    width = float(channels.channel_diameter[0]) if channels else 0.0
    block = pierced_block(drawn, width, float(layers.epidermis[0]), float(layers.dermis[0]))
    if channels is None:
        block["about"] = [f"Skin of {zone}. No needle enters it."]
    else:
        block["about"] = pierced_words(drawn, float(channels.density[0]), width, zone)
    return block


def _file(place: int) -> str:
    return f"{place:02d}.bin"


def _put_fields(folder: Path, frames: PulseFrames, about: str) -> None:
    """Write the fields of the pulse for ParaView.

    Raises
    ------
    PlanError
        If the folder cannot be written.
    """
    try:
        write_frame_picture(frames, folder / PICTURE, about)
    except OSError as fault:
        raise PlanError("the fields cannot be written", value=fault.strerror, where=Where(folder)) from fault


def _put_surfaces(folder: Path, surfaces: list[Surfaces]) -> None:
    """Replace the surfaces of an earlier block; none are left where there are none.

    Raises
    ------
    PlanError
        If the folder cannot be written.
    """
    try:
        (folder / BLOCK).unlink(missing_ok=True)  # no index without its surfaces
        shutil.rmtree(folder / BLOCK_SURFACES, ignore_errors=True)
        if not surfaces:
            return
        scratch = Path(tempfile.mkdtemp(prefix=UNFINISHED_BLOCK, dir=folder))
        for place, one in enumerate(surfaces):
            (scratch / _file(place)).write_bytes(one.raw)
        os.chmod(scratch, 0o755)
        os.replace(scratch, folder / BLOCK_SURFACES)
    except OSError as fault:
        raise PlanError("the block cannot be written", value=fault.strerror, where=Where(folder)) from fault
