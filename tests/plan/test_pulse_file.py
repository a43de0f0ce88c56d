"""Reading a pulse file: what is possible is taken, what is not ends with one message that names file, line, key."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from percuta.errors import PercutaError, PlanError
from percuta.plan.outline import read_outline
from percuta.plan.pulse_file import PulseFile
from percuta.plan.pulse_reading import kinetic_sets, load_pulse, read_pulse
from percuta.plan.schema import pulse_schema

EXAMPLES = Path(__file__).parents[2] / "examples"
BIPOLAR = (EXAMPLES / "pulse_bipolar.toml").read_text("utf-8")
Data = dict[str, Any]

GEL = """\
schema = 1
title = "A gel"
[array]
pattern = "checkerboard"
pitch = "1.5 mm"
[needle]
diameter = "0.25 mm"
depth = "2.0 mm"
exposed_length = "0.5 mm"
[[layers]]
name = "gel"
thickness = "4.0 mm"
electrical_conductivity = "0.3 S/m"
thermal_conductivity = "0.4 W/m/K"
heat_capacity = "3.706 MJ/m^3/K"
water_fraction = 0.0
[drive]
voltage = "28 V"
pulse_width = "0.5 s"
"""
SENSED = GEL.replace('voltage = "28 V"', 'sensor_temperature = "72 degC"\npower_limit = "2 W"')
PAIR = GEL.replace('"checkerboard"', '"pair"')
FINITE = GEL.replace('pitch = "1.5 mm"', 'pitch = "1.5 mm"\nrows = 7\ncolumns = 7')
TISSUE = re.sub("electrical.*water_fraction = 0.0", 'tissue = "dermis"', GEL, flags=re.DOTALL)


def failing(text: str) -> PercutaError:
    """The error of a text; its message is short, printable and says no class of the program."""
    with pytest.raises(PercutaError) as caught:
        read_pulse(text, "my.toml")
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert len(message) < 800
    assert all(line.isprintable() for line in message.split("\n"))
    assert not re.search(r"pydantic|Traceback|tuple|dict|Input should|Quantity|NoneType|None", message)
    return caught.value


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    return text


def line_with(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if words in line)


def test_the_bipolar_example_is_the_reference_pulse() -> None:
    pulse = load_pulse(EXAMPLES / "pulse_bipolar.toml")
    assert pulse == read_pulse(BIPOLAR)
    assert (pulse.array.unit, pulse.array.needles_per_unit) == ("one pitch x pitch cell", 1)
    assert pulse.depth == pytest.approx(4e-3)
    assert pulse.needle.length_in_skin == pytest.approx(2e-3)
    assert pulse.drive.voltage is not None
    assert pulse.drive.voltage.si == 28.0
    assert not pulse.boiling.enabled


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("pulse_*.toml")), ids=lambda file: file.stem)
def test_every_pulse_example_is_read_and_meets_the_schema(file: Path) -> None:
    load_pulse(file)
    Draft202012Validator(pulse_schema()).validate(tomllib.loads(file.read_text("utf-8")))


def test_what_a_unit_of_the_array_is() -> None:
    assert (read_pulse(PAIR).array.unit, read_pulse(PAIR).array.needles_per_unit) == ("one pair", 2)
    assert (read_pulse(FINITE).array.unit, read_pulse(FINITE).array.needles_per_unit) == ("whole array", 49)


def test_a_needle_at_20_degrees_is_longer_than_it_is_deep() -> None:
    inclined = changed(PAIR, ('depth = "2.0 mm"', 'depth = "2.0 mm"\nangle = "20 deg"'))
    assert read_pulse(inclined).needle.length_in_skin == pytest.approx(2e-3 / math.sin(math.radians(20)))


# --- one value is wrong: file, line, key, value, allowed ---

WRONG_VALUES = [
    # old, new, key, words of what is allowed
    ('voltage = "28 V"', 'voltage = "0 V"', "drive.voltage", "above 0 to 2000 V"),
    ('voltage = "28 V"', 'voltage = "-28 V"', "drive.voltage", "above 0 to 2000 V"),
    ('voltage = "28 V"', 'power = "0 W"', "drive.power", "above 0 to 1000 W"),
    ('voltage = "28 V"', 'energy_per_needle = "0 mJ"', "drive.energy_per_needle", "above 0"),
    ('voltage = "28 V"', 'sensor_temperature = "20 degC"', "drive.sensor_temperature", "from 30 to 120 degC"),
    ('"0.5 s"\n', '"0.5 s"\n[boiling]\ndry_conductivity = 1e-300\n', "boiling.dry_conductivity", "1e-09 or more"),
    ('"0.5 s"\n', '"0.5 s"\n[boiling]\ndry_limit = 1e-6\n', "boiling.dry_limit", "0.001 or more"),
    ('pulse_width = "0.5 s"', 'pulse_width = "0 s"', "drive.pulse_width", "above 0 to 600 s"),
    ('pulse_width = "0.5 s"', "pulse_width = 0.5", "drive.pulse_width", "text with a unit"),
    ('pulse_width = "0.5 s"', 'pulse_width = "0.5 s"\nfrequency = "9 kHz"', "drive.frequency", "from 10 to 10000 kHz"),
    ('pulse_width = "0.5 s"', 'pulse_width = "0.5 s"\nfrequency = "11 MHz"', "drive.frequency", "from 10 to 10000 kHz"),
    ('pulse_width = "0.5 s"', 'pulse_width = "0.5 s"\npulses = 0', "drive.pulses", "1 or more"),
    ('"0.3 S/m"', '"-0.3 S/m"', "layers[1].electrical_conductivity", "from 1e-06 to 100 S/m"),
    ('"0.3 S/m"', '"0 S/m"', "layers[1].electrical_conductivity", "from 1e-06 to 100 S/m"),
    ('"0.4 W/m/K"', '"-0.4 W/m/K"', "layers[1].thermal_conductivity", "from 0.01 to 1000 W/m/K"),
    ('"3.706 MJ/m^3/K"', '"3706 J/kg/K"', "layers[1].heat_capacity", "MJ/m^3/K"),
    ("water_fraction = 0.0", "water_fraction = 1.5", "layers[1].water_fraction", "1.0 or less"),
    ("water_fraction = 0.0", 'water_fraction = "50 %"', "layers[1].water_fraction", "a number"),
    ("water_fraction = 0.0", 'water_fraction = 0.0\nperfusion = "-1 1/s"', "layers[1].perfusion", "from 0 to 1 1/s"),
    ('thickness = "4.0 mm"', 'thickness = "0 mm"', "layers[1].thickness", "from 0.001"),
    ('diameter = "0.25 mm"', 'diameter = "0 mm"', "needle.diameter", "from 0.001"),
    ('diameter = "0.25 mm"', 'diameter = "0.25"', "needle.diameter", "mm"),
    ('diameter = "0.25 mm"', 'diameter = "0.25 mm"\nangle = "1.5"', "needle.angle", "from 5 to 90 deg"),
    ('diameter = "0.25 mm"', 'diameter = "0.25 mm"\nangle = "95 deg"', "needle.angle", "from 5 to 90 deg"),
    ('diameter = "0.25 mm"', 'diameter = "0.25 mm"\nthermal = "cold"', "needle.thermal", "'conducting' or 'excluded'"),
    ('"checkerboard"', '"chequerboard"', "array.pattern", "'checkerboard', 'alternating_rows'"),
    ('pitch = "1.5 mm"', 'pitch = "1.5 mm"\nrows = 0\ncolumns = 3', "array.rows", "1 or more"),
    ('pitch = "1.5 mm"', 'pitch = "1.5 mm"\nrows = 41\ncolumns = 3', "array.rows", "40 or less"),
    ('pitch = "1.5 mm"', 'pitch = "1.5 mm"\nrows = 7.0\ncolumns = 7', "array.rows", "a whole number"),
    ("schema = 1", "schema = 2", "schema", "1"),
    ('title = "A gel"', 'title = "\\u001b[2J"', "title", "letters"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "allowed"), WRONG_VALUES, ids=[case[1][:40] for case in WRONG_VALUES])
def test_a_wrong_value_is_named_with_place_and_what_is_allowed(old: str, new: str, key: str, allowed: str) -> None:
    text = changed(GEL, (old, new))
    fault = failing(text)
    assert fault.where is not None
    assert (fault.where.file, fault.where.key) == ("my.toml", key)
    name = re.split(r"[.\]]", key)[-1]
    assert fault.where.line == line_with(text, f"{name} =")
    assert fault.value is not None
    assert allowed in str(fault.allowed)
    assert "mend this first" not in str(fault.do)


# --- values that are possible each for itself do not fit together ---

MISFITS = [
    # text, old, new, words of the message, key
    (GEL, '"0.25 mm"', '"1.5 mm"', "the needles overlap", "needle.diameter"),
    (GEL, '"2.0 mm"', '"4.0 mm"', "the tip leaves the stack of layers", "needle.depth"),
    (GEL, '"2.0 mm"', '"2.0 mm"\nangle = "75 deg"',
     "only the needles of a pair can be inclined", "needle.angle"),
    (GEL, '"0.5 mm"', '"0.5 mm"\nlength = "0.4 mm"',
     "exposed length is longer than the needle", "needle.exposed_length"),
    (GEL, '"0.5 mm"', '"0.5 mm"\nlength = "1.9 mm"', "deeper than the needle is long", "needle.depth"),
    (GEL, '"0.5 mm"', '"0.5 mm"\ntaper = "0.6 mm"', "taper is longer than the bare metal", "needle.taper"),
    (GEL, '"0.5 mm"', '"3 mm"\ntaper = "2.5 mm"', "taper is longer than the bare metal", "needle.taper"),
    (GEL, '"0.5 mm"', '"0.5 mm"\nthermal = "excluded"\nconductivity = "16 W/m/K"',
     "has no conductivity", "needle.conductivity"),
    (GEL, '"1.5 mm"', '"1.5 mm"\nrows = 7', "rows without columns", "array.rows"),
    (GEL, '"1.5 mm"', '"1.5 mm"\ncolumns = 7', "columns without rows", "array.columns"),
    (GEL, '"1.5 mm"', '"1.5 mm"\nrows = 1\ncolumns = 1', "no other polarity", "array.rows"),
    (GEL, '"checkerboard"', '"alternating_rows"\nrows = 1\ncolumns = 4', "no other polarity", "array.rows"),
    (GEL, '"checkerboard"', '"monopolar"', "no return path", "array.pattern"),
    (GEL, '"1.5 mm"', '"1.5 mm"\nmargin = "4 mm"', "no margin", "array.margin"),
    (GEL, '"1.5 mm"', '"1.5 mm"\nbody_resistance = "150 ohm"',
     "only the current of a monopolar array", "array.body_resistance"),
    (FINITE, "rows = 7", 'rows = 7\nmargin = "0.7 mm"', "margin ends nearer", "array.margin"),
    (FINITE, '"checkerboard"', '"pair"', "a pair has no rows", "array.rows"),
    (GEL, 'voltage = "28 V"\n', "", "one kind of dose is needed", "drive"),
    (GEL, '"28 V"', '"28 V"\npower = "2 W"', "one kind of dose only", "drive.power"),
    (GEL, '"28 V"', '"28 V"\nvoltage_limit = "20 V"', "limit of the generator", "drive.voltage"),
    (GEL, 'voltage = "28 V"', 'power = "2 W"\npower_limit = "1 W"', "limit of the generator", "drive.power"),
    (FINITE, 'voltage = "28 V"', 'energy_per_needle = "20 mJ"\npower_limit = "1 W"',
     "limit of the generator", "drive.energy_per_needle"),
    (GEL, '"28 V"', '"28 V"\ngap = "10 ms"', "gap lies between sub_pulses", "drive.gap"),
    (GEL, '"28 V"', '"28 V"\npause = "1 s"', "pause lies between pulses", "drive.pause"),
    (GEL, '"0.5 s"', '"0.5 s"\n[drive.control]\nlag = "10 ms"',
     "control is for a sensor_temperature", "drive.control"),
    (SENSED, '"0.5 s"', '"0.5 s"\n[drive.control]\nintegral = "1 W/K/s"',
     "an ideal control has no gains", "drive.control.integral"),
    (SENSED, '"0.5 s"', '"0.5 s"\n[drive.control]\nkind = "pi"\nintegral = "1 W/K/s"',
     "needs its proportional gain", "drive.control.proportional"),
    (SENSED, '"0.5 s"', '"0.5 s"\n[drive.control]\ninterval = "0.6 s"',
     "set less than once in a pulse", "drive.control.interval"),
    (SENSED, '"0.5 s"', '"0.5 s"\n[drive.control]\nlength = "2.1 mm"',
     "sensor is longer than the needle", "drive.control.length"),
    (SENSED, '"0.5 mm"', '"0.5 mm"\nthermal = "excluded"',
     "a sensor reads the temperature of the metal", "needle.thermal"),
    (SENSED.replace("72", "36"), '"0.5 s"', '"0.5 s"\n[thermal]\nstart = "37 degC"',
     "not above the temperature at the start", "drive.sensor_temperature"),
    (GEL, '"0.5 s"', '"0.5 s"\n[thermal]\nstart = "34 degC"\nstart_core = "37 degC"',
     "start is the same everywhere", "thermal.start_core"),
    (GEL, '"0.5 s"', '"0.5 s"\n[thermal]\nstart_core = "37 degC"',
     "start_core without start_surface", "thermal.start_core"),
    (GEL, '"0.5 s"', '"0.5 s"\n[thermal]\ntop_transfer = "10 W/m^2/K"',
     "an insulated top exchanges no heat", "thermal.top_transfer"),
    (GEL, '"0.5 s"', '"0.5 s"\n[boiling]\nenabled = false\ndry_limit = 0.1',
     "boiling is left out", "boiling.dry_limit"),
    (GEL, '"0.5 s"', '"0.5 s"\n[damage]\ncell = ["takata", "takata"]',
     "the same kinetic set twice", "damage.cell[2]"),
    (GEL, 'thermal_conductivity = "0.4 W/m/K"\n', "",
     "needs its thermal_conductivity", "layers[1].thermal_conductivity"),
    (GEL, "water_fraction = 0.0\n", "", "whether the layer boils", "layers[1].water_fraction"),
    (GEL, "water_fraction = 0.0", "water_fraction = 0.8",
     "needs the density of the layer", "layers[1].density"),
    (TISSUE, '"dermis"', '"dermis"\nconductivity_reference = "20 degC"', "hold at 37 degC",
     "layers[1].conductivity_reference"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "words", "key"), MISFITS, ids=[case[3][:40] for case in MISFITS])
def test_what_does_not_fit_together_is_one_message(text: str, old: str, new: str, words: str, key: str) -> None:
    fault = failing(changed(text, (old, new)))
    assert isinstance(fault, PlanError)
    assert words in fault.what
    assert fault.where is not None
    assert fault.where.key == key
    assert fault.where.line is not None
    assert fault.allowed or fault.do or "needs" in fault.what or "return path" in fault.what


def test_two_layers_of_one_name() -> None:
    layer = GEL[GEL.index("[[layers]]") : GEL.index("[drive]")]
    text = GEL.replace("[drive]", f"{layer}[drive]")
    fault = failing(text)
    assert fault.what == "two layers have the same name"
    assert fault.where is not None
    assert fault.where.key == "layers[2].name"
    assert fault.where.line == line_with(GEL, "[drive]") + 1


@pytest.mark.parametrize(
    ("old", "new", "key", "nearest"),
    [
        ('voltage = "28 V"', 'voltge = "28 V"', "drive.voltge", "voltage"),
        ("[drive]", "[drives]", "drives", "drive"),
        ("water_fraction", "water_fracton", "layers[1].water_fracton", "water_fraction"),
        ('name = "gel"', 'name = "gel"\ntissue = "dermiss"', "layers[1].tissue", "dermis"),
        ('"0.5 s"', '"0.5 s"\n[damage]\ncell = ["liver", "takatta"]', "damage.cell[2]", "takata"),
        ('"0.5 s"', '"0.5 s"\n[damage]\ncollagen = ["peerce"]', "damage.collagen[1]", "pearce"),
    ],
)
def test_an_unknown_word_is_named_with_the_nearest(old: str, new: str, key: str, nearest: str) -> None:
    fault = failing(changed(GEL, (old, new)))
    assert fault.where is not None
    assert fault.where.key == key
    assert f"did you mean {nearest}?" in str(fault.do)


def test_a_cell_set_is_no_collagen_set() -> None:
    assert set(kinetic_sets("cell", _library())).isdisjoint(kinetic_sets("collagen", _library()))
    fault = failing(GEL + '[damage]\ncollagen = ["takata"]\n')
    assert "no collagen kinetic set of this name" in fault.what


def _library() -> Any:
    from percuta.library.registry import library

    return library()


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there is no such file") as caught:
        load_pulse(tmp_path / "nothing.toml")
    assert "pulse_bipolar.toml" in str(caught.value.do)


def test_a_plan_is_no_pulse_file(minimal_plan: str) -> None:
    assert failing(minimal_plan).what == "unknown key"


# --- values in place of those of the file ---


def test_values_are_put_in_by_their_key() -> None:
    swept = read_pulse(
        GEL,
        changes={
            "drive.voltage": "30 V",
            "layers[1].thickness": "5 mm",
            "thermal.start": "20 degC",
            "needle.taper": "0.1 mm",
        },
    )
    by_hand = changed(GEL, ("28 V", "30 V"), ("4.0 mm", "5 mm"), ('"0.5 mm"', '"0.5 mm"\ntaper = "0.1 mm"'))
    assert swept == read_pulse(by_hand + '[thermal]\nstart = "20 degC"\n')
    assert swept != read_pulse(GEL)


@pytest.mark.parametrize("key", ["layers[2].thickness", "layers.gel.thickness", "title.x", "", "layers[1]x.y[3]"])
def test_a_place_that_the_file_has_not(key: str) -> None:
    with pytest.raises(PlanError, match=r"the file has no such place|unknown key"):
        read_pulse(GEL, changes={key: "5 mm"})


def test_a_holder_cools_needles_that_conduct() -> None:
    held = GEL + '[thermal]\nholder_temperature = "25 degC"\n'
    given = read_pulse(held).thermal.holder_temperature
    assert given is not None
    assert given.si == pytest.approx(298.15)
    fault = failing(held.replace('exposed_length = "0.5 mm"', 'exposed_length = "0.5 mm"\nthermal = "excluded"'))
    assert fault.what == "the holder cools the needle, which is left out of the heat problem"
    assert "thermal.holder_temperature" in str(fault)


# --- whatever fits is taken, whatever does not is refused ---

LENGTHS = st.floats(0.02, 3.0).map(lambda number: float(f"{number:.4g}"))


@given(pitch=LENGTHS, diameter=LENGTHS, depth=LENGTHS, thickness=LENGTHS, exposed=LENGTHS)
def test_needles_lie_beside_each_other_and_end_in_the_stack(
    pitch: float, diameter: float, depth: float, thickness: float, exposed: float
) -> None:
    drawn = {"pitch": pitch, "diameter": diameter, "depth": depth, "exposed_length": exposed, "thickness": thickness}
    text = re.sub(r'(\w+) = "[\d.]+ mm"', lambda found: f'{found[1]} = "{drawn[found[1]]} mm"', GEL)
    if diameter < pitch and depth < thickness:
        read_pulse(text)
    else:
        assert failing(text).what in ("the needles overlap", "the tip leaves the stack of layers")


@st.composite
def pulses(draw: st.DrawFn) -> Data:
    """A whole pulse file that is valid."""

    def quantity(low: float, high: float, unit: str) -> str:
        return f"{draw(st.floats(low, high)):.5g} {unit}"

    def some(**fields: Any) -> Data:
        return {name: value for name, value in fields.items() if draw(st.booleans())}

    pattern = draw(st.sampled_from(["checkerboard", "alternating_rows", "pair", "monopolar"]))
    array: Data = {"pattern": pattern, "pitch": quantity(0.6, 3, "mm")}
    if pattern == "monopolar" or (pattern != "pair" and draw(st.booleans())):
        array |= {"rows": draw(st.integers(2, 9)), "columns": draw(st.integers(1, 9))}
    if pattern == "pair" or "rows" in array:
        array |= some(margin=quantity(2, 6, "mm"))
    if pattern == "monopolar":
        array |= some(body_resistance=quantity(0, 300, "ohm"))
    needle: Data = {"diameter": quantity(0.1, 0.5, "mm"), "depth": quantity(1.0, 3.0, "mm")}
    needle |= {"exposed_length": quantity(0.3, 4.0, "mm")} | some(taper=quantity(0, 0.3, "mm"))
    needle |= {"angle": quantity(20, 90, "deg")} if pattern == "pair" else some(angle="90 deg")
    dose = draw(st.sampled_from(["voltage", "power", "energy_per_needle", "sensor_temperature"]))
    units = {"voltage": "V", "power": "W", "energy_per_needle": "mJ", "sensor_temperature": "degC"}
    drive: Data = {dose: quantity(40, 80, units[dose]), "pulse_width": quantity(10, 900, "ms")}
    drive |= some(frequency=quantity(0.011, 9.9, "MHz"), sub_pulses=draw(st.integers(2, 10)), pulses=3)
    drive |= {"gap": quantity(0, 100, "ms")} if "sub_pulses" in drive else {}
    if dose == "sensor_temperature":
        drive |= {"power_limit": quantity(1, 50, "W")}
        drive |= some(control={"kind": "pi", "proportional": "0.1 W/K", "integral": "0.2 W/K/s", "offset": "-1 K"})
    hand: Data = {
        "electrical_conductivity": quantity(0.01, 2, "S/m"),
        "thermal_conductivity": quantity(0.1, 1, "W/m/K"),
        "heat_capacity": quantity(1, 5, "MJ/m^3/K"),
        "water_fraction": draw(st.floats(0, 1)),
        "density": quantity(900, 1200, "kg/m^3"),
    }
    layers = [{"name": "top", "thickness": "2 mm", "tissue": "dermis"}, {"name": "gel", "thickness": "2 mm", **hand}]
    top = draw(st.sampled_from(["insulated", "air", "contact"]))
    thermal = {"top": top, **some(bottom="held", start="34 degC", blood_temperature="36 degC")}
    return {
        "schema": 1,
        "title": "drawn",
        "array": array,
        "needle": needle,
        "layers": layers,
        "drive": drive,
        **some(thermal=thermal, boiling={"dry_limit": 0.2}, damage={"cell": ["liver"], "collagen": ["agah"]}),
    }


@given(pulses())
def test_every_pulse_that_fits_is_read_and_meets_the_schema(as_toml: Callable[[Data], str], data: Data) -> None:
    pulse = read_pulse(as_toml(data))
    Draft202012Validator(pulse_schema()).validate(data)
    again = PulseFile.model_validate(pulse.model_dump(mode="json", exclude_none=True))
    assert again == pulse


def test_the_schema_is_valid_and_takes_no_unknown_keys() -> None:
    schema = pulse_schema()
    Draft202012Validator.check_schema(schema)
    for table in (schema, *schema["$defs"].values()):
        assert table["additionalProperties"] is False
    assert not Draft202012Validator(schema).is_valid(tomllib.loads(GEL.replace('"28 V"', "28")))


# --- a measured outline ---


def test_an_outline_is_read_in_metres(tmp_path: Path) -> None:
    file = tmp_path / "lesion.csv"
    file.write_text("\ufeffdepth_mm, x_mm ,n\n1.0,0,1\n1.5,0.25,2\n\n2.0,-0.25,3\n", "utf-8")
    x, depth = zip(*read_outline(file), strict=True)
    assert x == pytest.approx((0, 0.25e-3, -0.25e-3))
    assert depth == pytest.approx((1e-3, 1.5e-3, 2e-3))


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("", "one column x_mm", 1),
        ("x_mm;depth_mm\n1;2\n", "one column x_mm", 1),
        ("x_mm,depth\n1,2\n", "one column depth_mm", 1),
        ("x_mm,depth_mm\n0,1\n1\n1,1\n", "not a place on the outline", 3),
        ("x_mm,depth_mm\n0,1\nnan,1\n1,1\n", "not a place on the outline", 3),
        ("x_mm,depth_mm\n0,1\n1e9,1\n1,1\n", "not a place on the outline", 3),
        ("x_mm,depth_mm\n0,1\n1,1\n", "too few points", None),
        ('x_mm,depth_mm\n0,"1\n', "not a CSV file", None),
    ],
)
def test_an_outline_that_cannot_be_used(tmp_path: Path, text: str, words: str, line: int | None) -> None:
    file = tmp_path / "lesion.csv"
    file.write_text(text)
    with pytest.raises(PlanError, match=words) as caught:
        read_outline(file)
    assert caught.value.where is not None
    assert (caught.value.where.file, caught.value.where.line) == (file, line)
