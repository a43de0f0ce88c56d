"""Path data of the drawings: absolute moves, lines and cubic curves, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

Point = tuple[float, float]
_TOKEN = re.compile(r"[A-Za-z]|-?\d+\.?\d*|-?\.\d+")
_PAIRS = {"M": 1, "L": 1, "C": 3, "Z": 0}
_CUTS = 8  # straight pieces of a curve, where an outline is measured


def mirrored(path: str, axis: float) -> str:
    """Return a path reflected at a vertical axis."""
    return "".join(
        command + " ".join(f"{_text(2.0 * axis - x)} {_text(y)}" for x, y in points) for command, points in _read(path)
    )


def outline(path: str) -> list[Point]:
    """Return points along a path, curves in straight pieces."""
    found: list[Point] = []
    for command, points in _read(path):
        if command == "C":
            start, (first, second, end) = found[-1], points
            found += [_on_curve((start, first, second, end), step / _CUTS) for step in range(1, _CUTS + 1)]
        else:
            found += points
    return found


def area(path: str) -> float:
    """Return the area that a closed path encloses, in its own units."""
    points = outline(path)
    return 0.5 * abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, [*points[1:], points[0]], strict=True)))


def _read(path: str) -> Iterator[tuple[str, list[Point]]]:
    """Yield each command with its points.

    Raises
    ------
    ValueError
        If the path has anything but absolute ``M``, ``L``, ``C`` and ``Z``, or a point too few.
    """
    tokens = iter(_TOKEN.findall(path))
    for command in tokens:
        if command not in _PAIRS:
            raise ValueError(f"a path has M, L, C and Z alone, each with its own points: {command!r} in {path[:40]!r}")
        try:
            points = [(float(next(tokens)), float(next(tokens))) for _ in range(_PAIRS[command])]
        except (StopIteration, ValueError) as fault:
            raise ValueError(f"a path has a point too few: {path[:40]!r}") from fault
        yield command, points


def _on_curve(points: tuple[Point, Point, Point, Point], share: float) -> Point:
    rest = 1.0 - share
    weights = (rest**3, 3.0 * rest**2 * share, 3.0 * rest * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
    return x, y


def _text(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
