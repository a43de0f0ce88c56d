"""A plan over a cohort: the same bytes whoever computes, after a kill too; earlier results stay where it fails."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import validate

from percuta.cohort import spread
from percuta.cohort.members import Chunk, Cohort
from percuta.cohort.people import CohortSpec, spec_of
from percuta.cohort.table import bytes_of
from percuta.engine.people import People
from percuta.engine.scenarios import Scenarios
from percuta.errors import ConvergenceError, DeviceLimitError, PlanError
from percuta.library.registry import library
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.results.samples import Sample
from percuta.workflows.cohort import Treated, run_cohort
from percuta.workflows.schemas import schema

from ..cohort.cohorts import EXAMPLES, dry_text

SCRIPT = Path(__file__).with_name("cut_off.py")
PATIENTS, SIZE = 300, 2  # of the cohort, and of one replicate of the split


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pen example with its needling alone."""
    path = tmp_path_factory.mktemp("plan") / "dry.toml"
    path.write_text(dry_text(), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _few_in_the_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "IN_A_REPLICATE", SIZE)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own with nothing in it."""
    monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(scope="module")
def whole(dry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Treated]]:
    """The cohort as one process computes it, with its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "IN_A_REPLICATE", SIZE)
        patch.setenv("PERCUTA_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tmp_path_factory.mktemp("whole") / "out"
        yield folder, run_cohort(load_plan(dry), folder, patients=PATIENTS, study=True)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a result but its manifest, which has time stamps."""
    return {name: raw for name, raw in bytes_of(folder).items() if name != "manifest.json"}


def started(*arguments: object, **settings: Any) -> subprocess.Popen[str]:
    """Start the cohort in a process of its own."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ), **settings
    )


def test_what_is_written(whole: tuple[Path, Treated]) -> None:
    import xarray as xr

    folder, treated = whole
    assert {one.name for one in folder.iterdir()} == {"cohort.zarr", "cohort.json", "cohort.html", "manifest.json"}
    table = json.loads((folder / "cohort.json").read_text("utf-8"))
    assert table == treated.table
    validate(table, schema("cohort"))
    validate(json.loads((folder / "manifest.json").read_text("utf-8")), schema("manifest"))
    assert table["statuses"] == {"computed": PATIENTS, "failed": 0}
    with xr.open_zarr(folder / "cohort.zarr") as read:
        assert read.sizes["patient"] == PATIENTS
        depth = read["reached_depth_typical"].sel(zone="cheeks").values
        [found] = [one for one in table["endpoints"] if one["name"] == "reached_depth_typical"]
        assert found["groups"][0]["p50"] == pytest.approx(np.median(depth), rel=1e-12)
        women = read["sex"].values == 1
        [of_women] = [group for group in found["groups"] if group["group"] == "women"]
        assert of_women["people"] == women.sum()
        assert of_women["p95"] == pytest.approx(np.quantile(depth[women], 0.95), rel=1e-12)
        assert read.attrs["plan_sha256"] == table["plan_sha256"]
        assert read_plan(read.attrs["plan"]).title == table["plan"]
        refused = int((read["verdict"] == 3).sum() + (read["verdict"] == 2).sum())
    assert sum(one["people"] for one in table["verdicts"]) == PATIENTS
    assert refused == sum(one["people"] for one in table["verdicts"] if one["verdict"] in ("deferred", "refused"))


@pytest.mark.parametrize("scheduler", ["", "local"], ids=["processes", "dask"])
def test_two_workers_give_the_same_bytes(dry: Path, whole: tuple[Path, Treated], fresh: Path, scheduler: str) -> None:
    process = started(dry, fresh / "out", PATIENTS, 2, scheduler, SIZE)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert files(fresh / "out") == files(whole[0])


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    dry: Path, whole: tuple[Path, Treated], fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = started(dry, fresh / "out", PATIENTS, 1, "", SIZE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("256 ")  # the first chunk is done
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (fresh / "out" / "cohort.json").exists()
    [left] = (fresh / "out").iterdir()
    assert left.name.startswith(".unfinished-")
    computed, again = list[int](), Chunk.computed

    def noted(part: Chunk) -> bytes:
        computed.append(part.start)
        return again(part)

    monkeypatch.setattr(Chunk, "computed", noted)
    run_cohort(load_plan(dry), fresh / "out", patients=PATIENTS, study=True)
    assert 0 not in computed  # what was finished is not computed again
    assert files(fresh / "out") == files(whole[0])  # nothing is left of the run that was killed


def test_a_run_that_is_repeated_computes_nothing(dry: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_cohort(load_plan(dry), fresh / "out", patients=20, study=True)
    first = files(fresh / "out")
    shutil.rmtree(fresh / "out")
    monkeypatch.setattr(Cohort, "outcome", None)
    run_cohort(load_plan(dry), fresh / "out", patients=20, study=True)
    assert files(fresh / "out") == first


def test_a_full_disk_leaves_the_earlier_result(dry: Path, fresh: Path) -> None:
    run_cohort(load_plan(dry), fresh / "out", patients=10, seed=7, study=True)
    before = bytes_of(fresh / "out")
    process = started(dry, fresh / "out", PATIENTS, 1, "", SIZE, preexec_fn=limit_files)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "the result cannot be written" in said
    assert "Traceback" not in said
    assert bytes_of(fresh / "out") == before


def limit_files() -> None:
    """Let no file grow beyond two thousand bytes, as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_member_that_raises_and_one_that_never_converges_are_rows(
    dry: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort, computed = Cohort(load_plan(dry), library(), CohortSpec()), Cohort.outcome
    points = cohort.scenarios(0, 30).points
    reasons: dict[int, Exception] = {4: ConvergenceError("the pulse never converged"), 17: ZeroDivisionError("nought")}

    def outcome(self: Cohort, scenarios: Scenarios, people: People | None) -> list[Sample]:
        for row, fault in reasons.items():
            if (scenarios.points == points[row]).all(axis=1).any():
                raise fault
        return computed(self, scenarios, people)

    monkeypatch.setattr(Cohort, "outcome", outcome)
    treated = run_cohort(load_plan(dry), fresh / "out", patients=30, study=True)
    validate(treated.table, schema("cohort"))
    assert treated.table["statuses"] == {"computed": 28, "failed": 2}
    assert treated.table["failures"] == [
        {"reason": "the pulse never converged", "patients": 1, "first": [4]},
        {"reason": "ZeroDivisionError: nought", "patients": 1, "first": [17]},
    ]
    page = (fresh / "out" / "cohort.html").read_text("utf-8")
    assert "Not computed, person 4: the pulse never converged" in page
    [pain] = [one for one in treated.table["endpoints"] if one["name"] == "pain_peak"]
    assert pain["groups"][0]["people"] == 28


def test_where_nobody_can_be_computed_the_run_says_so(dry: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = Cohort.outcome

    def outcome(self: Cohort, scenarios: Scenarios, people: People | None) -> list[Sample]:
        if people is None:
            return computed(self, scenarios, people)
        raise ConvergenceError("never")

    monkeypatch.setattr(Cohort, "outcome", outcome)
    treated = run_cohort(load_plan(EXAMPLES / "cheek_pen.toml"), fresh / "out", patients=3)
    assert treated.exit_code == 1
    validate(treated.table, schema("cohort"))
    assert "none of 3 people could be computed" in (fresh / "out" / "cohort.html").read_text("utf-8")


def test_a_refused_plan_computes_nothing_unless_it_is_studied(fresh: Path) -> None:
    treated = run_cohort(load_plan(EXAMPLES / "eyelid_inside_orbital_rim.toml"), fresh / "out")
    assert (treated.exit_code, treated.table, treated.page) == (3, {}, None)
    assert not (fresh / "out").exists()


def test_a_plan_that_cannot_be_computed_is_one_error(dry: Path, fresh: Path) -> None:
    plan = load_plan(dry)
    with pytest.raises(DeviceLimitError):
        run_cohort(deeper(plan), fresh / "out", study=True)
    assert not (fresh / "out").exists()


def deeper(plan: Plan) -> Plan:
    """Return the plan at a depth that its device cannot be set to."""
    from percuta.units import Quantity

    step = plan.session.steps[0].model_copy(update={"set_depth": Quantity("9 mm", 0.009)})
    return plan.model_copy(update={"session": plan.session.model_copy(update={"steps": (step,)})})


@pytest.mark.parametrize("patients", [0, -1, 65_537])
def test_a_number_of_patients_that_does_not_do(dry: Path, fresh: Path, patients: int) -> None:
    with pytest.raises(PlanError, match="1 to 65536"):
        run_cohort(load_plan(dry), fresh / "out", patients=patients)


def test_a_folder_that_cannot_be_written(dry: Path, fresh: Path) -> None:
    (fresh / "file").write_text("")
    with pytest.raises(PlanError, match="cannot be written"):
        run_cohort(load_plan(dry), fresh / "file" / "out", patients=3)
    (fresh / "out" / "cohort.zarr").mkdir(parents=True)
    (fresh / "out" / "cohort.zarr" / "mine.txt").write_text("")
    with pytest.raises(PlanError, match="Zarr"):
        run_cohort(load_plan(dry), fresh / "out", patients=3)


def test_another_result_takes_the_place_of_a_cohort_and_the_other_way_round(dry: Path, fresh: Path) -> None:
    from percuta.workflows.plan import run_plan

    out = fresh / "out"
    run_plan(load_plan(dry), out, members=16, study=True)
    (out / "notes.txt").write_text("mine")
    run_cohort(load_plan(dry), out, patients=5, study=True)
    assert {one.name for one in out.iterdir()} >= {"cohort.zarr", "notes.txt"}
    assert not (out / "result.nc").exists()
    run_cohort(load_plan(dry), out, patients=4, study=True)
    assert len(json.loads((out / "cohort.json").read_text("utf-8"))["failures"]) == 0
    run_plan(load_plan(dry), out, members=16, study=True)
    assert not (out / "cohort.zarr").exists()
    assert (out / "notes.txt").exists()


def test_only_the_people_who_were_asked_for(dry: Path, fresh: Path) -> None:
    people = spec_of("30 to 40 years", "male", "2, 5")
    table = run_cohort(load_plan(dry), fresh / "out", patients=40, people=people, study=True).table
    assert table["asked"] == {"age": [pytest.approx(30.0), pytest.approx(40.0)], "sex": "male", "phototype": [2, 5]}
    assert {group["name"] for group in table["groups"]} == {"everyone", "men", "30 to 39 years"}
    assert table["people"]["phototype"]["2"] + table["people"]["phototype"]["5"] == pytest.approx(1.0)
