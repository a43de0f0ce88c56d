"""How quickly the planner answers: `python benchmarks/web_load.py [--users N] [--seconds S] [--markdown PAGE]`.

Starts `percuta serve` on a free port of the loopback, over a folder of its own, and asks it as browsers do:

* the first page of a warm server, with all that it loads: time, and bytes as they are packed on the way;
* the answer beside the depth slider, one user alone;
* many users who plan at the same time, each of whom opens the planner, moves the slider, changes the depth and an
  answer, with a second to think in between, while a simulation runs in the worker.

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
THINKING = 1.0  # s between two acts of a user
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

    def __init__(self, address: str) -> None:
        self.asking = httpx.Client(base_url=address, timeout=60.0)
        with EXAMPLE.open("rb") as file:
            answer = self.asking.post("/plans/import", files={"file": file})
        self.plan = answer.headers["location"].split("/")[2]
        self.version = 1

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

    def simulates(self, members: int) -> None:
        """Ask for a simulation."""
        answer = self.asking.post(
            f"/plans/{self.plan}/simulate", data={"version": self.version, "members": members, "seed": 0}
        )
        if answer.status_code >= 400:
            raise SystemExit(f"the simulation was not started: {answer.status_code}")


def timed(times: list[float], act: object, *arguments: object) -> None:
    """Add the time that an act takes [s]."""
    assert callable(act)
    start = time.perf_counter()
    act(*arguments)
    times.append(time.perf_counter() - start)


def first_page(address: str) -> tuple[float, float]:
    """Return the time of the first page with all it loads [s], quickest of a few, and its bytes on the way [kB]."""
    best, size = float("inf"), 0
    for _ in range(5):
        with httpx.Client(base_url=address, headers={"Accept-Encoding": "gzip"}) as asking:
            start, size = time.perf_counter(), 0
            page = asking.get("/")
            files = sorted(set(_LOADED.findall(page.text)))
            for answer in (page, *(asking.get(file) for file in files)):
                answer.raise_for_status()
                size += int(answer.headers["content-length"])
            best = min(best, time.perf_counter() - start)
    return best, size / 1000


def alone(user: User) -> list[float]:
    """Return the times of the slider's answers to one user [s]."""
    times: list[float] = []
    for turn in range(TURNS):
        timed(times, user.slides, 0.5 + 0.05 * (turn % 20))
    return times


def together(address: str, users: int, seconds: float) -> Times:
    """Let many users plan while a simulation runs, and return their times by act [s]."""
    people = [User(address) for _ in range(users)]
    people[0].simulates(1024)
    times: Times = defaultdict(list)
    end = time.monotonic() + seconds

    def plan(number: int, user: User) -> None:
        time.sleep(THINKING * number / users)
        turn = 0
        while time.monotonic() < end and turn < 10_000:
            turn += 1
            depth = 0.5 + 0.1 * ((number + turn) % 10)
            timed(times["open the planner"], user.opens)
            time.sleep(THINKING)
            timed(times["slider"], user.slides, depth)
            time.sleep(THINKING)
            timed(times["change the depth"], user.changes, f"session.steps[{NEEDLING}].set_depth", f"{depth:g} mm")
            time.sleep(THINKING)
            answer = "yes" if turn % 2 else "no"
            timed(times["change an answer"], user.changes, "patient.screening.melasma", answer)
            time.sleep(THINKING)

    threads = [threading.Thread(target=plan, args=pair, daemon=True) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 120.0)
    running = [job for job in people[0].asking.get(f"/api/v1/plans/{people[0].plan}/jobs").json()["jobs"]]
    states = ", ".join(str(job["state"]) for job in running)
    print(f"the simulation beside them: {states}", file=sys.stderr)
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
        page, size = first_page(address)
        slider = alone(user)
        found = together(address, users, seconds)
    every = [one for times in found.values() for one in times]
    lines = [
        f"first page of a warm server, with what it loads   {1000 * page:8.0f} ms   (bar 500)",
        f"the same, packed                                  {size:8.0f} kB   (bar 300)",
        f"slider's answer, one user, median                 {1000 * statistics.median(slider):8.0f} ms   (bar 100)",
        "",
        f"{users} users for {seconds:g} s beside a simulation, {len(every)} answers: median, 95 %",
        *(f"  {name:<47} {at(0.5, times):8.0f} {at(0.95, times):6.0f} ms" for name, times in found.items()),
        f"  {'all':<47} {at(0.5, every):8.0f} {at(0.95, every):6.0f} ms   (bar 300 at 95 %)",
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--markdown", type=Path, help="page to write a section of")
    given = parser.parse_args()
    about = "\n".join(f"{key}: {value}" for key, value in machine("fastapi", "uvicorn", "starlette").items())
    text = "\n".join([about, f"load before: {os.getloadavg()[0]:.1f}", "", *figures(given.users, given.seconds)])
    print(text)
    if given.markdown is not None:
        write_section(given.markdown, TITLE, COMMAND, text)


if __name__ == "__main__":
    main()
