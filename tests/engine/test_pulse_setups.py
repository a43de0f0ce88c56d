"""From drawn inputs to the setup of a pulse: skin, needle, array and drive."""

from __future__ import annotations

import math

import numpy as np
import pytest

from percuta.engine.pulse_setups import fat_thickness, setups_of
from percuta.errors import DeviceLimitError, LibraryError, PercutaError, PlanError
from percuta.library.registry import library
from percuta.physics.pulse_setup import PulseSetup

from .pulsed import MONOPOLAR, PAIRS, bench_of, skin_of


def setups(*changes: tuple[str, str]) -> tuple[list[PulseSetup], dict[str, np.ndarray]]:
    """Return the setups of the plan's first step, and what was drawn for them."""
    bench = bench_of(*changes)
    step, zone = bench.plan.rf_pulses[0], bench.plan.zones[0]
    layers = skin_of(bench)[zone.name]
    found = setups_of(bench, step, step.depths[0].si, zone.name, layers)
    drawn = {name: values for name, (_, values) in bench.scenarios.drawn.items()}
    return found, drawn | {"epidermis": layers.epidermis, "dermis": layers.dermis}


def failing(*changes: tuple[str, str]) -> PercutaError:
    with pytest.raises(PercutaError) as caught:
        setups(*changes)
    return caught.value


def test_the_skin_is_the_persons() -> None:
    found, drawn = setups()
    for i, one in enumerate(found):
        assert [layer.name for layer in one.layers][:3] == ["epidermis", "dermis", "subcutis"]
        assert one.layers[0].thickness == pytest.approx(drawn["epidermis"][i])
        assert one.layers[1].thickness == pytest.approx(drawn["dermis"][i])
        dermis = one.layers[1]
        assert dermis.sigma_in_plane == pytest.approx(drawn["tissue.dermis.electrical_conductivity_in_plane"][i])
        assert dermis.sigma_in_plane / dermis.sigma_in_depth == pytest.approx(
            drawn["tissue.dermis.electrical_anisotropy"][i]
        )
        water = drawn["tissue.dermis.density"][i] * drawn["tissue.dermis.water_fraction"][i]
        assert dermis.latent_heat == pytest.approx(2.256e6 * water)
        assert one.start_surface == drawn["rf.surface_temperature"][i]
        assert (len(one.cell_kinetics), len(one.collagen_kinetics)) == (1, 1)


def test_scenarios_take_every_kinetic_set() -> None:
    found, _ = setups()
    assert len({one.cell_kinetics[0].name for one in found}) == 6
    assert {one.collagen_kinetics[0].name for one in found} == {"agah", "pearce"}
    assert all(one.collagen_kinetics[0].collagen and not one.cell_kinetics[0].collagen for one in found)


def test_the_tip_reaches_a_share_of_its_setting() -> None:
    found, drawn = setups()
    assert [one.needle.depth for one in found] == pytest.approx(1.5e-3 * drawn["rf.reached_share"])
    assert all(one.needle.angle == pytest.approx(0.5 * math.pi) for one in found)
    assert all(0.0 < one.needle.taper <= one.needle.exposed_length for one in found)


@pytest.mark.parametrize("changes", [(), PAIRS, MONOPOLAR, (('"100 ms"', '"1 s"'), ('"1.5 mm"', '"3.5 mm"'))])
def test_the_stack_goes_well_below_the_tip(changes: tuple[tuple[str, str], ...]) -> None:
    for one in setups(*changes)[0]:
        dermis = one.layers[1]
        longest = one.drive.width + (one.drive.longest_rise if one.drive.control else 0.0)
        spread = 2.0 * math.sqrt(4.0 * dermis.conductivity / dermis.heat_capacity * longest)
        assert one.depth - one.needle.depth >= spread
        assert one.depth >= 10e-3 - 1e-12


def test_fat_ends_on_muscle_where_its_thickness_is_known() -> None:
    face, _ = setups()
    assert {one.layers[-1].name for one in face} == {"muscle"}
    body, _ = setups(('site = "cheek"', 'site = "abdomen"'))
    assert {one.layers[-1].name for one in body} == {"subcutis"}
    bench = bench_of(('site = "cheek"', 'site = "nose"'))
    entry = library().fat("nose")
    assert entry is not None
    low, high = entry.band(0.001, 0.999)
    thickness = fat_thickness(bench, "cheeks")
    assert (thickness >= low).all()
    assert (thickness <= high).all()


def test_the_dead_layer_adds_its_resistance_to_the_surface() -> None:
    found, drawn = setups()
    resistance = 16.8e-6 / 0.225  # stratum corneum of the cheek
    air = drawn["rf.surface_transfer_air"]
    assert [one.top.transfer for one in found] == pytest.approx(1.0 / (1.0 / air + resistance))
    cooled, drawn = setups(*PAIRS)
    assert [one.top.temperature for one in cooled] == pytest.approx(drawn["rf.contact_temperature"])


def test_conductivity_follows_the_frequency() -> None:
    # wet skin at 2 MHz over 1 MHz: 0.267 / 0.222 S/m by the Cole-Cole set
    label = 'kind = "rf_array"\nneedle_diameter = "0.2 mm"\nmaximum_depth = "2 mm"\nrows = 7\ncolumns = 7\n'
    label += 'pitch = "1.5 mm"\npattern = "checkerboard"\nexposed_length = "0.3 mm"\ntip_shape = "flat"\n'
    model = 'model = "generic-rf-7x7-insulated"'
    slow, fast = (setups((model, f'{label}frequency = "{number} MHz"'))[0] for number in (1, 2))
    ratio = [two.layers[1].sigma_in_plane / one.layers[1].sigma_in_plane for one, two in zip(slow, fast, strict=True)]
    assert ratio == pytest.approx([0.267 / 0.222] * 16, rel=0.005)
    assert {one.needle.taper for one in slow} == {0.0}


@pytest.mark.parametrize(
    ("dose", "power", "voltage"),
    [
        ('energy_per_pin = "60 mJ"', 0.6, None),  # 60 mJ in 100 ms for the one needle of a pitch cell
        ('power = "24.5 W"', 0.5, None),  # a 49th of the array
        ('voltage = "60 V"', None, 60.0),
    ],
)
def test_the_dose_is_that_of_one_needle(dose: str, power: float | None, voltage: float | None) -> None:
    for one in setups(('energy_per_pin = "60 mJ"', dose))[0]:
        assert one.drive.power == (None if power is None else pytest.approx(power))
        assert one.drive.voltage == voltage
        assert one.drive.power_limit == pytest.approx(100.0 / 49)
        assert one.drive.voltage_limit == 140.0
        assert one.drive.current_limit == pytest.approx(2.0 / 49)
        assert one.array.infinite


def test_pairs_are_held_at_a_temperature_each_by_its_own_generator() -> None:
    found, drawn = setups(*PAIRS)
    for i, one in enumerate(found):
        assert one.array.pattern == "pair"
        assert one.needle.angle == pytest.approx(math.radians(20))
        assert one.drive.control is not None
        assert one.drive.control.target == pytest.approx(345.15)
        assert one.drive.control.offset == drawn["rf.sensor_offset"][i]
        assert one.drive.power_limit == pytest.approx(7.0)  # a fifth of 35 W
        assert one.drive.width == 4.0


def test_a_monopolar_array_has_edges_and_the_body_in_series() -> None:
    found, drawn = setups(*MONOPOLAR)
    for i, one in enumerate(found):
        assert (one.array.rows, one.array.columns) == (5, 5)
        assert one.array.body_resistance == drawn["rf.body_resistance"][i]
        assert one.drive.power == 25.0


def test_a_level_says_which_figure_is_missing() -> None:
    fault = failing(('energy_per_pin = "60 mJ"', "level = 5"))
    assert isinstance(fault, LibraryError)
    assert "what a level of this device delivers is not published" in fault.what
    assert fault.exit_code == 2
    assert "energy_per_pin" in str(fault.do)


def test_an_unpublished_figure_is_named_and_may_be_given() -> None:
    model = ("generic-rf-7x7-insulated", "virtue-rf")
    fault = failing(model)
    assert isinstance(fault, LibraryError)
    assert "is not published" in fault.what
    given = 'virtue-rf"\nrows = 6\ncolumns = 6\npitch = "1.5 mm"\npattern = "checkerboard"\nexposed_length = "0.3 mm"\n'
    given += 'needle_diameter = "0.2 mm"\nfrequency = "1 MHz"\ntip_length = "0.2 mm'
    known = library().device("virtue-rf")
    lines = [line for line in given.split("\n") if known.published(line.split(" =")[0]) is None]
    assert len(setups((model[0], "\n".join(lines)))[0]) == 16


def test_only_pairs_are_inclined() -> None:
    label = 'kind = "rf_array"\nneedle_diameter = "0.2 mm"\nmaximum_depth = "2 mm"\nrows = 7\ncolumns = 7\n'
    label += 'pitch = "1.5 mm"\npattern = "checkerboard"\nexposed_length = "0.3 mm"\ntip_length = "0.2 mm"\n'
    label += 'frequency = "1 MHz"\ninsertion_angle = "45 deg"'
    fault = failing(('model = "generic-rf-7x7-insulated"', label))
    assert isinstance(fault, PlanError)
    assert "only the needles of pairs" in fault.what


def test_an_array_without_sensors_holds_no_temperature() -> None:
    with pytest.raises(DeviceLimitError, match="have no sensors"):
        bench_of(('energy_per_pin = "60 mJ"', 'sensor_temperature = "60 degC"'))
