"""The documents of a result folder, as pages and as PDF."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percuta.errors import PlanError, Where
from percuta.exchange.beside import written_beside
from percuta.library.registry import Library, library
from percuta.report.documents import KEYS, SAYS, TITLES, Key, pages, why_none
from percuta.workflows.material import check_there, one_whole_result, read_material
from percuta.workflows.result_folder import FINDINGS, PAGES, read_json


@dataclass(frozen=True)
class Document:
    """One document of a result.

    Attributes
    ----------
    key
        ``report``, ``consent``, ``session`` or ``aftercare``.
    title, says
        What it is called, and what it is for.
    page
        Where its page lies, or None where there is none.
    why_not
        Why there is none, as a sentence; empty where there is.
    """

    key: Key
    title: str
    says: str
    page: Path | None
    why_not: str = ""


def documents(folder: Path) -> tuple[Document, ...]:
    """Return the documents of a result folder; each has its page, or says why there is none.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.

    Raises
    ------
    PlanError
        If there is no such folder, or it holds no result.
    """
    check_there(folder)
    with one_whole_result(folder):
        verdict = str(read_json(folder / FINDINGS)["verdict"])
    return tuple(_document(folder, key, verdict) for key in KEYS)


def _document(folder: Path, key: Key, verdict: str) -> Document:
    page = folder / PAGES[key]
    if page.is_file():
        return Document(key, TITLES[key], SAYS[key], page)
    return Document(key, TITLES[key], SAYS[key], None, why_none(key, verdict))


def as_html(folder: Path, key: Key) -> str:
    """Return one document as a whole HTML page.

    Raises
    ------
    PlanError
        If it is not there, with why; or if it cannot be read.
    """
    found = next(one for one in documents(folder) if one.key == key)
    if found.page is None:
        raise _not_there(found, folder)
    try:
        return found.page.read_text(encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise PlanError("the document cannot be read", where=Where(found.page)) from fault


def as_pdf(folder: Path, key: Key) -> bytes:
    """Return one document as PDF; see :func:`percuta.report.pdf.as_pdf`.

    Raises
    ------
    PlanError
        If it is not there, with why; or if it cannot be read.
    PercutaError
        If WeasyPrint is not installed.
    """
    from percuta.report.pdf import as_pdf as printed

    return printed(as_html(folder, key))


def write_pages(folder: Path, keys: Iterable[Key] = KEYS, known: Library | None = None) -> dict[Key, Path]:
    """Write pages of a result folder anew from its files, and return where those lie that there are.

    Parameters
    ----------
    folder
        A folder that ``percuta plan`` wrote.
    keys
        Which documents.
    known
        The library, with the same extra files as when the plan was computed; the shipped one when left out.

    Raises
    ------
    PlanError
        If a file is missing or broken, or a page cannot be written.
    """
    material = read_material(folder, known or library())
    with one_whole_result(folder):
        made = pages(material)
    written = {key: folder / PAGES[key] for key in keys if key in made}
    for key, target in written.items():
        write_document(target, made[key].encode())
    return written


def write_pdf(folder: Path, keys: Iterable[Key] = KEYS) -> dict[Key, Path]:
    """Write documents of a result folder as PDF beside their pages, and return where those lie that there are.

    Raises
    ------
    PlanError
        If the folder holds no result, or a document cannot be written.
    PercutaError
        If WeasyPrint is not installed.
    """
    wanted = tuple(keys)
    there = [one.key for one in documents(folder) if one.key in wanted and one.page is not None]
    written = {key: folder / pdf_name(key) for key in there}
    for key, target in written.items():
        write_document(target, as_pdf(folder, key))
    return written


def check_document(folder: Path, key: Key) -> None:
    """Check that a document is there.

    Raises
    ------
    PlanError
        If it is not, with why.
    """
    found = next(one for one in documents(folder) if one.key == key)
    if found.page is None:
        raise _not_there(found, folder)


def pdf_name(key: Key) -> str:
    """Return the name of a document's PDF in a result folder."""
    return f"{key}.pdf"


def write_document(target: Path, content: bytes) -> None:
    """Write a file in one go; after an error nothing has changed.

    Raises
    ------
    PlanError
        If it cannot be written.
    """
    try:
        with written_beside(target) as stream:
            stream.write(content)
    except OSError as fault:
        raise PlanError("the file cannot be written", value=fault.strerror, where=Where(target)) from fault


def _not_there(document: Document, folder: Path) -> PlanError:
    return PlanError(f"there is no {document.title.lower()} here", value=document.why_not, where=Where(folder))
