"""Limits of radiofrequency: heat in epidermis and fat, nerve exits, thin fat, orbital rim, implants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from percuta.engine.pulse_summary import PulseSummary
from percuta.engine.scenarios import scenario_batch
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.model import Plan
from percuta.safety.findings import Finding, Findings
from percuta.safety.reach import heat_of

from ..engine.pulsed import summary
from .test_protocol import place, pulses, radiofrequency, site

Data = dict[str, Any]
Check = Callable[[Data], Findings]


def found(findings: Findings, rule: str) -> list[Finding]:
    return [one for one in findings.findings if one.rule == rule]


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Let every pulse kill a share of the epidermis and dermis, and one of what lies below."""

    def let(above: float, below: float) -> None:
        def solve(_: object, tasks: Any) -> list[PulseSummary]:
            made = []
            for task in tasks:
                skin = task.setup.layers[0].thickness + task.setup.layers[1].thickness
                edges = np.array([0.0, skin, 6e-3, task.setup.depth])
                dead = np.array([above, below, 0.0])
                made.append(replace(summary(task.setup), edges=edges, coagulated=0 * dead, necrotic=dead))
            return made

        monkeypatch.setattr("percuta.engine.pulse.PulseSolver.__call__", solve)

    return let


@pytest.mark.parametrize(
    ("above", "below", "rules"),
    [
        (0.04, 0.04, set()),
        (0.06, 0.0, {"rf_epidermis_damage"}),
        (0.0, 0.06, {"rf_fat_damage"}),
        (0.6, 0.0, {"rf_epidermis_damage", "rf_epidermis_burn"}),
    ],
)
def test_limits_of_damage(
    above: float, below: float, rules: set[str], cheek_pen: Data, checked: Check, dying: Callable[[float, float], None]
) -> None:
    dying(above, below)
    radiofrequency(cheek_pen)
    findings = checked(cheek_pen)
    told = {one.rule for one in findings.findings if one.rule.startswith(("rf_epidermis", "rf_fat"))}
    assert told == rules
    for rule in rules:
        [one] = found(findings, rule)
        share = below if rule == "rf_fat_damage" else above
        assert f"{100 * share:g} %" in one.detail
        assert (one.zone, one.kind) == ("cheeks", "limit")
        assert one.step is not None
    assert (findings.verdict == "refused") == ("rf_epidermis_burn" in rules)


def test_the_scenarios_of_a_check_are_the_first_of_a_plan(cheek_pen: Data) -> None:
    pulses(set_depth="0.5 mm")(cheek_pen)
    plan = Plan.model_validate(cheek_pen)
    heat = heat_of(plan, resolve_device(plan.device, library()), library())["cheeks"]
    few, many = scenario_batch(heat.volume.size, 0, 0), scenario_batch(64, 0, 0)
    assert np.array_equal(few.points, many.points[: few.members])


def by_level(data: Data) -> None:
    """Set the pulses by a level, of which nothing is computed."""
    radiofrequency(data)
    steps = data["session"]["steps"]
    steps[place(data, "rf_pulses")] = {"do": "rf_pulses", "zones": ["cheeks"], "set_depth": "0.5 mm", "level": 3}


def test_a_level_is_checked_and_not_computed(cheek_pen: Data, checked: Check) -> None:
    by_level(cheek_pen)
    [one] = found(checked(cheek_pen), "device_fields_needed")
    assert "what a level of this device delivers" in one.detail
    plan = Plan.model_validate(cheek_pen)
    assert heat_of(plan, resolve_device(plan.device, library()), library()) == {}


@pytest.mark.parametrize(
    ("where", "nerves"),
    [("chin", ["mental"]), ("forehead", ["supraorbital", "supratrochlear"]), ("infraorbital-cheek", ["infraorbital"])],
)
def test_nerve_exits_are_masked_or_warned_of(where: str, nerves: list[str], cheek_pen: Data, checked: Check) -> None:
    site(where)(cheek_pen)
    assert not found(checked(cheek_pen), "rf_over_nerve_exit")  # a pen does not heat
    by_level(cheek_pen)
    [one] = found(checked(cheek_pen), "rf_over_nerve_exit")
    assert all(f"{nerve} nerve" in one.detail for nerve in nerves)
    cheek_pen["zones"][0]["masked"] = [f"exit of the {nerve.capitalize()} nerve, 1 cm" for nerve in nerves]
    assert not found(checked(cheek_pen), "rf_over_nerve_exit")


def test_thin_fat_is_that_of_the_nose(cheek_pen: Data, checked: Check) -> None:
    by_level(cheek_pen)
    for name in library().sites:
        site(name)(cheek_pen)
        told = found(checked(cheek_pen), "rf_over_thin_fat")
        assert bool(told) == (name == "nose")
        if told:
            assert "1.61 mm" in told[0].detail
            assert "kim_2019" in told[0].source


@pytest.mark.parametrize("where", ["lower-eyelid", "upper-eyelid"])
def test_current_inside_the_orbital_rim_is_refused_by_all(where: str, cheek_pen: Data, checked: Check) -> None:
    by_level(cheek_pen)
    site(where)(cheek_pen)
    findings = checked(cheek_pen)
    [one] = found(findings, "inside_orbital_rim")
    assert (one.severity, one.override, findings.verdict) == ("refuse", "none", "refused")


@pytest.mark.parametrize(("item", "override"), [("active_implant", "none"), ("metal_in_field", "prescriber")])
def test_implants_and_metal_stop_current(item: str, override: str, cheek_pen: Data, checked: Check) -> None:
    by_level(cheek_pen)
    cheek_pen["patient"]["screening"][item] = "yes"
    [one] = found(checked(cheek_pen), item)
    assert (one.severity, one.override) == ("refuse", override)


def test_the_communication_of_2025_stands_on_every_plan_with_current(cheek_pen: Data, checked: Check) -> None:
    assert not found(checked(cheek_pen), "rf_2025_communication")
    by_level(cheek_pen)
    [one] = found(checked(cheek_pen), "rf_2025_communication")
    assert "15 October 2025" in one.reason
    assert one.severity == "warn"
