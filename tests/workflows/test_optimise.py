"""A search with the real engine: what it writes, what it holds to, and that it survives what is done to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]  # Dask needs it
import pytest
from jsonschema import validate
from typer.testing import CliRunner

from percuta.cli.main import app
from percuta.engine.executors import in_order
from percuta.engine.scenarios import scenario_batch
from percuta.engine.simulate import run
from percuta.errors import PercutaError, PlanError
from percuta.library.registry import library
from percuta.optimisation import measurer
from percuta.plan.model import Plan
from percuta.plan.reading import load_plan, read_plan
from percuta.results.endpoints import samples
from percuta.workflows.check import check
from percuta.workflows.optimise import Optimised, fresh_seed, optimise
from percuta.workflows.result_folder import FINDINGS, MANIFEST, OPTIMISATION, OPTIMISATION_PAGE, RECOMMENDED, STUDY
from percuta.workflows.schemas import schema

EXAMPLE = Path(__file__).parents[2] / "examples" / "cheek_pen.toml"
SMALL: dict[str, Any] = {"trials": 16, "members": 16, "fresh": 32}
OPTIONS = ("--trials", "16", "--members", "16", "--fresh", "32")
PATIENCE = 120.0  # s
FRESH_SEED = fresh_seed(0)
NO_PAIN = '\n[[optimise.constraints]]\nendpoint = "pain_peak"\nbelow = {}\nprobability = 0.9\n'


def without_cream() -> str:
    """Return the example without its cream, which takes most of the time, so that it hurts more."""
    text = EXAMPLE.read_text("utf-8")
    head, *steps = text.split("[[session.steps]]")
    return "[[session.steps]]".join([head, *(one for one in steps if 'anaesthetic"\n' not in one)])


WHOLE = without_cream()
PLAN = read_plan(WHOLE)


@pytest.fixture(scope="module", autouse=True)
def _nothing_from_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with fresh_cache(tmp_path_factory.mktemp("cache")):
        yield


@contextmanager
def fresh_cache(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PERCUTA_CACHE", str(folder))
        yield


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Optimised:
    """A small search in this process."""
    return optimise(PLAN, tmp_path_factory.mktemp("found"), **SMALL)


def content(folder: Path) -> bytes:
    return (folder / OPTIMISATION).read_bytes()


def measured(plan: Plan, seed: int, members: int) -> dict[str, Any]:
    """Return the endpoints of a plan that has one zone, in scenarios of the sequence that searches take."""
    outcome = run(plan, library(), scenario_batch(65_536, seed, 0).rows(0, members))
    return {one.name: one.values for one in samples(outcome) if one.values is not None}


def within(table: dict[str, Any], values: dict[str, Any]) -> list[float]:
    """Return the share of scenarios within each constraint."""
    return [
        float(
            np.mean(
                values[one["endpoint"]] <= one["limit"]
                if one["side"] == "below"
                else values[one["endpoint"]] >= one["limit"]
            )
        )
        for one in table["constraints"]
    ]


# --- what it finds ---


def test_what_is_written_meets_the_schema_and_is_what_was_returned(found: Optimised) -> None:
    table = json.loads(content(found.folder))
    validate(table, schema("optimisation"))
    assert table == json.loads(json.dumps(found.table))
    assert sorted(one.name for one in found.folder.iterdir()) == sorted(
        [OPTIMISATION, OPTIMISATION_PAGE, RECOMMENDED, MANIFEST, STUDY]
    )
    assert table["trials"]["done"] == len(table["candidates"]) == SMALL["trials"]
    assert [one["number"] for one in table["candidates"]] == list(range(SMALL["trials"]))
    assert table["candidates"][0]["current"]
    assert {"seed": 0, "members": 16, "fresh_members": 32, "fresh_seed": FRESH_SEED}.items() <= table.items()
    validate(json.loads((found.folder / MANIFEST).read_text("utf-8")), schema("manifest"))


def test_the_recommended_plan_reads_back_and_passes_the_check(found: Optimised) -> None:
    assert found.exit_code == 0
    assert found.recommended is not None
    plan = load_plan(found.recommended)
    assert check(plan).exit_code == 0
    [chosen] = [one for one in found.table["candidates"] if one["number"] == found.table["recommended"]]
    assert chosen["status"] in ("front", "dominated")
    as_text = found.recommended.read_text("utf-8")
    for value in chosen["settings"].values():
        assert value in as_text


def test_the_recommendation_keeps_every_constraint_computed_by_hand_over_the_fresh_sample(found: Optimised) -> None:
    assert found.recommended is not None
    table = found.table
    values = measured(load_plan(found.recommended), FRESH_SEED, 32)
    [chosen] = [one for one in table["candidates"] if one["number"] == table["recommended"]]
    shares = within(table, values)
    assert shares == [one["share"] for one in chosen["fresh"]["constraints"]]
    for share, one in zip(shares, table["constraints"], strict=True):
        assert share >= one["probability"]
    for one, other in zip(table["objectives"], chosen["fresh"]["objectives"], strict=True):
        assert other["value"] == np.quantile(values[one["endpoint"]], one["quantile"])


def test_the_recommendation_is_no_worse_than_the_plan_where_that_keeps_its_constraints(tmp_path: Path) -> None:
    text = WHOLE + NO_PAIN.format(9.5)
    given = optimise(read_plan(text), tmp_path, **SMALL)
    table, first = given.table, given.table["objectives"][0]
    assert given.recommended is not None
    before, after = (measured(plan, FRESH_SEED, 32) for plan in (read_plan(text), load_plan(given.recommended)))
    assert all(
        share >= one["probability"] for share, one in zip(within(table, before), table["constraints"], strict=True)
    )
    was, now = (np.quantile(values[first["endpoint"]], first["quantile"]) for values in (before, after))
    assert (now <= was) if first["goal"] == "minimise" else (now >= was)


def test_a_step_that_does_better_and_was_not_tried_is_told_as_a_search_too_short(found: Optimised) -> None:
    tried = found.table["trials"]["done"]
    assert tried == len(found.table["candidates"])
    better = [one for one in found.table["around"] if one["status"] == "computed" and "does better" in one["sentence"]]
    said = [one for one in found.table["chosen_because"] if "a longer one tries more choices" in one]
    assert len(said) == bool(better)
    assert all(one["to"] in said[0] for one in better)


def test_a_plan_that_misses_a_constraint_is_not_called_alike(tmp_path: Path) -> None:
    deep = read_plan(WHOLE.replace('set_depth = "1.0 mm"', 'set_depth = "2.5 mm"'))
    table = optimise(deep, tmp_path / "out", trials=8, members=16, fresh=16).table
    said = " ".join(table["chosen_because"])
    assert "The plan as written does not keep Strongest pain below" in said
    assert "from those of the plan as written" not in said


def test_where_nothing_is_feasible_what_has_to_give_is_told_and_is_enough(tmp_path: Path) -> None:
    stuck = optimise(read_plan(WHOLE + NO_PAIN.format(0.01)), tmp_path, **SMALL)
    table = stuck.table
    validate(table, schema("optimisation"))
    assert (stuck.exit_code, stuck.recommended, table["recommended"]) == (4, None, None)
    assert not (tmp_path / RECOMMENDED).exists()
    assert table["relax"]
    for one in table["relax"]:
        assert one["to"] > one["limit"] == 0.01
        [chosen] = [each for each in table["candidates"] if each["settings"] == one["settings"]]
        plan = with_texts(chosen["settings"])
        assert np.mean(measured(plan, FRESH_SEED, 32)["pain_peak"] <= one["to"]) >= 0.9
    eased = optimise(read_plan(WHOLE + NO_PAIN.format(table["relax"][0]["to"])), tmp_path / "eased", **SMALL)
    shares = [one["fresh"]["constraints"][0]["share"] for one in eased.table["candidates"] if one["fresh"]]
    assert max(shares) >= 0.9


def with_texts(chosen: dict[str, str]) -> Plan:
    """Return the plan with settings as a person would write them."""
    text = WHOLE
    for name, value in chosen.items():
        assert name in ("set_depth", "passes", "frequency", "sessions", "interval")
        quoted = value if name in ("passes", "sessions") else f'"{value}"'
        lines = [f"{name} = {quoted}" if line.startswith(f"{name} =") else line for line in text.splitlines()]
        text = "\n".join(lines)
        if f"{name} = " not in text:
            text = text.replace('do = "needling"', f'do = "needling"\n{name} = {quoted}')
    return read_plan(text)


def test_a_person_who_must_not_be_treated_is_not_searched_for(tmp_path: Path) -> None:
    plan = read_plan(WHOLE.replace('active_herpes                    = "no"', 'active_herpes = "yes"'))
    stopped = optimise(plan, tmp_path, **SMALL)
    assert (stopped.exit_code, stopped.table, stopped.recommended) == (3, {}, None)
    assert [one.name for one in tmp_path.iterdir()] == [FINDINGS]


def test_the_command_says_why_a_person_must_not_be_treated(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(WHOLE.replace('active_herpes                    = "no"', 'active_herpes = "yes"'), "utf-8")
    for more in ((), ("--json",)):
        done = CliRunner().invoke(app, ["optimise", str(file), "--out", str(tmp_path / "out"), *more])
        assert done.exit_code == 3
        assert "active_herpes" in done.stdout
        assert "fault" not in done.stderr


# --- what is asked wrongly ---


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"trials": 0}, "trial"),
        ({"members": 24}, "power of two"),
        ({"members": 0}, "power of two"),
        ({"fresh": 100}, "power of two"),
        ({"fresh": 8}, "use --fresh 16"),
        ({"accuracy": "fine"}, "draft"),
        ({"scheduler": "elsewhere"}, "elsewhere"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_one_message_and_nothing_is_made(
    asked: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match=words):
        optimise(PLAN, tmp_path / "out", **SMALL | asked)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_message() -> None:
    with pytest.raises(PlanError, match="the result folder cannot be written"):
        optimise(PLAN, Path("/dev/fd/here" if sys.platform == "darwin" else "/proc/here"), **SMALL)


def test_the_study_of_another_plan_is_refused_and_its_result_left(found: Optimised) -> None:
    before = content(found.folder)
    other = read_plan(WHOLE.replace("52 years", "53 years"))
    for plan, asked in ((other, {}), (PLAN, {"seed": 3}), (PLAN, {"members": 32})):
        with pytest.raises(PlanError, match="another search"):
            optimise(plan, found.folder, **SMALL | asked)
    assert content(found.folder) == before


def test_without_optuna_the_extra_is_named_and_no_folder_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(PercutaError) as caught:
        optimise(PLAN, tmp_path / "out", **SMALL)
    assert 'pip install "percuta[optimise]"' in str(caught.value)
    assert not (tmp_path / "out").exists()


# --- who computes, and what is done to them ---


def test_a_search_done_again_computes_nothing_and_gives_the_same_bytes(
    found: Optimised, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[object] = []

    def counted(pool: Any, function: Any, items: Iterable[Any]) -> Iterator[Any]:
        every = list(items)
        computed.extend(every)
        return in_order(pool, function, every)

    monkeypatch.setattr(measurer, "in_order", counted)
    for folder in (found.folder, tmp_path):
        before = content(found.folder)
        optimise(PLAN, folder, **SMALL)
        assert content(folder) == before
    assert not computed


def test_a_dask_worker_killed_in_the_middle_changes_no_byte(
    found: Optimised, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    mine = {one.pid for one in psutil.Process().children(recursive=True)}

    def killing(pool: Any, function: Any, items: Iterable[Any]) -> Iterator[Any]:
        for number, result in enumerate(in_order(pool, function, items)):
            if number == 1 and not killed:
                killed.append(a_worker(mine))
                os.kill(killed[0], signal.SIGKILL)
            yield result

    monkeypatch.setattr(measurer, "in_order", killing)
    with fresh_cache(tmp_path / "cache"):
        optimise(PLAN, tmp_path / "out", **SMALL, workers=2, scheduler="local")
    assert killed
    assert content(tmp_path / "out") == content(found.folder)


def a_worker(others: set[int]) -> int:
    """Return a process that the cluster of this process started to compute."""
    below = [one for one in psutil.Process().children(recursive=True) if one.pid not in others]
    return next(int(one.pid) for one in below if any("spawn_main" in word for word in one.cmdline()))


COMMAND = (sys.executable, "-m", "percuta", "optimise")


@contextmanager
def started(plan: Path, out: Path, cache: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the command as from a terminal, in a group of processes of its own."""
    environment = os.environ | {"PERCUTA_CACHE": str(cache)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, str(plan), "--out", str(out), *OPTIONS],
        stdout=pipe,
        stderr=pipe,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_tried(process: subprocess.Popen[str], study: Path, trials: int) -> None:
    """Wait for so many trials in the study."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and trials_in(study) < trials:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert process.returncode is None  # it was to be cut off, and had not ended


def trials_in(study: Path, mode: str = "ro") -> int:
    """Count the trials of a study; what a killed process left half written is put right by whoever may write it."""
    if not study.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{study}?mode={mode}", uri=True)) as read:
            [count] = read.execute("select count(*) from trials").fetchone()
    except sqlite3.OperationalError:  # its tables are being made, or it is written
        return 0
    return int(count)


@pytest.mark.usefixtures("interruptible")
def test_interrupted_then_killed_then_with_two_workers_it_ends_with_the_same_bytes(
    found: Optimised, tmp_path: Path
) -> None:
    plan, out, cache = tmp_path / "plan.toml", tmp_path / "out", tmp_path / "cache"
    plan.write_text(WHOLE, "utf-8")
    with started(plan, out, cache) as process:
        until_tried(process, out / STUDY, 3)
        os.killpg(process.pid, signal.SIGINT)
        said, error = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (130, "")
    assert error == "percuta: interrupted; run the same command again to go on where it stopped\n"
    assert [one.name for one in out.iterdir() if not one.name.startswith(STUDY)] == []
    with started(plan, out, cache) as process:
        until_tried(process, out / STUDY, 10)
        process.kill()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert 10 <= trials_in(out / STUDY, "rw") <= SMALL["trials"]
    assert not (out / OPTIMISATION).exists()
    with fresh_cache(cache):
        optimise(PLAN, out, **SMALL, workers=2)
    assert content(out) == content(found.folder)
    assert trials_in(out / STUDY) == SMALL["trials"]


FULL = """
import resource, sys
from percuta.cli.main import run
for most, out in ((100_000, sys.argv.pop(1)), (20_000, sys.argv.pop(1))):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    before = list(sys.argv)
    sys.argv += ["--out", out]
    try:
        run()
    except SystemExit as end:
        print("ended with", end.code, file=sys.stderr)
    sys.argv = before
"""


def test_a_full_disk_is_one_clear_message_and_leaves_earlier_results(found: Optimised, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(WHOLE, "utf-8")
    first, second = tmp_path / "begun anew", tmp_path / "over"
    for folder in (first, second):
        shutil.copytree(found.folder, folder)
    (first / STUDY).unlink()
    before = {one: one.read_bytes() for folder in (first, second) for one in folder.iterdir()}
    command = [sys.executable, "-c", FULL, str(first), str(second), "optimise", str(plan), *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    study, result = done.stderr.split("ended with 2\n")[:2]
    assert "the study of the search cannot be" in study
    assert "the result cannot be written" in result
    assert "Traceback" not in done.stderr
    assert {one: one.read_bytes() for one in before} == before
    for folder in (first, second):  # with room it goes on
        optimise(PLAN, folder, **SMALL)
        assert content(folder) == content(found.folder)
