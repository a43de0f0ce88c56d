"""The engine of the book: Sphinx extension with Percuta's directives, and the plain functions behind them.

Everything but `directives`, `citations` and `mathml` is plain Python without Sphinx, and is tested so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives, the citations, the formulas and the checks to a book."""
    from percuta_book import checks, citations, directives, mathml

    for part in (directives, citations, mathml, checks):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
