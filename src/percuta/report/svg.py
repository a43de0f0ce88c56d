"""Primitives of every chart: scales, axes, bands, range bars, timelines, layers, legends.

Everything is text. Charts are drawn 360 units wide, so that they stay legible on a telephone and pair up on a
desk or on paper. Colours are CSS custom properties (``--percuta-...``) with fallbacks, so that a page may set
its own and a chart still stands alone. They are written as attributes and not as styles, so that a chart stands in
pages whose policy forbids inline style. Nothing here needs a script.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 360.0
COLOURS = {
    "ink": "#1d2b34",
    "muted": "#566771",
    "grid": "#dfe5e8",
    "paper": "#ffffff",
    "treated": "#1b6a78",
    "untreated": "#8b7a5e",
    "open": "#b5651d",
    "needle": "#5c6b75",
    "epidermis": "#c9906f",
    "dermis": "#f2d3c3",
    "below": "#f8efca",
    "cell": "#1f5f8b",
    "collagen": "#a3431f",
    "metal": "#3b464d",
    "insulation": "#d3dade",
    "heat-45": "#c98a10",
    "heat-60": "#d05a1c",
    "heat-80": "#b8321f",
    "heat-99": "#7d1128",
}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_LETTER = 0.58  # mean width of a letter as a share of the font size; only used to break lines


def colour(name: str) -> str:
    """Return a named colour as a CSS value with its fallback; one that is written as ``#rrggbb`` stays as it is."""
    return name if name.startswith("#") else f"var(--percuta-{name}, {COLOURS[name]})"


def number(value: float) -> str:
    """Return a coordinate as short text."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Scale:
    """A linear map from data to drawing units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; values outside are held at the ends."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Return about ``count`` round numbers inside the scale."""
        step = round_step((self.high - self.low) / count)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]


def round_step(about: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is at least ``about``."""
    if not about > 0 or not math.isfinite(about):
        return 1.0
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= about * (1 - 1e-9))


def round_up(value: float, parts: int = 5) -> float:
    """Return the end of an axis from 0 that holds ``value`` on a round number."""
    step = round_step(value / parts)
    return max(math.ceil(value / step - 1e-9), 1) * step


def tick_text(value: float, step: float) -> str:
    """Return a tick's label with the decimals that its step needs."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{0.0 if abs(value) < step / 2 else value:,.{decimals}f}".replace("-", "−")


def drawing(name: str, title: str, description: str, height: float, parts: Sequence[str]) -> str:
    """Return a whole chart as an ``svg`` element that screen readers announce as one picture.

    Parameters
    ----------
    name
        Identifier, unique on the page.
    title, description
        What the picture is, and what it shows in words.
    height
        Height in drawing units.
    parts
        Elements in the order they are painted.
    """
    key = escape("".join(letter if letter.isalnum() else "-" for letter in name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(WIDTH)} {number(height)}" role="img" '
        f'aria-labelledby="{key}-title {key}-description" font-family="{_FONT}" font-size="12">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-description">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def text(
    x: float,
    y: float,
    content: str,
    *,
    anchor: str = "start",
    paint: str = "ink",
    size: float = 12.0,
    bold: bool = False,
    halo: bool = False,
) -> str:
    """Return one line of text; ``anchor`` is start, middle or end, ``halo`` keeps it clear of lines behind it."""
    weight = ' font-weight="600"' if bold else ""
    behind = f' paint-order="stroke" stroke="{colour("paper")}" stroke-width="4"' if halo else ""
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" font-size="{number(size)}"{weight} '
        f'fill="{colour(paint)}"{behind}>{escape(content)}</text>'
    )


def wrapped(content: str, width: float, size: float = 12.0) -> list[str]:
    """Break text into lines no wider than ``width``."""
    longest = max(int(width / (size * _LETTER)), 4)
    lines: list[str] = []
    for word in content.split():
        if lines and len(lines[-1]) + 1 + len(word) <= longest:
            lines[-1] += f" {word}"
        else:
            lines += [word[start : start + longest] for start in range(0, len(word), longest)]
    return lines


def text_width(content: str, size: float = 12.0) -> float:
    """Return about how wide a line of text is; fonts differ, so leave room."""
    return len(content) * size * _LETTER


def labelled_row(label: str, says: str, left: float, right: float, y: float) -> tuple[str, float]:
    """Return a label at the left with what it says at the right, and where the next line may begin.

    What does not fit beside the label goes below it.
    """
    beside = text_width(label) + text_width(says, 11) + 12 <= right - left
    lines = [label] if beside else wrapped(label, right - left)
    parts = [text(left, y + 11 + 14 * place, content, halo=True) for place, content in enumerate(lines)]
    end = y + 14 * (len(lines) - 1 if beside else len(lines))
    parts.append(text(right, end + 11, says, anchor="end", paint="muted", size=11, halo=True))
    return "".join(parts), end + 14


def line(x1: float, y1: float, x2: float, y2: float, *, paint: str = "ink", width: float = 1.0, dash: str = "") -> str:
    """Return a straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
        f'stroke="{colour(paint)}" stroke-width="{number(width)}"{dashed}/>'
    )


def rectangle(
    x: float, y: float, width: float, height: float, *, paint: str, opacity: float = 1.0, corner: float = 0.0
) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(max(width, 0.0))}" height="{number(max(height, 0.0))}" '
        f'rx="{number(corner)}" fill="{colour(paint)}" fill-opacity="{number(opacity)}"/>'
    )


def polygon(points: Sequence[tuple[float, float]], *, paint: str, opacity: float = 1.0, edge: str = "") -> str:
    """Return a filled outline."""
    stroke = f' stroke="{colour(edge)}"' if edge else ""
    return f'<polygon points="{_points(points)}" fill="{colour(paint)}"{stroke} fill-opacity="{number(opacity)}"/>'


def curve(points: Sequence[tuple[float, float]], *, paint: str, width: float = 2.0, dash: str = "") -> str:
    """Return a line through points."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{colour(paint)}" '
        f'stroke-width="{number(width)}" stroke-linejoin="round"{dashed}/>'
    )


def dot(x: float, y: float, *, paint: str, radius: float = 2.4) -> str:
    """Return a filled circle."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{colour(paint)}"/>'


def region(
    lines: Sequence[Sequence[tuple[float, float]]],
    *,
    paint: str,
    fill: float = 0.0,
    width: float = 1.5,
    dash: str = "",
) -> str:
    """Return closed lines as one outline; a line within another is a hole in what is filled."""
    if not lines:
        return ""
    path = "".join(f"M{_points(points).replace(' ', 'L')}Z" for points in lines)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    inside = colour(paint) if fill else "none"
    return (
        f'<path d="{path}" fill-rule="evenodd" fill-opacity="{number(fill)}" '
        f'fill="{inside}" stroke="{colour(paint)}" stroke-width="{number(width)}" stroke-linejoin="round"{dashed}/>'
    )


def window(x: float, y: float, width: float, height: float, parts: Sequence[str]) -> str:
    """Return elements of the drawing of which only what lies within a rectangle is seen."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    box = " ".join(map(number, (x, y, width, height)))
    return f'<svg {place} viewBox="{box}" overflow="hidden">{"".join(parts)}</svg>'


def picture(x: float, y: float, width: float, height: float, address: str) -> str:
    """Return a picture of points that is stretched over a rectangle."""
    return (
        f'<image x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
        f'preserveAspectRatio="none" href="{escape(address)}"/>'
    )


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def axis_across(scale: Scale, y: float, label: str, *, top: float | None = None, count: int = 5) -> str:
    """Return a horizontal axis below a chart, with its label and unit; ``top`` draws grid lines up to there."""
    ticks, parts = scale.ticks(count), []
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    for tick in ticks:
        x = scale(tick)
        if top is not None:
            parts.append(line(x, top, x, y, paint="grid"))
        parts.append(line(x, y, x, y + 4, paint="muted"))
        parts.append(text(x, y + 16, tick_text(tick, step), anchor="middle", paint="muted", size=11))
    parts.append(line(scale.start, y, scale.end, y, paint="muted"))
    parts.append(text((scale.start + scale.end) / 2, y + 32, label, anchor="middle", paint="muted", size=11))
    return "".join(parts)


def axis_down(
    scale: Scale, x: float, label: str, *, right: float | None = None, above: float = 10.0, count: int = 5
) -> str:
    """Return a vertical axis at the left, its label ``above`` its top; ``right`` draws grid lines up to there."""
    ticks, parts = scale.ticks(count), []
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    for tick in ticks:
        y = scale(tick)
        if right is not None:
            parts.append(line(x, y, right, y, paint="grid"))
        parts.append(line(x - 4, y, x, y, paint="muted"))
        parts.append(text(x - 7, y + 4, tick_text(tick, step), anchor="end", paint="muted", size=11))
    parts.append(line(x, scale.start, x, scale.end, paint="muted"))
    parts.append(text(2, min(scale.start, scale.end) - above, label, paint="muted", size=11))
    return "".join(parts)


@dataclass(frozen=True)
class Band:
    """Quantiles along a line: 5 %, 50 % and 95 % at each place."""

    at: Sequence[float]
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


def band(quantiles: Band, along: Scale, across: Scale, *, paint: str, down: bool = False, dash: str = "") -> str:
    """Return a shaded 5 to 95 % band with its median; ``down`` runs along the vertical axis."""

    def place(at: float, value: float) -> tuple[float, float]:
        return (across(value), along(at)) if down else (along(at), across(value))

    edge = [place(at, value) for at, value in zip(quantiles.at, quantiles.high, strict=True)]
    back = [place(at, value) for at, value in zip(quantiles.at, quantiles.low, strict=True)]
    middle = [place(at, value) for at, value in zip(quantiles.at, quantiles.middle, strict=True)]
    return polygon(edge + back[::-1], paint=paint, opacity=0.22) + curve(middle, paint=paint, dash=dash)


def range_bar(
    scale: Scale,
    across: float,
    low: float,
    middle: float,
    high: float,
    *,
    paint: str,
    upright: bool = False,
    width: float = 9,
) -> str:
    """Return a bar from 5 to 95 % with a mark at the median, at ``across`` on the other axis."""
    start, centre, end = scale(low), scale(middle), scale(high)
    half = width / 2
    first, length = min(start, end), max(abs(end - start), 1.0)
    if upright:
        shaded = rectangle(across - half, first, width, length, paint=paint, opacity=0.35, corner=2)
        return shaded + line(across - half - 3, centre, across + half + 3, centre, paint=paint, width=3)
    shaded = rectangle(first, across - half, length, width, paint=paint, opacity=0.35, corner=2)
    return shaded + line(centre, across - half - 3, centre, across + half + 3, paint=paint, width=3)


def timeline_bar(scale: Scale, y: float, start: float, middle: float, high: float, *, height: float = 10) -> str:
    """Return a bar from ``start`` to its median end, with a paler part up to the 95 % end."""
    first = scale(start)
    solid = max(scale(middle) - first, 1.5)
    pale = rectangle(first, y, max(scale(high) - first, solid), height, paint="treated", opacity=0.28, corner=2)
    return pale + rectangle(first, y, solid, height, paint="treated", corner=2)


@dataclass(frozen=True)
class Layer:
    """One layer of skin: its colour and the depth of its lower face, in the units of the depth scale."""

    paint: str
    bottom: float


def layer_stack(depth: Scale, left: float, right: float, layers: Sequence[Layer]) -> str:
    """Return layers to scale from the surface (depth 0) down; the last reaches the end of the scale."""
    parts, top = [], depth(0.0)
    for place, layer in enumerate(layers):
        bottom = depth.end if place == len(layers) - 1 else depth(layer.bottom)
        parts.append(rectangle(left, top, right - left, bottom - top, paint=layer.paint))
        top = bottom
    return "".join(parts)


def needle(
    depth: Scale,
    x: float,
    top: float,
    set_depth: float,
    diameter: float,
    tip: float,
    *,
    per_unit: float,
    paint: str = "needle",
) -> str:
    """Return one needle to scale: shaft from ``top``, taper of length ``tip``, point at ``set_depth``."""
    half, point = diameter * per_unit / 2, depth(set_depth)
    shoulder = max(point - tip * per_unit, top)
    half_at_top = half * (point - shoulder) / (tip * per_unit) if tip > 0 else half
    left, right = x - half_at_top, x + half_at_top
    outline = [(left, top), (left, shoulder), (x, point), (right, shoulder), (right, top)]
    return polygon(outline, paint=paint, opacity=0.9, edge="paper")


def legend(items: Sequence[tuple[str, str, str]], x: float, y: float, right: float = WIDTH) -> tuple[str, float]:
    """Return a legend and the height it takes.

    Parameters
    ----------
    items
        Mark, colour and label of each: ``patch``, ``band``, ``bar``, ``line``, ``dash``, the lengths of dashes such as
        ``7 2``, or ``triangle``.
    x, y
        Left end and first baseline.
    right
        Where lines break.
    """
    parts: list[str] = []
    left, base = x, y
    for mark, paint, label in items:
        width = 24 + text_width(label, 11) + 12
        if left > x and left + width > right:
            left, base = x, base + 17
        middle = base - 4
        parts.append(_mark(mark, paint, left, middle))
        parts.append(text(left + 24, base, label, size=11))
        left += width
    return "".join(parts), base - y + 17


def _mark(mark: str, paint: str, left: float, middle: float) -> str:
    if mark == "triangle":
        return triangle(left + 9, middle + 4, paint=paint)
    if mark == "patch":
        return rectangle(left, middle - 5, 18, 10, paint=paint)
    if mark in ("line", "dash") or mark[0].isdigit():
        dash = {"line": "", "dash": "3 3"}.get(mark, mark)
        return line(left, middle, left + 18, middle, paint=paint, width=2, dash=dash)
    shaded = rectangle(left, middle - 5, 18, 10, paint=paint, opacity=0.28)
    if mark == "bar":
        return shaded + line(left + 9, middle - 6, left + 9, middle + 6, paint=paint, width=3)
    return shaded + line(left, middle, left + 18, middle, paint=paint, width=2)


def triangle(x: float, y: float, *, paint: str) -> str:
    """Return a small mark that points down to ``(x, y)``."""
    return polygon([(x - 4.5, y - 8), (x + 4.5, y - 8), (x, y)], paint=paint)
