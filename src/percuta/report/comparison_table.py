"""The rows of verification and validation cases as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from percuta.evidence.cases import Row
from percuta.report.value_tables import Link, scrolled, source_links


def comparison_table(title: str, kind: str, rows: Sequence[Row], source: Sequence[str], link: Link) -> str:
    """Return the table of one case with its notes and sources.

    Parameters
    ----------
    title
        What is compared with what.
    kind
        ``verification`` or ``validation``.
    rows
        The comparisons.
    source
        Keys of the bibliography.
    link
        Address of a reference by its key.
    """
    validation = kind == "validation"
    heads = ["quantity", "measured" if validation else "expected", "computed", "error", "verdict"]
    heads += ["used in a fit"] if validation else []
    head = "".join(f"<th scope='col'>{one}</th>" for one in heads)
    body = "".join(_row(row, fits=validation) for row in rows)
    table = f'<table class="percuta-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    notes = "".join(f"<li>{escape(note)}</li>" for note in dict.fromkeys(row.note for row in rows if row.note))
    below = f'<ul class="percuta-notes">{notes}</ul>' if notes else ""
    if source:
        below += f'<p class="percuta-notes">Sources: {source_links(source, link)}</p>'
    return scrolled(table, title) + below


def _row(row: Row, *, fits: bool) -> str:
    mark = f'<span class="percuta-verdict percuta-{row.verdict.replace(" ", "-")}">{escape(row.verdict)}</span>'
    cells = [escape(row.expected_shown), escape(row.predicted_shown), escape(row.error_shown), mark]
    cells += ["yes" if row.fitted else "no"] if fits else []
    columns = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(row.quantity)}</th>{columns}</tr>\n'
