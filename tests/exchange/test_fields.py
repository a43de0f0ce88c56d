"""Fields of a pulse for other programs: units, places, marks for what is not known, and the image that VTK reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from percuta.exchange.fields import fields_dataset, potential_signs, write_fields, write_picture
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import NeedleArray, Pattern, PulseSetup
from percuta.physics.zones import LOWEST

from .test_vti import block, places, read


def test_every_number_carries_its_unit_and_its_name(record: PulseRecord, setup: PulseSetup) -> None:
    for name, variable in fields_dataset(record, setup).variables.items():
        assert variable.attrs.get("long_name"), name
        assert variable.dtype.kind not in "fiu" or variable.attrs.get("units"), name


def test_values_come_out_in_the_units_they_name(record: PulseRecord, setup: PulseSetup) -> None:
    fields = fields_dataset(record, setup)
    assert fields["x_bounds"].values[-1].tolist() == pytest.approx([0.3, 0.75])
    assert fields["z"].values[0] == pytest.approx(0.05)
    assert fields["z"].attrs["positive"] == "down"
    assert np.allclose(fields["temperature"], record.temperature - 273.15, atol=1e-4)
    assert fields["temperature"].dtype == np.float32
    assert fields["joule_heat"].values == pytest.approx(1.0)  # 1e9 W/m3 is 1 W/mm3
    assert fields["zone_volume"].values.tolist() == pytest.approx([0.1, 0.0])
    assert fields["trace_tissue_peak"].values[0] == pytest.approx(26.85)
    assert fields["trace_mean_rise"].values[0] == pytest.approx(300.0)  # a difference, not a temperature


def test_damage_is_kept_by_set(record: PulseRecord, setup: PulseSetup) -> None:
    fields = fields_dataset(record, setup)
    assert fields["kinetic_set"].values.tolist() == ["takata", "agah"]
    assert fields["end_point"].values.tolist() == ["cell", "collagen"]
    kept = fields["log_damage"].sel(kinetic_set="takata")
    assert np.array_equal(kept, record.damage_of("takata").log_integral)
    assert np.isneginf(kept).any()
    assert np.isnan(fields["zone_top"].sel(kinetic_set="agah"))


def test_minutes_at_43_degrees_only_where_they_mean_something(record: PulseRecord, setup: PulseSetup) -> None:
    minutes = fields_dataset(record, setup)["cem43"].values
    hot = record.peak >= 325.15
    assert hot.any()
    assert np.isnan(minutes[hot]).all()
    assert minutes[~hot] == pytest.approx(240.0, rel=1e-5)


def test_netcdf_reads_back_and_repeats_byte_for_byte(record: PulseRecord, setup: PulseSetup, tmp_path: Path) -> None:
    for name in ("a.nc", "b.nc"):
        write_fields(record, setup, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nc", "b.nc"]
    expected = fields_dataset(record, setup)
    for name in ("x_bounds", "y_bounds", "z_bounds"):
        del expected[name].attrs["units"]  # in a file, bounds have the unit of what they bound
    with xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as again:
        xr.testing.assert_identical(again.load(), expected)


def test_record_without_kinetics_is_written(record: PulseRecord, setup: PulseSetup, tmp_path: Path) -> None:
    bare = replace(record, damage=())
    write_fields(bare, setup, tmp_path / "a.nc")
    write_picture(bare, setup, tmp_path / "a.vti")
    with xr.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as again:
        assert again.sizes["kinetic_set"] == 0


def test_picture_shows_the_needle_whole(record: PulseRecord, setup: PulseSetup, tmp_path: Path) -> None:
    write_picture(record, setup, tmp_path / "a.vti")
    image = read(tmp_path / "a.vti")
    assert image.GetBounds() == pytest.approx((-0.75, 0.75, -0.75, 0.75, 0.0, 4.0))
    x, y, z = places(image)
    share = block(image, "tissue_share")
    needle = (np.abs(x)[:, None] < 0.125) & (np.abs(y) < 0.1)
    assert np.array_equal(share[:, :, 0] < 1.0, needle)
    assert (share[:, :, z > 2.0] == 1.0).all()
    assert np.array_equal(block(image, "layer")[0, 0], (z > 0.1).astype(np.uint8))
    temperature = block(image, "temperature [degC]")
    hottest = np.unravel_index(temperature.argmax(), temperature.shape)
    assert abs(x[hottest[0]]) < 0.05
    assert 1.5 < z[hottest[2]] < 2.0
    assert temperature.max() == pytest.approx(float(record.temperature.max()) - 273.15, abs=1e-3)


def test_picture_can_be_interpolated(record: PulseRecord, setup: PulseSetup, tmp_path: Path) -> None:
    write_picture(record, setup, tmp_path / "a.vti")
    damage = block(read(tmp_path / "a.vti"), "log_damage_takata")
    assert damage.min() == LOWEST  # an infinite value would spoil every contour near it
    assert damage.max() == pytest.approx(record.damage_of("takata").log_integral.max())


def test_picture_keeps_to_its_size(record: PulseRecord, setup: PulseSetup, tmp_path: Path) -> None:
    write_picture(record, setup, tmp_path / "a.vti", most_cells=2000)
    assert 1000 < read(tmp_path / "a.vti").GetNumberOfCells() <= 2000


@pytest.mark.parametrize(
    ("pattern", "rows", "columns", "signs"),
    [
        ("checkerboard", 0, 0, (1, 1)),  # the least planes go through a needle
        ("checkerboard", 6, 6, (-1, -1)),
        ("checkerboard", 7, 7, (1, 1)),
        ("checkerboard", 5, 6, (1, -1)),
        ("alternating_rows", 0, 0, (1, 1)),
        ("alternating_rows", 6, 6, (-1, 1)),
        ("pair", 0, 0, (-1, 1)),
        ("monopolar", 6, 6, (1, 1)),
    ],
)
def test_potential_turns_its_sign_across_planes_of_zero_potential(
    pattern: Pattern, rows: int, columns: int, signs: tuple[int, int]
) -> None:
    assert potential_signs(NeedleArray(pattern, 1.5e-3, rows, columns)) == signs
