"""Pulses together: depths, passes, steps, overlap, compartments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from percuta.engine.handovers import COMPARTMENTS, ThermalZone
from percuta.engine.heating import thermal_zone
from percuta.engine.pulse import Pulsed, pulsed_zones
from percuta.engine.pulse_setups import fat_thickness
from percuta.engine.stamping import area_share, covering, footprint, needle_tracks, stamping_time

from .pulsed import MONOPOLAR, PAIRS, bench_of, not_computed, skin_of

STEP = '[[session.steps]]\ndo = "rf_pulses"\nzones = ["cheeks"]\nset_depth = "1.0 mm"\npulse_width = "100 ms"\n'


def zone(*changes: tuple[str, str]) -> ThermalZone:
    """Return what pulses that damage a tenth of the upper 2 mm, and kill a fifth, do together."""
    bench = bench_of(*changes)
    layers = skin_of(bench)["cheeks"]
    pulsed = pulsed_zones(bench, {"cheeks": layers}, not_computed)
    return thermal_zone(bench, "cheeks", layers, pulsed["cheeks"])


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ((), 1.0),
        ((('"60 mJ"', '"60 mJ"\npasses = 3'),), 3.0),
        ((('"60 mJ"', '"60 mJ"\noverlap = 0.5'),), 2.0),
        ((('"60 mJ"', '"60 mJ"\npasses = 2\noverlap = 0.2'),), 2.5),
        ((('set_depth = "1.5 mm"', 'set_depths = ["1.5 mm", "1.0 mm"]'),), 2.0),
        ((("[course]", f'{STEP}energy_per_pin = "30 mJ"\n[course]'),), 2.0),
    ],
)
def test_chances_to_escape_multiply(changes: tuple[tuple[str, str], ...], times: float) -> None:
    found = zone(*changes)
    shallow = found.depth < 1.9e-3
    assert found.coagulated[:, shallow] == pytest.approx(1.0 - 0.9**times)
    assert found.necrotic[:, shallow] == pytest.approx(1.0 - 0.8**times)
    assert found.heat_shocked[:, shallow] == pytest.approx(0.8**times - 0.7**times)  # alive, and shocked at least once
    assert found.coagulated[:, found.depth > 2.1e-3] == pytest.approx(0.0)


def test_compartments_are_means_over_their_depth() -> None:
    bench = bench_of()
    layers = skin_of(bench)["cheeks"]
    found = zone()
    tops = np.stack([0.0 * layers.epidermis, layers.epidermis, layers.papillary_bottom, layers.bottom], axis=1)
    bottoms = np.concatenate([tops[:, 1:], layers.bottom[:, None] + 1e-3], axis=1)
    share = np.clip((2e-3 - tops) / (bottoms - tops), 0.0, 1.0)  # of each compartment that lies above 2 mm
    assert (fat_thickness(bench, "cheeks") > 1e-3).all()
    assert found.coagulated_in == pytest.approx(0.1 * share)
    assert found.necrotic_in == pytest.approx(0.2 * share)
    assert found.necrotic_in.shape == (16, len(COMPARTMENTS))


def test_numbers_of_the_strongest_pulse_are_kept() -> None:
    bench = bench_of(('set_depth = "1.5 mm"', 'set_depths = ["1.5 mm", "1.0 mm"]'))
    layers = skin_of(bench)["cheeks"]

    def solve(tasks: object) -> list[object]:
        made = not_computed(tasks)  # type: ignore[arg-type]
        return [replace(one, volume=2e-12, energy_per_needle=0.01) if n < 16 else one for n, one in enumerate(made)]

    pulsed = pulsed_zones(bench, {"cheeks": layers}, solve)  # type: ignore[arg-type]
    found = thermal_zone(bench, "cheeks", layers, pulsed["cheeks"])
    assert found.volume == pytest.approx(2e-12)  # of the deeper pulse
    assert found.energy_per_needle == pytest.approx(0.05)  # of the shallower one
    assert found.resistance == pytest.approx(100.0)  # 4900 ohm for one needle, 49 in parallel
    assert np.isnan(found.sensor_reached).all()


def test_a_stamp_covers_a_pitch_by_a_pitch_for_each_needle() -> None:
    bench = bench_of()
    step = bench.plan.rf_pulses[0]
    pitch = bench.of_device("pitch")
    assert footprint(bench, step) == pytest.approx(49 * pitch**2)
    assert area_share(bench, step, pitch**2) == pytest.approx(1.0)  # a pitch cell stands for the whole
    bench = bench_of(*MONOPOLAR)
    computed = np.full(16, 18e-3**2)
    pitch = bench.of_device("pitch")
    assert area_share(bench, bench.plan.rf_pulses[0], computed) == pytest.approx(18e-3**2 / (25 * pitch**2))


def test_pairs_cover_their_swath_along_the_needle() -> None:
    bench = bench_of(*PAIRS)
    step = bench.plan.rf_pulses[0]
    along = 2e-3 / np.tan(np.radians(20.0))
    assert footprint(bench, step) == pytest.approx(bench.of_device("swath_width") * along)
    assert area_share(bench, step, footprint(bench, step) / 5) == pytest.approx(1.0)  # five pairs


def test_whole_stamps_take_their_pulses_and_the_time_between() -> None:
    bench = bench_of(('set_depth = "1.5 mm"', 'set_depths = ["1.5 mm", "1.0 mm"]\npasses = 2\noverlap = 0.1'))
    step = bench.plan.rf_pulses[0]
    assert covering(step) == pytest.approx(2 / 0.9)
    layers = skin_of(bench)["cheeks"]
    [pulsed] = pulsed_zones(bench, {"cheeks": layers}, not_computed)["cheeks"]
    stamps = 2 * np.ceil(76e-4 / (0.9 * footprint(bench, step)))
    between = bench.parameter("rf.time_between_pulses")
    assert stamping_time(bench, step, pulsed.time, 76e-4) == pytest.approx(stamps * (2 * 0.25 + between))


def test_needles_leave_tracks_like_a_pens_without_a_glide() -> None:
    bench = bench_of(('set_depth = "1.5 mm"', 'set_depths = ["1.0 mm", "1.5 mm"]\npasses = 2'))
    tracks = needle_tracks(bench, bench.plan.rf_pulses[0])
    assert tracks.density == pytest.approx(2 / bench.of_device("pitch") ** 2)
    assert tracks.mean_depth == pytest.approx(
        1.5e-3 * bench.parameter("rf.reached_share")
    )  # one insertion, the deepest
    assert (tracks.smear == 0.0).all()


def test_an_inclined_needle_is_wider_in_a_level_section() -> None:
    bench = bench_of(*PAIRS)
    tracks = needle_tracks(bench, bench.plan.rf_pulses[0])
    level = 0.25 * np.pi * tracks.diameter**2
    assert level == pytest.approx(0.25 * np.pi * bench.of_device("needle_diameter") ** 2 / np.sin(np.radians(20.0)))


def test_layers_of_cells_of_several_pulses_need_not_agree() -> None:
    bench = bench_of(('set_depth = "1.5 mm"', 'set_depths = ["1.5 mm", "1.0 mm"]'))
    layers = skin_of(bench)["cheeks"]
    step = bench.plan.rf_pulses[0]
    base = pulsed_zones(bench, {"cheeks": layers}, not_computed)["cheeks"][0].pulses[0]
    edges, two = np.array([0.0, 0.5e-3, 4e-3]), np.array([0.0, 0.4])
    other = tuple(replace(one, edges=edges, coagulated=two, necrotic=two, heat_shocked=two) for one in base)
    found = thermal_zone(bench, "cheeks", layers, [Pulsed(step, (base, other))])
    for depth, expected in ((0.25e-3, 0.1), (1.5e-3, 1.0 - 0.9 * 0.6), (3.0e-3, 0.4)):
        assert found.coagulated[:, np.abs(found.depth - depth).argmin()] == pytest.approx(expected)
