"""The fields of a pulse that was followed for pictures, as image data for ParaView (:mod:`percuta.exchange.vti`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta import __version__
from percuta.engine.pulse_frames import PulseFrames
from percuta.exchange.vti import write_vti
from percuta.manifest import DISCLAIMER
from percuta.physics.zones import LOWEST
from percuta.results.block_piece import set_names
from percuta.units import convert

MOST_CELLS = 250_000


def write_frame_picture(frames: PulseFrames, path: Path, about: str, most_cells: int = MOST_CELLS) -> None:
    """Write temperature at the end of a pulse and damage after the cooling, mirrored so that needles stand whole.

    The logarithm of the damage integral is cut off below, so that it can be interpolated; 0 is the outline of a zone.

    Parameters
    ----------
    frames
        The pulse.
    path
        The file, usually ``*.vti``.
    about
        What the pulse is, in words.
    most_cells
        Size of the image.

    Raises
    ------
    OSError
        If the file cannot be written; nothing has changed then.
    """
    grid, end, last = frames.grid, frames.frames[frames.pulse_end], frames.frames[-1]
    zero = np.float32(convert(0.0, "degC"))
    arrays: dict[str, tuple[NDArray[Any], str]] = {
        "temperature": (end.temperature + zero, "degC"),
        "tissue_share": (np.asarray(grid.tissue_share), "1"),
    }
    for name, logarithm in zip(set_names(frames), last.damage, strict=True):
        arrays[f"log_damage_{name}"] = (np.maximum(logarithm, np.float32(LOWEST)), "1")
    x, y, z = (edges * convert(1.0, "mm") for edges in grid.edges)
    write_vti(
        path,
        x,
        y,
        z,
        arrays,
        mirrored=grid.mirrored,
        about={
            "pulse": about,
            "units": "x, y and z in mm; z is the depth below the skin surface, positive downwards",
            "temperature": f"at {end.time:.4g} s, the end of the pulse",
            "log_damage": f"natural logarithm of the damage integral at {last.time:.4g} s, {LOWEST:g} where it is less",
            "made_by": f"percuta {__version__}",
            "comment": DISCLAIMER,
        },
        most_cells=most_cells,
    )
