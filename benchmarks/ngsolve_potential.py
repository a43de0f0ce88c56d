"""Potentials of needle arrays by finite elements: NGSolve, meshes graded geometrically towards the electrodes' edges.

Lengths are mm and conductivities S/m, so that a sum of sigma |grad V|^2 comes out in mW.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ngsolve as ng
from netgen import occ

PITCH, RADIUS, TIP, BARE, DEPTH = 1.5, 0.125, 2.0, 0.5, 4.0

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Metal:
    """One needle: where its axis ends and points to, its bare and tapered length, the name of its electrode."""

    end: Point
    direction: Point = (0.0, 0.0, 1.0)
    bare: float = BARE
    taper: float = 0.0
    name: str = "electrode"

    def along(self, length: float) -> Point:
        """Return the point of the axis at a length before its end."""
        return tuple(e - length * d for e, d in zip(self.end, self.direction, strict=True))  # type: ignore[return-value]

    def solids(self) -> tuple[Any, Any]:
        """Return the insulated and the bare part."""
        direction = occ.Vec(*self.direction)
        shaft = occ.Cylinder(occ.Pnt(*self.along(12.0)), direction, r=RADIUS, h=12.0 - self.bare)
        if not self.taper:
            return shaft, occ.Cylinder(occ.Pnt(*self.along(self.bare)), direction, r=RADIUS, h=self.bare)
        x, y, z = self.end
        profile = occ.WorkPlane(occ.Axes((x, y, z - self.bare), n=-occ.Y, h=occ.X)).MoveTo(0, 0)
        profile = profile.LineTo(RADIUS, 0).LineTo(RADIUS, self.bare - self.taper).LineTo(0, self.bare).Close()
        return shaft, profile.Face().Revolve(occ.Axis((x, y, z), occ.Z), 360)

    def has_singular(self, edge: Any, interfaces: Sequence[float]) -> bool:
        """Whether an edge is the end of the insulation, the rim of the end face, or where layers meet at the metal."""
        if edge.mass < 1e-9:  # the point of a tapered needle
            return False
        rings = (self.bare, self.taper)
        first, last = edge.parameter_interval
        points = [edge.Value(first + share * (last - first)) for share in (0.1, 0.5, 0.9)]
        found = [self._cylindrical((p.x, p.y, p.z)) for p in points]
        if any(abs(distance - RADIUS) > 1e-6 for _, distance in found):
            return False
        at_ring = any(all(abs(before - ring) < 1e-6 for before, _ in found) for ring in rings)
        return at_ring or any(all(abs(p.z - depth) < 1e-6 for p in points) for depth in interfaces)

    def _cylindrical(self, point: Point) -> tuple[float, float]:
        away = [e - p for e, p in zip(self.end, point, strict=True)]
        before = sum(a * d for a, d in zip(away, self.direction, strict=True))
        return before, math.dist(away, [before * d for d in self.direction])


@dataclass(frozen=True)
class Problem:
    """A box of tissue with needles cut out of it, and what is asked of it.

    ``faces`` names the boundaries at least x, greatest x, least y, greatest y, greatest z; the rest is insulated.
    ``voltage`` is by boundary name; ``layers`` are lower end and conductivities in plane and in depth.
    ``copies`` of the power of the box make one unit of the array. ``outflow`` names a face where the potential falls
    as that of a far point source in the given place.
    """

    low: Point
    high: Point
    needles: tuple[Metal, ...]
    faces: dict[str, str]
    voltage: dict[str, float]
    copies: float
    layers: tuple[tuple[float, float, float], ...] = ((math.inf, 0.3, 0.3),)
    outflow: tuple[str, Point] | None = None

    def mesh(self, near: float, far: float, levels: int, order: int) -> Any:
        """Return a mesh with elements of the given sizes at the electrodes and elsewhere."""
        interfaces = [end for end, _, _ in self.layers[:-1]]
        tissue = self.box(interfaces)
        for needle in self.needles:
            shaft, metal = needle.solids()
            shaft.faces.name = "insulated"
            metal.faces.name, metal.faces.maxh = needle.name, near
            tissue = tissue - shaft - metal
        for edge in tissue.edges:
            if any(needle.has_singular(edge, interfaces) for needle in self.needles):
                edge.hpref = 1
        mesh = ng.Mesh(occ.OCCGeometry(tissue).GenerateMesh(maxh=far, grading=0.35))
        mesh.RefineHP(levels, factor=0.2)
        mesh.Curve(order)
        return mesh

    def box(self, interfaces: list[float]) -> Any:
        """Return the tissue before needles are cut out, its layers ``layer0`` and so on from the top down."""
        slabs, top = [], self.low[2]
        for number, bottom in enumerate([*interfaces, self.high[2]]):
            slab = occ.Box((*self.low[:2], top), (*self.high[:2], bottom))
            slab.mat(f"layer{number}")
            slab.faces.name = "insulated"
            ends = {"x0": slab.faces.Min(occ.X), "x1": slab.faces.Max(occ.X)}
            ends |= {"y0": slab.faces.Min(occ.Y), "y1": slab.faces.Max(occ.Y)}
            if bottom == self.high[2]:
                ends["z1"] = slab.faces.Max(occ.Z)
            for where, name in self.faces.items():
                if where in ends:
                    ends[where].name = name
            slabs.append(slab)
            top = bottom
        return slabs[0] if len(slabs) == 1 else occ.Glue(slabs)

    def sigma(self, mesh: Any) -> Any:
        """Return the conductivity tensor [S/m]."""
        by_layer = {
            f"layer{number}": ng.CF((plane, 0, 0, 0, plane, 0, 0, 0, depth), dims=(3, 3))
            for number, (_, plane, depth) in enumerate(self.layers)
        }
        return mesh.MaterialCF(by_layer)

    def power(self, near: float, far: float, levels: int, order: int) -> tuple[float, int]:
        """Return the power per unit [W], voltage times current, and the number of unknowns."""
        mesh = self.mesh(near, far, levels, order)
        held = "|".join(self.voltage)
        space = ng.H1(mesh, order=order, dirichlet=held)
        trial, test = space.TnT()
        form = ng.BilinearForm(space, symmetric=True)
        form += self.sigma(mesh) * ng.grad(trial) * ng.grad(test) * ng.dx
        if self.outflow is not None:
            name, centre = self.outflow
            form += self._outflow(centre) * trial * test * ng.ds(name)
        form.Assemble()
        potential = ng.GridFunction(space)
        potential.Set(mesh.BoundaryCF(self.voltage, default=0.0), definedon=mesh.Boundaries(held))
        residual = (-form.mat * potential.vec).Evaluate()
        potential.vec.data += form.mat.Inverse(space.FreeDofs(), inverse="sparsecholesky") * residual
        return self.copies * 1e-3 * ng.InnerProduct(potential.vec, form.mat * potential.vec), space.ndof

    def _outflow(self, centre: Point) -> Any:
        """Return sigma cos(theta) / r, with r from a centre and theta between r and the outward normal."""
        away = ng.CF((ng.x - centre[0], ng.y - centre[1], ng.z - centre[2]))
        return self.layers[0][1] * ng.InnerProduct(away, ng.specialcf.normal(3)) / ng.InnerProduct(away, away)


CELL_FACES = {"x1": "ground", "y1": "ground"}
CORNER = Metal((0.0, 0.0, TIP))
HALF = {"electrode": 14.0, "ground": 0.0}


def cell(**changes: Any) -> Problem:
    """Return the quarter cell of the infinite checkerboard, with changes."""
    usual: dict[str, Any] = {"needles": (CORNER,), "faces": CELL_FACES, "voltage": HALF, "copies": 4.0}
    return Problem((0.0, 0.0, 0.0), (PITCH / 2, PITCH / 2, DEPTH), **(usual | changes))


def finite_array(rows: int, margin: float, **changes: Any) -> Problem:
    """Return a quarter of a square checkerboard, its centre at x = y = 0, faces at x = 0 and y = 0 of symmetry."""
    offset = 0.0 if rows % 2 else PITCH / 2
    places = [offset + PITCH * number for number in range((rows + 1) // 2)]
    needles = tuple(
        Metal((x, y, TIP), name="electrode" if (i + j) % 2 == 0 else "other")
        for i, x in enumerate(places)
        for j, y in enumerate(places)
    )
    far = places[-1] + margin
    voltage = {"electrode": 14.0, "other": -14.0} if len(places) > 1 else {"electrode": 14.0}
    faces = {} if rows % 2 else {"x0": "ground", "y0": "ground"}
    usual: dict[str, Any] = {"needles": needles, "faces": faces, "copies": 4.0}
    usual["voltage"] = voltage if rows % 2 else voltage | {"ground": 0.0}
    return Problem((0.0, 0.0, 0.0), (far, far, DEPTH), **(usual | changes))


def inclined_pair() -> Problem:
    """Return half of a pair of needles at 20 degrees to the surface; the plane between them is x = 0."""
    angle, tip, spacing, margin = math.radians(20), 2.0, 1.25, 4.0
    end = (spacing / 2, tip / math.tan(angle), tip)
    needle = Metal(end, (0.0, math.cos(angle), math.sin(angle)), bare=3.0)
    return Problem(
        (0.0, -margin, 0.0),
        (spacing / 2 + margin, end[1] + margin, 6.0),
        (needle,),
        {"x0": "ground"},
        {"electrode": 5.0, "ground": 0.0},
        2.0,
        layers=((math.inf, 0.25, 0.25),),
    )
