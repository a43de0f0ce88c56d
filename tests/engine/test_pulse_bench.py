"""From a pulse file to what the physics takes: what is given by hand holds, the rest comes from the library."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from percuta.engine.pulse_bench import HEAT_OF_VAPORISATION, cole_cole_of, kinetics_of, setup_of
from percuta.errors import PlanError
from percuta.library.registry import Library, library
from percuta.physics.damage import log_rate
from percuta.physics.dielectric import conductivity
from percuta.physics.pulse_setup import Boiling, Kinetics, Needle, NeedleArray, PulseSetup, Surface, TissueLayer
from percuta.plan.pulse_reading import kinetic_sets, read_pulse
from percuta.sources import Sourced, Unpublished

BIPOLAR = (Path(__file__).parents[2] / "examples" / "pulse_bipolar.toml").read_text("utf-8")
SKIN = """\
schema = 1
title = "skin"
[array]
pattern = "checkerboard"
pitch = "1.67 mm"
rows = 7
columns = 7
[needle]
diameter = "0.2 mm"
depth = "1.0 mm"
exposed_length = "0.3 mm"
[[layers]]
name = "dermis"
thickness = "1.5 mm"
tissue = "dermis"
[[layers]]
name = "fat"
thickness = "3 mm"
tissue = "subcutis"
[drive]
energy_per_needle = "20 mJ"
pulse_width = "100 ms"
"""


def setup(text: str, *changes: tuple[str, str], known: Library | None = None) -> PulseSetup:
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    known = known or library()
    return setup_of(read_pulse(text, known=known), known)


def typical(tissue: str, name: str) -> float:
    entry = library().tissues[tissue][name]
    assert isinstance(entry, Sourced)
    return entry.si


def test_the_bipolar_example_takes_nothing_from_the_library_but_kinetics() -> None:
    found = setup(BIPOLAR)
    assert found.layers == (TissueLayer("gel", 4e-3, 0.3, 0.3, 0.015, 0.4, 3.706e6),)
    assert found.needle == Needle(0.25e-3, 2e-3, 0.5e-3, conductivity=0.0)
    assert found.array == NeedleArray("checkerboard", 1.5e-3)
    assert found.array.infinite
    assert (found.drive.voltage, found.drive.power, found.drive.width) == (28.0, None, 0.5)
    assert found.top == found.bottom == Surface(0.0, 307.15)
    assert found.start_surface == found.start_core == pytest.approx(307.15)
    assert found.boiling is None
    assert [one.name for one in found.cell_kinetics] == list(kinetic_sets("cell", library()))
    assert [one.name for one in found.collagen_kinetics] == ["agah", "pearce"]


def test_tissues_of_the_library_fill_what_is_left_out() -> None:
    dermis, fat = setup(SKIN).layers
    in_plane = typical("dermis", "electrical_conductivity_in_plane")
    assert dermis.sigma_in_plane == pytest.approx(in_plane)
    assert dermis.sigma_in_depth == pytest.approx(in_plane / typical("dermis", "electrical_anisotropy"))
    assert dermis.sigma_reference == pytest.approx(310.15)
    density = typical("dermis", "density")
    assert dermis.heat_capacity == pytest.approx(density * typical("dermis", "specific_heat"))
    assert dermis.latent_heat == pytest.approx(density * typical("dermis", "water_fraction") * HEAT_OF_VAPORISATION)
    blood = library().parameter("rf.blood_heat_capacity").si
    assert dermis.perfusion == pytest.approx(typical("dermis", "perfusion") * blood)
    assert fat.conductivity == pytest.approx(typical("subcutis", "thermal_conductivity"))
    assert setup(SKIN).boiling == Boiling(0.1, 1e-3, 0.5)


def test_what_is_given_by_hand_comes_before_the_library() -> None:
    by_hand = 'tissue = "dermis"\nelectrical_conductivity = "0.2 S/m"\ndensity = "1000 kg/m^3"\nperfusion = "0 1/s"'
    dermis = setup(SKIN, ('tissue = "dermis"', by_hand)).layers[0]
    assert (dermis.sigma_in_plane, dermis.sigma_in_depth, dermis.perfusion) == (0.2, 0.2, 0.0)
    assert dermis.heat_capacity == pytest.approx(1000 * typical("dermis", "specific_heat"))
    across = 'tissue = "dermis"\nelectrical_conductivity_in_depth = "0.1 S/m"'
    dermis = setup(SKIN, ('tissue = "dermis"', across)).layers[0]
    assert dermis.sigma_in_plane == pytest.approx(typical("dermis", "electrical_conductivity_in_plane"))
    assert dermis.sigma_in_depth == 0.1


def test_frequency_scales_what_the_library_fills_and_nothing_else() -> None:
    faster = ('"100 ms"', '"100 ms"\nfrequency = "4 MHz"')
    skin_wet = cole_cole_of("skin_wet", library())
    ratio = float(conductivity(skin_wet, 4e6) / conductivity(skin_wet, 1e6))
    assert ratio == pytest.approx(0.312 / 0.222, rel=5e-3)  # the published table at 4 and 1 MHz
    plain, scaled = setup(SKIN).layers[0], setup(SKIN, faster).layers[0]
    assert scaled.sigma_in_plane == pytest.approx(plain.sigma_in_plane * ratio)
    assert scaled.sigma_in_depth == pytest.approx(plain.sigma_in_depth * ratio)
    same = ('"100 ms"', '"100 ms"\nfrequency = "1 MHz"')
    assert setup(SKIN, same) == setup(SKIN)
    assert setup(BIPOLAR, ('"0.5 s"', '"0.5 s"\nfrequency = "4 MHz"')) == setup(BIPOLAR)


@pytest.mark.parametrize(
    ("array", "needles"),
    [
        ('pattern = "checkerboard"', 1),
        ('pattern = "pair"', 2),
        ('pattern = "alternating_rows"\nrows = 5\ncolumns = 4', 20),
        ('pattern = "monopolar"\nrows = 3\ncolumns = 3', 9),
    ],
)
def test_energy_per_needle_is_constant_power_of_a_unit(array: str, needles: int) -> None:
    text = SKIN.replace("rows = 7\ncolumns = 7\n", "").replace('pattern = "checkerboard"', array)
    found = setup(text)
    assert found.drive.power == pytest.approx(needles * 20e-3 / 100e-3)
    assert found.drive.voltage is None
    assert found.array.body_resistance == (150.0 if "monopolar" in array else 0.0)


def test_a_sensor_reads_the_bare_metal_unless_told_otherwise() -> None:
    sensed = ('energy_per_needle = "20 mJ"', 'sensor_temperature = "67 degC"\npower_limit = "7 W"')
    control = setup(SKIN, sensed).drive.control
    assert control is not None
    assert control.target == pytest.approx(340.15)
    assert (control.length, control.ideal) == (0.3e-3, True)
    assert control.offset == library().parameter("rf.sensor_offset").si
    table = (
        '"100 ms"\n[drive.control]\nkind = "pi"\nproportional = "0.1 W/K"\nintegral = "0.2 W/K/s"\noffset = "-2 K"\n'
    )
    given = setup(SKIN, sensed, ('"100 ms"', table + 'lag = "30 ms"\nlongest_rise = "3 s"')).drive
    assert given.control == replace(control, ideal=False, proportional=0.1, integral=0.2, offset=-2.0, lag=0.03)
    assert given.longest_rise == 3.0


def test_surfaces_and_temperatures() -> None:
    plain = setup(SKIN)
    assert plain.start_surface == pytest.approx(307.15)
    assert plain.start_core == pytest.approx(310.15)
    assert plain.top.transfer == plain.bottom.transfer == 0.0
    cooled = setup(SKIN + '[thermal]\ntop = "contact"\ntop_temperature = "-5 degC"\nbottom = "held"\n')
    assert cooled.top == Surface(library().parameter("rf.surface_transfer_contact").si, -5.0 + 273.15)
    assert cooled.bottom == Surface(math.inf, library().parameter("rf.core_temperature").si)
    air = setup(SKIN + '[thermal]\ntop = "air"\ntop_transfer = "25 W/m^2/K"\nblood_temperature = "30 degC"\n')
    assert air.top == Surface(25.0, library().parameter("rf.air_temperature").si)
    assert air.blood_temperature == pytest.approx(303.15)


def test_a_metal_needle_conducts_and_an_excluded_one_does_not() -> None:
    assert setup(SKIN).needle.conductivity == library().parameter("rf.needle_conductivity").si
    given = setup(SKIN, ('"0.3 mm"', '"0.3 mm"\nconductivity = "70 W/m/K"\ntaper = "0.2 mm"'))
    assert (given.needle.conductivity, given.needle.taper) == (70.0, 0.2e-3)
    assert setup(SKIN, ('"0.3 mm"', '"0.3 mm"\nthermal = "excluded"')).needle.conductivity == 0.0


def test_kinetics_have_one_branch_or_two() -> None:
    known = library()
    single, double = kinetics_of("agah", known, collagen=True), kinetics_of("weaver_stoll", known)
    assert single == Kinetics("agah", single.log_factor, single.activation, collagen=True)
    assert single.log_factor == pytest.approx(math.log(5.6e63))
    assert single.activation == pytest.approx(4.3e5 / 8.314463, rel=1e-6)
    assert double.break_temperature == pytest.approx(323.15)
    assert not double.collagen
    # Omega = 1 after 1 s at the temperature of the published table of the kinetic sets
    for one, celsius in ((single, 79.2), (double, 58.2), (kinetics_of("takata", known), 57.8)):
        assert float(log_rate(one, celsius + 273.15)) == pytest.approx(0.0, abs=0.06)


def test_the_kinetic_sets_that_are_asked_for_are_taken_in_their_order() -> None:
    asked = setup(SKIN + '[damage]\ncell = ["liver", "takata"]\ncollagen = ["pearce"]\n')
    assert [one.name for one in asked.cell_kinetics] == ["liver", "takata"]
    assert [one.name for one in asked.collagen_kinetics] == ["pearce"]
    assert all(one.collagen for one in asked.collagen_kinetics)


@pytest.mark.parametrize(
    ("missing", "key"),
    [
        ("thermal_conductivity", "layers[1].thermal_conductivity"),
        ("specific_heat", "layers[1].heat_capacity"),
        ("electrical_anisotropy", "layers[1].electrical_conductivity_in_depth"),
        ("dielectric_set", "layers[1].electrical_conductivity"),
        ("water_fraction", "layers[1].water_fraction"),
        ("perfusion", "layers[1].perfusion"),
    ],
)
@pytest.mark.parametrize("sought", [None, "the usual places"])
def test_a_property_that_the_library_lacks_is_asked_of_the_file(missing: str, key: str, sought: str | None) -> None:
    known = Library()
    fields = dict(known.tissues["dermis"])
    del fields[missing]
    if sought is not None:
        fields[missing] = Unpublished(missing, sought)
    known.__dict__["tissues"] = known.tissues | {"dermis": fields}
    with pytest.raises(PlanError) as caught:
        setup(SKIN, ('"100 ms"', '"100 ms"\nfrequency = "2 MHz"'), known=known)
    assert caught.value.where is not None
    assert caught.value.where.key == key
    assert f"give {key.split('.')[1]}" in str(caught.value.do)


def test_a_layer_that_cannot_boil_needs_no_water() -> None:
    layers = setup(SKIN + "[boiling]\nenabled = false\n").layers
    assert [layer.latent_heat for layer in layers] == [0.0, 0.0]
    assert np.isfinite(setup(SKIN).layers[1].latent_heat)
