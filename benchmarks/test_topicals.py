"""All creams of a plan: `pytest benchmarks/test_topicals.py --benchmark-only`.

What is timed is everything that a plan's creams add: two zones, two drugs, the calibration of the block, channels
with cream on them and the same without. The aim is 64 scenarios within 2 s on two cores.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from percuta.engine.anaesthesia import STIMULI, anaesthesia_of, threshold_of
from percuta.engine.bench import Bench
from percuta.engine.exposure import exposure_of
from percuta.engine.handovers import Exposure
from percuta.engine.scenarios import scenario_batch
from percuta.engine.session import channels_of, session_times
from percuta.engine.skin import layers_of
from percuta.engine.topicals import uptake_of
from percuta.evidence.verification.skin_transport import endless, stack, under
from percuta.library.registry import library
from percuta.physics.diffusion import diffuse
from percuta.plan.device import resolve_device
from percuta.plan.reading import read_plan

EXAMPLE = (Path(__file__).parents[1] / "examples" / "cheek_pen.toml").read_text("utf-8")
SECOND_ZONE = '[[zones]]\nname = "chin"\nsite = "chin"\narea = "26 cm^2"\n\n[device]'
AGAIN = """
[[session.steps]]
do = "topical_anaesthetic"
product = "lidocaine-prilocaine-2.5-2.5"
amount = "11 g"
duration = "20 min"

[course]"""


def all_creams(bench: Bench) -> Exposure:
    """Compute what all creams of a plan do, and return what reaches the blood."""
    plan, known, draws = bench.plan, bench.library, bench.scenarios
    times = session_times(bench, {})
    thresholds = {stimulus: threshold_of(bench, stimulus) for stimulus in STIMULI}
    uptakes = []
    for zone in plan.zones:
        layers = layers_of(plan, zone, known, draws)
        channels = channels_of(bench, zone.name, layers)
        uptake = uptake_of(bench, zone.name, layers, channels, times)
        assert uptake is not None
        uptakes.append(uptake)
        if channels is not None:
            anaesthesia_of(bench, zone.name, uptake, thresholds, channels, times)
    return exposure_of(bench, uptakes)


@pytest.mark.parametrize("members", [64, 128, 256])
def test_two_zones_with_cream_before_and_after_the_needles(benchmark: BenchmarkFixture, members: int) -> None:
    text = EXAMPLE.replace("[device]", SECOND_ZONE).replace("\n[course]", AGAIN)
    plan, known = read_plan(text.replace('zones = ["cheeks"]', 'zones = ["cheeks", "chin"]')), library()
    bench = Bench(plan, resolve_device(plan.device, known), known, scenario_batch(members, 0, 0))
    exposure = benchmark.pedantic(all_creams, args=(bench,), rounds=3, warmup_rounds=1)
    assert exposure.multiple.shape == (members,)


@pytest.mark.parametrize("layers", [2, 4, 8])
def test_one_row_of_many_layers(benchmark: BenchmarkFixture, layers: int) -> None:
    skin = stack(*[(20e-6, 4.2, 8e-10, 1e-4)] * layers, cells=200)
    course = benchmark.pedantic(diffuse, args=(skin, [under(endless(1.0), 2.0, 100)]), rounds=3, warmup_rounds=1)
    assert course.concentration.shape == (1, 101, 200 * layers)
