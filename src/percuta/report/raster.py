"""Fields as pictures inside a page: even colour maps, and a PNG made of nothing but zlib.

A colour map runs through a few colours at an even pace in the OKLab space (Ottosson 2020), where equal distances look
about equally large, and gets darker all the way: the order of its colours survives every kind of colour vision and a
grey printer.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_COLOURS = 256
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_DARK = 0.58  # OKLab lightness below which a light line stands out better than a dark one


def oklab(rgb: Floats) -> Floats:
    """Return sRGB colours of 0 to 1, (..., 3), as lightness, green to red and blue to yellow."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T)


def srgb(lab: Floats) -> Floats:
    """Return OKLab colours, (..., 3), as sRGB of 0 to 1."""
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0.0, 1.0)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055))


@dataclass(frozen=True)
class ColourMap:
    """A map through some colours, given as ``#rrggbb`` from the least value to the greatest."""

    stops: tuple[str, ...]

    @cached_property
    def colours(self) -> Bytes:
        """The colours, (256, 3)."""
        stops = oklab(np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in self.stops]) / 255.0)
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stops, axis=0), axis=1))])
        smooth = PchipInterpolator(along, stops)
        fine = smooth(np.linspace(0.0, along[-1], 16 * _COLOURS))
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
        even = np.linspace(0.0, length[-1], _COLOURS)
        lab = np.stack([np.interp(even, length, fine[:, part]) for part in range(3)], axis=1)
        return np.asarray(np.round(255.0 * srgb(lab)), dtype=np.uint8)

    def index(self, share: Floats) -> Bytes:
        """Return which colour each value has; values are shares of the map, held at its ends."""
        return np.asarray(np.round(np.clip(share, 0.0, 1.0) * (_COLOURS - 1)), dtype=np.uint8)

    def is_dark(self, share: float) -> bool:
        """Tell whether a line on this colour has to be light."""
        colour = self.colours[int(self.index(np.array(share)))]
        return bool(oklab(colour / 255.0)[0] < _DARK)


HEAT = ColourMap(("#fdfaf0", "#f9dc8f", "#f0a05b", "#cf5a5b", "#8a2c66", "#3d1250"))
CURRENT = ColourMap(("#f7faf8", "#bfe0cf", "#6fb8b4", "#36849c", "#235379", "#182747"))


def png(rows: Bytes, colours: Bytes) -> bytes:
    """Return a picture as PNG.

    Parameters
    ----------
    rows : (height, width)
        Number of the colour of each point, the top row first.
    colours : (n, 3)
        At most 256 colours.
    """
    height, width = rows.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    lines = np.concatenate([np.zeros((height, 1), dtype=np.uint8), rows], axis=1)  # each line as it stands, unfiltered
    parts = [
        (b"IHDR", head),
        (b"PLTE", colours.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def data_uri(picture: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return f"data:image/png;base64,{b64encode(picture).decode('ascii')}"
