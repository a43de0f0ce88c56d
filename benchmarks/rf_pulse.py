"""One RF pulse, solved by Percuta and by NGSolve: `python benchmarks/rf_pulse.py [--quick] [--json FILE]`.

The pulse is that of `examples/pulse_bipolar.toml`, an infinite bipolar checkerboard in a homogeneous layer, on the
quarter cell [0, p/2] x [0, p/2] x [0, 4 mm] with the needle at its corner, +14 V on bare metal and 0 V on the planes
midway between needles. Each of 50 equal steps finds the potential with the conductivity at the temperature with which
the step starts, then takes one implicit Euler step for the temperature. Power is the heat deposited in a p x p cell.

NGSolve is a general finite-element code, and the independent judge here. What is done to make it quick:

* second order elements on a mesh that is graded from 60 micrometres at the electrode; edges of the electrode at half
  of that, and the rest as coarse as an error of 1 % allows;
* the heat matrix is factorised once; that of the potential is factorised by sparse Cholesky with the ordering of the
  first step; conductivity compiled; symmetric matrices assembled by half;
* besides, marked `kept factor`: the factor of every tenth step preconditions the steps between, which saves most
  factorisations. That is the quickest way found; the ratio of times is given against both.

Meshing and preparation before the first step are left out of the time that is compared, of both; the ratio against the
whole call of Percuta is printed besides. Every part runs in a process of its own, so that peak memory is of that part.
Answers of NGSolve to further problems: `ngsolve_reference.py`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import machine
from page import write_section

PITCH, DIAMETER, TIP, BARE, DEPTH = 1.5, 0.25, 2.0, 0.5, 4.0  # mm
VOLTAGE = 28.0  # V rms between polarities
SIGMA, SLOPE, SLOPE_FROM = 0.3e-3, 0.015, 37.0  # S/mm, 1/K, degC
CONDUCTIVITY, HEAT_CAPACITY = 0.4e-3, 3.706e-3  # W/(mm K), J/(mm3 K)
START, WIDTH, STEPS = 34.0, 0.5, 50  # degC, s

# From an independent finite-element computation, converged in space, with the 50 steps described above.
REFERENCE = {"power_start": 0.1651, "power_end": 0.2418, "mean_rise": 3.193, "volume_above_60": 0.2160}
UNITS = {"power_start": "W", "power_end": "W", "mean_rise": "K", "volume_above_60": "mm3"}
COMMAND = "python benchmarks/rf_pulse.py --markdown docs/benchmarks.md"
PARTS = ("ngsolve", "percuta", "stream", "kernels")


@dataclass(frozen=True)
class MeshSize:
    """Sizes of elements [mm]: on the electrode, at its edges, elsewhere; how fast they grow (0 to 1).

    ``edge_levels`` halves elements towards the electrode's edges so many times again.
    """

    electrode: float
    edge: float
    elsewhere: float
    growth: float
    edge_levels: int = 0


UNIFORM_ELECTRODE = MeshSize(0.06, 0.06, 0.35, 0.3)
TUNED = MeshSize(0.06, 0.03, 0.5, 0.5)
FINE = MeshSize(0.04, 0.04, 0.15, 0.3, 3)


def quarter_cell(size: MeshSize) -> Any:
    """Return the mesh of the quarter cell; boundaries ``electrode``, ``ground`` and ``insulated``."""
    import ngsolve
    from netgen import occ

    radius = DIAMETER / 2
    cell = occ.Box((0, 0, 0), (PITCH / 2, PITCH / 2, DEPTH))
    cell.faces.name = "insulated"
    cell.faces.Max(occ.X).name = cell.faces.Max(occ.Y).name = "ground"
    shaft = occ.Cylinder((0, 0, -1), occ.Z, r=radius, h=1 + TIP - BARE)
    shaft.faces.name = "insulated"
    metal = occ.Cylinder((0, 0, TIP - BARE), occ.Z, r=radius, h=BARE)
    metal.faces.name = "electrode"
    metal.faces.maxh = size.electrode
    tissue = cell - shaft - metal
    for edge in tissue.edges:
        from_axis = (edge.center.x**2 + edge.center.y**2) ** 0.5
        if 0.7 < from_axis / radius < 1.01 and min(abs(edge.center.z - z) for z in (TIP - BARE, TIP)) < 1e-6:
            edge.maxh = size.edge
            edge.hpref = 1
    mesh = ngsolve.Mesh(occ.OCCGeometry(tissue).GenerateMesh(maxh=size.elsewhere, grading=size.growth))
    if size.edge_levels:
        mesh.RefineHP(size.edge_levels, factor=0.25)
    mesh.Curve(2)
    return mesh


class FinitePulse:
    """The pulse by second order finite elements; :meth:`run` is what is timed."""

    def __init__(self, mesh: Any, steps: int = STEPS) -> None:
        import ngsolve as ng

        self.mesh = mesh
        space = ng.H1(mesh, order=2, dirichlet="electrode|ground")
        trial, test = space.TnT()
        warmth = ng.H1(mesh, order=2)
        rise_trial, rise_test = warmth.TnT()
        self.rise, self.potential = ng.GridFunction(warmth), ng.GridFunction(space)
        sigma = (SIGMA * (1 + SLOPE * (self.rise + (START - SLOPE_FROM)))).Compile()
        self.electric = ng.BilinearForm(space, symmetric=True)
        self.electric += sigma * ng.grad(trial) * ng.grad(test) * ng.dx
        self.joule = ng.LinearForm(warmth)
        field = ng.grad(self.potential)
        self.joule += sigma * ng.InnerProduct(field, field) * rise_test * ng.dx
        self.conduction = ng.BilinearForm(warmth, symmetric=True)
        self.conduction += CONDUCTIVITY * ng.grad(rise_trial) * ng.grad(rise_test) * ng.dx
        self.step = WIDTH / steps
        implicit = ng.BilinearForm(warmth, symmetric=True)
        implicit += HEAT_CAPACITY * rise_trial * rise_test * ng.dx
        implicit += self.step * CONDUCTIVITY * ng.grad(rise_trial) * ng.grad(rise_test) * ng.dx
        self.conduction.Assemble()
        self.heat_factor = implicit.Assemble().mat.Inverse(inverse="sparsecholesky")
        self.steps, self.free, self.unknowns = steps, space.FreeDofs(), space.ndof
        self.factor: Any = None

    def run(self, kept_factor: bool = False) -> dict[str, Any]:
        """Take all steps from the start and return the seconds spent in them, and the power of every step [W]."""
        import ngsolve as ng

        self.rise.vec[:] = 0.0
        self.potential.Set(VOLTAGE / 2, definedon=self.mesh.Boundaries("electrode"))
        heat, power = self.rise.vec.CreateVector(), []
        seconds = {"assembly": 0.0, "solve": 0.0}
        begin, begin_cpu = time.perf_counter(), time.process_time()
        for number in range(self.steps):
            started = time.perf_counter()
            self.electric.Assemble()
            assembled = time.perf_counter()
            self._find_potential(refresh=not kept_factor or number % 10 == 0)
            solved = time.perf_counter()
            power.append(4 * ng.InnerProduct(self.potential.vec, self.electric.mat * self.potential.vec))
            self.joule.Assemble()
            sourced = time.perf_counter()
            heat.data = self.step * (self.joule.vec - self.conduction.mat * self.rise.vec)
            self.rise.vec.data += self.heat_factor * heat
            seconds["assembly"] += assembled - started + sourced - solved
            seconds["solve"] += solved - assembled + time.perf_counter() - sourced
        total = {"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - begin_cpu}
        return total | seconds | {"power": power}

    def _find_potential(self, refresh: bool) -> None:
        import ngsolve as ng

        matrix, values = self.electric.mat, self.potential.vec
        if self.factor is None:
            self.factor = matrix.Inverse(self.free, inverse="sparsecholesky")
        elif refresh:
            self.factor.Update()
        residual = (-matrix * values).Evaluate()
        if refresh:
            values.data += self.factor * residual
            return
        direction = (self.factor * residual).Evaluate()
        change = ng.InnerProduct(residual, direction)
        enough = 1e-6 * ng.InnerProduct(values, matrix * values)  # of the power
        while change > enough:
            along = (matrix * direction).Evaluate()
            length = change / ng.InnerProduct(direction, along)
            values.data += length * direction
            residual.data -= length * along
            onward = (self.factor * residual).Evaluate()
            before, change = change, ng.InnerProduct(residual, onward)
            direction.data = onward + (change / before) * direction

    def answers(self, power: list[float]) -> dict[str, float]:
        """Return what is compared: powers [W] and volume [mm3] per p x p cell, mean rise of the tissue [K]."""
        import ngsolve as ng

        hot = ng.IfPos(self.rise - (60.0 - START), 1.0, 0.0)
        return {
            "power_start": power[0],
            "power_end": power[-1],
            "mean_rise": ng.Integrate(self.rise, self.mesh) / ng.Integrate(1.0, self.mesh),
            "volume_above_60": 4 * ng.Integrate(hot, self.mesh, order=20),
        }


def ngsolve_part(quick: bool) -> list[dict[str, Any]]:
    import ngsolve as ng

    results = []
    cases = [("60 um at the electrode", UNIFORM_ELECTRODE), ("tuned", TUNED)] + ([] if quick else [("fine", FINE)])
    for name, size in cases:
        began = time.perf_counter()
        mesh = quarter_cell(size)
        meshed = time.perf_counter() - began
        for kept_factor in (False, True):
            for threads in (1, 2):
                if name == "fine" and (kept_factor or threads == 1):
                    continue
                ng.SetNumThreads(threads)
                with ng.TaskManager():
                    began = time.perf_counter()
                    pulse = FinitePulse(mesh)
                    prepared = time.perf_counter() - began
                    runs = [pulse.run(kept_factor) for _ in range(1 if quick or name == "fine" else 3)]
                    best = min(runs, key=lambda run: run["seconds"])
                    power = best.pop("power")
                    answers = pulse.answers(power)
                label = f"NGSolve, {name}{', kept factor' if kept_factor else ''}"
                row = {"label": label, "threads": threads, "unknowns": pulse.unknowns, "elements": mesh.ne}
                results.append(row | best | {"meshing": meshed, "preparation": prepared, "answers": answers})
    return results


def bipolar_setup() -> Any:
    """Return the pulse as Percuta sees it, in SI units; no damage is asked for, as in the other program."""
    from percuta.physics.pulse_setup import Drive, Needle, NeedleArray, PulseSetup, Surface, TissueLayer

    gel = TissueLayer("gel", DEPTH * 1e-3, SIGMA * 1e3, SIGMA * 1e3, SLOPE, CONDUCTIVITY * 1e3, HEAT_CAPACITY * 1e9)
    start = START + 273.15
    return PulseSetup(
        layers=(gel,),
        needle=Needle(DIAMETER * 1e-3, TIP * 1e-3, BARE * 1e-3, conductivity=0.0),
        array=NeedleArray("checkerboard", PITCH * 1e-3),
        drive=Drive(width=WIDTH, voltage=VOLTAGE),
        top=Surface(),
        bottom=Surface(),
        start_surface=start,
        start_core=start,
        boiling=None,
    )


def percuta_part(quick: bool) -> list[dict[str, Any]]:
    import numba

    from percuta.physics.pulse import compute_pulse

    setup, results = bipolar_setup(), []
    for accuracy in ("draft", "standard") if quick else ("draft", "standard", "reference"):
        for threads in (1, 2):
            numba.set_num_threads(threads)
            record = compute_pulse(setup, accuracy, steps=STEPS)  # compiles
            best: dict[str, Any] = {"seconds": float("inf")}
            for _ in range(2 if quick else 6):
                began = time.perf_counter()
                compute_pulse(setup, accuracy, steps=STEPS)
                whole = time.perf_counter() - began
                compute_pulse(setup, accuracy, steps=1)
                one = time.perf_counter() - began - whole
                if whole - one < best["seconds"]:
                    # what 49 of the 50 steps take, for 50
                    steps = (whole - one) * STEPS / (STEPS - 1)
                    best = {"seconds": steps, "whole": whole, "preparation": whole - steps}
            answers = {
                "power_start": float(record.traces.power[0]),
                "power_end": float(record.traces.power[record.pulse_end]),
                "mean_rise": float(record.traces.mean_rise[record.pulse_end]),
                "volume_above_60": record.volume_above_60 * 1e9,
            }
            row = {"label": f"Percuta, {accuracy}", "threads": threads, "unknowns": record.cells}
            results.append(row | best | {"answers": answers})
    return results


def stream_part(quick: bool) -> list[dict[str, Any]]:
    """Return the bandwidth of a[i] = b[i] + s c[i]; 24 bytes count for each i, reads caused by writes do not."""
    import numba
    import numpy as np

    def triad(a: Any, b: Any, c: Any, scale: float) -> None:
        for i in numba.prange(a.size):
            a[i] = b[i] + scale * c[i]

    size = 30_000_000  # 240 MB an array, beyond any cache
    a, b, c = np.zeros(size), np.ones(size), np.full(size, 2.0)
    results = []
    for threads in (1, 2):
        kernel = numba.njit(parallel=threads > 1)(triad)
        if threads > 1:
            numba.set_num_threads(threads)
        kernel(a, b, c, 3.0)
        seconds = []
        for _ in range(5 if quick else 20):
            began = time.perf_counter()
            kernel(a, b, c, 3.0)
            seconds.append(time.perf_counter() - began)
        results.append({"label": "Stream triad", "threads": threads, "bandwidth": 24e-9 * size / min(seconds)})
    return results


def kernels_part(quick: bool) -> list[dict[str, Any]]:
    """Return how fast the loops of the field solver run on few and on many cells, one thread.

    What has to be moved is counted once for each array that a loop reads or writes.
    """
    import numpy as np

    from percuta.numerics.conjugate_gradient import DiffusionSolver

    results = []
    for side in (29, 171):
        edges = np.linspace(0.0, 1e-3 * side / 29, side + 1)
        solver = DiffusionSolver(edges, edges, edges)
        solver.gx[1:], solver.gy[:, 1:], solver.gz[:, :, 1:], solver.d[:] = 1.0, 1.0, 1.0, 1e-3
        solver.prepare()
        start, rhs = solver.padded(), solver.padded()
        solver.box(rhs)[:] = np.random.default_rng(0).standard_normal(solver.shape)
        walls = solver.flat("d").copy()
        row: dict[str, Any] = {"label": "Percuta, loops", "threads": 1, "cells": solver.cells}
        repeats = max(3, 2_000_000 // solver.cells)
        for name, count, call in (
            ("operator", 32, lambda solver=solver, rhs=rhs, walls=walls: solver.apply(rhs, walls)),
            ("relaxation", 44, lambda solver=solver: solver.relax_once()),
        ):
            call()
            seconds = []
            for _ in range(3 if quick else 10):
                began = time.perf_counter()
                for _ in range(repeats):
                    call()
                seconds.append((time.perf_counter() - began) / repeats)
            row[name] = count * solver.cells / min(seconds) * 1e-9
        seconds = []
        for _ in range(2 if quick else 4):
            start[:] = 0.0
            began = time.perf_counter()
            solve = solver.solve(start, rhs, 0.0, most=4)
            seconds.append((time.perf_counter() - began) / solve.iterations)
        row["iteration_ns_per_cell"] = min(seconds) / solver.cells * 1e9
        results.append(row)
    return results


def run_part(part: str, quick: bool) -> dict[str, Any]:
    """Run one part in this process."""
    rows = {"ngsolve": ngsolve_part, "percuta": percuta_part, "stream": stream_part, "kernels": kernels_part}[part](
        quick
    )
    return {"rows": rows, "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def run_apart(part: str, quick: bool) -> dict[str, Any]:
    """Run one part in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part.json"
        command = [sys.executable, __file__, "--only", part, "--json", str(file), *(["--quick"] if quick else [])]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(file.read_text())["parts"][part]
        return found


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """Give all parts as text."""
    yield (", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    yield ("Reference: " + ", ".join(f"{name} {value} {UNITS[name]}" for name, value in REFERENCE.items()))
    for part, result in found["parts"].items():
        yield (f"\n{part}: peak memory {result['peak_memory_mb']:.0f} MB")
        for row in result["rows"]:
            if "iteration_ns_per_cell" in row:
                yield (
                    f"  {row['label']}, {row['cells']} cells: operator {row['operator']:.1f} GB/s, relaxation "
                    f"{row['relaxation']:.1f} GB/s, one iteration {row['iteration_ns_per_cell']:.1f} ns a cell"
                )
                continue
            if "bandwidth" in row:
                yield (f"  {row['label']}, {row['threads']} threads: {row['bandwidth']:.1f} GB/s")
                continue
            processor = f" (processor {row['cpu_seconds']:.3f} s)" if "cpu_seconds" in row else ""
            times = [f"{row['seconds']:.3f} s{processor}"]
            times += [
                f"{name} {row[name]:.3f} s"
                for name in ("assembly", "solve", "meshing", "preparation", "whole")
                if name in row
            ]
            yield (f"  {row['label']}, {row['threads']} threads, {row['unknowns']} unknowns: {', '.join(times)}")
            errors = (f"{k} {v:.4f} ({100 * (v / REFERENCE[k] - 1):+.2f} %)" for k, v in row["answers"].items())
            yield ("    " + ", ".join(errors))
    for name, share in found.get("shares", {}).items():
        yield (f"\n{name}: {share}")
    for name, ratio in found.get("ratios", {}).items():
        yield (f"\nNGSolve ({name}) / Percuta, one thread: {ratio:.1f}")


def quickest(rows: list[dict[str, Any]], kept_factor: bool = False, key: str = "seconds") -> float | None:
    """Return the least time on one thread that is within 1 % in final power and in volume."""

    def good(row: dict[str, Any]) -> bool:
        errors = (abs(row["answers"][name] / REFERENCE[name] - 1) for name in ("power_end", "volume_above_60"))
        fits = row["threads"] == 1 and row["label"].endswith("kept factor") == kept_factor
        return fits and all(error <= 0.01 for error in errors)

    return min((row[key] for row in rows if good(row)), default=None)


def ratios(parts: dict[str, Any]) -> dict[str, float]:
    """Return how many times quicker Percuta is, on one thread, both within 1 % in final power and in volume."""
    ours, theirs = (parts[part]["rows"] for part in ("percuta", "ngsolve"))
    steps, whole = quickest(ours), quickest(ours, key="whole")
    found = {}
    for name, kept in (("within 1 %, factorised every step", False), ("within 1 %, kept factor", True)):
        seconds = quickest(theirs, kept_factor=kept)
        if seconds and steps and whole:
            found[f"{name}, steps against steps"] = seconds / steps
            found[f"{name}, steps against the whole call"] = seconds / whole
    named = [
        row["seconds"] for row in theirs if row["threads"] == 1 and row["label"] == "NGSolve, 60 um at the electrode"
    ]
    if named and steps:
        found["mesh of 60 um everywhere, which is 1.2 % off, steps against steps"] = named[0] / steps
    return found


def _quickness(row: dict[str, Any]) -> float:
    if "bandwidth" in row:
        return float(row["bandwidth"])
    return -float(row.get("seconds", row.get("iteration_ns_per_cell", 0.0)))


def shares(parts: dict[str, Any]) -> dict[str, str]:
    """Return the loops' share of the stream bandwidth on many cells, and how time grows with the cells."""
    stream = next(row["bandwidth"] for row in parts["stream"]["rows"] if row["threads"] == 1)
    few, many = parts["kernels"]["rows"]
    return {
        f"Share of the stream bandwidth of one thread on {many['cells']} cells": ", ".join(
            f"{name} {many[name] / stream:.0%}" for name in ("operator", "relaxation")
        ),
        f"Time of an iteration per cell, {many['cells']} against {few['cells']} cells": (
            f"{many['iteration_ns_per_cell'] / few['iteration_ns_per_cell']:.2f} times"
        ),
    }


def better(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the better of two runs of a part, row by row."""
    rows = [max(pair, key=_quickness) for pair in zip(one["rows"], other["rows"], strict=True)]
    return {"rows": rows, "peak_memory_mb": max(one["peak_memory_mb"], other["peak_memory_mb"])}


def main() -> None:
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--quick", action="store_true", help="one run each, no fine mesh")
    reader.add_argument("--json", type=Path, help="write the figures to this file as well")
    reader.add_argument("--markdown", type=Path, help="put what is printed into its section of this page as well")
    reader.add_argument("--only", choices=PARTS, help="one part, in this process")
    asked = reader.parse_args()
    if asked.only:
        parts = {asked.only: run_part(asked.only, asked.quick)}
    else:
        parts = {part: run_apart(part, asked.quick) for part in PARTS}
        for _ in range(
            0 if asked.quick else 2
        ):  # in turns, since the machine may be quicker at one time than at another
            parts = {part: better(found, run_apart(part, quick=False)) for part, found in parts.items()}
    found: dict[str, Any] = {"machine": machine("ngsolve", "numpy", "numba"), "reference": REFERENCE, "parts": parts}
    if {"ngsolve", "percuta"} <= parts.keys():
        found["ratios"] = ratios(parts)
    if {"stream", "kernels"} <= parts.keys():
        found["shares"] = shares(parts)
    text = "\n".join(lines_of(found))
    print(text)
    if asked.markdown:
        write_section(asked.markdown, "The RF pulse against NGSolve", COMMAND, text)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
