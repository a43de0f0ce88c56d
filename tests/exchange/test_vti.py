"""Image data: what VTK's own reader finds in it is what was computed, at its place and with its unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

from percuta.exchange.vti import uniform_axes, write_vti

EDGES = (np.array([0.0, 0.2, 0.5, 1.5]), np.array([0.0, 0.3, 0.75]), np.array([0.0, 0.1, 0.4, 1.0, 4.0]))
SHAPE = (3, 2, 4)
NUMBERS = np.arange(24, dtype=np.float32).reshape(SHAPE)

sizes = st.lists(st.floats(0.01, 3.0), min_size=1, max_size=6)


def read(path: Path) -> Any:
    """Return VTK's image."""
    reader = vtkXMLImageDataReader()
    assert reader.CanReadFile(str(path))
    reader.SetFileName(str(path))
    reader.Update()
    assert reader.GetErrorCode() == 0
    return reader.GetOutput()


def numbers(array: Any) -> NDArray[Any]:
    """Return a VTK array as numpy's."""
    return np.asarray(vtk_to_numpy(array))  # type: ignore[no-untyped-call]


def block(image: Any, title: str) -> NDArray[Any]:
    """Return the values of a cell array as (x, y, z)."""
    nx, ny, nz = (count - 1 for count in image.GetDimensions())
    return numbers(image.GetCellData().GetArray(title)).reshape(nz, ny, nx).T


def places(image: Any) -> list[NDArray[Any]]:
    """Return the centres of the image's cells along x, y and z."""
    parts = zip(image.GetOrigin(), image.GetSpacing(), image.GetDimensions(), strict=True)
    return [origin + spacing * (np.arange(points - 1) + 0.5) for origin, spacing, points in parts]


def test_every_cell_has_the_value_of_the_computed_cell_around_its_centre(tmp_path: Path) -> None:
    write_vti(tmp_path / "a.vti", *EDGES, {"number": (NUMBERS, "degC")})
    image = read(tmp_path / "a.vti")
    found = block(image, "number [degC]")
    index = [np.searchsorted(edges, at) - 1 for edges, at in zip(EDGES, places(image), strict=True)]
    assert np.array_equal(found, NUMBERS[np.ix_(*index)])
    assert set(found.ravel()) == set(NUMBERS.ravel())  # the finest cell decides, so that no cell is passed over


def test_image_fills_the_grid_and_its_mirror_images(tmp_path: Path) -> None:
    write_vti(tmp_path / "a.vti", *EDGES, {"number": (NUMBERS, "1")}, mirrored=(True, False))
    assert read(tmp_path / "a.vti").GetBounds() == pytest.approx((-1.5, 1.5, 0.0, 0.75, 0.0, 4.0))


def test_mirror_images_keep_or_turn_the_sign(tmp_path: Path) -> None:
    arrays = {"temperature": (NUMBERS, "degC"), "potential": (NUMBERS, "V")}
    signs = {"potential": (-1, 1)}
    write_vti(tmp_path / "a.vti", *EDGES, arrays, mirrored=(True, True), mirror_signs=signs)
    image = read(tmp_path / "a.vti")
    temperature, potential = block(image, "temperature [degC]"), block(image, "potential [V]")
    half = temperature.shape[0] // 2
    assert np.array_equal(temperature, temperature[::-1])
    assert np.array_equal(temperature, temperature[:, ::-1])
    assert np.array_equal(potential[:half], -temperature[:half])
    assert np.array_equal(potential[half:], temperature[half:])
    assert np.array_equal(potential, potential[:, ::-1])


def test_units_and_texts_are_read_back(tmp_path: Path) -> None:
    layer = NUMBERS.astype(np.uint8)
    arrays: dict[str, tuple[NDArray[Any], str]] = {"heat": (NUMBERS, "W/mm^3"), "layer": (layer, "1")}
    texts = {"units": "x in µm <not mm>"}
    write_vti(tmp_path / "a.vti", *EDGES, arrays, about=texts, most_cells=500)
    image = read(tmp_path / "a.vti")
    cells = image.GetCellData()
    assert cells.GetArray("heat [W/mm^3]").GetInformation().Get(vtkDataArray.UNITS_LABEL()).strip() == "W/mm^3"
    assert numbers(cells.GetArray("layer")).dtype == np.uint8
    field = image.GetFieldData()
    assert field.GetAbstractArray("units").GetValue(0) == texts["units"]
    sampling = field.GetAbstractArray("sampling").GetValue(0)
    assert f"{image.GetNumberOfCells()} cells, at most 500" in sampling


def test_values_that_are_no_numbers_survive(tmp_path: Path) -> None:
    odd = NUMBERS.copy()
    odd[0, 0, 0], odd[1, 0, 0] = np.nan, -np.inf
    write_vti(tmp_path / "a.vti", *EDGES, {"odd": (odd, "1")})
    found = block(read(tmp_path / "a.vti"), "odd")
    assert np.isnan(found[0, 0, 0])
    assert np.isneginf(found).any()


@given(sizes, sizes, sizes, st.booleans(), st.booleans(), st.integers(1000, 30_000))
def test_uniform_cells_fill_the_length_and_stay_within_the_limit(
    x: list[float], y: list[float], z: list[float], mirror_x: bool, mirror_y: bool, most: int
) -> None:
    edges = tuple(np.cumsum([0.5, *steps]) for steps in (x, y, z))
    mirrored = (mirror_x, mirror_y, False)
    axes = uniform_axes(edges, mirrored, most)  # type: ignore[arg-type]
    assert np.prod([axis.cell.size for axis in axes]) <= most
    for axis, edge, image in zip(axes, edges, mirrored, strict=True):
        assert axis.origin + axis.spacing * axis.cell.size == pytest.approx(edge[-1])
        assert axis.origin == pytest.approx(2 * edge[0] - edge[-1] if image else edge[0])
        assert np.all(np.diff(axis.cell[axis.image :]) >= 0)
        assert np.array_equal(axis.cell, axis.cell[::-1]) or not image


def test_same_values_same_bytes(tmp_path: Path) -> None:
    for name in ("a.vti", "b.vti"):
        write_vti(tmp_path / name, *EDGES, {"number": (NUMBERS, "degC")}, mirrored=(True, True))
    assert (tmp_path / "a.vti").read_bytes() == (tmp_path / "b.vti").read_bytes()


def test_bytes_are_little_endian_whatever_the_order_in_memory(tmp_path: Path) -> None:
    write_vti(tmp_path / "a.vti", *EDGES, {"number": (NUMBERS, "1")})
    write_vti(tmp_path / "b.vti", *EDGES, {"number": (NUMBERS.astype(">f4"), "1")})
    assert (tmp_path / "a.vti").read_bytes() == (tmp_path / "b.vti").read_bytes()


def test_a_failure_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.vti"
    path.write_text("earlier")

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("percuta.exchange.vti._sampled", fail)
    with pytest.raises(OSError, match="disk full"):
        write_vti(path, *EDGES, {"number": (NUMBERS, "degC")})
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_vti(tmp_path / "a.vti", *EDGES, {"number": (NUMBERS[1:], "1")})
    with pytest.raises(ValueError, match="complex64"):
        write_vti(tmp_path / "a.vti", *EDGES, {"number": (NUMBERS.astype(np.complex64), "1")})
    assert not list(tmp_path.iterdir())
