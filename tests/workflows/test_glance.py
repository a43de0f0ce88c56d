"""What is said of a plan at once agrees with what the whole computation says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from percuta.engine.bench import Bench
from percuta.engine.session import channels_of
from percuta.engine.skin import layers_of
from percuta.errors import PlanError, UnitError
from percuta.library.registry import library
from percuta.physics import puncture
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan
from percuta.plan.steps import STEEL_NEEDLES
from percuta.safety.reach import scenarios
from percuta.workflows.glance import Glance, glance, session_time

EXAMPLES = Path(__file__).parents[2] / "examples"


def plan_of(name: str) -> tuple[Plan, int]:
    plan = load_plan(EXAMPLES / f"{name}.toml")
    return plan, next(number for number, step in enumerate(plan.session.steps, 1) if isinstance(step, STEEL_NEEDLES))


def bench_of(plan: Plan) -> Bench:
    return Bench(plan, resolve_device(plan.device, library()), library(), scenarios())


def told(name: str, *depths: str) -> Glance:
    plan, step = plan_of(name)
    return glance(plan, plan.zones[0].name, step, depths=depths)


@pytest.mark.parametrize("name", ["cheek_pen", "forehead_roller", "cheek_rf"])
def test_the_reach_is_that_of_the_simulation(name: str) -> None:
    plan, _ = plan_of(name)
    found, bench = told(name), bench_of(plan)
    channels = channels_of(bench, plan.zones[0].name, layers_of(bench, plan.zones[0]))
    assert channels is not None
    for values, shown in ((channels.reached_typical, found.typical), (channels.reached_deepest, found.deepest)):
        assert np.quantile(1e3 * values, [0.05, 0.5, 0.95]) == pytest.approx(shown, rel=1e-9)
    assert np.quantile(channels.tracks_beyond_dermis, [0.05, 0.5, 0.95]) == pytest.approx(found.past_dermis, abs=1e-9)
    assert len(found.layers) == len(
        library().layers(plan.zones[0].site, plan.patient.sex, plan.patient.age.to("years"))
    )
    assert found.drawing.startswith("<svg")
    assert "style=" not in found.drawing


def test_deeper_settings_reach_deeper() -> None:
    shallow, deep = told("cheek_pen", "0.5 mm"), told("cheek_pen", "2.5 mm")
    assert (shallow.set_depth, deep.set_depth) == (0.5, 2.5)
    for name in ("typical", "deepest", "past_epidermis", "past_dermis"):
        assert np.all(np.array(getattr(shallow, name)) <= np.array(getattr(deep, name)))
    assert shallow.past_dermis[1] < deep.past_dermis[1]
    assert [row["letter"] for row in shallow.layers] == [row["letter"] for row in deep.layers]
    assert "Set to 0.5 mm" in shallow.sentences[0]
    assert shallow.drawing != deep.drawing


def test_an_unlisted_pen_has_its_reach_and_says_what_was_assumed() -> None:
    plan, step = plan_of("cheek_pen")
    label = {
        "kind": "pen",
        "needle_count": 12,
        "needle_diameter": "0.25 mm",
        "maximum_depth": "2.5 mm",
        "rate": "90 Hz",
    }
    unlisted = plan.model_copy(update={"device": type(plan.device).model_validate(label)})
    found = glance(unlisted, plan.zones[0].name, step)
    assert found.typical[1] > 0
    assert any("not published" in note for note in found.notes)


def test_several_depths_of_pulses_count_by_the_deepest() -> None:
    one, several = told("cheek_rf", "2 mm"), told("cheek_rf", "1 mm", "2 mm", "1.5 mm")
    assert several.typical == one.typical
    assert several.set_depth == 2.0


def test_the_bare_part_of_an_array_is_drawn() -> None:
    assert "carries current" in told("cheek_rf").drawing
    assert "carries current" not in told("cheek_pen").drawing


def test_practically_all_and_none_are_said_so() -> None:
    assert (
        told("forehead_roller", "0.3 mm").sentences[2] == "Practically no needle goes through the dermis into the fat."
    )
    assert told("forehead_roller", "1.5 mm").sentences[1] == "Practically every needle passes the epidermis."


def test_a_zone_or_a_step_that_is_not_there_is_named() -> None:
    plan, step = plan_of("cheek_pen")
    with pytest.raises(PlanError, match="no zone"):
        glance(plan, "knee", step)
    for number in (0, 1, 99):
        with pytest.raises(PlanError, match="not a step with needles"):
            glance(plan, plan.zones[0].name, number)
    with pytest.raises(UnitError):
        glance(plan, plan.zones[0].name, step, depths=["deep"])


def test_the_length_of_a_session_is_that_of_its_timeline() -> None:
    from percuta.engine.session import session_times

    plan, _ = plan_of("cheek_pen")
    whole = session_times(bench_of(plan), {}).steps.sum(axis=1) / 60.0
    assert session_time(plan) == pytest.approx(np.quantile(whole, [0.05, 0.5, 0.95]))


def test_pulses_count_as_long_as_they_are_set() -> None:
    plan, step = plan_of("cheek_rf")
    pulses = plan.session.steps[step - 1]

    def with_width(text: str) -> Plan:
        changed = type(pulses).model_validate(pulses.model_dump(exclude_none=True) | {"pulse_width": text})
        steps = [changed if one is pulses else one for one in plan.session.steps]
        return plan.model_copy(update={"session": plan.session.model_copy(update={"steps": tuple(steps)})})

    short, long = session_time(with_width("100 ms")), session_time(with_width("1100 ms"))
    assert all(one < other for one, other in zip(short, long, strict=True))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_the_depth_of_a_share_is_found_without_bisection(share: float) -> None:
    mean, scatter = np.array([1e-3, 0.3e-3, 2e-3]), np.array([0.1e-3, 0.4e-3, 1e-3])
    none = np.zeros(3)
    tracks = puncture.Tracks(none + 1.0, mean, scatter, none, none + 1.0, none, None, none)
    found = puncture.depth_of_share(mean, scatter, share)
    assert found == pytest.approx(puncture.reached_depth([tracks], share), rel=1e-9)
    assert puncture.share_beyond(mean, scatter, found) == pytest.approx(1.0 - share)
