"""Charts out of pages that Percuta wrote, to stand in the book."""

from __future__ import annotations

import re
from html import escape

_NAMED = re.compile(r'<svg [^>]*aria-labelledby="([^" ]+)-title [^"]*"[^>]*>')
_EITHER_END = re.compile(r"<svg\b|</svg>")


def chart_names(page: str) -> list[str]:
    """Return the identifiers of the charts of a page, in their order."""
    return [found[1] for found in _NAMED.finditer(page)]


def chart(page: str, name: str, place: str = "") -> str:
    """Return one chart of a page.

    Parameters
    ----------
    page
        HTML of a report.
    name
        Identifier of the chart, or how it begins: the first that fits is taken.
    place
        Where the picture stands in the book; identifiers within the chart are made unique with it.

    Raises
    ------
    LookupError
        If the page has no such chart; those it has are named.
    """
    found = next((one for one in _NAMED.finditer(page) if one[1] == name), None)
    found = found or next((one for one in _NAMED.finditer(page) if one[1].startswith(name)), None)
    if found is None:
        raise LookupError(f"no chart {name!r}; the page has {', '.join(chart_names(page)) or 'none'}")
    depth = 0
    for end in _EITHER_END.finditer(page, found.start()):
        depth += 1 if end[0] == "<svg" else -1
        if depth == 0:
            drawn = page[found.start() : end.end()]
            return re.sub(rf"\b{re.escape(found[1])}-(title|description)\b", rf"picture-{place}-\1", drawn)
    raise LookupError(f"the chart {name!r} is not closed")


def figure(drawn: str, caption: str = "") -> str:
    """Return charts as a figure with its caption, as HTML without empty lines."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure class="percuta-figure">{drawn}{below}</figure>\n'
