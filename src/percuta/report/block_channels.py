"""A block of skin with needle channels and no heat, as plain data; see :mod:`percuta.report.block`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from percuta.report.block import SCHEMA, layer_table, layers_shown, length, mm
from percuta.results.drawn_channels import DrawnChannels

_BELOW = 0.4e-3  # m; shown below the deepest channel and below the dermis
_ENDS = {
    "in-epidermis": "End in the epidermis",
    "in-dermis": "End in the dermis",
    "in-fat": "Pass the dermis into the fat",
}


def pierced_block(drawn: DrawnChannels, open_width: float, epidermis: float, dermis: float) -> dict[str, Any]:
    """Return a block with channels.

    Parameters
    ----------
    drawn
        The channels; there may be none.
    open_width
        Diameter of a channel that stays open [m].
    epidermis, dermis
        Thickness of the layers [m].
    """
    floors = np.array([epidermis, epidermis + dermis])
    ends = np.searchsorted(floors, drawn.depth)
    bottom = max(float(drawn.depth.max(initial=0.0)), float(floors[1])) + _BELOW
    layers = layers_shown([("epidermis", epidermis), ("dermis", dermis), ("subcutis", np.inf)], bottom)
    half = mm(0.5 * drawn.side)
    counts = [int(np.count_nonzero(ends == place)) for place in range(len(_ENDS))]
    rows = np.stack([drawn.x, drawn.y, drawn.depth], axis=1)
    order = np.argsort(drawn.depth, kind="stable")
    keys = list(_ENDS)
    return {
        "schema": SCHEMA,
        "kind": "pierced" if drawn.depth.size else "layers",
        "size": {"x": [-half, half], "y": [-half, half], "bottom": mm(bottom)},
        "layers": layers,
        "needles": None,
        "channels": {
            "columns": ["x", "y", "depth"],
            "diameter": mm(open_width),
            "at": [[mm(value) for value in rows[place]] for place in order],
            "ends": [keys[ends[place]] for place in order],
            "share": float(f"{drawn.share:.3g}"),
        },
        "copies": [],
        "mirrors": {"x": [], "y": []},
        "levels": [
            {"key": key, "kind": "channels", "label": f"{label}: {count}", "shown": True}
            for (key, label), count in zip(_ENDS.items(), counts, strict=True)
            if drawn.depth.size
        ],
        "times": [],
        "first": 0,
        "tables": [*_channel_table(drawn, counts), layer_table(layers, deeper=True)],
    }


def _channel_table(drawn: DrawnChannels, counts: Sequence[int]) -> list[dict[str, Any]]:
    number = drawn.depth.size
    if not number:
        return []
    middle, deep = (length(float(depth)) for depth in np.quantile(drawn.depth, [0.5, 0.95]))
    rows = [
        {"head": label, "cells": [str(count), f"{100.0 * count / number:.0f}"]}
        for label, count in zip(_ENDS.values(), counts, strict=True)
    ]
    return [
        {
            "key": "channels",
            "caption": f"{number} channels drawn: half reach {middle} mm or more, 1 in 20 reaches {deep} mm or more",
            "head": "Where they end",
            "columns": ["channels", "share (%)"],
            "rows": rows,
        }
    ]


def pierced_words(drawn: DrawnChannels, density: float, open_width: float, place: str) -> list[str]:
    """Return what a pierced block is, in sentences.

    Parameters
    ----------
    drawn
        The channels.
    density
        Of punctures in the zone [1/m^2].
    open_width
        Diameter of a channel that stays open [m].
    place
        The zone.
    """
    side = length(drawn.side)
    said = [
        f"Skin of {place}, {side} by {side} mm, after one session.",
        f"{density * 1e-4:.0f} punctures per cm² at places left to chance; depths scatter as this scenario has it.",
        f"Channels are drawn as wide as they stay open once the needle has left, about {open_width * 1e6:.0f} µm.",
    ]
    if drawn.share < 1.0:
        said.append(f"Of all channels in this square {100.0 * drawn.share:.0f} % are drawn.")
    return [*said, "No heat. Layers are level and even; hair, glands and vessels are left out."]
