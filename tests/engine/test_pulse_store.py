"""The store of computed pulses: exact, atomic, bounded, and never in the way."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from percuta.engine.pulse_store import PulseStore, PulseTask, pulse_folder
from percuta.engine.pulse_summary import PulseSummary
from percuta.physics.pulse_setup import Drive, Needle, NeedleArray, PulseSetup, TissueLayer

from .pulsed import summary

SETUP = PulseSetup(
    (TissueLayer("gel", 4e-3, 0.3, 0.3, 0.015, 0.4, 3.7e6),),
    Needle(0.25e-3, 2e-3, 0.5e-3),
    NeedleArray("checkerboard", 1.5e-3),
    Drive(0.1, voltage=28.0),
)
TASK = PulseTask(SETUP, 318.15, "session.steps[1]")
PULSE = replace(summary(SETUP), top=float("nan"), volume=1.0 / 3.0)


def same(one: PulseSummary | None, other: PulseSummary | None) -> bool:
    return one is not None and other is not None and one.as_bytes() == other.as_bytes()


def test_a_pulse_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    PulseStore(tmp_path).write("ab12", PULSE)
    found = PulseStore(tmp_path).get("ab12")
    assert same(found, PULSE)
    assert found is not None
    assert np.array_equal(found.edges, PULSE.edges)
    assert found.volume == 1.0 / 3.0
    assert PulseStore(tmp_path).get("ab13") is None


def test_everything_that_decides_a_pulse_is_in_its_key() -> None:
    key = TASK.key("draft")
    assert key == PulseTask(SETUP, 318.15, "elsewhere").key("draft")
    others = [
        TASK.key("standard"),
        replace(TASK, heat_shock_peak=318.16).key("draft"),
        replace(TASK, setup=replace(SETUP, start_core=np.nextafter(SETUP.start_core, 400.0).item())).key("draft"),
        replace(TASK, setup=replace(SETUP, needle=replace(SETUP.needle, taper=1e-12))).key("draft"),
    ]
    assert len({key, *others}) == 5


def test_another_version_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    key = TASK.key("draft")
    monkeypatch.setattr("percuta.engine.pulse_store._origin", lambda: "another version")
    assert TASK.key("draft") != key


@pytest.mark.parametrize("broken", [b"", b"short", b"\x00" * 400])
def test_a_file_that_is_not_whole_counts_as_none(tmp_path: Path, broken: bytes) -> None:
    store = PulseStore(tmp_path)
    store.write("ab12", PULSE)
    [file] = tmp_path.glob("*/*")
    whole = file.read_bytes()
    for raw in (broken, whole[:-1], whole[:40] + b"x" + whole[41:]):
        file.write_bytes(raw)
        assert PulseStore(tmp_path).get("ab12") is None
    store.write("ab12", PULSE)
    assert same(PulseStore(tmp_path).get("ab12"), PULSE)


def test_nothing_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("percuta.engine.store.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        PulseStore(tmp_path).write("ab12", PULSE)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_folder_that_cannot_be_written_keeps_in_memory_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file" / "pulses", None):
        store = PulseStore(folder)
        store.write("ab12", PULSE)
        assert store.get("ab12") is None
        store.remember("ab12", PULSE)
        assert same(store.get("ab12"), PULSE)


def test_the_folder_is_bounded_and_what_was_used_last_stays(tmp_path: Path) -> None:
    size = len(PULSE.as_bytes()) + 32
    store = PulseStore(tmp_path, most_bytes=10 * size)
    for number in range(10):
        store.write(f"{number:04d}", PULSE)
    for number, file in enumerate(sorted(tmp_path.glob("*/*"))):
        os.utime(file, (number, number))
    assert PulseStore(tmp_path).get("0000") is not None  # read now, so used last
    for number in range(10, 14):
        store.write(f"{number:04d}", PULSE)
    kept = {file.parent.name + file.name for file in tmp_path.glob("*/*")}
    assert 8 <= len(kept) <= 10
    assert {"0000", "0013"} <= kept
    assert "0001" not in kept


def test_where_the_folder_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PERCUTA_CACHE", "off")
    assert pulse_folder() is None
    monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path))
    assert pulse_folder() == tmp_path / "pulses"
    monkeypatch.delenv("PERCUTA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert pulse_folder() == tmp_path / "percuta" / "pulses"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert pulse_folder() == tmp_path / "me" / ".cache" / "percuta" / "pulses"
