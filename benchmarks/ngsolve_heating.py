"""Heating of the quarter cell of an infinite bipolar checkerboard by finite elements: NGSolve, equal steps of time.

Each step finds the potential with the conductivity at the temperature with which the step starts, then takes one
implicit Euler step for the temperature. Needles may conduct heat, layers differ, blood and the surface may cool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ngsolve as ng
from netgen import occ
from ngsolve_potential import CORNER, DEPTH, PITCH, cell

WIDTH, VOLTAGE = 0.5, 28.0  # s, V rms between polarities


@dataclass(frozen=True)
class Slab:
    """A layer: lower end [mm], conductivities [S/m] and [W/(m K)], heat capacity [J/(m3 K)], perfusion [W/(m3 K)]."""

    bottom: float
    sigma_in_plane: float
    sigma_in_depth: float
    conductivity: float
    heat_capacity: float
    perfusion: float = 0.0


@dataclass(frozen=True)
class Heating:
    """A pulse; temperatures in degC.

    ``metal`` is conductivity [W/(m K)] and heat capacity [J/(m3 K)] of needles that take part in the heat problem;
    their end at the skin surface is insulated. ``transfer`` [W/(m2 K)] is that of the skin surface. The conductivity
    of tissue changes by ``slope`` [1/K] from its value at 37 degC.
    """

    slabs: tuple[Slab, ...]
    metal: tuple[float, float] | None = None
    transfer: float = 0.0
    outside: float = 34.0
    start: float = 34.0
    blood: float = 37.0
    slope: float = 0.015

    def mesh(self, near: float, far: float, levels: int) -> Any:
        """Return the mesh of tissue and, where it takes part, needle (materials ``shaft`` and ``metal``)."""
        interfaces = [slab.bottom for slab in self.slabs[:-1]]
        layers = tuple((slab.bottom, slab.sigma_in_plane, slab.sigma_in_depth) for slab in self.slabs)
        box = cell(layers=layers).box(interfaces)
        box.faces.Min(occ.Z).name = "top"
        quarter = occ.Box((0, 0, 0), (PITCH / 2, PITCH / 2, DEPTH))
        shaft, metal = (solid * quarter for solid in CORNER.solids())
        shaft.faces.name = "insulated"
        metal.faces.name, metal.faces.maxh = "electrode", near
        for inner in (occ.X, occ.Y, occ.Z):
            metal.faces.Min(inner).name = "inside"
        shaft.mat("shaft")
        metal.mat("metal")
        tissue = box - shaft - metal
        for edge in tissue.edges:
            if CORNER.has_singular(edge, interfaces):
                edge.hpref = 1
        whole = occ.Glue([tissue, shaft, metal]) if self.metal else tissue
        mesh = ng.Mesh(occ.OCCGeometry(whole).GenerateMesh(maxh=far, grading=0.35))
        mesh.RefineHP(levels, factor=0.2)
        mesh.Curve(2)
        return mesh

    def property_of(self, mesh: Any, name: str, scale: float, metal: float = 0.0) -> Any:
        """Return a property of the layers, and of the metal, times a scale."""
        values = {f"layer{number}": scale * getattr(slab, name) for number, slab in enumerate(self.slabs)}
        return mesh.MaterialCF(values | {"shaft": scale * metal, "metal": scale * metal})


class HeatingRun:
    """One pulse on one mesh."""

    def __init__(self, heating: Heating, mesh: Any, order: int, steps: int) -> None:
        self.heating, self.mesh, self.steps, self.step = heating, mesh, steps, WIDTH / steps
        self.tissue = mesh.Materials("layer.*")
        self.space = ng.H1(mesh, order=order, dirichlet="electrode|ground", definedon=self.tissue)
        self.warmth = ng.H1(mesh, order=order)
        self.rise, self.potential = ng.GridFunction(self.warmth), ng.GridFunction(self.space)
        held = mesh.BoundaryCF({"electrode": VOLTAGE / 2}, default=0.0)
        self.potential.Set(held, definedon=mesh.Boundaries("electrode"))
        self._write_electric()
        self._write_heat()

    def _write_electric(self) -> None:
        heating, mesh = self.heating, self.mesh
        plane, depth = (heating.property_of(mesh, f"sigma_in_{way}", 1e-3) for way in ("plane", "depth"))
        warmer = 1 + heating.slope * (self.rise + heating.start - 37.0)
        sigma = warmer * ng.CF((plane, 0, 0, 0, plane, 0, 0, 0, depth), dims=(3, 3))
        trial, test = self.space.TnT()
        self.electric = ng.BilinearForm(self.space, symmetric=True)
        self.electric += sigma * ng.grad(trial) * ng.grad(test) * ng.dx(definedon=self.tissue)
        self.joule = ng.LinearForm(self.warmth)
        field, weight = ng.grad(self.potential), self.warmth.TestFunction()
        self.joule += sigma * field * field * weight * ng.dx(definedon=self.tissue)

    def _write_heat(self) -> None:
        heating, mesh = self.heating, self.mesh
        conductivity, capacity = heating.metal or (0.0, 0.0)
        self.capacity = heating.property_of(mesh, "heat_capacity", 1e-9, capacity)
        spread = heating.property_of(mesh, "conductivity", 1e-3, conductivity)
        blood, transfer = heating.property_of(mesh, "perfusion", 1e-9), heating.transfer * 1e-6
        warm, weight = self.warmth.TnT()
        exchange = ng.BilinearForm(self.warmth, symmetric=True)
        exchange += (spread * ng.grad(warm) * ng.grad(weight) + blood * warm * weight) * ng.dx
        exchange += transfer * warm * weight * ng.ds("top")
        gain = ng.LinearForm(self.warmth)
        gain += blood * (heating.blood - heating.start) * weight * ng.dx
        gain += transfer * (heating.outside - heating.start) * weight * ng.ds("top")
        storage = ng.BilinearForm(self.warmth, symmetric=True)
        storage += self.capacity * warm * weight * ng.dx
        self.exchange, self.gain = exchange.Assemble().mat, gain.Assemble().vec
        implicit = storage.Assemble().mat
        implicit.AsVector().data += self.step * self.exchange.AsVector()
        self.heat_factor = implicit.Inverse(inverse="sparsecholesky")

    def answers(self) -> dict[str, float]:
        """Take all steps; return powers [W], energies [J] and volume [mm3] per p x p cell, mean rises [K]."""
        factor, power = None, []
        for _ in range(self.steps):
            matrix = self.electric.Assemble().mat
            if factor is None:
                factor = matrix.Inverse(self.space.FreeDofs(), inverse="sparsecholesky")
            else:
                factor.Update()
            residual = (-matrix * self.potential.vec).Evaluate()
            self.potential.vec.data += factor * residual
            power.append(4 * ng.InnerProduct(self.potential.vec, matrix * self.potential.vec))
            self.joule.Assemble()
            heat = (self.step * (self.joule.vec + self.gain - self.exchange * self.rise.vec)).Evaluate()
            self.rise.vec.data += self.heat_factor * heat
        return {"power_start": power[0], "power_end": power[-1], "energy": self.step * sum(power)} | self._fields()

    def _fields(self) -> dict[str, float]:
        hot = ng.IfPos(self.rise + self.heating.start - 60.0, 1.0, 0.0)
        found = {
            "mean_rise": self._mean_rise(self.tissue),
            "stored": 4 * ng.Integrate(self.capacity * self.rise, self.mesh),
            "volume_above_60": 4 * ng.Integrate(hot, self.mesh, order=20, definedon=self.tissue),
        }
        if self.heating.metal:
            found["needle_mean_rise"] = self._mean_rise(self.mesh.Materials("metal"))
        return found

    def _mean_rise(self, region: Any) -> float:
        volume = ng.Integrate(1.0, self.mesh, definedon=region)
        return float(ng.Integrate(self.rise, self.mesh, definedon=region) / volume)
