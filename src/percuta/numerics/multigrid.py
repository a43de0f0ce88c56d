r"""Geometric multigrid for diffusion on tensor grids of very uneven cells, as a preconditioner in single precision.

Cells are merged in pairs along each axis only where they are small, so that coarser grids become even: on such grids
point relaxation smooths in every direction, which it cannot where a cell is ten times longer than wide. Odd sizes
leave a single cell over; nothing is padded. The coarse conductance is the sum of the fine ones through the same face,
times the ratio of the distances of the centres; wall and mass terms are summed. Prolongation is constant over the
merged cells, and restriction its transpose. Relaxation is Chebyshev-Jacobi, whose upper bound
:math:`\lambda_{max}(D^{-1} A) \le 2` holds for every such operator without an estimate.

Reference: Briggs, Henson and McCormick, A Multigrid Tutorial (2000), chapters 3 and 8.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.numerics.stencil import relax, residual, start_from_zero

Array = NDArray[Any]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Integers = NDArray[np.int64]

_COARSEST = 60  # cells that are solved directly
_LEAST_REDUCTION = 3.0  # each level has at most this part of the cells of the finer one
_RELAXATIONS = 2
LOCAL = 0.1
"""Share of the mass in the diagonal of A from which relaxation alone is a good preconditioner."""
_SMOOTHED = np.float32(0.4)  # relaxation acts on eigenvalues of D^-1 A from here to 2
_GREATEST = np.float32(2.0)


class Levels:
    """Grids from the finest to the coarsest, packed one behind the other.

    Attributes
    ----------
    table : (levels, 10)
        nx, ny, nz, first cell in the packed arrays, first entry of the three axes in ``merged``, and in ``distance``.
    merged
        Coarse index of every fine index along each axis.
    distance
        Distance from each cell's centre to the one before it along each axis [m].
    size
        Length of a packed array.
    """

    def __init__(self, x: Floats, y: Floats, z: Floats) -> None:
        rows: list[list[int]] = []
        merged: list[NDArray[np.int32]] = []
        distance: list[Floats] = []
        axes = [np.asarray(edges, dtype=np.float64) for edges in (x, y, z)]
        limit = 2.1 * min(float(np.diff(edges).min()) for edges in axes)
        self.size = 0
        while True:
            shape = [edges.size - 1 for edges in axes]
            cells, pad = int(np.prod(shape)), shape[1] * shape[2]
            row = [*shape, self.size + pad, 0, 0, 0, 0, 0, 0]
            self.size += cells + 2 * pad
            for axis, edges in enumerate(axes):
                row[7 + axis] = sum(part.size for part in distance)
                middle = 0.5 * (edges[1:] + edges[:-1])
                distance.append(np.concatenate([[1.0], np.diff(middle)]))
            rows.append(row)
            if cells <= _COARSEST:
                break
            maps, limit = _merge(axes, limit)
            for axis, one in enumerate(maps):
                row[4 + axis] = sum(part.size for part in merged)
                merged.append(one)
            axes = [_merged_edges(edges, one) for edges, one in zip(axes, maps, strict=True)]
            limit *= 2.0
        self.table = np.array(rows, dtype=np.int64)
        self.merged = np.concatenate(merged) if merged else np.zeros(1, dtype=np.int32)
        self.distance = np.concatenate(distance).astype(np.float32)
        self.coarsest = int(np.prod(self.table[-1, :3]))
        self.longest = int(self.table[:, 2].max())


def _merge(axes: list[Floats], limit: float) -> tuple[list[NDArray[np.int32]], float]:
    """Merge pairs whose joint size stays below a limit, which is raised until the grid is small enough."""
    cells = np.prod([edges.size - 1 for edges in axes])
    while True:
        maps = [_pairs(np.diff(edges), limit) for edges in axes]
        # a grid that is long along one axis only never becomes smaller by more than two
        whole = all(limit >= edges[-1] - edges[0] for edges in axes)
        if whole or np.prod([int(one[-1]) + 1 for one in maps]) * _LEAST_REDUCTION <= cells:
            return maps, limit
        limit *= 1.25


def _pairs(sizes: Floats, limit: float) -> NDArray[np.int32]:
    coarse = np.zeros(sizes.size, dtype=np.int32)
    index, count = 0, 0
    while index < sizes.size:
        pair = index + 1 < sizes.size and sizes[index] + sizes[index + 1] <= limit
        coarse[index : index + 1 + pair] = count
        index += 1 + pair
        count += 1
    return coarse


def _merged_edges(edges: Floats, coarse: NDArray[np.int32]) -> Floats:
    first = np.concatenate([[True], np.diff(coarse) > 0])
    return np.concatenate([edges[:-1][first], edges[-1:]])


@vectorised
def invert_diagonal(table: Array, level: int, gx: Array, gy: Array, gz: Array, d: Array, di: Array) -> None:
    """Set the inverse of the diagonal of one level."""
    nx, ny, nz, a = table[level, 0], table[level, 1], table[level, 2], table[level, 3]
    sx = ny * nz
    e = a + nx * sx
    _inverse(di[a:e], d[a:e], gx[a:e], gx[a + sx : e + sx], gy[a:e], gy[a + nz : e + nz], gz[a:e], gz[a + 1 : e + 1])


@vectorised
def least_mass(d: Array, di: Array) -> float:
    """Return the least share of the mass in the diagonal."""
    least = np.float32(1.0)
    for k in range(d.shape[0]):
        least = min(least, d[k] * di[k])
    return float(least)


@vectorised
def _inverse(di: Array, d: Array, gx: Array, gxp: Array, gy: Array, gyp: Array, gz: Array, gzp: Array) -> None:
    for k in range(di.shape[0]):
        di[k] = np.float32(1.0) / (d[k] + gx[k] + gxp[k] + gy[k] + gyp[k] + gz[k] + gzp[k])


@vectorised
def coarsen(
    table: Array, merged: Array, distance: Array, level: int, gx: Array, gy: Array, gz: Array, d: Array
) -> None:
    """Fill the operator of the next coarser level."""
    nx, ny, nz, a = table[level, 0], table[level, 1], table[level, 2], table[level, 3]
    mx, my, mz = table[level, 4], table[level, 5], table[level, 6]
    n1, n2, n3, b = table[level + 1, 0], table[level + 1, 1], table[level + 1, 2], table[level + 1, 3]
    e = b + n1 * n2 * n3
    gx[b:e] = 0.0
    gy[b:e] = 0.0
    gz[b:e] = 0.0
    d[b:e] = 0.0
    to = merged[mz : mz + nz]
    ratio = np.zeros(nz, dtype=np.float32)
    for k in range(1, nz):
        if to[k] != to[k - 1]:
            ratio[k] = distance[table[level, 9] + k] / distance[table[level + 1, 9] + to[k]]
    for i in range(nx):
        i1 = merged[mx + i]
        at_x = i > 0 and merged[mx + i - 1] != i1
        rx = distance[table[level, 7] + i] / distance[table[level + 1, 7] + i1]
        for j in range(ny):
            j1 = merged[my + j]
            at_y = j > 0 and merged[my + j - 1] != j1
            ry = distance[table[level, 8] + j] / distance[table[level + 1, 8] + j1]
            fine, coarse = a + (i * ny + j) * nz, b + (i1 * n2 + j1) * n3
            fgx, fgy, fgz, fd = gx[fine : fine + nz], gy[fine : fine + nz], gz[fine : fine + nz], d[fine : fine + nz]
            cgx, cgy, cgz, cd = (
                gx[coarse : coarse + n3],
                gy[coarse : coarse + n3],
                gz[coarse : coarse + n3],
                d[coarse : coarse + n3],
            )
            if at_x:
                for k in range(nz):
                    cgx[to[k]] += fgx[k] * rx
            if at_y:
                for k in range(nz):
                    cgy[to[k]] += fgy[k] * ry
            for k in range(nz):
                cgz[to[k]] += fgz[k] * ratio[k]
                cd[to[k]] += fd[k]


@vectorised
def factorise(table: Array, gx: Array, gy: Array, gz: Array, di: Array, factor: Array) -> None:
    """Factorise the operator of the coarsest level by Cholesky's method."""
    level = table.shape[0] - 1
    ny, nz, a = table[level, 1], table[level, 2], table[level, 3]
    n = factor.shape[0]
    factor[:, :] = 0.0
    for k in range(n):
        factor[k, k] = 1.0 / di[a + k]
        if k >= ny * nz:
            factor[k, k - ny * nz] -= gx[a + k]
        if k >= nz:
            factor[k, k - nz] -= gy[a + k]
        if k >= 1:
            factor[k, k - 1] -= gz[a + k]
    for k in range(n):
        for m in range(k + 1):
            s = factor[k, m]
            for q in range(m):
                s -= factor[k, q] * factor[m, q]
            factor[k, m] = np.sqrt(s) if k == m else s / factor[m, m]


@vectorised
def prepare(
    table: Array, merged: Array, distance: Array, gx: Array, gy: Array, gz: Array, d: Array, di: Array, factor: Array
) -> None:
    """Fill all levels from the finest one."""
    for level in range(table.shape[0]):
        invert_diagonal(table, level, gx, gy, gz, d, di)
        if level + 1 < table.shape[0]:
            coarsen(table, merged, distance, level, gx, gy, gz, d)
    factorise(table, gx, gy, gz, di, factor)


@vectorised
def _restrict(r: Array, b: Array, table: Array, merged: Array, level: int, line: Array) -> None:
    nx, ny, nz, a = table[level, 0], table[level, 1], table[level, 2], table[level, 3]
    mx, my, mz = table[level, 4], table[level, 5], table[level, 6]
    n1, n2, n3, c = table[level + 1, 0], table[level + 1, 1], table[level + 1, 2], table[level + 1, 3]
    b[c : c + n1 * n2 * n3] = 0.0
    total = line[:nz]
    to = merged[mz : mz + nz]
    i = 0
    while i < nx:
        i_end = i + 1
        while i_end < nx and merged[mx + i_end] == merged[mx + i]:
            i_end += 1
        j = 0
        while j < ny:
            j_end = j + 1
            while j_end < ny and merged[my + j_end] == merged[my + j]:
                j_end += 1
            total[:] = 0.0
            for ii in range(i, i_end):
                for jj in range(j, j_end):
                    at = a + (ii * ny + jj) * nz
                    row = r[at : at + nz]
                    for k in range(nz):
                        total[k] += row[k]
            at = c + (merged[mx + i] * n2 + merged[my + j]) * n3
            row = b[at : at + n3]
            for k in range(nz):
                row[to[k]] += total[k]
            j = j_end
        i = i_end


@vectorised
def _prolong(x: Array, table: Array, merged: Array, level: int, line: Array) -> None:
    nx, ny, nz, a = table[level, 0], table[level, 1], table[level, 2], table[level, 3]
    mx, my, mz = table[level, 4], table[level, 5], table[level, 6]
    n2, n3, c = table[level + 1, 1], table[level + 1, 2], table[level + 1, 3]
    fine = line[:nz]
    to = merged[mz : mz + nz]
    last = -1
    for i in range(nx):
        for j in range(ny):
            at = c + (merged[mx + i] * n2 + merged[my + j]) * n3
            if at != last:
                row = x[at : at + n3]
                for k in range(nz):
                    fine[k] = row[to[k]]
                last = at
            at = a + (i * ny + j) * nz
            row = x[at : at + nz]
            for k in range(nz):
                row[k] += fine[k]


@vectorised
def _solve_coarsest(factor: Array, x: Array, b: Array, start: int) -> None:
    n = factor.shape[0]
    y = np.zeros(n)
    for k in range(n):
        s = np.float64(b[start + k])
        for q in range(k):
            s -= factor[k, q] * y[q]
        y[k] = s / factor[k, k]
    for k in range(n - 1, -1, -1):
        s = y[k]
        for q in range(k + 1, n):
            s -= factor[q, k] * y[q]
        y[k] = s / factor[k, k]
        x[start + k] = y[k]


@vectorised
def _smooth(
    x: Array,
    dv: Array,
    b: Array,
    gx: Array,
    gy: Array,
    gz: Array,
    di: Array,
    start: int,
    cells: int,
    sx: int,
    sy: int,
    fresh: bool,
) -> None:
    """Relax; ``fresh`` starts from zero and saves one application of the operator."""
    middle = np.float32(0.5) * (_SMOOTHED + _GREATEST)
    half = np.float32(0.5) * (_GREATEST - _SMOOTHED)
    one, two = np.float32(1.0), np.float32(2.0)
    ratio = middle / half
    if fresh:
        a, e = start, start + cells
        start_from_zero(x[a:e], dv[a:e], b[a:e], di[a:e], one / middle)
    else:
        relax(dv, x, b, gx, gy, gz, di, start, cells, sx, sy, np.float32(0.0), one / middle)
    before = one / ratio
    for _ in range(_RELAXATIONS - 1):
        now = one / (two * ratio - before)
        relax(dv, x, b, gx, gy, gz, di, start, cells, sx, sy, now * before, two * now / half)
        before = now


@vectorised
def v_cycle(
    table: Array,
    merged: Array,
    gx: Array,
    gy: Array,
    gz: Array,
    di: Array,
    factor: Array,
    x: Array,
    b: Array,
    r: Array,
    dv: Array,
    line: Array,
    local: bool,
) -> None:
    """Set x to an approximate solution of A x = b by one V-cycle from zero; symmetric in b.

    Where mass outweighs conduction everywhere (``local``), what happens in a cell stays near it: relaxation on the
    finest level is enough.
    """
    levels = table.shape[0]
    if local:
        sy, a = table[0, 2], table[0, 3]
        sx = table[0, 1] * sy
        _smooth(x, dv, b, gx, gy, gz, di, a, table[0, 0] * sx, sx, sy, True)
        return
    for level in range(levels - 1):
        sy, a = table[level, 2], table[level, 3]
        sx = table[level, 1] * sy
        cells = table[level, 0] * sx
        _smooth(x, dv, b, gx, gy, gz, di, a, cells, sx, sy, True)
        residual(r, x, b, gx, gy, gz, di, a, cells, sx, sy)
        _restrict(r, b, table, merged, level, line)
    _solve_coarsest(factor, x, b, table[levels - 1, 3])
    for level in range(levels - 2, -1, -1):
        sy, a = table[level, 2], table[level, 3]
        sx = table[level, 1] * sy
        cells = table[level, 0] * sx
        _prolong(x, table, merged, level, line)
        dv[a : a + cells] = np.float32(0.0)
        _smooth(x, dv, b, gx, gy, gz, di, a, cells, sx, sy, False)
