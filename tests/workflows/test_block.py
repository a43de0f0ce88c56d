"""The block of a computed plan: what is written, that words and surfaces are of one scenario, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from percuta.engine.pulse_store import PulseTask
from percuta.engine.pulse_summary import PulseSummary
from percuta.errors import PlanError
from percuta.exchange.block_surfaces import surfaces_at_times
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.results.dataset import read_tree, write_tree
from percuta.workflows.block import write_block
from percuta.workflows.simulate import simulate

from ..engine.pulsed import RF_PLAN, summary
from .conftest import EXAMPLES

Heated = tuple[Plan, Path, dict[str, Any]]


class _Stand:
    """Stands in for the pulses of the scenarios, each with a volume of its own."""

    def __init__(self, *_: object) -> None:
        self.progress: Callable[[float], None] | None = None

    def __call__(self, tasks: Sequence[PulseTask]) -> list[PulseSummary]:
        return [replace(summary(task.setup), volume=1e-12 * (place + 1)) for place, task in enumerate(tasks)]


@pytest.fixture(scope="module", autouse=True)
def _coarse() -> Iterator[None]:
    """Surfaces of few triangles."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("percuta.workflows.block.surfaces_at_times", partial(surfaces_at_times, most_points=64))
        yield


@pytest.fixture(scope="module")
def heated(tmp_path_factory: pytest.TempPathFactory) -> Heated:
    """A plan with RF pulses whose scenarios are not computed; the pulse of its block is."""
    folder = tmp_path_factory.mktemp("heated") / "result"
    plan = read_plan(RF_PLAN)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("percuta.workflows.simulate.PulseSolver", _Stand)
        folder.mkdir()
        write_tree(simulate(plan, 16).tree, folder / "result.nc")
    shares: list[float] = []
    write_block(plan, folder, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return plan, folder, json.loads((folder / "block.json").read_text())


def test_surfaces_lie_where_the_index_says_and_within_the_block(heated: Heated) -> None:
    _, folder, block = heated
    total = 0
    for time in block["times"]:
        raw = (folder / "block" / time["file"]).read_bytes()
        assert len(raw) == time["bytes"]
        total += len(raw)
        for one in time["surfaces"]:
            vertices = np.frombuffer(raw, "<f4", 3 * one["vertices"], one["vertices_at"]).reshape(-1, 3)
            triangles = np.frombuffer(raw, "<u4", 3 * one["triangles"], one["triangles_at"])
            assert triangles.max() == one["vertices"] - 1
            assert vertices.min() >= -1e-5
            assert vertices[:, 2].max() <= block["size"]["bottom"] + 1e-5
    assert total < 12_000_000
    names = {path.name for path in (folder / "block").iterdir()}
    assert names == {time["file"] for time in block["times"]}


def test_times_are_in_order_and_the_first_shown_ends_the_pulse(heated: Heated) -> None:
    _, _, block = heated
    seconds = [time["seconds"] for time in block["times"]]
    assert seconds == sorted(seconds)
    assert 10 <= len(seconds) <= 16
    assert block["times"][block["first"]]["phase"] == "end of the pulse"
    assert seconds[block["first"]] == pytest.approx(0.1)


def test_temperatures_nest_at_the_end_of_the_pulse(heated: Heated) -> None:
    _, _, block = heated
    table = next(table for table in block["tables"] if table["key"] == "zones")
    volumes = [float(row["cells"][2].replace("<", "")) for row in table["rows"][:4]]
    assert volumes == sorted(volumes, reverse=True)
    assert volumes[0] > 0.0


def test_needles_stand_three_by_three_at_the_pitch(heated: Heated) -> None:
    _, _, block = heated
    places = np.array(block["needles"]["at"])[:, :2]
    assert places.shape == (9, 2)
    pitch = block["size"]["x"][1] * 2.0 / 3.0
    assert sorted(set(np.round(places[:, 0], 4))) == pytest.approx([-pitch, 0.0, pitch], abs=1e-3)
    assert len(block["copies"]) == 36


def test_scenario_is_named_and_its_skin_is_drawn(heated: Heated) -> None:
    _, folder, block = heated
    member = int(block["chosen"].split("number ")[1].split(" of")[0]) - 1
    layers = read_tree(folder / "result.nc")["/zones/cheeks/layers"].to_dataset()
    epidermis, dermis = (float(layers[f"{name}_thickness"][member]) for name in ("epidermis", "dermis"))
    assert block["layers"][0]["bottom"] == pytest.approx(epidermis, abs=1e-4)
    assert block["layers"][1]["bottom"] == pytest.approx(epidermis + dermis, abs=1e-4)
    assert "of the 16 scenarios" in block["chosen"]


def test_still_picture_is_whole_and_says_what_it_shows(heated: Heated) -> None:
    _, folder, block = heated
    drawn = ElementTree.parse(folder / "block.svg").getroot()
    words = " ".join(drawn.itertext())
    assert block["times"][block["first"]]["said"] in words
    for level in block["levels"]:
        assert level["label"] in words
    assert "style=" not in (folder / "block.svg").read_text()


def test_fields_of_the_pulse_lie_beside_it_for_other_programs(heated: Heated) -> None:
    _, folder, block = heated
    raw = (folder / "fields.vti").read_bytes()
    head = raw[: raw.index(b"<AppendedData")].decode()
    assert 'Name="temperature [degC]"' in head
    assert 'Name="log_damage_' in head
    notes = {
        one.attrib["Name"]: bytes(int(code) for code in (one.text or "").split()).rstrip(b"\0").decode()
        for one in ElementTree.fromstring(f"{head}</VTKFile>").iter("Array")
    }
    assert notes["pulse"] == block["about"][0]
    assert len(raw) < 8e6


def test_results_of_the_plan_are_left_as_they_were(heated: Heated) -> None:
    plan, folder, _ = heated
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    write_block(plan, folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert after == before  # the block itself repeats byte for byte as well


def test_pen_has_channels_to_the_computed_number_and_depth(own_copy: Callable[[], Path]) -> None:
    folder, plan = own_copy(), load_plan(EXAMPLES / "cheek_pen.toml")
    write_block(plan, folder)
    block = json.loads((folder / "block.json").read_text())
    member = int(block["chosen"].split("number ")[1].split(" of")[0]) - 1
    channels = read_tree(folder / "result.nc")["/zones/cheeks/channels"].to_dataset()
    depths = np.array(block["channels"]["at"])[:, 2]
    expected = float(channels["puncture_density"][member]) * 0.09  # cm2
    assert depths.size == pytest.approx(expected * block["channels"]["share"], abs=1.0)
    assert np.median(depths) == pytest.approx(float(channels["reached_depth_typical"][member]), rel=0.05)
    assert block["times"] == []
    assert block["needles"] is None
    assert not (folder / "block").exists()
    ElementTree.parse(folder / "block.svg")
    table = block["tables"][0]
    assert sum(int(row["cells"][0]) for row in table["rows"]) == depths.size


def test_surfaces_of_an_earlier_block_do_not_stay(own_copy: Callable[[], Path]) -> None:
    folder, plan = own_copy(), load_plan(EXAMPLES / "cheek_pen.toml")
    (folder / "block").mkdir()
    (folder / "block" / "00.bin").write_bytes(b"old")
    write_block(plan, folder)
    assert not (folder / "block").exists()


def test_a_folder_without_result_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="needs a computed plan"):
        write_block(load_plan(EXAMPLES / "cheek_pen.toml"), tmp_path)
    assert list(tmp_path.iterdir()) == []
