"""A pulse followed for pictures agrees with the pulse that results rest on, and its times are in order."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.engine.pulse_frames import PulseFrames, _Album, pulse_frames
from percuta.engine.pulse_setups import setups_of
from percuta.physics.pulse import compute_pulse
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup

from .pulsed import bench_of, skin_of


@pytest.fixture(scope="module")
def setup() -> PulseSetup:
    bench = bench_of()
    return setups_of(bench, bench.plan.rf_pulses[0], 1.5e-3, "cheeks", skin_of(bench)["cheeks"])[0]


@pytest.fixture(scope="module")
def frames(setup: PulseSetup) -> PulseFrames:
    return pulse_frames(setup, frames=10)


@pytest.fixture(scope="module")
def record(setup: PulseSetup) -> PulseRecord:
    return compute_pulse(setup, "draft")


def test_times_rise_from_the_start_through_the_end_of_the_pulse_into_the_cooling(frames: PulseFrames) -> None:
    times = [one.time for one in frames.frames]
    assert times == sorted(set(times))
    assert times[0] == 0.0
    assert times[frames.pulse_end] == pytest.approx(0.1)  # 100 ms
    assert 0 < frames.pulse_end < len(times) - 1
    assert 8 <= len(times) <= 10


def test_frames_agree_with_the_pulse_of_the_results(frames: PulseFrames, record: PulseRecord) -> None:
    end = frames.frames[frames.pulse_end]
    assert end.temperature.shape == record.temperature.shape
    assert np.abs(end.temperature - record.temperature).max() < 2.0  # K; the steps in time differ
    assert end.tissue_peak == pytest.approx(record.traces.tissue_peak[record.pulse_end], abs=2.0)
    last = frames.frames[-1].damage
    for place, one in enumerate(record.damage):
        damaged = one.log_integral > 0.0
        assert np.mean((last[place] > 0.0) == damaged) > 0.99


def test_damage_never_heals(frames: PulseFrames) -> None:
    for before, after in zip(frames.frames, frames.frames[1:], strict=False):
        assert np.all(after.damage >= before.damage - 1e-5)


def test_the_same_setup_gives_the_same_frames(setup: PulseSetup, frames: PulseFrames) -> None:
    again = pulse_frames(setup, frames=10)
    assert all(np.array_equal(a.temperature, b.temperature) for a, b in zip(again.frames, frames.frames, strict=True))


def test_an_album_that_grows_too_full_keeps_the_ends_and_what_is_marked(frames: PulseFrames) -> None:
    first = frames.frames[0]
    album = _Album(8)
    for number in range(100):
        album.add(type(first)(float(number), first.temperature, first.damage, 0.0, 0.0))
        if number == 37:
            album.close()
    times = [one.time for one in album.frames]
    assert len(times) <= 9
    assert {0.0, 37.0, 99.0} <= set(times)
    assert times == sorted(times)
