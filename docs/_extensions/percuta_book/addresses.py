"""Where things stand in the book: the page and anchor of a library value, and of a reference."""

from __future__ import annotations

from percuta.library.registry import Library
from percuta.report.value_tables import anchor

BIBLIOGRAPHY, EVIDENCE = "bibliography", "evidence"
_PAGES = {
    "device": "devices",
    "site": "sites",
    "product": "products",
    "drug": "drugs",
    "tissue": "tissues",
    "aims": "aims",
}


def reference_anchor(key: str) -> str:
    """Return the identifier of a reference on the page of the bibliography."""
    return "ref-" + key.replace("_", "-")


def study_anchor(key: str) -> str:
    """Return the identifier of a publication on the page of the evidence."""
    return "study-" + key.replace("_", "-")


def value_page(name: str, known: Library) -> str:
    """Return the page on which a value of the library stands, by the value's dotted name."""
    first, _, rest = name.partition(".")
    if first == "rule":
        shelf = "screening" if rest.partition(".")[0] in known.screening else "protocol"
    else:
        shelf = _PAGES.get(first, "parameters")
    return f"library/{shelf}"


def value_address(name: str, known: Library) -> str:
    """Return page and anchor of a value, as ``page#anchor``."""
    return f"{value_page(name, known)}#{anchor(name)}"
