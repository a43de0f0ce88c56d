"""How quickly the planner answers: `python benchmarks/web_load.py [--users N] [--seconds S] [--markdown PAGE]`.

Starts `percuta serve` on a free port of the loopback, over a folder of its own, and asks it as browsers do:

* the first page of a warm server, with all that it loads: time, and bytes as they are packed on the way;
* the answer beside the depth slider, one user alone;
* many users who plan at the same time, each for a person of another age, so that no answer was computed for another
  user: each opens the planner, moves the slider, changes the depth to one that this plan did not have yet, and an
  answer, and reads for three seconds after each, while a simulation runs in the worker from the first act to the last;
  and once more with one second to read, which is haste.

Loops are bounded in count and time; the server is ended at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
from machine import machine
from page import write_section

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "cheek_pen.toml"
TITLE = "The planner in the browser"
COMMAND = "python benchmarks/web_load.py --markdown docs/benchmarks.md"
NEEDLING = 7  # step of the example that needles
START = 120.0  # s that the server may take to answer for the first time
READING, HASTE = 3.0, 1.0  # s between two acts of a user
DIAL = [0.25 * step for step in range(1, 11)]  # mm; of the pen
MEMBERS, SIMULATIONS = 1024, 40  # scenarios, of so many simulations beside them: more than it gets done
TURNS = 30  # of a figure for one user alone
_LOADED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
Times = dict[str, list[float]]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server over a folder, and its address."""
    command = [sys.executable, "-m", "percuta", "serve", "--port", "0", "--folder", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PERCUTA_CACHE": "off"})
    assert server.stdout is not None
    try:
        address = re.search(r"http://\S+", server.stdout.readline())
        if address is None:
            raise SystemExit("the server did not say where it is")
        yield address[0].rstrip("/")
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


class User:
    """One person with a browser and a plan."""

    def __init__(self, address: str, age: int = 40) -> None:
        self.asking = httpx.Client(base_url=address, timeout=60.0)
        with EXAMPLE.open("rb") as file:
            answer = self.asking.post("/plans/import", files={"file": file})
        self.plan = answer.headers["location"].split("/")[2]
        self.version = 1
        self.changes("patient.age", f"{age} years")

    def opens(self) -> None:
        """Load the planner's page."""
        self.asking.get(f"/plans/{self.plan}/planner").raise_for_status()

    def slides(self, depth: float) -> None:
        """Move the depth slider."""
        asked = {"zone": 1, "step": NEEDLING, "depth": f"{depth:g}"}
        self.asking.get(f"/plans/{self.plan}/glance", params=asked).raise_for_status()

    def changes(self, key: str, text: str) -> None:
        """Change a field, and take the version that comes with the answer."""
        fields = {"version": self.version, key: text}
        answer = self.asking.post(f"/plans/{self.plan}/edit", data=fields, headers={"HX-Request": "true"})
        answer.raise_for_status()
        found = re.search(r'name="version" value="(\d+)"', answer.text)
        assert found is not None, "an edit answers with the new version"
        self.version = int(found[1])

    def simulates(self) -> None:
        """Ask for simulations, one after the other, and wait until the first runs."""
        jobs = f"/api/v1/plans/{self.plan}/jobs"
        for seed in range(SIMULATIONS):
            options = {"members": MEMBERS, "seed": seed}
            self.asking.post(jobs, json={"kind": "simulate", "options": options}).raise_for_status()
        end = time.monotonic() + START
        while not self.is_computed():
            if time.monotonic() > end:
                raise SystemExit("the simulation does not run")
            time.sleep(0.2)

    def is_computed(self) -> bool:
        """Tell whether a simulation runs."""
        jobs = self.asking.get(f"/api/v1/plans/{self.plan}/jobs").json()["jobs"]
        return any(job["state"] == "running" for job in jobs)


def timed(times: list[float], act: object, *arguments: object) -> None:
    """Add the time that an act takes [s]."""
    assert callable(act)
    start = time.perf_counter()
    act(*arguments)
    times.append(time.perf_counter() - start)


def first_page(address: str) -> tuple[float, float]:
    """Return the time of the first page with all it loads [s], the median, and its bytes on the way [kB]."""
    times, size = [], 0
    for _ in range(5):
        with httpx.Client(base_url=address, headers={"Accept-Encoding": "gzip"}) as asking:
            start, size = time.perf_counter(), 0
            page = asking.get("/")
            files = sorted(set(_LOADED.findall(page.text)))
            for answer in (page, *(asking.get(file) for file in files)):
                answer.raise_for_status()
                size += int(answer.headers["content-length"])
            times.append(time.perf_counter() - start)
    return statistics.median(times), size / 1000


def alone(user: User) -> list[float]:
    """Return the times of the slider's answers to one user [s]."""
    times: list[float] = []
    for turn in range(TURNS):
        timed(times, user.slides, 0.5 + 0.05 * turn)
    return times


def together(address: str, users: int, seconds: float, reading: float, youngest: int) -> Times:
    """Let many users plan, and return their times by act [s]."""
    people = [User(address, youngest + number) for number in range(users)]
    times: Times = defaultdict(list)
    end = time.monotonic() + seconds

    def plan(number: int, user: User) -> None:
        time.sleep(4 * reading * number / users)  # as people come: not all of them begin at once
        turn = 0
        while time.monotonic() < end and turn < 10_000:
            turn += 1
            depth = DIAL[(number + turn) % len(DIAL)]
            timed(times["open the planner"], user.opens)
            time.sleep(reading)
            timed(times["slider"], user.slides, depth)
            time.sleep(reading)
            timed(times["change the depth"], user.changes, f"session.steps[{NEEDLING}].set_depth", f"{depth:g} mm")
            time.sleep(reading)
            answer = "yes" if turn % 2 else "no"
            timed(times["change an answer"], user.changes, "patient.screening.melasma", answer)
            time.sleep(reading)

    threads = [threading.Thread(target=plan, args=pair, daemon=True) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 120.0)
    return dict(times)


def at(share: float, times: list[float]) -> float:
    """Return a quantile of times [ms]."""
    return 1000.0 * sorted(times)[min(int(share * len(times)), len(times) - 1)]


def figures(users: int, seconds: float) -> list[str]:
    """Measure everything and return the lines of the section."""
    with tempfile.TemporaryDirectory(prefix="percuta-web-") as folder, served(Path(folder)) as address:
        user = User(address)
        user.opens()
        alone(user)  # compiled and looked up before anything counts
        slider = alone(User(address, 41))
        simulating = User(address, 24)
        simulating.simulates()
        reading = together(address, users, seconds, READING, 25)
        haste = together(address, users, 0.5 * seconds, HASTE, 25 + users)
        page, size = first_page(address)  # with a full list, beside the simulation
        if not simulating.is_computed():
            raise SystemExit("the simulations were done before the users were; give fewer seconds")
    return [
        f"first page of a warm server, with what it loads   {1000 * page:8.0f} ms   (bar 500)",
        f"the same, packed                                  {size:8.0f} kB   (bar 300)",
        f"slider's answer, one user, median                 {1000 * statistics.median(slider):8.0f} ms   (bar 100)",
        *_table(f"{users} users beside a simulation, who read for {READING:g} s", reading, "   (bar 300 at 95 %)"),
        *_table(f"the same in haste, with {HASTE:g} s", haste),
    ]


def _table(title: str, found: Times, bar: str = "") -> list[str]:
    every = [one for times in found.values() for one in times]
    return [
        "",
        f"{title}, {len(every)} answers: median, 95 %",
        *(f"  {name:<47} {at(0.5, times):8.0f} {at(0.95, times):6.0f} ms" for name, times in found.items()),
        f"  {'all':<47} {at(0.5, every):8.0f} {at(0.95, every):6.0f} ms{bar}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--markdown", type=Path, help="page to write a section of")
    given = parser.parse_args()
    about = "\n".join(f"{key}: {value}" for key, value in machine("fastapi", "uvicorn", "starlette").items())
    text = "\n".join([about, f"load before: {os.getloadavg()[0]:.1f}", "", *figures(given.users, given.seconds)])
    print(text)
    if given.markdown is not None:
        write_section(given.markdown, TITLE, COMMAND, text)


if __name__ == "__main__":
    main()
