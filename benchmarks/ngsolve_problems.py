"""Answers of NGSolve to the RF pulses among the open problems: `python benchmarks/ngsolve_problems.py [NAME ...]`.

Writes `problems/<name>/independent.json`, which `problems/compute.py NAME --compare` sets beside Percuta's answer.
Implicit Euler steps, extrapolated linearly from two numbers of steps; ``error`` is the largest difference of a coarser
mesh and of a lower order from what is written. Damage is left out, and of the pair only the conductance is solved.
Lengths are mm.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ngsolve as ng
import numpy as np
from netgen import occ

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "problems"))

from problem_files import FOLDER, Problem, as_text, read_problem

MM = 1e3
# size of elements on the electrode and elsewhere, levels at edges, order; finest last
MESHES = ((0.12, 0.35, 2, 3), (0.1, 0.3, 2, 2), (0.1, 0.3, 3, 3))
Answer = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """Lower end [mm], conductivities [S/m], slope [1/K], thermal conductivity [W/(m K)], heat capacity [J/(m3 K)]."""

    bottom: float
    in_plane: float
    in_depth: float
    slope: float
    conductivity: float
    heat_capacity: float


@dataclass(frozen=True)
class Setup:
    """One problem: box from the needle's axis or the middle plane, needle, layers, what is driven."""

    box: tuple[float, float]
    axis: float
    grounds: tuple[str, ...]
    radius: float
    tip: float
    bare: float
    layers: tuple[Layer, ...]
    start: float
    reference: float
    copies: float = 4.0
    metal: tuple[float, float] | None = None
    transfer: float = 0.0
    plate: float = 0.0
    voltage: float = 1.0
    power: float = 0.0
    parts: tuple[tuple[float, bool], ...] = ()
    coarser: float = 1.0
    meshes: tuple[tuple[float, float, int, int], ...] = MESHES
    steps: tuple[int, int] = (24, 48)


def one_layer(p: Problem) -> Setup:
    """Return `pulse_in_one_layer`."""
    half = 0.5 * p["array.pitch"] * MM
    sigma = p["layer.conductivity"]
    layer = Layer(
        p["layer.thickness"] * MM,
        sigma,
        sigma,
        p["layer.slope"],
        p["layer.thermal_conductivity"],
        p["layer.heat_capacity"],
    )
    return Setup(
        (half, half), 0.0, ("x1", "y1"), *_needle(p), (layer,), p["temperature.start"],
        p["layer.conductivity_reference"], voltage=p["drive.voltage"], parts=((p["drive.duration"], True),),
    )  # fmt: skip


def layered_skin(p: Problem) -> Setup:
    """Return `pulse_in_layered_skin`."""
    half, bottom, layers = 0.5 * p["array.pitch"] * MM, 0.0, []
    for name in ("epidermis", "dermis", "fat"):
        bottom += p[f"{name}.thickness"] * MM
        keys = ("conductivity_in_plane", "conductivity_in_depth", "slope", "thermal_conductivity", "heat_capacity")
        layers.append(Layer(bottom, *(p[f"{name}.{key}"] for key in keys)))
    on, gap = p["drive.on"], p["drive.gap"]
    return Setup(
        (half, half), 0.0, ("x1",), *_needle(p), tuple(layers), p["temperature.start"],
        p["temperature.conductivity_reference"], metal=(p["needle.thermal_conductivity"], p["needle.heat_capacity"]),
        transfer=p["surface.transfer"], plate=p["surface.plate_temperature"], power=p["drive.power"],
        parts=((on, True), (gap, False), (on, True)), meshes=MESHES[1:], steps=(16, 32),
    )  # fmt: skip


def pair(p: Problem) -> Setup:
    """Return `temperature_controlled_pair`, of which only the conductance is solved."""
    axis, margin, sigma = 0.5 * p["pair.spacing"] * MM, p["pair.margin"] * MM, p["dermis.conductivity"]
    layer = Layer(
        p["dermis.thickness"] * MM,
        sigma,
        sigma,
        p["dermis.slope"],
        p["dermis.thermal_conductivity"],
        p["dermis.heat_capacity"],
    )
    return Setup(
        (axis + margin, margin), axis, ("x0",), *_needle(p), (layer,), p["temperature.start"],
        p["dermis.conductivity_reference"], coarser=2.5,
    )  # fmt: skip


def _needle(p: Problem) -> tuple[float, float, float]:
    return 0.5 * p["needle.diameter"] * MM, p["needle.tip_depth"] * MM, p["needle.exposed_length"] * MM


def mesh_of(setup: Setup, near: float, far: float, levels: int) -> Any:
    """Return the mesh of tissue and, where it conducts, needle (materials ``shaft`` and ``metal``)."""
    slabs, top = [], 0.0
    for number, layer in enumerate(setup.layers):
        slab = occ.Box((0, 0, top), (*setup.box, layer.bottom))
        slab.mat(f"layer{number}")
        slab.faces.name = "insulated"
        ends = {"x0": slab.faces.Min(occ.X), "x1": slab.faces.Max(occ.X), "y1": slab.faces.Max(occ.Y)}
        for where in setup.grounds:
            ends[where].name = "ground"
        slabs.append(slab)
        top = layer.bottom
    box = slabs[0] if len(slabs) == 1 else occ.Glue(slabs)
    box.faces.Min(occ.Z).name = "top"
    whole, edge = occ.Box((0, 0, 0), (*setup.box, top)), setup.tip - setup.bare
    shaft, metal = (
        occ.Cylinder(occ.Pnt(setup.axis, 0, z), occ.Z, r=setup.radius, h=length) * whole
        for z, length in ((0.0, edge), (edge, setup.bare))
    )
    shaft.faces.name, metal.faces.name, metal.faces.maxh = "insulated", "electrode", near
    metal.faces.Min(occ.Y).name = metal.faces.Min(occ.Z).name = "inside"
    if setup.axis == 0.0:
        metal.faces.Min(occ.X).name = "inside"
    shaft.mat("shaft")
    metal.mat("metal")
    tissue = box - shaft - metal
    for one in tissue.edges:
        if _on_ring(setup, one):
            one.hpref = 1
    shape = occ.Glue([tissue, shaft, metal]) if setup.metal else tissue
    mesh = ng.Mesh(occ.OCCGeometry(shape).GenerateMesh(maxh=far, grading=0.35))
    mesh.RefineHP(levels, factor=0.2)
    mesh.Curve(3)
    return mesh


def _on_ring(setup: Setup, edge: Any) -> bool:
    """Whether an edge is the end of the insulation or the rim of the end face."""
    first, last = edge.parameter_interval
    points = [edge.Value(first + share * (last - first)) for share in (0.1, 0.5, 0.9)]
    round_ = all(abs(np.hypot(p.x - setup.axis, p.y) - setup.radius) < 1e-6 for p in points)
    return round_ and any(all(abs(p.z - at) < 1e-6 for p in points) for at in (setup.tip, setup.tip - setup.bare))


class Run:
    """One problem on one mesh with some order."""

    def __init__(self, setup: Setup, mesh: Any, order: int) -> None:
        self.setup, self.mesh = setup, mesh
        self.tissue = mesh.Materials("layer.*")
        self.space = ng.H1(mesh, order=order, dirichlet="electrode|ground", definedon=self.tissue)
        self.warmth = ng.H1(mesh, order=order)
        self.rise, self.potential = ng.GridFunction(self.warmth), ng.GridFunction(self.space)
        held = mesh.BoundaryCF({"electrode": 0.5}, default=0.0)
        self.potential.Set(held, definedon=mesh.Boundaries("electrode"))
        plane, depth, slope = (self._by_layer(name) for name in ("in_plane", "in_depth", "slope"))
        warmer = 1 + slope * (self.rise + setup.start - setup.reference)
        sigma = 1e-3 * warmer * ng.CF((plane, 0, 0, 0, plane, 0, 0, 0, depth), dims=(3, 3))
        trial, test = self.space.TnT()
        self.electric = ng.BilinearForm(self.space, symmetric=True)
        self.electric += sigma * ng.grad(trial) * ng.grad(test) * ng.dx(definedon=self.tissue)
        field, weight = ng.grad(self.potential), self.warmth.TestFunction()
        self.joule = ng.LinearForm(self.warmth)
        self.joule += sigma * field * field * weight * ng.dx(definedon=self.tissue)
        self.factor: Any = None

    def _by_layer(self, name: str, metal: float = 0.0) -> Any:
        values = {f"layer{number}": getattr(layer, name) for number, layer in enumerate(self.setup.layers)}
        return self.mesh.MaterialCF(values | {"shaft": metal, "metal": metal})

    def conductance(self) -> float:
        """Solve the potential at the present temperature; return the conductance of one unit [S]."""
        matrix = self.electric.Assemble().mat
        if self.factor is None:
            self.factor = matrix.Inverse(self.space.FreeDofs(), inverse="sparsecholesky")
        else:
            self.factor.Update()
        self.potential.vec.data += self.factor * (-matrix * self.potential.vec).Evaluate()
        return float(self.setup.copies * ng.InnerProduct(self.potential.vec, matrix * self.potential.vec))

    def follow(self, steps: int) -> dict[str, list[float]]:
        """Take equal implicit Euler steps in every part; return voltage [V], power [W] and length [s] by step."""
        setup = self.setup
        conductivity, capacity = setup.metal or (0.0, 0.0)
        warm, weight = self.warmth.TnT()
        exchange, storage = ng.BilinearForm(self.warmth, symmetric=True), ng.BilinearForm(self.warmth, symmetric=True)
        exchange += 1e-3 * self._by_layer("conductivity", conductivity) * ng.grad(warm) * ng.grad(weight) * ng.dx
        # the plate touches tissue; the needle's own end is another face
        exchange += setup.transfer * 1e-6 * warm * weight * ng.ds("top")
        storage += 1e-9 * self._by_layer("heat_capacity", capacity) * warm * weight * ng.dx
        gain = ng.LinearForm(self.warmth)
        gain += setup.transfer * 1e-6 * (setup.plate - setup.start) * weight * ng.ds("top")
        for form in (exchange, storage, gain):
            form.Assemble()
        self.rise.vec[:] = 0.0
        found: dict[str, list[float]] = {"voltage": [], "power": [], "step": []}
        for length, on in setup.parts:
            step = length / steps
            implicit = storage.mat.CreateMatrix()
            implicit.AsVector().data = storage.mat.AsVector() + step * exchange.mat.AsVector()
            inverse = implicit.Inverse(inverse="sparsecholesky")
            for _ in range(steps):
                heat = (gain.vec - exchange.mat * self.rise.vec).Evaluate()
                if on:
                    self._electric_step(heat, step, found)
                self.rise.vec.data += step * (inverse * heat)
        self._note(0.0, found)
        return found

    def _electric_step(self, heat: Any, step: float, found: dict[str, list[float]]) -> None:
        volts = self._note(step, found)
        self.joule.Assemble()
        heat.data += volts**2 * self.joule.vec

    def _note(self, step: float, found: dict[str, list[float]]) -> float:
        siemens = self.conductance()
        volts = (self.setup.power / siemens) ** 0.5 if self.setup.power else self.setup.voltage
        for name, value in (
            ("voltage", volts),
            ("power", volts**2 * siemens),
            ("step", step),
        ):
            found[name].append(value)
        return volts

    def mean_rise(self, region: Any) -> float:
        """Return the mean rise of a region [K]."""
        volume = ng.Integrate(1.0, self.mesh, definedon=region)
        return float(ng.Integrate(self.rise, self.mesh, definedon=region) / volume)

    def at(self, places: list[tuple[float, float, float]]) -> list[float]:
        """Return the rise at some places [m, K]."""
        return [float(self.rise(self.mesh(*(MM * one for one in place)))) for place in places]


def outputs(name: str, p: Problem, run: Run, steps: int) -> Answer:
    """Return the outputs of one run that NGSolve answers."""
    if name == "temperature_controlled_pair":
        return {"conductance_at_start": run.conductance()}
    found = run.follow(steps)
    along = {"rise_in_depth": run.at([(3e-4, 3e-4, z) for z in p.points("rise_in_depth")])}
    if name == "pulse_in_layered_skin":
        return {
            "voltage_at_start": found["voltage"][0],
            "voltage_at_end": found["voltage"][-1],
            "needle_rise": run.mean_rise(run.mesh.Materials("metal")),
        } | along
    hot = ng.IfPos(run.rise + p["temperature.start"] - p["temperature.counted"], 1.0, 0.0)
    return {
        "power_at_start": found["power"][0],
        "power_at_end": found["power"][-1],
        "energy": float(np.dot(found["power"], found["step"])),
        "mean_rise": run.mean_rise(run.tissue),
        "hot_volume": 1e-9 * run.setup.copies * ng.Integrate(hot, run.mesh, order=20, definedon=run.tissue),
        "rise_towards_neighbour": run.at([(x, 1e-9, 1.3e-3) for x in p.points("rise_towards_neighbour")]),
    } | along


def without_steps(name: str, p: Problem, setup: Setup, mesh: tuple[float, float, int, int]) -> tuple[Answer, Answer]:
    """Return the outputs extrapolated to steps of no length, and those of the shorter steps."""
    near, far, levels, order = mesh
    run = Run(setup, mesh_of(setup, near, far * setup.coarser, levels), order)
    print(f"{name}: {run.space.ndof} unknowns of the field", file=sys.stderr, flush=True)
    if not setup.parts:
        found = outputs(name, p, run, 0)
        return found, found
    coarse, fine = (outputs(name, p, run, steps) for steps in setup.steps)
    return {one: (2.0 * np.array(fine[one]) - np.array(coarse[one])).tolist() for one in fine}, fine


PROBLEMS = {
    "pulse_in_one_layer": one_layer,
    "pulse_in_layered_skin": layered_skin,
    "temperature_controlled_pair": pair,
}


def main() -> None:
    """Solve the named problems, or all of them."""
    for name in sys.argv[1:] or PROBLEMS:
        began, problem = time.perf_counter(), read_problem(name)
        setup = PROBLEMS[name](problem)
        runs = [without_steps(name, problem, setup, mesh)[0] for mesh in setup.meshes]
        error = {
            one: max(float(np.max(np.abs(np.subtract(run[one], value))) / np.max(np.abs(value))) for run in runs[:-1])
            for one, value in runs[-1].items()
        }
        by = f"NGSolve {ng.__version__}, finite elements of order 3, extrapolated to time steps of no length"
        by = by if setup.parts else by.partition(", extrapolated")[0]
        answer = {"by": by, "error": {one: float(f"{value:.1e}") for one, value in error.items()}, "outputs": runs[-1]}
        (FOLDER / name / "independent.json").write_text(as_text(answer) + "\n", "utf-8")
        print(f"{name}: {time.perf_counter() - began:.0f} s\n{as_text(answer)}", flush=True)


if __name__ == "__main__":
    with ng.TaskManager():
        main()
