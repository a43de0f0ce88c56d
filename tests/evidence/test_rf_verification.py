"""The cases of radiofrequency verification: their answers are the recorded ones, and a wrong model is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from percuta.engine.pulse_bench import kinetics_of
from percuta.evidence.cases import Row
from percuta.evidence.registry import case
from percuta.evidence.verification import columns, conductors, rf_arrays, rf_field, rf_heat
from percuta.physics import heat
from percuta.physics.generator import Controller

ANSWERS = json.loads((Path(__file__).parents[1] / "physics/data/ngsolve_reference.json").read_text("utf-8"))


def failed(identifier: str) -> set[str]:
    return {row.quantity for row in case(identifier).run() if row.verdict == "fail"}


def test_the_answers_of_finite_elements_are_the_recorded_ones() -> None:
    assert {name: one["power"] for name, one in ANSWERS["potential"].items()} == rf_arrays.FINITE_ELEMENTS
    pulses = ANSWERS["pulse"]
    for found, name in (
        (rf_heat.STEPPED, "gel"),
        (rf_heat.CONVERGED, "gel_no_time_steps"),
        (rf_heat.WITH_METAL, "gel_conducting_needle"),
        (rf_heat.IN_LAYERS, "layers_blood_and_cooling"),
    ):
        assert found == {key: pulses[name][key] for key in found}


def test_orders_are_those_of_the_errors() -> None:
    assert conductors.orders([4.0, -1.0, 0.25], [0.4, 0.2, 0.1]) == pytest.approx(2.0)


def scaled(function: Callable[..., Any], factor: float) -> Callable[..., Any]:
    return lambda *given, **settings: factor * function(*given, **settings)


def test_a_conductance_wrong_by_two_per_cent_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (rf_field, rf_arrays):
        monkeypatch.setattr(module, "conductance_of", scaled(conductors.conductance_of, 1.02))
    for identifier in ("RF-V2", "rf-square-cable"):
        assert any(name.startswith("resistance") for name in failed(identifier))
    assert sum(name.startswith("power") for name in failed("rf-finite-needles")) == len(rf_arrays.FINITE_ELEMENTS)


def test_a_potential_that_is_rough_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rf_arrays, "potential_of", scaled(conductors.potential_of, 1.0001))
    assert failed("rf-precision") == {row.quantity for row in case("rf-precision").run()}


def test_too_little_latent_heat_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rightful = heat.HeatProblem.__init__

    def dried(self: heat.HeatProblem, *given: Any, **settings: Any) -> None:
        rightful(self, *given, **settings)
        self.latent *= 0.9

    monkeypatch.setattr(heat.HeatProblem, "__init__", dried)
    assert len(failed("rf-stefan")) >= 4


def test_kinetics_wrong_by_a_factor_of_two_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(*given: Any) -> Any:
        found = kinetics_of(*given)
        return replace(found, log_factor=found.log_factor + 0.7)

    monkeypatch.setattr(rf_heat, "kinetics_of", doubled)
    assert len(failed("RF-V4")) == 6


def test_a_sensor_without_its_lag_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rightful = Controller.read

    def quick(self: Controller, mean: float, step: float, time: float) -> None:
        self.control = replace(self.control, lag=0.5 * self.control.lag) if time < 0.03 else self.control
        rightful(self, mean, step, time)

    monkeypatch.setattr(Controller, "read", quick)
    assert "reading of a slow sensor under sampled control" in failed("rf-control")


def test_a_column_carries_the_current_of_its_layers() -> None:
    layer = replace(conductors.GEL, sigma_slope=0.0)
    setup = columns.column_setup((layer,), 0.1, volts=2.0)
    course = columns.column_course(setup, np.linspace(0.0, layer.thickness, 21))
    power = 4.0 * 0.3 * columns.AREA / layer.thickness
    assert course.delivered == pytest.approx(0.1 * power, rel=1e-5)
    assert course.history.column(8)[-1] == pytest.approx(
        0.1 * power / (columns.AREA * layer.thickness * layer.heat_capacity), rel=1e-5
    )


def test_rows_say_what_they_are_measured_in() -> None:
    rows: list[Row] = case("rf-pulse").run()
    assert len(rows) == 16
    assert all(row.error_in and row.tolerance == 0.01 for row in rows)
