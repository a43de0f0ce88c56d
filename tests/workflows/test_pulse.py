"""A pulse from file to folder: what stands in it, and that no half of it is ever left."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from percuta import __version__
from percuta.errors import ConvergenceError, DeviceLimitError, PercutaError, PlanError
from percuta.physics.pulse_record import PulseRecord
from percuta.workflows.pulse import run_pulse
from percuta.workflows.result_folder import FILES, PULSE_FILES, SWEEP_FILES
from percuta.workflows.schemas import schema
from percuta.workflows.sweep import MOST_ROWS, UNFINISHED, run_sweep, varied_values

from ..stand_in_pulse import stand_in

BIPOLAR = Path(__file__).parents[2] / "examples" / "pulse_bipolar.toml"
VOLTAGES: dict[str, list[Any]] = {"drive.voltage": ["20 V", "28 V", "30 V"]}


@pytest.fixture
def solved(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Voltages of the pulses that were computed, by a stand-in for the solver."""
    voltages: list[float] = []

    def solver(setup: Any, accuracy: str, known: Any, progress: Any = None) -> PulseRecord:
        voltages.append(setup.drive.voltage)
        return stand_in(setup, accuracy, known, progress)

    use(monkeypatch, solver)
    return voltages


def use(monkeypatch: pytest.MonkeyPatch, solver: Callable[..., PulseRecord]) -> None:
    for module in ("pulse", "sweep"):
        monkeypatch.setattr(f"percuta.workflows.{module}.solve", solver)


def files(folder: Path) -> set[str]:
    return {item.name for item in folder.rglob("*")} if folder.exists() else set()


def failing(fault: BaseException, after: int = 0) -> Callable[..., PulseRecord]:
    """A solver that raises after some pulses."""
    done = 0

    def solver(setup: Any, accuracy: str, known: Any, progress: Any = None) -> PulseRecord:
        nonlocal done
        done += 1
        if done > after:
            raise fault
        return stand_in(setup, accuracy, known, progress)

    return solver


def variant(folder: Path, *changes: tuple[str, str]) -> Path:
    """The example with words replaced, in a file of its own."""
    text = BIPOLAR.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "mine.toml").write_text(text, "utf-8")
    return folder / "mine.toml"


# --- one pulse ---


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        # 1 + 0.015 (5 - 60) is above 0, 1 + 0.02 (5 - 60) is not
        ([('"0.015 1/K"', '"0.02 1/K"'), ('"37 degC"', '"60 degC"'), ('start  = "34 degC"', 'start = "5 degC"')],
         "layers[1].conductivity_slope", "less than 0.0182 1/K"),
        # the library starts at up to 37 degC where the file does not say
        ([('start  = "34 degC"\n', ""),
          ('voltage     = "28 V"', 'sensor_temperature = "35 degC"\npower_limit = "2 W"'),
          ('"excluded"', '"conducting"')], "drive.sensor_temperature", "more than"),
        # the reading starts at 34 + 10 degC
        ([('voltage     = "28 V"', 'sensor_temperature = "40 degC"\npower_limit = "2 W"'),
          ('"excluded"', '"conducting"'),
          ("[thermal]", '[drive.control]\noffset = "10 K"\n[thermal]')], "drive.sensor_temperature", "44 degC"),
    ],
    ids=["conducts nothing", "warmer by the library", "offset"],
)  # fmt: skip
def test_what_only_the_library_decides_is_checked_before_anything_is_computed(
    tmp_path: Path, solved: list[float], changes: list[tuple[str, str]], key: str, words: str
) -> None:
    with pytest.raises(PlanError) as caught:
        run_pulse(variant(tmp_path, *changes), tmp_path / "out")
    where = caught.value.where
    assert where is not None
    assert (where.key, where.line is not None) == (key, True)
    assert words in str(caught.value.allowed)
    assert not solved
    assert not files(tmp_path / "out")


def test_a_slope_that_falls_to_nothing_only_below_what_is_reached_is_used(tmp_path: Path, solved: list[float]) -> None:
    file = variant(tmp_path, ('"0.015 1/K"', '"0.03 1/K"'))  # 0.91 of its value at 34 degC, below 0 at 3 degC
    run_pulse(file, tmp_path / "out")
    assert len(solved) == 1


def test_a_pulse_writes_its_files(tmp_path: Path, solved: list[float]) -> None:
    out = tmp_path / "out"
    shares: list[float] = []
    zone = run_pulse(BIPOLAR, out, progress=shares.append)
    assert files(out) == set(PULSE_FILES)
    assert solved == [28.0]
    assert shares == [1.0]
    assert json.loads((out / "zone.json").read_text()) == zone
    facts = json.loads((out / "manifest.json").read_text())
    validate(facts, schema("pulse_manifest"))
    assert (facts["percuta"], facts["accuracy"], facts["sweep"]) == (__version__, "standard", {})


def test_every_figure_has_its_value_and_unit(tmp_path: Path, solved: list[float]) -> None:
    zone = run_pulse(BIPOLAR, tmp_path)
    validate(zone, schema("zone"))
    power = 28.0**2 / 100.0  # W, of the stand-in
    assert zone["power_start"] == {"value": pytest.approx(power), "unit": "W"}
    assert zone["power_end"] == zone["power_start"]
    assert zone["resistance_end"] == {"value": pytest.approx(100.0), "unit": "ohm"}
    assert zone["energy"] == {"value": pytest.approx(power * 0.5), "unit": "J"}
    assert zone["temperature_mean_rise"]["value"] == pytest.approx(0.8 * power * 0.5)  # at index 2 of 5, 0.4 s
    assert zone["temperature_peak"] == {"value": pytest.approx(34.0 + power * 0.5), "unit": "degC"}
    assert zone["volume_above_60"] == {"value": pytest.approx(0.2), "unit": "mm^3"}
    assert next(iter(zone["necrotic_volume"])) == "weaver_stoll"
    assert zone["coagulated_volume"] == {
        "agah": {"value": pytest.approx(0.7), "unit": "mm^3"},
        "pearce": {"value": pytest.approx(0.8), "unit": "mm^3"},
    }
    assert zone["zone_set"] == "agah"
    assert zone["zone_width"] == {"value": pytest.approx(1.0), "unit": "mm"}
    assert zone["zone_height"] == {"value": pytest.approx(0.5), "unit": "mm"}
    assert zone["zones"]["weaver_stoll"]["top"]["value"] is None
    assert zone["unit_of_array"] == "one pitch x pitch cell"
    assert (zone["cells"], zone["steps"], zone["accuracy"]) == (72, 5, "standard")


def test_what_was_not_estimated_is_null(tmp_path: Path, solved: list[float]) -> None:
    zone = run_pulse(BIPOLAR, tmp_path, "draft")
    validate(zone, schema("zone"))
    assert zone["discretisation_error"] == {"value": None, "unit": "1"}
    assert zone["sensor_reached"]["value"] is None


def test_a_folder_holds_one_result(tmp_path: Path, solved: list[float]) -> None:
    for name in ("result.nc", "findings.json", "mine.txt"):
        (tmp_path / name).write_text("earlier")
    run_pulse(BIPOLAR, tmp_path)
    assert files(tmp_path) == {*PULSE_FILES, "mine.txt"}
    run_sweep(BIPOLAR, tmp_path, VOLTAGES)
    assert files(tmp_path) == {*SWEEP_FILES, "mine.txt"}
    assert not set(FILES) & set(SWEEP_FILES) - {"manifest.json"}


@pytest.mark.parametrize(
    "fault", [ConvergenceError("missed"), DeviceLimitError("never reached"), KeyboardInterrupt(), ZeroDivisionError()]
)
def test_a_fault_leaves_the_earlier_result_as_it_was(
    tmp_path: Path, solved: list[float], monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    out = tmp_path / "out"
    run_pulse(BIPOLAR, out)
    before = {name: (out / name).read_bytes() for name in files(out)}
    use(monkeypatch, failing(fault))
    for folder in (out, tmp_path / "new"):
        with pytest.raises(type(fault)):
            run_pulse(BIPOLAR, folder)
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert not (tmp_path / "new").exists()


def test_a_fault_while_writing_leaves_no_half(
    tmp_path: Path, solved: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("percuta.workflows.pulse.write_json", broken)
    with pytest.raises(PlanError, match="the result cannot be written"):
        run_pulse(BIPOLAR, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_computed_is_said_before_anything_is_written(tmp_path: Path, solved: list[float]) -> None:
    for accuracy, file in (("standart", BIPOLAR), ("draft", variant(tmp_path, ('"28 V"', '"0 V"')))):
        with pytest.raises(PlanError):
            run_pulse(file, tmp_path / "out", accuracy)
    assert solved == []
    assert not (tmp_path / "out").exists()


def test_a_property_that_the_library_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    file = variant(
        tmp_path,
        ('electrical_conductivity = "0.3 S/m"', 'tissue = "scalp-muscle"'),
        ('conductivity_reference  = "37 degC"', ""),
    )
    with pytest.raises(PercutaError) as caught:
        run_pulse(file, tmp_path / "out")
    assert caught.value.where is not None
    assert caught.value.where.key == "layers[1].tissue"
    assert caught.value.where.line is not None


def test_an_outline_is_sought_beside_the_pulse_file(tmp_path: Path, solved: list[float]) -> None:
    file = variant(tmp_path, ("[boiling]", '[compare]\noutline = "lesion.csv"\n[boiling]'))
    with pytest.raises(PlanError, match="there is no such file") as caught:
        run_pulse(file, tmp_path / "out")
    assert str(tmp_path / "lesion.csv") in str(caught.value)
    (tmp_path / "lesion.csv").write_text("x_mm,depth_mm\n0,1\n0.3,1.5\n-0.3,1.5\n")
    run_pulse(file, tmp_path / "out")


# --- a table ---


def test_values_are_read_as_the_file_would_have_them() -> None:
    assert varied_values(["drive.voltage=20 V, 28 V", "array.rows=5,7", "boiling.enabled = true,false"]) == {
        "drive.voltage": ["20 V", "28 V"],
        "array.rows": [5, 7],
        "boiling.enabled": [True, False],
    }
    assert varied_values(["layers[1].water_fraction=0.5,1e-1"]) == {"layers[1].water_fraction": [0.5, 0.1]}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["drive.voltage"], "not a list of values"),
        (["=20 V"], "not a list of values"),
        (["drive.voltage="], "not a list of values"),
        (["drive.voltage=20 V,,28 V"], "not a list of values"),
        (["drive.voltage=20 V,20 V"], "the same value twice"),
        (["drive.voltage=20 V", "drive.voltage=28 V"], "varied twice"),
        ([f"{key}={','.join(f'{n} V' for n in range(1, 34))}" for key in "ab"], "too many rows"),
    ],
)
def test_what_is_no_list_of_values(asked: list[str], words: str) -> None:
    assert MOST_ROWS < 33 * 33
    with pytest.raises(PlanError, match=words):
        varied_values(asked)


def test_a_table_has_one_row_for_every_combination(tmp_path: Path, solved: list[float]) -> None:
    varied = {"drive.voltage": ["20 V", "28 V"], "needle.depth": ["1 mm", "2 mm"]}
    rows: list[tuple[int, int]] = []
    sweep = run_sweep(BIPOLAR, tmp_path, varied, progress=lambda done, total: rows.append((done, total)))
    assert files(tmp_path) == set(SWEEP_FILES)
    assert rows == [(1, 4), (2, 4), (3, 4), (4, 4)]
    data = json.loads((tmp_path / "sweep.json").read_text())
    validate(data, schema("sweep"))
    assert data == sweep.as_dict()
    assert [tuple(row["values"].values()) for row in data["rows"]] == [
        ("20 V", "1 mm"),
        ("20 V", "2 mm"),
        ("28 V", "1 mm"),
        ("28 V", "2 mm"),
    ]
    table = list(csv.DictReader((tmp_path / "sweep.csv").read_text().splitlines()))
    assert [row["drive.voltage"] for row in table] == ["20 V", "20 V", "28 V", "28 V"]
    assert [float(row["power_start [W]"]) for row in table] == pytest.approx([4.0, 4.0, 7.84, 7.84])
    assert float(table[0]["coagulated_volume.agah [mm^3]"]) == pytest.approx(0.7)
    assert {row["error"] for row in table} == {""}
    facts = json.loads((tmp_path / "manifest.json").read_text())
    validate(facts, schema("pulse_manifest"))
    assert facts["sweep"] == varied
    page = (tmp_path / "sweep.html").read_text()
    assert "<td>&lt; 0.001</td><td>0.40</td>" in re.sub(r"\s+<", "<", page)  # of 1e-7 and 0.004, in percent
    assert page.count('<th scope="row">20 V</th>') == 2 * 3  # figures, volumes, sizes
    assert not re.search(r"https?://|<script", page.replace("http://www.w3.org/2000/svg", ""))


def test_all_values_are_checked_before_the_first_is_computed(tmp_path: Path, solved: list[float]) -> None:
    with pytest.raises(PlanError, match="out of bounds") as caught:
        run_sweep(BIPOLAR, tmp_path / "out", {"drive.voltage": ["20 V", "0 V"]})
    assert "--sweep drive.voltage=0 V" in str(caught.value)
    assert solved == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), ZeroDivisionError()])
def test_finished_rows_outlive_an_interruption(
    tmp_path: Path, solved: list[float], monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    with monkeypatch.context() as interrupted:
        use(interrupted, failing(fault, after=2))
        with pytest.raises(type(fault)):
            run_sweep(BIPOLAR, tmp_path / "out", VOLTAGES)
    assert files(tmp_path / "out") == {UNFINISHED}
    kept = tmp_path / "out" / UNFINISHED
    kept.write_text(kept.read_text()[:-40])  # cut off while the second row was written
    continued = run_sweep(BIPOLAR, tmp_path / "out", VOLTAGES)
    assert solved == [28.0, 30.0]
    assert files(tmp_path / "out") == set(SWEEP_FILES)
    assert continued == run_sweep(BIPOLAR, tmp_path / "afresh", VOLTAGES)
    for name in ("sweep.csv", "sweep.json", "sweep.html"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "afresh" / name).read_bytes()


def test_rows_of_another_file_or_accuracy_are_not_taken(
    tmp_path: Path, solved: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as interrupted:
        use(interrupted, failing(KeyboardInterrupt(), after=2))
        with pytest.raises(KeyboardInterrupt):
            run_sweep(BIPOLAR, tmp_path / "out", VOLTAGES)
    rows = (tmp_path / "out" / UNFINISHED).read_text()
    run_sweep(BIPOLAR, tmp_path / "out", VOLTAGES, "draft")
    assert solved == [20.0, 28.0, 30.0]
    (tmp_path / "out" / UNFINISHED).write_text(rows)
    run_sweep(variant(tmp_path, ('"2.0 mm"', '"2.1 mm"')), tmp_path / "out", VOLTAGES)
    assert solved == [20.0, 28.0, 30.0] * 2


def test_nothing_is_left_of_a_table_without_a_finished_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        run_sweep(BIPOLAR, tmp_path / "out", VOLTAGES)
    assert not (tmp_path / "out").exists()


def test_a_row_that_cannot_be_computed_stands_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def solver(setup: Any, accuracy: str, known: Any, progress: Any = None) -> PulseRecord:
        if setup.drive.voltage == 28.0:
            raise ConvergenceError("the solve missed its tolerance")
        return stand_in(setup, accuracy, known, progress)

    use(monkeypatch, solver)
    sweep = run_sweep(BIPOLAR, tmp_path, VOLTAGES)
    assert sweep.exit_code == 4
    assert [row.zone is None for row in sweep.rows] == [False, True, False]
    data = json.loads((tmp_path / "sweep.json").read_text())
    validate(data, schema("sweep"))
    assert data["rows"][1]["error"]["what"] == "the solve missed its tolerance"
    table = list(csv.DictReader((tmp_path / "sweep.csv").read_text().splitlines()))
    assert table[1]["power_start [W]"] == ""
    assert table[1]["error"] == "the solve missed its tolerance"
    assert "the solve missed its tolerance" in (tmp_path / "sweep.html").read_text()


def test_a_table_without_any_result_is_still_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, failing(DeviceLimitError("the sensor never reaches its target")))
    sweep = run_sweep(BIPOLAR, tmp_path, VOLTAGES)
    assert sweep.exit_code == 2
    assert files(tmp_path) == set(SWEEP_FILES)


def test_a_file_where_the_folder_should_be(tmp_path: Path, solved: list[float]) -> None:
    (tmp_path / "file").write_text("in the way")
    for run in (lambda out: run_pulse(BIPOLAR, out), lambda out: run_sweep(BIPOLAR, out, VOLTAGES)):
        with pytest.raises(PlanError, match="cannot be written"):
            run(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"
    assert solved == []


# --- with the solver itself ---


def test_the_bipolar_example_comes_near_its_reference(tmp_path: Path) -> None:
    zone = run_pulse(BIPOLAR, tmp_path, "draft")
    validate(zone, schema("zone"))
    # an independent finite-element code; a draft is good to a few percent
    assert zone["power_start"]["value"] == pytest.approx(0.1651, rel=0.03)
    assert zone["power_end"]["value"] == pytest.approx(0.2435, rel=0.03)
    assert zone["temperature_mean_rise"]["value"] == pytest.approx(3.21, rel=0.03)
    assert zone["energy"]["value"] == pytest.approx(zone["energy_per_needle"]["value"])
    assert abs(zone["energy_balance_error"]["value"]) < 1e-3
    assert zone["discretisation_error"]["value"] > 0.0
