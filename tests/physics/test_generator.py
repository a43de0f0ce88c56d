"""The generator: packs of pulses, limits that always hold, control that neither winds up nor cheats."""

from __future__ import annotations

from dataclasses import replace
from math import exp, inf, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.physics.generator import WITHIN, Controller, highest_voltage, segments, voltage
from percuta.physics.pulse_setup import Drive, SensorControl

PI = SensorControl(target=345.15, length=3e-3, ideal=False, proportional=0.1, integral=0.5, interval=0.02)


def test_one_pulse_is_one_segment() -> None:
    assert [(one.length, one.on) for one in segments(Drive(0.5, voltage=28.0))] == [(0.5, True)]


def test_packs_and_stacks_in_order() -> None:
    drive = Drive(1.2, voltage=28.0, sub_pulses=3, gap=0.1, pulses=2, pause=1.0)
    found = segments(drive)
    assert [one.length for one in found] == pytest.approx([*(pack := [0.4, 0.1, 0.4, 0.1, 0.4]), 1.0, *pack])
    assert [one.on for one in found] == [*(on := [True, False, True, False, True]), False, *on]


@given(st.integers(1, 10), st.integers(1, 5), st.floats(0.0, 0.5), st.floats(0.0, 3.0))
def test_the_current_is_on_for_the_width_of_each_pulse(parts: int, pulses: int, gap: float, pause: float) -> None:
    found = segments(Drive(0.5, voltage=28.0, sub_pulses=parts, gap=gap, pulses=pulses, pause=pause))
    assert sum(one.length for one in found if one.on) == pytest.approx(0.5 * pulses)
    off = gap * (parts - 1) * pulses + pause * (pulses - 1)
    assert sum(one.length for one in found if not one.on) == pytest.approx(off, abs=1e-12)
    assert all(one.length > 0.0 for one in found)


POSITIVE = st.floats(1e-3, 1e3)


@given(POSITIVE, st.floats(1e-6, 1.0), st.floats(0.0, 500.0), POSITIVE, POSITIVE, POSITIVE, st.booleans())
def test_no_limit_is_ever_passed(
    asked: float, conductance: float, body: float, volts: float, amperes: float, watts: float, by_voltage: bool
) -> None:
    limited = Drive(1.0, voltage_limit=volts, current_limit=amperes, power_limit=watts)
    drive = replace(limited, voltage=asked) if by_voltage else replace(limited, power=asked)
    at_skin = voltage(drive, conductance, body, None)
    current = at_skin * conductance
    at_generator = at_skin + current * body
    room = 1.0 + 1e-9
    assert at_generator <= volts * room
    assert current <= amperes * room
    assert at_generator * current <= watts * room
    # and no more is held back than has to be
    wanted = asked if by_voltage else sqrt(asked / conductance) * (1.0 + body * conductance)
    slack = max(at_generator / volts, current / amperes, at_generator * current / watts, at_generator / wanted)
    assert slack == pytest.approx(1.0)


def test_voltage_is_divided_between_body_and_array() -> None:
    # 150 Ohm of body before 300 Ohm of array: two thirds of the voltage reach the skin
    assert voltage(Drive(1.0, voltage=30.0), 1.0 / 300.0, 150.0, None) == pytest.approx(20.0)
    assert highest_voltage(Drive(1.0, voltage=30.0), 1.0 / 300.0, 150.0) == inf


def test_power_is_that_of_the_array() -> None:
    assert voltage(Drive(1.0, power=2.0), 0.02, 0.0, None) == pytest.approx(10.0)
    assert voltage(Drive(1.0, control=PI), 0.02, 0.0, 0.5) == pytest.approx(5.0)
    assert voltage(Drive(1.0, control=PI), 0.02, 0.0, -0.5) == 0.0


def test_a_reading_follows_with_its_lag() -> None:
    # behind a ramp of 50 K/s it stays by 50 K/s times the lag in the end, whatever the steps
    for steps in (1, 4, 50):
        slow = Controller(replace(PI, lag=0.1, offset=2.0), inf, 307.15)
        assert slow.reading == pytest.approx(309.15)
        for step in range(steps):
            slow.read(307.15 + 50.0 * 0.2 * (step + 1) / steps, 0.2 / steps, 0.2 * (step + 1) / steps)
        assert slow.reading == pytest.approx(309.15 + 50.0 * (0.2 - 0.1 * (1.0 - exp(-2.0))))
    for step in range(3):  # and it comes after once the ramp has ended
        slow.read(317.15, 0.1, 0.3 + 0.1 * step)
    assert slow.reading == pytest.approx(319.15 - 50.0 * 0.1 * (1.0 - exp(-2.0)) * exp(-3.0))
    quick = Controller(PI, inf, 307.15)
    quick.read(317.15, 0.02, 0.02)
    assert quick.reading == 317.15


def test_the_target_is_reached_within_a_kelvin_and_may_be_lost_again() -> None:
    control = Controller(PI, inf, 307.15)
    for time, mean in ((0.1, 344.0), (0.2, 344.2), (0.3, 350.0), (0.4, 330.0)):
        control.read(mean, 0.1, time)
    assert control.reached == 0.2  # the first time
    assert not control.within
    assert WITHIN == 1.0


def test_proportional_and_integral_parts() -> None:
    control = Controller(PI, inf, 335.15)  # 10 K too cold
    control.set(0.02)
    assert control.power == pytest.approx(0.1 * 10.0 + 0.5 * 10.0 * 0.02)
    control.set(0.02)
    assert control.power == pytest.approx(0.1 * 10.0 + 2 * 0.5 * 10.0 * 0.02)


def overshoot(limit: float, integral: float = 0.5) -> float:
    """Largest excess [K] of a body of 0.02 J/K that loses 2 mW/K, heated from 40 K below."""
    control = Controller(replace(PI, integral=integral), limit, 305.15)
    temperature, highest = 305.15, 0.0
    for step in range(3000):
        control.set(0.02)
        loss = 0.002 * (temperature - 305.15)
        temperature += 0.02 * (control.power - loss) / 0.02
        control.read(temperature, 0.02, 0.02 * (step + 1))
        highest = max(highest, temperature - 345.15)
    assert abs(temperature - 345.15) < 0.01
    return highest


def test_a_limit_does_not_wind_up_the_integral() -> None:
    # at a tenth of a watt the rise takes half a minute; the integral must not grow all that time
    assert overshoot(0.1) < 1.0
    assert overshoot(0.1) < overshoot(inf) + 0.5


def test_the_integral_recovers_from_a_limit_it_pushes_away_from() -> None:
    control = Controller(replace(PI, proportional=0.0), 1.0, 335.15)
    for _ in range(100):
        control.set(0.02)
    assert control.power == 1.0
    control.reading = 355.15  # too hot now: the sum comes down from the limit, not from far above it
    for _ in range(6):
        control.set(0.02)
    assert control.power < 0.5


@given(st.floats(0.01, 10.0), st.floats(300.0, 340.0), st.floats(0.5, 200.0), st.floats(0.05, 1e3))
def test_an_ideal_control_hits_a_linear_body(tried: float, without: float, gain: float, limit: float) -> None:
    control = Controller(replace(PI, ideal=True, offset=1.5), limit, 307.15)
    power = control.corrected(tried, without + gain * tried, without)
    wanted = PI.target - 1.5
    assert 0.0 <= power <= limit
    if 0.0 < power < limit:
        assert without + gain * power == pytest.approx(wanted)
    # a body that is too hot gets nothing
    assert control.corrected(tried, 400.0 + gain * tried, 400.0) == 0.0


def test_without_heat_tried_the_last_gain_is_used() -> None:
    control = Controller(replace(PI, ideal=True), 100.0, 307.15)
    assert control.corrected(0.0, 307.15, 307.15) == 100.0  # nothing known: all there is
    control.corrected(1.0, 317.15, 307.15)
    assert control.corrected(0.0, 335.15, 335.15) == pytest.approx(1.0)
