"""Everything of a computed plan as one archive: the plan, its documents, its numbers, and what each file is.

The same result gives the same bytes: names are sorted, and no time of writing stands in the archive.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.exchange.endpoints_csv import endpoints_csv
from percuta.library.registry import Library, library
from percuta.manifest import DISCLAIMER
from percuta.report.material import ReportMaterial
from percuta.workflows.documents import as_html, as_pdf, documents, pdf_name, write_document
from percuta.workflows.material import one_whole_result, read_material
from percuta.workflows.result_folder import (
    ARCHIVE,
    BLOCK,
    BLOCK_PICTURE,
    BLOCK_SURFACES,
    ENDPOINT_TABLE,
    ENDPOINTS,
    FINDINGS,
    INFLUENCE,
    INFLUENCE_PAGE,
    MANIFEST,
    PICTURE,
    TREE,
    read_json,
)

PLAN, README = "plan.toml", "README.txt"
_ALWAYS = {
    ENDPOINTS: "endpoints with 5, 50 and 95 %, or why they are withheld",
    FINDINGS: "what the checks found, with reasons and references",
    TREE: "all computed datasets, one row for each scenario (NetCDF)",
    MANIFEST: "versions, hashes, seed and time of the computation",
}
_WHERE_THERE = {
    INFLUENCE: "which inputs each endpoint hangs on",
    INFLUENCE_PAGE: "the same as a page",
    BLOCK: "a block of skin in words and numbers, one typical scenario",
    BLOCK_PICTURE: "the same block as a still picture",
    PICTURE: "fields of one typical pulse, for ParaView (VTK image data)",
}
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the first that an archive can state


def write_archive(folder: Path, out: Path | None = None, known: Library | None = None, *, pdf: bool = True) -> Path:
    """Write everything of a computed plan as one archive, and return where it lies.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    out
        Where to write; ``plan.zip`` in the folder when left out.
    known
        The library, with the same extra files as when the plan was computed.
    pdf
        Whether the documents stand in it as PDF as well, where WeasyPrint is there.

    Raises
    ------
    PlanError
        If the folder holds no whole result, or the archive cannot be written.
    """
    target = out or folder / ARCHIVE
    write_document(target, archive(folder, known, pdf=pdf))
    return target


def archive(folder: Path, known: Library | None = None, *, pdf: bool = True) -> bytes:
    """Return everything of a computed plan as one archive; see :func:`write_archive`."""
    material = read_material(folder, known or library())
    printing = pdf and _can_print()
    files = {
        PLAN: ("the plan, as it was computed; Percuta reads it again", material.plan_text.encode()),
        ENDPOINT_TABLE: ("endpoints as a table", endpoints_csv(material.endpoints).encode()),
        **dict(_of_documents(folder, printing=printing)),
        **dict(_of_folder(folder)),
    }
    said = {name: what for name, (what, _) in files.items()}
    contents = {name: content for name, (_, content) in files.items()}
    contents[README] = _readme(material, said, folder, printing=printing).encode()
    return _zipped(f"{plain_name(material.plan.title)}/", contents)


def endpoint_table(folder: Path) -> str:
    """Return the endpoints of a result folder as a table; see :mod:`percuta.exchange.endpoints_csv`.

    Raises
    ------
    PlanError
        If they are missing or broken.
    """
    with one_whole_result(folder):
        return endpoints_csv(read_json(folder / ENDPOINTS))


def plain_name(title: str) -> str:
    """Return a title as the name of a file: small letters, digits and hyphens of ASCII alone."""
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].strip("-") or "plan"


def _can_print() -> bool:
    from percuta.report.pdf import can_print

    return can_print()


def _of_documents(folder: Path, *, printing: bool) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for one in documents(folder):
        if one.page is not None:
            yield one.page.name, (f"{one.title.lower()}, for a browser", as_html(folder, one.key).encode())
            if printing:
                yield pdf_name(one.key), (f"{one.title.lower()}, for paper", as_pdf(folder, one.key))


def _of_folder(folder: Path) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield the files of a result as they are; those that every result has must be there."""
    wanted = _ALWAYS | {name: what for name, what in _WHERE_THERE.items() if (folder / name).is_file()}
    surfaces = {f"{BLOCK_SURFACES}/{file.name}" for file in (folder / BLOCK_SURFACES).glob("*.bin")}
    wanted |= dict.fromkeys(surfaces, "surfaces of the block; block.json says how to read them")
    for name, what in wanted.items():
        try:
            yield name, (what, (folder / name).read_bytes())
        except OSError as fault:
            raise PlanError("the result folder is not complete", where=Where(folder / name)) from fault


def _readme(material: ReportMaterial, said: dict[str, str], folder: Path, *, printing: bool) -> str:
    """Return what each file is, what is not there and why, and the disclaimer."""
    width = max(map(len, said)) + 2
    lines = [material.plan.title, "", DISCLAIMER, ""]
    if material.stopped:
        lines += ["The checks stop this plan. It was computed for study only and is not to be carried out.", ""]
    lines += [f"{name:{width}}{what}" for name, what in sorted(said.items())]
    absent = [f"{one.title}: {one.why_not}" for one in documents(folder) if one.page is None]
    absent += [] if printing else ["PDF files: they need WeasyPrint (`pip install percuta[report]`)."]
    lines += ["", "Not in this archive", *absent] if absent else []
    return "\n".join(lines) + "\n"


def _zipped(top: str, contents: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(top + name, _FIRST_DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every system
            packed.writestr(entry, contents[name], zipfile.ZIP_DEFLATED, 6)
    return whole.getvalue()
