"""``percuta report``: write the report of a result folder anew, and its other documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, print_json, say

if TYPE_CHECKING:
    from percuta.library.registry import Library

_ALL = "all"


@command
def report(
    folder: Annotated[Path, typer.Argument(help="A folder that `percuta plan` wrote.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write the report page, or the archive.", show_default=False)
    ] = None,
    document: Annotated[
        str | None,
        typer.Option("--document", help="report, consent, session, aftercare or all.", show_default=False),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write PDF files as well; needs the extra `report`.")] = False,
    archive: Annotated[
        bool, typer.Option("--archive", help="Write everything of the plan as one zip file: plan.zip.")
    ] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the pages of a result folder anew from its files.

    They are report.html, consent.html (what a person reads before deciding), session.html (one page to fill in) and
    aftercare.html, as far as the plan has them. With --document only one is written, with --pdf as PDF beside it. With
    --out the report alone is written.

    Example: percuta report out/cheek_pen

    Example: percuta report out/cheek_pen --document consent --pdf
    """
    known = library_with(library)
    if archive:
        _archive(folder, out, known, other=pdf or document is not None, as_json=as_json)
    else:
        _pages(folder, out, document, known, pdf=pdf, as_json=as_json)


def _pages(folder: Path, out: Path | None, document: str | None, known: Library, *, pdf: bool, as_json: bool) -> None:
    from percuta.errors import PlanError
    from percuta.report.documents import KEYS, TITLES
    from percuta.workflows.documents import check_document, write_pages, write_pdf
    from percuta.workflows.report import rebuild_report

    if out is not None and (pdf or document is not None):
        raise PlanError("--out is for the report page and the archive alone", do="leave it out")
    if document not in (None, _ALL, *KEYS):
        raise PlanError("there is no such document", value=document, allowed=", ".join((*KEYS, _ALL)))
    asked = tuple(key for key in KEYS if document in (None, _ALL, key))
    if out is not None:
        written = {asked[0]: rebuild_report(folder, out, known).report}
    else:
        written = write_pages(folder, asked, known)
        if document in asked:
            check_document(folder, asked[0])
        written = write_pdf(folder, asked) if pdf else written
    if as_json:
        print_json({key: str(written[key]) if key in written else None for key in KEYS})
        return
    for key, path in written.items():
        say(f"The {TITLES[key].lower()} is {path}")


def _archive(folder: Path, out: Path | None, known: Library, *, other: bool, as_json: bool) -> None:
    from percuta.errors import PlanError
    from percuta.workflows.archive import write_archive

    if other:
        raise PlanError("--archive holds every document already", do="leave --document and --pdf out")
    target = write_archive(folder, out, known)
    if as_json:
        print_json({"archive": str(target)})
    else:
        say(f"The archive is {target}")
