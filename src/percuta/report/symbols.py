"""Marks on charts that differ in shape and filling, so that nobody needs their colour, and the key to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from percuta.report import svg

_CORNERS = 24  # of an outline that looks round


@dataclass(frozen=True)
class Symbol:
    """One kind of mark.

    Attributes
    ----------
    shape
        ``round``, ``square`` or ``diamond``.
    paint
        Its colour.
    size
        From its middle to its edge.
    filled
        Whether it is filled; an outline otherwise.
    ring
        Whether a second outline goes around it.
    """

    shape: str
    paint: str
    size: float = 4.0
    filled: bool = True
    ring: bool = False

    def at(self, x: float, y: float) -> str:
        """Return the mark at a place of the drawing."""
        outline = self._outline(x, y, self.size)
        if self.filled:
            parts = [svg.polygon(outline, paint=self.paint, edge="paper")]
        else:
            parts = [svg.polygon(outline, paint="paper", edge=self.paint)]
        if self.ring:
            parts.append(svg.region([self._outline(x, y, self.size + 3.5)], paint=self.paint, width=1.6))
        return "".join(parts)

    def _outline(self, x: float, y: float, size: float) -> list[tuple[float, float]]:
        if self.shape == "square":
            half = 0.88 * size
            return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        corners = 4 if self.shape == "diamond" else _CORNERS
        turns = [2.0 * math.pi * corner / corners for corner in range(corners)]
        return [(x + size * math.sin(turn), y - size * math.cos(turn)) for turn in turns]


def symbol_key(items: Sequence[tuple[Symbol, str]], x: float, y: float, right: float) -> tuple[str, float]:
    """Return the key to some marks, and the height it takes.

    Parameters
    ----------
    items
        Marks and what they mean.
    x, y
        Left end and first baseline.
    right
        Where lines break.
    """
    parts, left, base = [], x, y
    for symbol, label in items:
        width = 22 + svg.text_width(label, 11) + 12
        if left > x and left + width > right:
            left, base = x, base + 18
        parts.append(symbol.at(left + 9, base - 4))
        parts.append(svg.text(left + 22, base, label, size=11))
        left += width
    return "".join(parts), base - y + 18
