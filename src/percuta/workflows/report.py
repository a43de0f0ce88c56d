"""Writing the pages of a result folder anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from percuta.library.registry import Library, library
from percuta.report.page import render_report
from percuta.workflows.documents import write_document, write_pages
from percuta.workflows.material import one_whole_result, read_material


@dataclass(frozen=True)
class Rebuilt:
    """Where the report lies, and the other pages; None where none was written."""

    report: Path
    aftercare: Path | None = None
    consent: Path | None = None
    session: Path | None = None


def rebuild_report(folder: Path, out: Path | None = None, known: Library | None = None) -> Rebuilt:
    """Write the report of a result folder from its files, and return where it lies.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    out
        Where to write the report alone; into the folder, with the other pages beside it, when left out.
    known
        The library; the shipped one when left out.

    Raises
    ------
    PlanError
        If a file is missing or broken.
    """
    if out is None:
        return Rebuilt(**write_pages(folder, known=known))
    material = read_material(folder, known or library())
    with one_whole_result(folder):
        page = render_report(material)
    write_document(out, page.encode())
    return Rebuilt(out)
