"""Searches and cohorts, and what workers gain: `python benchmarks/search_and_cohort.py [--only SECTION ...] [--quick]`.

Sections, of which any can be chosen:

* `search_mechanical`, `search_rf`: `examples/cheek_pen.toml` and `examples/cheek_rf.toml` with their default wishes and
  settings; the search alone, with the fresh sample, and the whole command with its last steps and its files;
* `cohort_mechanical`, `cohort_rf`: the same plans for many people; the members alone, and the whole command;
* `speed_up`: the chunks of a cohort computed by one process, by two that know nothing of each other and take every
  other chunk, by the pool and by a local Dask cluster of two workers, in turns, the quickest of each counts. Each is
  on one thread and has computed another chunk before; what it takes to start the workers is given apart;
* `dask_overhead`: per member, by parts that compute nothing and travel as chunks do, and by what two Dask workers take
  beyond two independent processes;
* `memory`: peak of resident memory of the main process and of the largest worker (Linux).

Every measurement runs in a process of its own, with an empty cache of its own, so that nothing is found from before.
Loops are compiled before anything is timed. The load of the machine is that just before a section: the figures mean
something where it is near zero.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from machine import machine
from page import write_section
from search_and_cohort_measures import MEASURES

PEN, RF = "cheek_pen.toml", "cheek_rf.toml"
WORKERS = 2
TITLE = "Searches and cohorts"
COMMAND = "python benchmarks/search_and_cohort.py --markdown docs/benchmarks.md"
_KINDS = {PEN: "mechanical", RF: "RF"}
_FAR_ABOVE = 1.1  # times the memory of the smallest cohort: what still counts as flat

Row = dict[str, Any]
Section = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How much is computed: by default what the bars are set for, and next to nothing with ``--quick``."""

    trials: dict[str, int]
    members: dict[str, int]
    fresh: int
    patients: dict[str, int]
    shared: dict[str, int]
    turns: int
    empty: int
    growing: tuple[int, ...]


FULL = Sizes(
    trials={PEN: 200, RF: 60},
    members={PEN: 64, RF: 32},
    fresh=256,
    patients={PEN: 10_000, RF: 500},
    shared={PEN: 4096, RF: 128},
    turns=3,
    empty=1000,
    growing=(1000, 4000, 16_000),
)
QUICK = Sizes(
    trials={PEN: 16, RF: 8},
    members={PEN: 64, RF: 16},
    fresh=16,
    patients={PEN: 512, RF: 16},
    shared={PEN: 512, RF: 16},
    turns=1,
    empty=100,
    growing=(256, 1024),
)


def row(label: str, figure: float, unit: str, most: float | None = None, least: float | None = None) -> Row:
    """Return a figure with its bar, which is the most or the least that it may be."""
    return {"label": label, "figure": figure, "unit": unit, "most": most, "least": least}


def apart(*calls: tuple[str, dict[str, Any]], one_thread: bool = False) -> list[dict[str, Any]]:
    """Run measurements at the same time, each in a process of its own with a cache of its own."""
    from percuta.numerics.compiled import one_thread as threads

    with tempfile.TemporaryDirectory(prefix="percuta-bench-") as folder:
        running = []
        for number, (name, arguments) in enumerate(calls):
            file, own = Path(folder, f"{number}.json"), {"PERCUTA_CACHE": str(Path(folder, f"cache-{number}"))}
            command = [sys.executable, __file__, "--measure", name, json.dumps(arguments), "--json", str(file)]
            environment = os.environ | own | (threads() if one_thread else {})
            running.append((subprocess.Popen(command, env=environment), file))
        try:
            ended = [process.wait() for process, _ in running]
        finally:
            for process, _ in running:  # where one was interrupted, the others are of no use
                process.kill()
        if any(ended):
            raise SystemExit(f"{', '.join(name for name, _ in calls)}: a process ended with {max(ended)}")
        return [json.loads(file.read_text()) for _, file in running]


@cache
def warm(example: str) -> None:
    """Compile the loops that a plan needs."""
    apart(("warm", {"example": example}))


def search(example: str, sizes: Sizes) -> Section:
    """Measure a search."""
    trials, members = sizes.trials[example], sizes.members[example]
    asked = {"example": example, "trials": trials, "members": members, "fresh": sizes.fresh, "workers": WORKERS}
    [found] = apart(("search", asked))
    bar = {PEN: 60.0, RF: 600.0}[example]
    confirmed = f"and confirmation over {sizes.fresh} scenarios at {found['fresh_accuracy']}"
    counts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in found["trials"].items())
    return {
        "title": f"Search over a {_KINDS[example]} plan: {trials} trials of {members} scenarios at draft, "
        f"{found['settings']} settings, {WORKERS} workers",
        "notes": [f"trials: {counts}; {'a' if found['recommended'] else 'no'} plan is recommended"],
        "rows": [
            row("search alone", found["search"], "s", most=bar),
            row(f"search {confirmed}", found["confirmed"], "s", most=bar),
            row("whole command, with the choices around and the files", found["whole"], "s", most=bar),
        ],
    }


def cohort(example: str, sizes: Sizes) -> Section:
    """Measure a cohort."""
    patients = sizes.patients[example]
    [found] = apart(("cohort", {"example": example, "patients": patients, "workers": WORKERS}))
    bar = {PEN: 60.0, RF: 600.0}[example]
    return {
        "title": f"Cohort of {patients} {_KINDS[example]} patients, {WORKERS} workers",
        "notes": [f"members that could not be computed: {found['failed']}"],
        "rows": [
            row("members alone", found["members"], "s", most=bar),
            row("whole command, with the split of the spread, verdicts and files", found["whole"], "s", most=bar),
        ],
    }


@cache
def shared_work(example: str, patients: int, turns: int) -> dict[str, float]:
    """Return the least time that each way takes for the same chunks [s], and for starting its workers."""
    found: dict[str, float] = {}
    for _ in range(turns):  # in turns, since the machine may be quicker at one time than at another
        for name, seconds in _one_turn(example, patients):
            found[name] = min(seconds, found.get(name, seconds))
    return found


def _one_turn(example: str, patients: int) -> Iterator[tuple[str, float]]:
    work = {"example": example, "patients": patients}
    for name, processes in (("one", 1), ("independent", WORKERS)):
        with tempfile.TemporaryDirectory() as folder:
            shares = [{**work, "share": share, "of": processes, "folder": folder} for share in range(processes)]
            ran = apart(*(("chunks_here", share) for share in shares), one_thread=True)
        yield name, max(one["end"] for one in ran) - min(one["begin"] for one in ran)
    for name, scheduler in (("pool", None), ("dask", "local")):
        pool = {**work, "workers": WORKERS, "scheduler": scheduler}
        [found] = apart(("chunks_in_pool", pool), one_thread=True)
        yield name, found["end"] - found["begin"]
        yield f"{name} start", found["start"]


def speed_up(sizes: Sizes) -> Section:
    """Measure what two workers gain, against two independent processes."""
    rows = []
    for example, patients in sizes.shared.items():
        found = shared_work(example, patients, sizes.turns)
        one, kind = found["one"], f"{_KINDS[example]}, "
        alone = one / found["independent"]
        rows += [
            row(f"{kind}one process", one, "s"),
            row(f"{kind}two independent processes: speed-up", alone, "times"),
        ]
        for name, label in (("pool", "two workers of the pool"), ("dask", "two workers of Dask")):
            gained = one / found[name]
            rows += [
                row(f"{kind}{label}: speed-up", gained, "times"),
                row(f"{kind}{label}: share of that of independent processes", 100 * gained / alone, "%", least=85.0),
                row(f"{kind}{label}: start, with a first chunk", found[f"{name} start"], "s"),
            ]
    sizes_said = " and ".join(f"{patients} {_KINDS[example]}" for example, patients in sizes.shared.items())
    return {"title": f"Speed-up over one process, {sizes_said} members, quickest of {sizes.turns}", "rows": rows}


def dask_overhead(sizes: Sizes) -> Section:
    """Measure what Dask costs for each member."""
    rows = []
    for example, patients in sizes.shared.items():
        asked = {"example": example, "parts": sizes.empty, "workers": WORKERS, "scheduler": "local"}
        [found] = apart(("empty_parts", asked), one_thread=True)
        seconds, kind = (found["end"] - found["begin"]) / sizes.empty, f"{_KINDS[example]}, "
        each = f"{found['members']} members and {found['bytes'] / 1000:.0f} kB"
        rows += [
            row(f"{kind}a part that computes nothing, of {each}", 1000 * seconds, "ms"),
            row(f"{kind}the same per member", 1000 * seconds / found["members"], "ms", most=5.0),
        ]
        took = shared_work(example, patients, sizes.turns)
        beyond = WORKERS * (took["dask"] - took["independent"]) / patients
        rows.append(row(f"{kind}beyond independent processes, per member", 1000 * beyond, "ms", most=5.0))
    return {"title": f"Overhead on a local Dask cluster of {WORKERS} workers", "rows": rows}


def memory(sizes: Sizes) -> Section:
    """Measure peaks of memory for cohorts of several sizes."""
    found = {
        patients: apart(("cohort", {"example": PEN, "patients": patients, "workers": WORKERS}))[0]
        for patients in sizes.growing
    }
    if any(one[name] is None for one in found.values() for name in ("main_mb", "worker_mb")):
        return {"title": "Memory: measured on Linux only", "rows": []}
    rows = []
    for patients, one in found.items():
        rows += [
            row(f"{patients} members, main process", one["main_mb"], "MB"),
            row(f"{patients} members, larger worker", one["worker_mb"], "MB"),
        ]
    few, many = min(sizes.growing), max(sizes.growing)
    for name, label in (("main_mb", "main process"), ("worker_mb", "larger worker")):
        ratio = found[many][name] / found[few][name]
        rows.append(row(f"{label}, {many} against {few} members", ratio, "times", most=_FAR_ABOVE))
    return {"title": f"Peak of resident memory, mechanical cohorts, {WORKERS} workers", "rows": rows}


SECTIONS: dict[str, tuple[tuple[str, ...], Callable[[Sizes], Section]]] = {
    "search_mechanical": ((PEN,), lambda sizes: search(PEN, sizes)),
    "search_rf": ((RF,), lambda sizes: search(RF, sizes)),
    "cohort_mechanical": ((PEN,), lambda sizes: cohort(PEN, sizes)),
    "cohort_rf": ((RF,), lambda sizes: cohort(RF, sizes)),
    "speed_up": ((PEN, RF), speed_up),
    "dask_overhead": ((PEN, RF), dask_overhead),
    "memory": ((PEN,), memory),
}


def measured(name: str, sizes: Sizes) -> Section:
    """Measure one section on warm loops, with the load before it."""
    examples, measure = SECTIONS[name]
    for example in examples:
        warm(example)
    load = os.getloadavg()[0]
    return {"load": load, "small": sizes is QUICK, **measure(sizes)}


def lines_of_section(section: Section) -> Iterator[str]:
    """Give a section as text."""
    yield f"{section['title']} (load before: {section['load']:.2f})"
    for note in section.get("notes", ()):
        yield f"  {note}"
    for one in section["rows"]:
        bar = "" if section["small"] else _bar(one)
        yield f"  {one['label']}: {one['figure']:.{_decimals(one)}f} {one['unit']}{bar}"


def _decimals(one: Row) -> int:
    return 2 if one["unit"] in ("ms", "times") else 0 if one["unit"] in ("%", "MB") else 1


def _bar(one: Row) -> str:
    if one["most"] is not None:
        return f" (bar: at most {one['most']:g}; {'met' if one['figure'] <= one['most'] else 'NOT met'})"
    if one["least"] is not None:
        return f" (bar: at least {one['least']:g}; {'met' if one['figure'] >= one['least'] else 'NOT met'})"
    return ""


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """Give all that was measured as text."""
    yield ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    if found["quick"]:
        yield "Sizes are small; the bars are for others and left out."
    for name in SECTIONS:
        if name in found["sections"]:
            yield ""
            yield from lines_of_section(found["sections"][name])


def _found_before(file: Path | None, head: dict[str, Any]) -> dict[str, Any]:
    """Return the sections of a file that were measured with the same machine, versions and sizes."""
    before = json.loads(file.read_text()) if file is not None and file.exists() else {}
    same = all(before.get(key) == value for key, value in head.items())
    return dict(before["sections"]) if same else {}


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="these sections")
    reader.add_argument("--quick", action="store_true", help="small sizes, for which no bar is set")
    reader.add_argument("--json", type=Path, help="the figures; sections in it that are not measured now are kept")
    reader.add_argument("--markdown", type=Path, help="put what is printed into its section of this page as well")
    reader.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = reader.parse_args()
    if asked.measure:
        name, arguments = asked.measure
        asked.json.write_text(json.dumps(MEASURES[name](**json.loads(arguments))))
        return
    head = {"machine": machine("numpy", "numba", "optuna", "distributed", "zarr"), "quick": asked.quick}
    found: dict[str, Any] = {**head, "sections": _found_before(asked.json, head)}
    for name in asked.only:
        found["sections"][name] = measured(name, QUICK if asked.quick else FULL)
        print("\n".join(["", *lines_of_section(found["sections"][name])]), flush=True)
        if asked.json:  # at once, so that nothing is lost where a later section is cut off
            asked.json.write_text(json.dumps(found, indent=2) + "\n")
    text = "\n".join(lines_of(found))
    print(f"\n{text.partition(chr(10))[0]}")
    if asked.markdown:
        write_section(asked.markdown, TITLE, COMMAND, text)


if __name__ == "__main__":
    main()
