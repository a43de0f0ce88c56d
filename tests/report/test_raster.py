from __future__ import annotations

import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from percuta.report.raster import CURRENT, HEAT, ColourMap, data_uri, oklab, png, srgb

# What people without one kind of cones see, in linear light (Machado, Oliveira and Fernandes 2009, severity 1).
VISION = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def seen(rgb: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(VISION[kind]).T, 0.0, 1.0)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("colours", [HEAT, CURRENT], ids=["heat", "current"])
def test_a_map_goes_on_evenly_and_darkens_all_the_way(colours: ColourMap) -> None:
    lab = oklab(colours.colours / 255.0)
    assert np.all(np.diff(lab[::8, 0]) < 0.0)  # by eights, since colours are rounded to 1/255
    pace = np.linalg.norm(np.diff(lab[::8], axis=0), axis=1)
    assert pace.max() < 1.25 * pace.min()
    assert lab[0, 0] - lab[-1, 0] > 0.6


@pytest.mark.parametrize("colours", [HEAT, CURRENT], ids=["heat", "current"])
@pytest.mark.parametrize("kind", VISION)
def test_a_map_keeps_its_order_without_one_kind_of_cones(colours: ColourMap, kind: str) -> None:
    lab = oklab(seen(colours.colours / 255.0, kind))
    assert np.all(np.diff(lab[::8, 0]) < 0.0)
    assert np.linalg.norm(np.diff(lab[::8], axis=0), axis=1).min() > 0.01


@given(arrays(np.float64, 3, elements=st.floats(0, 1)))
def test_oklab_and_back_is_the_same_colour(rgb: NDArray[np.float64]) -> None:
    assert srgb(oklab(rgb)) == pytest.approx(rgb, abs=1e-5)


def test_oklab_of_white_and_red_is_the_published() -> None:
    assert oklab(np.ones(3)) == pytest.approx([1, 0, 0], abs=1e-6)
    assert oklab(np.array([1.0, 0.0, 0.0])) == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-5)


def decoded(picture: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a PNG the way a browser does, every check sum included."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        kind, content = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", picture[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:], np.frombuffer(chunks[b"PLTE"], dtype=np.uint8).reshape(-1, 3)


@settings(max_examples=25)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_a_picture_holds_what_was_put_in(rows: NDArray[np.uint8]) -> None:
    found, colours = decoded(png(rows, HEAT.colours))
    assert np.array_equal(found, rows)
    assert np.array_equal(colours, HEAT.colours)


def test_a_picture_stands_in_its_address() -> None:
    picture = png(np.zeros((2, 3), dtype=np.uint8), HEAT.colours)
    head, body = data_uri(picture).split(",")
    assert head == "data:image/png;base64"
    assert b64decode(body) == picture


def test_values_beyond_a_map_have_the_colours_of_its_ends() -> None:
    assert HEAT.index(np.array([-1.0, 0.0, 0.5, 1.0, 9.0])).tolist() == [0, 0, 128, 255, 255]
    assert not HEAT.is_dark(0.0)
    assert HEAT.is_dark(1.0)
