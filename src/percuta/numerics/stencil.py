"""Seven-point loops over flat, padded boxes.

A box of nx x ny x nz cells lies in one array, z fastest, with ny nz zeros before and after it. ``gx[c]`` is the
conductance between cell c and its neighbour at c - ny nz, ``gy[c]`` the one to c - nz, ``gz[c]`` the one to c - 1;
at the low faces of the box they are zero. So neighbours are found at fixed distances everywhere, the loop over all
cells is one contiguous line, and no cell needs a branch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised

Array = NDArray[Any]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]


# The neighbours come as arrays of their own, so that the compiler sees loops without index arithmetic.
@vectorised
def _apply(
    q: Array,
    p: Array,
    xm: Array,
    xp: Array,
    ym: Array,
    yp: Array,
    zm: Array,
    zp: Array,
    gx: Array,
    gxp: Array,
    gy: Array,
    gyp: Array,
    gz: Array,
    gzp: Array,
    d: Array,
) -> None:
    for k in range(q.shape[0]):
        v = p[k]
        q[k] = (
            d[k] * v
            + gx[k] * (v - xm[k])
            + gxp[k] * (v - xp[k])
            + gy[k] * (v - ym[k])
            + gyp[k] * (v - yp[k])
            + gz[k] * (v - zm[k])
            + gzp[k] * (v - zp[k])
        )


@vectorised
def apply(
    q: Array, p: Array, gx: Array, gy: Array, gz: Array, d: Array, start: int, cells: int, sx: int, sy: int
) -> None:
    """Set q = A p, in flux form: what leaves one cell enters the next to the last bit."""
    a, e = start, start + cells
    _apply(
        q[a:e],
        p[a:e],
        p[a - sx : e - sx],
        p[a + sx : e + sx],
        p[a - sy : e - sy],
        p[a + sy : e + sy],
        p[a - 1 : e - 1],
        p[a + 1 : e + 1],
        gx[a:e],
        gx[a + sx : e + sx],
        gy[a:e],
        gy[a + sy : e + sy],
        gz[a:e],
        gz[a + 1 : e + 1],
        d[a:e],
    )


@vectorised
def _relax(
    dv: Array,
    x: Array,
    xm: Array,
    xp: Array,
    ym: Array,
    yp: Array,
    zm: Array,
    zp: Array,
    gx: Array,
    gxp: Array,
    gy: Array,
    gyp: Array,
    gz: Array,
    gzp: Array,
    di: Array,
    b: Array,
    keep: Any,
    new: Any,
) -> None:
    for k in range(dv.shape[0]):
        s = gx[k] * xm[k] + gxp[k] * xp[k] + gy[k] * ym[k] + gyp[k] * yp[k] + gz[k] * zm[k] + gzp[k] * zp[k]
        dv[k] = keep * dv[k] + new * (di[k] * (b[k] + s) - x[k])


@vectorised
def _add(x: Array, dv: Array) -> None:
    for k in range(x.shape[0]):
        x[k] += dv[k]


@vectorised
def relax(
    dv: Array,
    x: Array,
    b: Array,
    gx: Array,
    gy: Array,
    gz: Array,
    di: Array,
    start: int,
    cells: int,
    sx: int,
    sy: int,
    keep: Any,
    new: Any,
) -> None:
    """Do one step of a Chebyshev iteration: dv = keep dv + new D^-1 (b - A x), x += dv."""
    a, e = start, start + cells
    _relax(
        dv[a:e],
        x[a:e],
        x[a - sx : e - sx],
        x[a + sx : e + sx],
        x[a - sy : e - sy],
        x[a + sy : e + sy],
        x[a - 1 : e - 1],
        x[a + 1 : e + 1],
        gx[a:e],
        gx[a + sx : e + sx],
        gy[a:e],
        gy[a + sy : e + sy],
        gz[a:e],
        gz[a + 1 : e + 1],
        di[a:e],
        b[a:e],
        keep,
        new,
    )
    _add(x[a:e], dv[a:e])


@vectorised
def _residual(
    r: Array,
    x: Array,
    xm: Array,
    xp: Array,
    ym: Array,
    yp: Array,
    zm: Array,
    zp: Array,
    gx: Array,
    gxp: Array,
    gy: Array,
    gyp: Array,
    gz: Array,
    gzp: Array,
    di: Array,
    b: Array,
) -> None:
    for k in range(r.shape[0]):
        s = gx[k] * xm[k] + gxp[k] * xp[k] + gy[k] * ym[k] + gyp[k] * yp[k] + gz[k] * zm[k] + gzp[k] * zp[k]
        r[k] = b[k] + s - x[k] / di[k]


@vectorised
def residual(
    r: Array, x: Array, b: Array, gx: Array, gy: Array, gz: Array, di: Array, start: int, cells: int, sx: int, sy: int
) -> None:
    """Set r = b - A x."""
    a, e = start, start + cells
    _residual(
        r[a:e],
        x[a:e],
        x[a - sx : e - sx],
        x[a + sx : e + sx],
        x[a - sy : e - sy],
        x[a + sy : e + sy],
        x[a - 1 : e - 1],
        x[a + 1 : e + 1],
        gx[a:e],
        gx[a + sx : e + sx],
        gy[a:e],
        gy[a + sy : e + sy],
        gz[a:e],
        gz[a + 1 : e + 1],
        di[a:e],
        b[a:e],
    )


@vectorised
def start_from_zero(x: Array, dv: Array, b: Array, di: Array, factor: Any) -> None:
    """Set x = dv = factor D^-1 b, the first step of a Chebyshev iteration that starts at zero."""
    for k in range(x.shape[0]):
        v = factor * di[k] * b[k]
        dv[k] = v
        x[k] = v


@vectorised
def dot(a: Array, b: Array) -> float:
    """Return the sum of products, always in the same order."""
    s = 0.0
    for k in range(a.shape[0]):
        s += a[k] * b[k]
    return s


@vectorised
def copy(to: Array, source: Array) -> None:
    """Copy, changing the precision."""
    for k in range(to.shape[0]):
        to[k] = source[k]


@vectorised
def combine(p: Array, z: Array, beta: float) -> None:
    """Set p = z + beta p."""
    for k in range(p.shape[0]):
        p[k] = z[k] + beta * p[k]


@vectorised
def step(x: Array, r: Array, p: Array, q: Array, alpha: float) -> None:
    """Set x += alpha p, r -= alpha q."""
    for k in range(x.shape[0]):
        x[k] += alpha * p[k]
        r[k] -= alpha * q[k]


@vectorised
def subtract(r: Array, b: Array, q: Array) -> None:
    """Set r = b - q."""
    for k in range(r.shape[0]):
        r[k] = b[k] - q[k]
