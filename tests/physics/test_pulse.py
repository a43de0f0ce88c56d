"""Whole pulses: independent finite elements, energy through boiling, drives, control, cooling, repeatability."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from percuta.errors import ConvergenceError
from percuta.physics.pulse import compute_pulse
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import Boiling, Drive, NeedleArray, PulseSetup, SensorControl, Surface

from .gel import CELLS, CELSIUS, COLLAGEN, LIVER, MM, SKIN_WATER, STEEL, finite_elements, gel, layer

Floats = NDArray[np.float64]

SHORT = Drive(0.1, voltage=50.0)
SETS = {"cell_kinetics": (CELLS, LIVER), "collagen_kinetics": (COLLAGEN,)}
BOILING = gel(
    needle=STEEL,
    layers=(layer(latent_heat=SKIN_WATER),),
    boiling=Boiling(recovered=0.5),
    drive=Drive(0.08, voltage=65.0, pulses=2, pause=0.2),
    top=Surface(1000.0, 278.15),
    **SETS,
)


@cache
def boiled(recovered: float = 0.5) -> PulseRecord:
    return compute_pulse(replace(BOILING, boiling=Boiling(recovered=recovered)), "draft")


@cache
def heated(**changes: Any) -> PulseRecord:
    """A short pulse without boiling, in draft accuracy."""
    return compute_pulse(gel(**({"needle": STEEL, "drive": SHORT} | SETS | changes)), "draft")


def at_end(record: PulseRecord) -> dict[str, float]:
    traces, end = record.traces, record.pulse_end
    return {
        "power_start": float(traces.power[0]),
        "power_end": float(traces.power[end]),
        "energy": record.energy,
        "mean_rise": float(traces.mean_rise[end]),
        "stored": float(traces.stored[end]),
        "volume_above_60": record.volume_above_60 * 1e9,
    }


# --- against finite elements ----------------------------------------------------------------------------------------


def test_the_example_is_within_one_per_cent() -> None:
    answer = finite_elements()["pulse"]["gel_no_time_steps"]
    for name, found in at_end(compute_pulse(gel())).items():
        assert found == pytest.approx(answer[name], rel=0.01), name


COLD = gel(
    needle=STEEL,
    layers=(
        layer(thickness=0.1 * MM, sigma_in_plane=0.1, sigma_in_depth=0.1, conductivity=0.25, heat_capacity=3.6e6),
        layer(thickness=1.65 * MM, sigma_in_plane=0.38, sigma_in_depth=0.27, heat_capacity=3.7e6, perfusion=2e5),
        layer(
            thickness=2.25 * MM,
            sigma_in_plane=0.05,
            sigma_in_depth=0.05,
            conductivity=0.2,
            heat_capacity=2.1e6,
            perfusion=5e4,
        ),
    ),
    top=Surface(2000.0, 278.15),
)


@pytest.mark.parametrize(
    ("name", "setup", "volume"),
    [
        ("gel", gel(), 0.01),
        ("gel_conducting_needle", gel(needle=STEEL), 0.02),
        ("layers_blood_and_cooling", COLD, 0.04),
    ],
)
def test_fifty_implicit_steps_are_those_of_finite_elements(name: str, setup: PulseSetup, volume: float) -> None:
    answer = finite_elements()["pulse"][name]
    record = compute_pulse(setup, steps=50)
    assert record.steps == 50
    for quantity, found in at_end(record).items():
        bound = volume if quantity == "volume_above_60" else 0.008
        assert found == pytest.approx(answer[quantity], rel=bound), quantity
    if "needle_mean_rise" in answer:
        assert record.traces.sensor[-1] - 307.15 == pytest.approx(answer["needle_mean_rise"], rel=0.01)


# --- energy ---------------------------------------------------------------------------------------------------------


def test_energy_balances_through_boiling_and_cooling() -> None:
    record = boiled()
    assert record.vaporised.max() > 0.02
    assert record.traces.tissue_peak.max() > CELSIUS + 99.0
    assert record.temperature.max() < record.peak.max()
    assert abs(record.energy_balance_error) < 1e-4
    assert abs(record.joule_error) < 0.01
    traces = record.traces
    # what was delivered is stored or lost at any time, not only at the end
    gaps = np.diff(traces.time)
    delivered = np.concatenate([[0.0], np.cumsum(0.5 * (traces.power[1:] + traces.power[:-1]) * gaps)])
    assert np.abs(traces.stored + traces.lost - delivered).max() < 0.05 * record.energy


def test_vapour_that_leaves_takes_its_heat_with_it() -> None:
    # an insulated gel loses nothing but the latent heat of what escapes
    insulated = replace(BOILING, top=Surface())
    for recovered in (1.0, 0.5, 0.0):
        record = compute_pulse(replace(insulated, boiling=Boiling(recovered=recovered)), "draft")
        assert abs(record.energy_balance_error) < 1e-4
        boiled_once = SKIN_WATER * float(np.sum(record.vaporised * record.tissue_share * volumes(record)))
        lost = record.traces.lost[-1] / record.copies
        # of two pulses a part condenses and boils again, so that more may leave than the highest share
        assert (1.0 - recovered) * boiled_once * 0.99 <= lost <= 2.0 * (1.0 - recovered) * boiled_once
        assert boiled_once > 1e-3 * record.energy / record.copies


def volumes(record: PulseRecord) -> Floats:
    dx, dy, dz = np.diff(record.x), np.diff(record.y), np.diff(record.z)
    return np.asarray(dx[:, None, None] * dy[:, None] * dz)


def test_an_insulated_gel_keeps_all_heat() -> None:
    record = heated()
    assert record.traces.stored[-1] == pytest.approx(record.energy, rel=1e-4)
    assert record.traces.lost[-1] == 0.0


def test_blood_carries_heat_away_until_cells_die() -> None:
    bled = {"layers": (layer(perfusion=2e6),), "blood_temperature": 307.15}
    record = heated(**bled)
    assert abs(record.energy_balance_error) < 1e-4
    assert 0.0 < record.traces.lost[-1] < record.energy
    # kinetics that never kill leave the blood running
    immortal = heated(**bled, cell_kinetics=(replace(CELLS, log_factor=0.0),))
    end = immortal.pulse_end
    assert immortal.traces.lost[end] > record.traces.lost[record.pulse_end]
    assert immortal.traces.tissue_peak[end] < record.traces.tissue_peak[record.pulse_end]


# --- drives ---------------------------------------------------------------------------------------------------------


def test_power_is_held_and_energy_is_power_times_width() -> None:
    record = heated(drive=Drive(0.1, power=0.4))
    on = record.traces.power[: record.pulse_end + 1]
    assert on == pytest.approx(0.4, rel=1e-6)
    assert record.energy == pytest.approx(0.04, rel=1e-6)
    assert record.energy_per_needle == pytest.approx(record.energy)
    assert record.traces.resistance[record.pulse_end] < record.traces.resistance[0]  # it warms


def test_needles_of_a_finite_array_share_its_energy() -> None:
    record = heated(array=NeedleArray("checkerboard", 1.5 * MM, 3, 3, margin=2.0 * MM), drive=Drive(0.05, power=2.0))
    assert record.energy_per_needle == pytest.approx(record.energy / 9.0)
    x, y, energy = record.needle_energy.T
    copies = np.where(x > 0.0, 2.0, 1.0) * np.where(y > 0.0, 2.0, 1.0)
    assert energy @ copies == pytest.approx(record.energy, rel=1e-6)
    assert energy[(x == 0.0) & (y == 0.0)] > energy[(x > 0.0) & (y > 0.0)]


@pytest.mark.parametrize(
    ("drive", "quantity", "value"),
    [
        (replace(SHORT, voltage_limit=30.0), "voltage", 30.0),
        (replace(SHORT, current_limit=6e-3), "current", 6e-3),
        (replace(SHORT, power_limit=0.3), "power", 0.3),
    ],
    ids=["voltage", "current", "power"],
)
def test_limits_hold_throughout(drive: Drive, quantity: str, value: float) -> None:
    record = heated(drive=drive)
    found = getattr(record.traces, quantity)[: record.pulse_end + 1]
    assert found.max() == pytest.approx(value, rel=1e-3)
    assert record.energy < heated().energy


def test_the_body_takes_its_share_of_the_voltage() -> None:
    array = NeedleArray("monopolar", 1.5 * MM, 2, 2, margin=2.0 * MM)
    alone, behind = (heated(array=replace(array, body_resistance=body)) for body in (0.0, 150.0))
    resistance = behind.traces.resistance[0]
    assert behind.traces.voltage[0] == pytest.approx(50.0 * resistance / (resistance + 150.0), rel=1e-6)
    assert behind.energy < alone.energy
    assert behind.peak_voltage < alone.peak_voltage == pytest.approx(50.0 * np.sqrt(2.0))


def test_packs_have_gaps_in_which_the_tissue_cools() -> None:
    whole, pack = (heated(drive=Drive(0.1, voltage=50.0, sub_pulses=parts, gap=0.05)) for parts in (1, 4))
    time, power = pack.traces.time, pack.traces.power
    assert time[pack.pulse_end] == pytest.approx(0.1 + 3 * 0.05)
    off = (power == 0.0) & (time < time[pack.pulse_end])
    assert np.any(off)
    assert pack.peak.max() < whole.peak.max()
    assert pack.energy == pytest.approx(whole.energy, rel=0.1)


def test_stacked_pulses_add_up() -> None:
    stacked = heated(drive=replace(SHORT, pulses=3, pause=1.0))
    assert stacked.traces.time[stacked.pulse_end] == pytest.approx(2.3)
    assert stacked.energy > 2.9 * heated().energy  # warm tissue conducts better
    for more, less in zip(stacked.damage, heated().damage, strict=True):
        assert more.volume >= less.volume


# --- temperature control --------------------------------------------------------------------------------------------

TARGET = CELSIUS + 65.0
IDEAL = SensorControl(TARGET, 0.5 * MM)
PI = replace(IDEAL, ideal=False, proportional=0.02, integral=0.15, interval=0.02)


def controlled(control: SensorControl, width: float = 0.5, **drive: Any) -> PulseRecord:
    return compute_pulse(gel(needle=STEEL, drive=Drive(width, control=control, **drive), **SETS), "draft")


def test_an_ideal_control_holds_the_target_for_the_dwell() -> None:
    record = controlled(IDEAL, power_limit=0.5)
    time, sensor = record.traces.time, record.traces.sensor
    assert 0.05 < record.sensor_reached < 2.0
    assert time[record.pulse_end] == pytest.approx(record.sensor_reached + 0.5, rel=1e-6)
    dwell = (time >= record.sensor_reached) & (np.arange(time.size) <= record.pulse_end)
    assert np.all(np.abs(sensor[dwell] - TARGET) < 1.0 + 1e-6)
    assert sensor[record.pulse_end] == pytest.approx(TARGET, abs=0.1)
    assert record.traces.power.max() <= 0.5 * (1.0 + 1e-6)


def test_every_dwell_begins_at_the_target() -> None:
    # the tissue cools between stacked pulses; the second dwell waits for the sensor like the first
    record = controlled(IDEAL, power_limit=0.5, pulses=2, pause=3.0)
    time, sensor, power = record.traces.time, record.traces.sensor, record.traces.power
    second = np.flatnonzero((time > record.sensor_reached + 0.5 + 3.0) & (power > 0.0))
    assert sensor[second[0] - 1] < TARGET - 2.0
    held = time[second][sensor[second] >= TARGET - 1.0]
    assert held[-1] - held[0] == pytest.approx(0.5, abs=1e-6)


def test_a_sampled_control_settles_without_winding_up() -> None:
    # a voltage limit holds the power back during the rise; the integral must not grow meanwhile
    record = controlled(PI, width=2.0, voltage_limit=30.0)
    sensor = record.traces.sensor[: record.pulse_end + 1]
    assert sensor.max() < TARGET + 2.5
    assert sensor[-1] == pytest.approx(TARGET, abs=0.5)
    assert record.traces.voltage.max() <= 30.0 * (1.0 + 1e-6)


def test_an_offset_shifts_what_is_held() -> None:
    record = controlled(replace(IDEAL, offset=3.0), power_limit=0.5)
    assert record.traces.sensor[record.pulse_end] == pytest.approx(TARGET, abs=0.1)
    cooler = controlled(replace(IDEAL, target=TARGET - 3.0), power_limit=0.5)
    assert record.energy == pytest.approx(cooler.energy, rel=1e-3)


@pytest.mark.parametrize("control", [IDEAL, PI], ids=["ideal", "sampled"])
def test_a_target_that_is_never_reached_is_an_error(control: SensorControl) -> None:
    with pytest.raises(ConvergenceError, match="never comes within 1 K") as fault:
        controlled(control, voltage_limit=5.0, longest_rise=0.5)
    assert fault.value.exit_code == 4
    assert "65.0 degC" in str(fault.value)


# --- damage and cooling ---------------------------------------------------------------------------------------------


def test_damage_has_the_order_of_its_kinetics() -> None:
    record = heated()
    cells, liver, collagen = record.damage
    assert cells.volume > liver.volume > collagen.volume > 0.0
    assert [one.collagen for one in record.damage] == [False, False, True]
    for one in record.damage:
        assert 0.0 <= one.fraction.min() <= one.fraction.max() <= 1.0
        assert 0.0 < one.height < 2.0 * MM
    assert cells.top < 2.0 * MM < cells.top + cells.height  # the tip is the hottest place
    assert record.damage_of("agah") is collagen
    living = record.heat_shocked + record.thermal_reaction
    assert np.all((living >= 0.0) & (living <= 2.0))


def test_damage_goes_on_after_the_pulse_until_it_no_longer_matters() -> None:
    record = heated()
    assert record.traces.time[-1] > 2.0 * record.traces.time[record.pulse_end]
    assert record.traces.power[record.pulse_end + 1 :].max() == 0.0
    cut = compute_pulse(gel(needle=STEEL, drive=SHORT, **SETS), "draft", steps=40)
    assert cut.traces.time[-1] == pytest.approx(0.1)
    assert cut.damage[1].volume < record.damage[1].volume


def test_without_kinetics_there_is_nothing_to_follow() -> None:
    record = compute_pulse(gel(drive=SHORT), "draft")
    assert record.damage == ()
    assert record.traces.time[-1] == pytest.approx(0.1)


def test_more_time_or_more_power_damages_more() -> None:
    volumes_of = [
        [one.volume for one in heated(drive=drive).damage]
        for drive in (Drive(0.1, voltage=40.0), SHORT, Drive(0.2, voltage=50.0))
    ]
    assert volumes_of[0] < volumes_of[1] < volumes_of[2]


def test_a_finer_accuracy_agrees() -> None:
    setup = gel(needle=STEEL, drive=SHORT, **SETS)
    draft, standard, reference = (compute_pulse(setup, one) for one in ("draft", "standard", "reference"))
    for record, energy, zone in ((draft, 0.01, 0.08), (standard, 5e-3, 0.05)):
        assert record.energy == pytest.approx(reference.energy, rel=energy)
        assert record.damage[0].volume == pytest.approx(reference.damage[0].volume, rel=zone)
        assert record.damage[0].width == pytest.approx(reference.damage[0].width, rel=zone)
    assert draft.cells < standard.cells < reference.cells


def test_the_companion_estimates_the_error_of_the_grid() -> None:
    setup = gel(drive=SHORT)
    record, reference = (compute_pulse(setup, one, companion=one == "draft") for one in ("draft", "reference"))
    error = abs(record.energy / reference.energy - 1.0)
    # of the same order of magnitude: no bound
    assert 0.2 * error < record.discretisation_error < 0.02
    assert np.isnan(reference.discretisation_error)


def test_steps_in_time_converge() -> None:
    # implicit Euler at first order, against the controlled steps
    setup = gel(needle=STEEL, drive=SHORT)
    exact = compute_pulse(setup, "draft", steps=1600).energy
    errors = [abs(compute_pulse(setup, "draft", steps=steps).energy / exact - 1.0) for steps in (25, 50, 100)]
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(1.0, abs=0.15)
    assert compute_pulse(setup, "draft").energy == pytest.approx(exact, rel=2e-3)


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    compute_pulse(gel(drive=replace(SHORT, sub_pulses=3, gap=0.01)), "draft", progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) >= 6


# --- repeatability --------------------------------------------------------------------------------------------------


def digest(record: PulseRecord) -> str:
    found = hashlib.sha256()
    for one in fields(record):
        value = getattr(record, one.name)
        if isinstance(value, np.ndarray):
            found.update(value.tobytes())
    for trace in fields(record.traces):
        found.update(getattr(record.traces, trace.name).tobytes())
    return found.hexdigest()


HEADLESS = """
from percuta.physics.pulse import compute_pulse
from tests.physics.test_pulse import BOILING, digest
print(digest(compute_pulse(BOILING, "draft")))
"""


def test_the_same_bytes_for_any_number_of_threads() -> None:
    expected = digest(boiled())
    for threads in ("1", "2"):
        variables = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        done = subprocess.run(
            [sys.executable, "-c", HEADLESS],
            cwd=Path(__file__).parents[2],
            env=os.environ | dict.fromkeys(variables, threads),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == expected, done.stderr
