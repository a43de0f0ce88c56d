"""The files of a block of skin that nothing was computed for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from percuta.exchange.block_surfaces import surfaces_at_times
from percuta.report.block import heated_block
from percuta.report.block_channels import pierced_block
from percuta.report.block_picture import block_picture, cut_through
from percuta.results.drawn_channels import DrawnChannels
from percuta.workflows.result_folder import as_json

from ..results.hot_balls import hot_balls


def write_hot_block(folder: Path) -> None:
    """Write a block of two times: cold, and with a warm and coagulated ball about every tip."""
    frames, piece = hot_balls()
    block = heated_block(frames, piece) | {"zone": "cheeks", "chosen": "Made for a test.", "about": ["One pulse."]}
    (folder / "block").mkdir(parents=True)
    surfaces = surfaces_at_times(frames, piece, lambda share: None, 96)
    for place, (time, one) in enumerate(zip(block["times"], surfaces, strict=True)):
        time |= {"file": f"{place:02d}.bin", "bytes": len(one.raw), "surfaces": one.index}
        (folder / "block" / time["file"]).write_bytes(one.raw)
    (folder / "block.svg").write_text(block_picture(block, cut_through(frames, piece), "Block of skin"))
    (folder / "block.json").write_text(as_json(block))


def write_pierced_block(folder: Path) -> None:
    """Write a block with three channels that end in three layers."""
    folder.mkdir(parents=True)
    x, y, depth = np.array([[-1e-3, 0.0, 1e-3], [0.5e-3, 0.0, 0.2e-3], [0.05e-3, 0.8e-3, 1.6e-3]])
    drawn = DrawnChannels(3e-3, x, y, depth, 1.0)
    block = pierced_block(drawn, 0.15e-3, 0.08e-3, 1.3e-3) | {"zone": "cheeks", "chosen": "Made.", "about": ["Skin."]}
    (folder / "block.svg").write_text(block_picture(block, None, "Block of skin"))
    (folder / "block.json").write_text(as_json(block))
