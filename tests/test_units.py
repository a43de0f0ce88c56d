"""Units at the border: what is taken, what it becomes in SI, and what is refused with which words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import UnitError
from percuta.units import Quantity, convert, dimension, has_offset, parse, show, unit_of

if TYPE_CHECKING:
    from tests.conftest import TimeLimit


@pytest.mark.parametrize(
    ("text", "unit", "si"),
    [
        ("1.0 mm", "mm", 1e-3),
        ("1.0mm", "mm", 1e-3),
        ("  +.5  mm ", "mm", 5e-4),
        ("5. mm", "mm", 5e-3),
        ("1e-1 cm", "mm", 1e-3),
        ("40 thou", "mm", 40 * 25.4e-6),
        ("76 cm^2", "cm^2", 76e-4),
        ("76 cm**2", "cm^2", 76e-4),
        ("10 cm * cm", "cm^2", 1e-3),
        ("52 years", "years", 52 * 365.25 * 86400),
        ("4 weeks", "days", 28 * 86400),
        ("1 h", "min", 3600),
        ("0.049 / day", "1/day", 0.049 / 86400),
        ("0.049/day", "1/day", 0.049 / 86400),
        ("0.049 1/day", "1/day", 0.049 / 86400),
        ("0.2 W/(m K)", "W/m/K", 0.2),
        ("3.5 kJ/(kg K)", "J/kg/K", 3500),
        ("25 mg/g", "mg/g", 0.025),
        ("2 1/(cm^2 s)", "1/m^2/s", 2e4),
        ("5 %", "1", 0.05),
        ("5 %/day", "1/day", 0.05 / 86400),
        ("0.5", "1", 0.5),
        ("5 um", "mm", 5e-6),
        ("5 µm", "mm", 5e-6),
        ("5 μm", "mm", 5e-6),
    ],
)
def test_quantity_is_read_into_si(text: str, unit: str, si: float) -> None:
    quantity = parse(text, unit)
    assert quantity.si == pytest.approx(si, rel=1e-14)
    assert quantity.text == text
    assert str(quantity) == text


@pytest.mark.parametrize("text", ["37 degC", "37 °C", "37 celsius", "310.15 K", "98.6 degF"])
def test_a_temperature_keeps_its_zero_in_every_scale(text: str) -> None:
    quantity = parse(text, "degC")
    assert quantity.si == pytest.approx(310.15, rel=1e-14)
    assert quantity.to("degC") == pytest.approx(37.0, abs=1e-11)


def test_zero_celsius_is_exact() -> None:
    assert parse("0 degC", "K").si == 273.15
    assert convert(273.15, "degC") == 0.0


@pytest.mark.parametrize(
    "text", ["7000 rpm", "7000 turns/min", "7000 revolutions / min", "7000 /min", "7 krpm", "7000 cycles/min"]
)
def test_one_turn_of_a_motor_is_one_puncture_and_not_two_pi(text: str) -> None:
    assert parse(text, "Hz").si == pytest.approx(7000 / 60, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (52, "must be text with its unit"),
        (0.5, "must be text with its unit"),
        (True, "must be text with its unit"),
        (None, "must be text with its unit"),
        (["1 mm"], "must be text with its unit"),
        ({"value": "1 mm"}, "must be text with its unit"),
        ("", "not a number with a unit"),
        ("mm", "not a number with a unit"),
        ("one mm", "not a number with a unit"),
        ("nan mm", "not a number with a unit"),
        ("inf mm", "not a number with a unit"),
        ("-inf mm", "not a number with a unit"),
        ("Infinity mm", "not a number with a unit"),
        ("١ mm", "not a number with a unit"),
        ("１ mm", "not a number with a unit"),
        ("1\N{NO-BREAK SPACE}mm", "not a unit"),
        ("1 mm" + " " * 100, "not a number with a unit"),
        ("9" * 100 + " mm", "not a number with a unit"),
        ("1.0", "the unit is missing"),
        ("1e3", "the unit is missing"),
        ("1,5 mm", "not a unit"),
        ("1 000 mm", "not a unit"),
        ("1_000 mm", "not a unit"),
        ("0x10 mm", "not a unit"),
        ("1.0-1.5 mm", "not a unit"),
        ("1 to 2 mm", "not a unit"),
        ("1 mm - 0.5 mm", "not a unit"),
        ("1 mm + 1 mm", "not a unit"),
        ("1 2 mm", "not a unit"),
        ("1 mm/2", "not a unit"),
        ("1 mm*0", "not a unit"),
        ("1 (mm", "not a unit"),
        ("1 mm)", "not a unit"),
        ("1 -mm", "not a unit"),
        ("1 mm; import os", "not a unit"),
        ("1 mm\x00", "not a unit"),
        ("1 mm\nmm", "not a number with a unit"),
        ("1 lambda: 0", "not a unit"),
        ("1 furlongues", "not a known unit"),
        ("1 if", "not a known unit"),
        ("1 degC mm", "wrong kind of unit"),
        ("1 kg", "wrong kind of unit"),
        ("1 cm^2", "wrong kind of unit"),
        ("1 %", "wrong kind of unit"),
        ("1 Hz", "wrong kind of unit"),
        ("1e400 mm", "not finite"),
        ("1e308 km", "not finite"),
    ],
)
def test_what_is_no_length_is_refused_with_a_reason(text: object, what: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse(text, "mm")
    assert what in caught.value.what
    assert caught.value.value == text
    assert caught.value.allowed is not None
    assert '"mm"' in caught.value.allowed
    assert '"1.0 mm"' in caught.value.allowed
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("text", "unit"), [("3 dB", "1"), ("3 dBm", "W"), ("7 pH", "mol/l"), ("3 Np", "1")])
def test_a_logarithmic_scale_is_no_unit(text: str, unit: str) -> None:
    with pytest.raises(UnitError):
        parse(text, unit)


@pytest.mark.parametrize(
    "text",
    [
        "1 mm**9**9**9",
        "1 9**9**9 mm",
        "1 (9**9)**9**9 mm",
        "1 mm^99999999999",
        "1 " + "m " * 30,
        "1 " + "(" * 38,
        "1 " + "m^9" * 13,
        "1 m/(" + "m " * 17,
        "1e99999999999999999999 mm",
        " " * 70 + "x",
    ],
)
def test_no_text_takes_long(text: str, time_limit: TimeLimit) -> None:
    with time_limit(5), pytest.raises(UnitError):
        parse(text, "mm")


def test_dimensionless_takes_a_bare_number_as_text_only() -> None:
    assert parse("3", "1").si == 3.0
    with pytest.raises(UnitError):
        parse(3, "1")


def test_a_quantity_is_read_again_from_its_text() -> None:
    quantity = parse("1.0 mm", "mm")
    assert parse(quantity, "cm") == quantity
    with pytest.raises(UnitError):
        parse(quantity, "kg")


@pytest.mark.parametrize("unit", ["not_a_unit", "9", "1 mm", "/", "()", "m^", "m^^2", "m**", "*m", "m" * 50])
def test_what_is_no_unit_has_no_dimension(unit: str) -> None:
    with pytest.raises(UnitError):
        dimension(unit)


def test_dimension_does_not_depend_on_the_way_of_writing() -> None:
    assert dimension("W/(m K)") == dimension("W/m/K") == dimension("W m^-1 K^-1") == dimension("kg m/s^3/K")
    assert dimension("") == dimension("1") == dimension("%") == dimension("mg/g") == "dimensionless"


def test_only_temperature_scales_have_an_offset() -> None:
    assert has_offset("degC")
    assert has_offset("degF")
    assert not has_offset("K")
    assert not has_offset("mm")


@pytest.mark.parametrize(
    ("text", "unit"), [("1.0 mm", "mm"), ("1.0mm", "mm"), ("3", "1"), ("3 %", "%"), ("3 / day", "/ day")]
)
def test_unit_of_a_text(text: str, unit: str) -> None:
    assert unit_of(text) == unit


@pytest.mark.parametrize("text", ["cream", "nan mm", "", "1 000 mm", "2.5 %/2.5 %", "1" * 90])
def test_unit_of_what_is_no_quantity(text: str) -> None:
    with pytest.raises(UnitError):
        unit_of(text)


def test_arrays_are_converted_elementwise() -> None:
    temperatures = np.array([273.15, 310.15])
    assert np.allclose(convert(temperatures, "degC"), [0.0, 37.0], atol=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("si", "unit", "digits", "text"),
    [
        (1e-3, "mm", 3, "1 mm"),
        (0.00123456, "mm", 3, "1.23 mm"),
        (0.00123456, "mm", 5, "1.2346 mm"),
        (12345.678, "m", 3, "12,300 m"),
        (-12345.678, "m", 3, "-12,300 m"),
        (1e-12, "m", 3, "1e-12 m"),
        (0.0, "mm", 3, "0 mm"),
        (0.5, "1", 3, "0.5"),
        (0.5, "%", 3, "50 %"),
        (310.15, "degC", 3, "37 degC"),
        (math.inf, "Hz", 3, "inf Hz"),
    ],
)
def test_show(si: float, unit: str, digits: int, text: str) -> None:
    assert show(si, unit, digits) == text


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
UNITS = st.sampled_from(
    ["mm", "um", "cm", "m", "inch", "cm^2", "kg", "g", "degC", "degF", "Hz", "rpm", "min", "W/(m K)", "%"]
)


@given(NUMBERS, UNITS)
def test_convert_undoes_parse(number: float, unit: str) -> None:
    si = parse(f"{number!r} {unit}", unit).si
    assert convert(si, unit) == pytest.approx(number, rel=1e-12, abs=1e-9)


@given(NUMBERS, UNITS)
def test_reading_what_was_shown_gives_the_value_to_its_digits(number: float, unit: str) -> None:
    text = show(parse(f"{number!r} {unit}", unit).si, unit, 6).replace(",", "")
    assert parse(text, unit).to(unit) == pytest.approx(number, rel=1e-5, abs=1e-9)


def quantity_or_fault(text: str, unit: str) -> Quantity | UnitError:
    try:
        return parse(text, unit)
    except UnitError as fault:
        return fault


UNIT_LIKE = st.text("mkgsKW%°µ1290.^*/() -eE", max_size=45)


@given(st.one_of(st.text(), UNIT_LIKE.map(lambda unit: f"1 {unit}"), UNIT_LIKE), UNITS)
def test_any_text_is_a_quantity_or_a_unit_error(text: str, unit: str) -> None:
    quantity = quantity_or_fault(text, unit)
    if isinstance(quantity, Quantity):
        assert math.isfinite(quantity.si)
        assert parse(quantity.text, unit) == quantity
    else:
        assert quantity.allowed


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(), st.lists, max_leaves=5))
def test_no_other_type_is_a_quantity(value: object) -> None:
    with pytest.raises(UnitError):
        parse(value, "mm")
