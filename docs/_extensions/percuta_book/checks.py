"""What has to hold of the whole book: nothing is loaded from a network, no link in it is dead, no value is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_TAGS = re.compile(r"<(?:script|link|img|iframe|source|audio|video|embed|object|image|use)\b[^>]*>", re.I)
_LOADED = re.compile(r"""(?:src|href|data|srcset)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)""", re.I)
_STYLE = re.compile(r"""(?:@import\s+(?:url\()?|url\()\s*["']?((?:https?:)?//[^"')\s]+)""", re.I)
_LINK = re.compile(r"""<a\b[^>]*?\bhref="(?!https?:|mailto:)([^"]+)\"""", re.I)
_IDENTIFIER = re.compile(r"""\bid="([^"]+)\"""")
_HARMLESS = re.compile(r'<link[^>]+rel="(?:canonical|license|author)"', re.I)


def loaded_from_network(folder: Path) -> list[tuple[Path, str]]:
    """Return what pages and style sheets of a folder would load from a network; links to follow are none."""
    found = []
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text("utf-8")
        tags = [tag for tag in _TAGS.findall(text) if not _HARMLESS.match(tag)]
        addresses = [address for tag in tags for address in _LOADED.findall(tag)] + _STYLE.findall(text)
        found += [(page, address) for address in addresses]
    for sheet in sorted(folder.rglob("*.css")):
        found += [(sheet, address) for address in _STYLE.findall(sheet.read_text("utf-8"))]
    return found


def dead_links(folder: Path) -> list[tuple[Path, str]]:
    """Return the links between the pages of a folder that lead to no page, or to no place in it."""
    texts = {page.resolve(): page.read_text("utf-8") for page in folder.rglob("*.html")}
    places = {page: set(_IDENTIFIER.findall(text)) for page, text in texts.items()}
    found = []
    for page, text in texts.items():
        for address in dict.fromkeys(_LINK.findall(text)):
            name, _, place = unquote(unescape(address)).partition("#")
            target = (page.parent / name.partition("?")[0]).resolve() if name else page
            if not target.exists() or (place and target in places and place not in places[target]):
                found.append((page, address))
    return found


def missing(names: Iterable[str], shown: Iterable[str]) -> list[str]:
    """Return the names of library values that stand on no page."""
    return sorted(set(names) - set(shown))


def _check(app: Sphinx, fault: Exception | None) -> None:
    from sphinx.errors import ExtensionError

    folder = Path(app.outdir).resolve()
    for words, look in (("the book loads from a network", loaded_from_network), ("links are dead", dead_links)):
        if fault is None and (found := look(folder)):
            lines = "\n".join(f"{page.relative_to(folder)}: {address}" for page, address in found[:20])
            raise ExtensionError(f"{words}:\n{lines}")


def setup(app: Sphinx) -> None:
    """Check the book once it is built."""
    app.connect("build-finished", _check)
