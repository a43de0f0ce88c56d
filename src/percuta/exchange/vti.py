"""VTK image data (`.vti`), as ParaView, VTK and PyVista read it, written without them.

Image data lies on a uniform grid, computed cells do not. Every cell of the image takes the value of the computed cell
that holds its centre, so that the file shows no value that was not computed; sums over the image are not those over
the cells. Both are stated in the field data of the file, with the number of cells.

Format: The VTK User's Guide, "VTK File Formats" (XML, serial, appended raw data, little endian, 64-bit sizes).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from percuta.exchange.beside import written_beside

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_CELLS = 1_000_000
_TYPES = {"u1": "UInt8", "i4": "Int32", "f4": "Float32", "f8": "Float64"}
_SAMPLING = "each image cell has the value of the computed cell that holds its centre"


@dataclass(frozen=True)
class UniformAxis:
    """Uniform cells along one axis, and the computed cell that each one shows.

    Attributes
    ----------
    origin, spacing
        Lower face of the first cell and size of all, in the unit of the edges.
    cell : (n,)
        Index of the computed cell.
    image
        Number of the first cells that lie beyond a plane of symmetry and show a mirror image.
    """

    origin: float
    spacing: float
    cell: Integers
    image: int


def write_vti(
    path: Path,
    x: Floats,
    y: Floats,
    z: Floats,
    cell_arrays: Mapping[str, tuple[NDArray[Any], str]],
    *,
    mirrored: tuple[bool, bool] = (False, False),
    mirror_signs: Mapping[str, tuple[int, int]] | None = None,
    about: Mapping[str, str] | None = None,
    most_cells: int = MOST_CELLS,
) -> None:
    """Write cell values on a tensor grid as image data.

    Parameters
    ----------
    path
        The file; it is replaced only by a whole one.
    x, y, z
        Edges of the computed cells, shapes (nx + 1,), (ny + 1,), (nz + 1,), in the unit that the file shall have.
    cell_arrays
        Values (nx, ny, nz) by name, each with its unit; the unit becomes part of the name, ``temperature [degC]``.
    mirrored
        Whether the image goes on as a mirror image beyond the least x and the least y.
    mirror_signs
        Factors of the mirror images beyond the least x and the least y, by name; 1 where left out. A potential
        that is zero on a plane of antisymmetry has -1.
    about
        Further texts for the field data of the file.
    most_cells
        The image is as fine as the finest computed cell, but not finer than this number of cells allows.

    Raises
    ------
    ValueError
        If shapes or types do not fit.
    OSError
        If the file cannot be written; nothing has changed then.
    """
    shape = (x.size - 1, y.size - 1, z.size - 1)
    for name, (values, _) in cell_arrays.items():
        if values.shape != shape:
            raise ValueError(f"{name} has the shape {values.shape}, not {shape}")
        if values.dtype.str[1:] not in _TYPES:
            raise ValueError(f"{name} has the type {values.dtype}, which image data does not hold here")
    axes = uniform_axes((x, y, z), (*mirrored, False), most_cells)
    count = math.prod(axis.cell.size for axis in axes)
    notes = {"sampling": f"{_SAMPLING}; {count} cells, at most {most_cells}", **(about or {})}
    header = _header(axes, cell_arrays, notes)
    with written_beside(path) as stream:
        stream.write(header.encode("utf-8"))
        for name, (values, _) in cell_arrays.items():
            block = _sampled(values, axes, (mirror_signs or {}).get(name, (1, 1)))
            stream.write(np.uint64(block.nbytes).astype("<u8").tobytes())
            stream.write(block.tobytes())
        stream.write(b"\n  </AppendedData>\n</VTKFile>\n")


def uniform_axes(
    edges: tuple[Floats, Floats, Floats], mirrored: tuple[bool, bool, bool], most_cells: int
) -> tuple[UniformAxis, UniformAxis, UniformAxis]:
    """Return uniform cells that fill the computed grid and its mirror images exactly.

    Their sizes along the three axes are as alike as whole numbers of cells allow.
    """
    lengths = [float(edge[-1] - edge[0]) for edge in edges]
    images = math.prod(1 + image for image in mirrored)
    size = max(min(np.diff(edge).min() for edge in edges), (images * math.prod(lengths) / most_cells) ** (1 / 3))
    while images * math.prod(_counts(lengths, size)) > most_cells and size < max(lengths):
        size *= 1.02
    return tuple(  # type: ignore[return-value]
        _uniform(edge, count, image) for edge, count, image in zip(edges, _counts(lengths, size), mirrored, strict=True)
    )


def _counts(lengths: list[float], size: float) -> list[int]:
    return [max(1, int(length / size + 1e-9)) for length in lengths]


def _uniform(edges: Floats, count: int, mirrored: bool) -> UniformAxis:
    length = edges[-1] - edges[0]
    centres = edges[0] + length * (np.arange(count) + 0.5) / count
    cell = np.clip(np.searchsorted(edges, centres, side="right") - 1, 0, edges.size - 2)
    if not mirrored:
        return UniformAxis(float(edges[0]), float(length / count), cell, 0)
    return UniformAxis(float(edges[0] - length), float(length / count), np.concatenate([cell[::-1], cell]), count)


def _sampled(
    values: NDArray[Any], axes: tuple[UniformAxis, UniformAxis, UniformAxis], signs: tuple[int, int]
) -> NDArray[Any]:
    """Return values of the image in the order of the file, x running fastest, little endian."""
    along_x, along_y, depth = axes
    block = values.T[np.ix_(depth.cell, along_y.cell, along_x.cell)]
    block = block.astype(block.dtype.newbyteorder("<"), order="C", copy=False)
    if signs[0] < 0:
        block[:, :, : along_x.image] *= -1
    if signs[1] < 0:
        block[:, : along_y.image, :] *= -1
    return block


def _header(
    axes: tuple[UniformAxis, UniformAxis, UniformAxis],
    cell_arrays: Mapping[str, tuple[NDArray[Any], str]],
    notes: Mapping[str, str],
) -> str:
    extent = " ".join(f"0 {axis.cell.size}" for axis in axes)
    origin = " ".join(repr(axis.origin) for axis in axes)
    spacing = " ".join(repr(axis.spacing) for axis in axes)
    count = math.prod(axis.cell.size for axis in axes)
    lines = [
        '<?xml version="1.0"?>',
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">',
        f'  <ImageData WholeExtent="{extent}" Origin="{origin}" Spacing="{spacing}">',
        "    <FieldData>",
        *(_text(name, note) for name, note in notes.items()),
        "    </FieldData>",
        f'    <Piece Extent="{extent}">',
        "      <PointData/>",
        "      <CellData>",
        *_declared(cell_arrays, count),
        "      </CellData>",
        "    </Piece>",
        "  </ImageData>",
        '  <AppendedData encoding="raw">',
        "   _",
    ]
    return "\n".join(lines)


def _declared(cell_arrays: Mapping[str, tuple[NDArray[Any], str]], count: int) -> Iterator[str]:
    """Give the declaration of every array, with the place of its values behind the header."""
    offset = 0
    for name, (values, unit) in cell_arrays.items():
        title = f"{name} [{unit}]" if unit not in ("", "1") else name
        kind = _TYPES[values.dtype.str[1:]]
        yield f'        <DataArray type="{kind}" Name={quoteattr(title)} format="appended" offset="{offset}">'
        yield '          <InformationKey name="UNITS_LABEL" location="vtkDataArray">'
        yield f"            {escape(unit)}"
        yield "          </InformationKey>"
        yield "        </DataArray>"
        offset += 8 + count * values.dtype.itemsize


def _text(name: str, note: str) -> str:
    """Return a text as field data: its UTF-8 bytes as numbers, ended by 0."""
    codes = " ".join(str(code) for code in (*note.encode("utf-8"), 0))
    opened = f'      <Array type="String" Name={quoteattr(name)} NumberOfTuples="1" format="ascii">'
    return f"{opened}\n        {codes}\n      </Array>"
