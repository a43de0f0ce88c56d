"""Pages as PDF: tagged (PDF/UA-1), the same bytes for the same page, and nothing read but the page itself.

WeasyPrint prints them. What it does not read in a style sheet is written out before: colours of charts that are custom
properties, rules for a least width, which are those of a printed sheet, and the halo behind a label, which it would
paint over the label. Grids do not break across pages there; ``templates/pdf.css`` stands in for them.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

from percuta.errors import PercutaError
from percuta.report.rendering import sheet_of_style

_SHEET_WIDTH = 43.0  # rem of 16 px on the 182 mm that A4 leaves between its margins
_VARIABLE = re.compile(r"var\(--percuta-[a-z]+, (#[0-9a-fA-F]{6})\)")
_WIDE_ENOUGH = re.compile(r"@media \(min-width: ([\d.]+)rem\)")
_OTHER_WIDTH = re.compile(r"@media screen and \([a-z-]+: [\d.]+rem\)")
_HALO = re.compile(
    r'<text ([^>]*?) fill="(#[0-9a-fA-F]{6})" paint-order="stroke" (stroke="[^"]*" [^>]*)>([^<]*)</text>'
)


_MISSING = (ImportError, OSError)  # WeasyPrint, or the Pango library that it looks for when it is imported


def as_pdf(page: str) -> bytes:
    """Return a page as PDF.

    Parameters
    ----------
    page
        A whole HTML page that needs nothing else, such as :func:`percuta.report.page.render_report` returns. Its
        title, language and generator become those of the document.

    Returns
    -------
    bytes
        The document, with its tags and without time stamps; on one machine the same page gives the same bytes.

    Raises
    ------
    PercutaError
        If WeasyPrint is not installed or cannot find its system libraries, or if the page wants to load something.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except _MISSING as fault:
        raise PercutaError(
            "a PDF cannot be written: WeasyPrint is not there",
            value=str(fault).splitlines()[0] if str(fault) else "",
            do="install it with `pip install percuta[report]`, and Pango with it; or print the HTML page in a browser",
        ) from fault

    class Refusing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            if url.startswith("data:"):  # stands in the page itself
                return super().fetch(url, headers)
            asked.append(url)
            raise OSError("a document loads nothing")

    asked: list[str] = []
    with _quiet():
        document = HTML(string=prepared(page), url_fetcher=Refusing())
        written = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=b"percuta")
    if asked:
        raise PercutaError("a page that loads something cannot become a PDF", value=asked[0])
    return bytes(written)


def can_print() -> bool:
    """Tell whether WeasyPrint is there, with the system libraries that it needs."""
    try:
        import weasyprint  # noqa: F401
    except _MISSING:
        return False
    return True


def prepared(page: str) -> str:
    """Return a page in what WeasyPrint reads."""
    page = _VARIABLE.sub(r"\1", page)
    page = _HALO.sub(r'<text \1 fill="none" \3>\4</text><text \1 fill="\2">\4</text>', page)
    page = _WIDE_ENOUGH.sub(lambda rule: f"@media {'print' if float(rule[1]) <= _SHEET_WIDTH else 'screen'}", page)
    page = _OTHER_WIDTH.sub("@media screen", page)
    return page.replace("</head>", f"<style>{sheet_of_style('pdf.css')}</style></head>", 1)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what WeasyPrint says of rules for browsers off the terminal."""
    logger = logging.getLogger("weasyprint")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
