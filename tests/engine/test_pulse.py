"""The pulse stage: every pulse once, in order, kept when it is computed; and a plan with pulses from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percuta.engine.executors import worker_pool
from percuta.engine.handovers import Remodelling, ThermalZone
from percuta.engine.pulse import PulseSolver, pulsed_zones
from percuta.engine.pulse_store import PulseStore, PulseTask
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import Outcome, run
from percuta.errors import ConvergenceError
from percuta.library.registry import library
from percuta.plan.reading import read_plan

from .pulsed import PAIRS, bench_of, changed, not_computed, skin_of, summary

TWO_ZONES = (
    ("[device]", '[[zones]]\nname = "chin"\nsite = "chin"\narea = "20 cm^2"\n[device]'),
    ('zones = ["cheeks"]', 'zones = ["cheeks", "chin"]'),
)


class Counting(Executor):
    """Computes nothing, says how often it was asked, and stops after some pulses."""

    def __init__(self, most: int = 1000) -> None:
        self.asked: list[PulseTask] = []
        self.most = most

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise NotImplementedError

    def map(self, fn: Any, *iterables: Any, **_: Any) -> Iterator[Any]:
        for _key, task in zip(*iterables, strict=True):
            if len(self.asked) == self.most:
                raise KeyboardInterrupt
            self.asked.append(task)
            yield summary(task.setup, time=float(len(self.asked)))


def tasks_of(*changes: tuple[str, str]) -> list[PulseTask]:
    tasks: list[PulseTask] = []

    def solve(asked: Any) -> Any:
        tasks.extend(asked)
        return not_computed(asked)

    bench = bench_of(*changes)
    pulsed_zones(bench, skin_of(bench), solve)
    return tasks


def test_every_scenario_depth_and_zone_has_a_pulse() -> None:
    deep = [('set_depth = "1.5 mm"', 'set_depths = ["1.5 mm", "1.0 mm"]')]
    assert len(tasks_of()) == 16
    assert len(tasks_of(*TWO_ZONES)) == 32
    tasks = tasks_of(*TWO_ZONES, *deep)
    assert len(tasks) == 64
    shares = [task.setup.needle.depth for task in tasks]
    assert shares[:16] == pytest.approx([1.5 * depth for depth in shares[16:32]])  # deep first, as it is written
    assert {task.place for task in tasks} == {"session.steps[1]"}


def test_the_same_pulse_is_computed_once_and_comes_back_in_order() -> None:
    tasks, pool = tasks_of(), Counting()
    told: list[float] = []
    solver = PulseSolver("draft", pool, PulseStore(None), told.append)
    first = solver([*tasks, *tasks[::-1]])
    assert len(pool.asked) == 16
    assert [one.time for one in first] == [*range(1, 17), *range(16, 0, -1)]
    assert told == [number / 16 for number in range(17)]
    assert [one.time for one in solver(tasks)] == [*range(1, 17)]
    assert len(pool.asked) == 16


def test_what_was_computed_before_an_interrupt_is_not_lost(tmp_path: Path) -> None:
    tasks = tasks_of()

    class Writing(Counting):
        def map(self, fn: Any, *iterables: Any, **more: Any) -> Iterator[Any]:
            for key, one in zip(list(iterables[0]), super().map(fn, *iterables, **more), strict=False):
                PulseStore(tmp_path).write(key, one)
                yield one

    with pytest.raises(KeyboardInterrupt):
        PulseSolver("draft", Writing(5), PulseStore(tmp_path))(tasks)
    rest = Counting()
    found = PulseSolver("draft", rest, PulseStore(tmp_path))(tasks)
    assert len(rest.asked) == 11
    assert [one.time for one in found[:5]] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_pulse_that_cannot_be_computed_names_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ConvergenceError("the sensor never comes within 1 K of its target")

    monkeypatch.setattr("percuta.physics.pulse.compute_pulse", fails)
    with pytest.raises(ConvergenceError) as caught:
        PulseSolver(store=PulseStore(None))(tasks_of()[:1])
    assert caught.value.where is not None
    assert caught.value.where.key == "session.steps[1]"
    assert caught.value.exit_code == 4


def test_processes_and_folders_change_no_bit(tmp_path: Path) -> None:
    tasks = tasks_of()[:3]
    alone = PulseSolver(store=PulseStore(None))(tasks)
    with worker_pool(2) as pool:
        shared = PulseSolver(pool=pool, store=PulseStore(tmp_path))(tasks)
    read = PulseSolver(pool=Counting(0), store=PulseStore(tmp_path))(tasks)
    for one, two, three in zip(alone, shared, read, strict=True):
        assert one.as_bytes() == two.as_bytes() == three.as_bytes()


# --- a plan from end to end, computed ---


def outcome(*changes: tuple[str, str]) -> Outcome:
    return run(read_plan(changed(*changes)), library(), scenario_batch(16, 0, 0))


def heat(found: Outcome) -> ThermalZone:
    thermal = found.zones["cheeks"].thermal
    assert thermal is not None
    return thermal


def course(found: Outcome) -> Remodelling:
    assert found.remodelling is not None
    return found.remodelling


@pytest.fixture(scope="module")
def computed() -> Outcome:
    """The plan, computed at draft."""
    return outcome()


def test_no_more_energy_than_is_set_and_all_of_it_where_nothing_limits_it(computed: Outcome) -> None:
    energy = heat(computed).energy_per_needle
    assert (energy <= 60e-3 * 1.001).all()
    assert np.median(energy) > 55e-3
    hot = heat(computed).peak_temperature
    assert (hot > 310.0).all()
    assert (heat(computed).surface_temperature < hot).all()


def test_the_zone_lies_about_the_bare_tip(computed: Outcome) -> None:
    thermal, channels = heat(computed), computed.zones["cheeks"].channels
    assert channels is not None
    tip = channels.tracks[0].mean_depth
    has_zone = thermal.volume > 0.0
    assert 8 <= has_zone.sum() < 16  # which kinetic set holds decides whether there is one
    bare = computed.scenarios.drawn["device.generic-rf-7x7-insulated.exposed_length"][1]
    assert (thermal.top < tip)[has_zone].all()
    assert (thermal.top + thermal.height > tip - bare)[has_zone].all()
    worst = thermal.depth[np.argmax(thermal.necrotic, axis=1)]
    assert ((worst < tip + 0.1e-3) & (worst > tip - bare - 0.1e-3)).all()


def test_cells_die_before_collagen_is_denatured(computed: Outcome) -> None:
    thermal = heat(computed)
    more = thermal.necrotic_in[:, 2] > thermal.coagulated_in[:, 2]  # two sets of cells are hardier above 90 degC
    assert more.mean() > 0.8
    assert thermal.necrotic_in[:, 2].mean() > 2.0 * thermal.coagulated_in[:, 2].mean()
    assert (thermal.coagulated >= 0.0).all()
    assert (thermal.necrotic + thermal.heat_shocked <= 1.0 + 1e-9).all()


def test_more_passes_injure_more_at_no_cost(computed: Outcome) -> None:
    twice = outcome(('"60 mJ"', '"60 mJ"\npasses = 2'))  # the same pulses, looked up
    once = heat(computed).coagulated_in
    assert (heat(twice).coagulated_in >= once).all()
    assert heat(twice).coagulated_in[:, 2] == pytest.approx(2.0 * once[:, 2], rel=0.1)  # small fractions add
    assert twice.times.needling["cheeks"] == pytest.approx(2.0 * computed.times.needling["cheeks"])
    assert np.array_equal(heat(twice).volume, heat(computed).volume)


def test_more_energy_coagulates_more(computed: Outcome) -> None:
    less = heat(outcome(('"60 mJ"', '"30 mJ"')))
    assert less.volume.mean() < 0.5 * heat(computed).volume.mean()
    assert less.necrotic_in[:, 2].mean() < heat(computed).necrotic_in[:, 2].mean()


def test_coagulated_collagen_is_lost_at_the_session_and_laid_down_anew(computed: Outcome) -> None:
    """Right after a session mature collagen is below the untreated course by the coagulated share of it."""
    found, thermal = course(computed).course, heat(computed)
    first = found.mature_collagen[0, :, 1] / found.untreated[0]
    assert first == pytest.approx(1.0 - thermal.coagulated_in[:, 2], rel=1e-6)
    assert (found.mature_collagen[-1, :, 1] > found.untreated[-1] * first * 0.99).all()


def test_pain_and_downtime_are_those_of_trials(computed: Outcome) -> None:
    tolerance = computed.zones["cheeks"].tolerance
    assert tolerance is not None
    assert tolerance.redness is None
    assert tolerance.end_point is None
    assert tolerance.downtime is not None
    assert np.median(tolerance.downtime) / 86_400.0 == pytest.approx(6.96, rel=0.1)
    cream = '[[session.steps]]\ndo = "topical_anaesthetic"\nproduct = "lidocaine-prilocaine-2.5-2.5"\namount = "11 g"\n'
    cream += 'duration = "60 min"\noccluded = true\n[[session.steps]]\ndo = "rf_pulses"'
    numb = outcome(('[[session.steps]]\ndo = "rf_pulses"', cream)).zones["cheeks"].tolerance
    assert numb is not None
    assert np.median(numb.pain) == pytest.approx(2.25, abs=0.1)  # halfway from 0.5 to 4
    assert (tolerance.pain > numb.pain).all()


def test_a_zone_without_pulses_is_left_alone() -> None:
    other = ("[device]", '[[zones]]\nname = "chin"\nsite = "chin"\narea = "20 cm^2"\n[device]')
    zone = outcome(other).zones["chin"]
    assert zone.thermal is None
    assert zone.channels is None
    assert zone.tolerance is None


def test_a_sensor_holds_its_temperature() -> None:
    computed = PulseSolver()(tasks_of(*PAIRS)[:1])
    assert computed[0].time > 4.0  # the dwell, and the rise before it
    assert computed[0].sensor_reached == pytest.approx(computed[0].time - 4.0, abs=0.05)
    assert computed[0].peak_temperature > 345.0
