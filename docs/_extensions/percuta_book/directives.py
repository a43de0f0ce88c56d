"""The directives of the book. Each asks a plain function and turns what it says into nodes."""

from __future__ import annotations

import json
from dataclasses import fields
from fnmatch import fnmatchcase
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives as kinds
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from percuta.evidence.cases import Row
from percuta.evidence.measurements import publications
from percuta.library.registry import library
from percuta.report.comparison_chart import comparison_charts
from percuta.report.comparison_table import comparison_table
from percuta.report.value_tables import value_table
from percuta_book import addresses, checks, commands, evidence, layers, pictures, references, schemas, shelves
from percuta_book.runs import Command, Ran, Runner, commands_of, legible, package_digest

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_LOGGER = logging.getLogger(__name__)
_VALIDATION = "the comparisons"
_VALIDATE = [Command("percuta validate --json")]


class Book:
    """What all directives of one build share: where things stand, what has run, and the comparisons."""

    def __init__(self, app: Sphinx) -> None:
        root = Path(app.confdir).parent
        self.app = app
        self.faults: dict[str, str] = {}
        self.runner = Runner(root, Path(app.config.percuta_store), app.config.percuta_digest)
        texts = {name: Path(app.env.doc2path(name)).read_text("utf-8") for name in app.env.found_docs}
        self.pages = {name: commands_of(text) for name, text in texts.items()}
        self.compares = any("{comparison" in text for text in texts.values())

    def run(self) -> None:
        """Run every command of every page, and the comparisons."""
        self.runner.clean()
        asked = {_VALIDATION: _VALIDATE} if self.compares else {}
        self.faults = self.runner.run_all(asked | {page: found for page, found in self.pages.items() if found})
        for page, fault in self.faults.items():
            _LOGGER.warning("%s", fault, location=page)

    def ran(self, page: str) -> list[Ran]:
        """Return what the commands of a page printed; nothing where one of them failed."""
        return [] if page in self.faults else self.runner.ran(page, self.pages[page])

    def work(self, page: str) -> Path:
        """Return the folder in which the commands of a page ran."""
        return self.runner.folder(page, self.pages[page]) / "work"

    def cases(self) -> dict[str, dict[str, Any]]:
        """Return the cases of ``percuta validate --json`` by their small-letter identifiers."""
        if _VALIDATION in self.faults:
            return {}
        [ran] = self.runner.ran(_VALIDATION, _VALIDATE)
        return {one["case"].casefold(): one for one in json.loads(ran.output)["cases"]}

    def link(self, page: str, key: str) -> str:
        """Return the address of a reference as seen from a page."""
        return f"{self.relative(page, addresses.BIBLIOGRAPHY)}#{addresses.reference_anchor(key)}"

    def place(self, page: str, name: str) -> str:
        """Return the address of a library value as seen from a page."""
        other, _, anchor = addresses.value_address(name, library()).partition("#")
        return f"{self.relative(page, other)}#{anchor}"

    def relative(self, page: str, other: str) -> str:
        """Return the address of another page as seen from a page."""
        return "" if page == other else self.app.builder.get_relative_uri(page, other)


_BOOK: dict[str, Book] = {}  # the one that is being built


class _Directive(SphinxDirective):
    has_content = True

    @property
    def book(self) -> Book:
        """The book that is being built."""
        return _BOOK["book"]

    def link(self, key: str) -> str:
        """Return the address of a reference."""
        return self.book.link(self.env.docname, key)

    def place(self, name: str) -> str:
        """Return the address of a library value."""
        return self.book.place(self.env.docname, name)

    def html(self, text: str) -> list[nodes.Node]:
        """Return HTML as it stands."""
        return [nodes.raw("", text, format="html")]

    def words(self) -> list[str]:
        """Return the words of the arguments and of the content."""
        return " ".join([*self.arguments, *self.content]).split()

    def markdown(self, text: str) -> list[nodes.Node]:
        """Return Markdown, headings included, as it reads in this place."""
        found: list[nodes.Node] = self.parse_text_to_nodes(text, allow_section_headings=True)
        return found

    def failed(self, what: str) -> list[nodes.Node]:
        """Warn, which ends a build that takes warnings for errors."""
        _LOGGER.warning("%s: %s", self.name, what, location=self.get_location())
        return []


class Values(_Directive):
    """``{values} healing.* ageing.synthesis_at_80``: library values by patterns of their dotted names."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        every, found = list(library().values()), []
        for pattern in self.words():
            matching = [one for one in every if fnmatchcase(one.name, pattern)]
            if not matching:
                return self.failed(f"no library value matches {pattern}")
            found += [one for one in matching if one not in found]
        label = f"Library values {' '.join(self.words())}"
        return self.html(value_table(found, self.link, label=label, place=self.place))


class _Comparison(_Directive):
    optional_arguments = 1
    final_argument_whitespace = True

    def chosen(self) -> list[tuple[dict[str, Any], list[Row]]]:
        """Return the cases named, each with its rows."""
        known = self.book.cases()
        if _VALIDATION in self.book.faults:  # said already
            return []
        unknown = [name for name in self.words() if name.casefold() not in known]
        for name in unknown:
            self.failed(f"no case of the name {name}")
        return [(known[name.casefold()], _rows(known[name.casefold()])) for name in self.words() if name not in unknown]

    def table(self, case: dict[str, Any], rows: list[Row]) -> list[nodes.Node]:
        """Return the rows of a case as a table with its title."""
        title = f"{case['case']}: {case['title']}"
        table = comparison_table(title, case["kind"], rows, case["source"], self.link)
        return self.html(f'<p class="percuta-table-title">{escape(title)}</p>{table}')


def _rows(case: dict[str, Any]) -> list[Row]:
    """Return the rows of a case from its plain data."""
    names = [one.name for one in fields(Row)]
    rows = [{name: row[name] for name in names if name in row} for row in case["rows"]]
    return [Row(**row | {"band": tuple(row["band"]) if row["band"] else None}) for row in rows]


class ComparisonPlot(_Comparison):
    """``{comparison-plot} BIO-V1 healing-solver``: the rows of cases as charts; as a table where all are words."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        found: list[nodes.Node] = []
        for case, rows in self.chosen():
            name = f"{case['case']}-{self.env.new_serialno('percuta-chart')}"
            title = f"{case['case']}: {case['title']}"
            charts = comparison_charts(name, title, rows)
            found += [node for one in charts for node in self.html(pictures.figure(one, title))]
            found += [] if charts else self.table(case, rows)
        return found


class Comparisons(_Comparison):
    """``{comparisons} BIO-V1``: the rows of cases as tables."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        found: list[nodes.Node] = []
        for case, rows in self.chosen():
            found += self.table(case, rows)
        return found


class Run(_Directive):
    """``{run} percuta check examples/cheek_pen.toml``: a command and what it prints."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {
        "exit": kinds.nonnegative_int,
        "lines": kinds.positive_int,
        "hidden": kinds.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        ran, number = self.book.ran(self.env.docname), self.env.new_serialno("percuta-run")
        if self.env.docname in self.book.faults:  # said already
            return []
        if number >= len(ran) or ran[number].line != self.arguments[0].strip():
            return self.failed("the fence of {run} must begin its line, with its command on the same line")
        if "hidden" in self.options:
            return []
        one = ran[number]
        said = (one.output if one.output.strip() else one.errors).rstrip().splitlines()
        shown = said[: self.options.get("lines", len(said))]
        rest = len(said) - len(shown)
        more = [f"… {rest} more lines"] if rest else []
        ends = [f"[ends with {one.exit}]"] if one.exit else []
        lines = [part for line in (f"$ {one.line}", *shown, *more, *ends) for part in legible(line)]
        literal = nodes.literal_block("", "\n".join(lines))
        literal["language"] = "text"
        literal["classes"].append("percuta-run")
        return [literal]


class ReportPicture(_Directive):
    """``{report-picture} out/cheek_pen/report.html needle``: a chart out of a page that a ``{run}`` wrote."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"caption": kinds.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        if self.env.docname in self.book.faults:  # said already
            return []
        file, *names = self.arguments[0].split()
        page = self.book.work(self.env.docname) / file
        if not page.is_file() or not names:
            return self.failed(f"no {file} among what this page's commands wrote, or no name of a chart")
        text = page.read_text("utf-8")
        try:
            number = f"{self.env.docname.replace('/', '-')}-{self.env.new_serialno('percuta-picture')}"
            drawn = "".join(pictures.chart(text, name, f"{number}-{place}") for place, name in enumerate(names))
        except LookupError as fault:
            return self.failed(str(fault))
        return self.html(pictures.figure(drawn, self.options.get("caption", "")))


class LibraryShelf(_Directive):
    """``{library-shelf} devices``: every entry of a shelf, with all its values."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        known = library()
        page = shelves.shelf(known, self.arguments[0], self.link)
        _shown(self.env).setdefault(self.env.docname, set()).update(page.names)
        return self.markdown(page.markdown)


class Bibliography(_Directive):
    """``{bibliography}``: every reference, whether its details were verified, and which values rest on it."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        return self.html(references.listed(library(), self.place, self.study))

    def study(self, key: str) -> str | None:
        """Return the address of what was read from a reference, if it is evidence."""
        if key not in publications():
            return None
        page = self.book.relative(self.env.docname, addresses.EVIDENCE)
        return f"{page}#{addresses.study_anchor(key)}"


class Evidence(_Directive):
    """``{evidence}``: every publication with its findings."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        return self.markdown(evidence.page(publications(), self.link))


class CommandReference(_Directive):
    """``{command-reference}``: every command of the command line."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        return self.markdown(commands.reference())


class FileKeys(_Directive):
    """``{file-keys} plan``: the keys of a file from its published schema."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        return self.markdown(schemas.keys_table(self.arguments[0]))


class ResultVariables(_Directive):
    """``{result-variables} out/cheek_pen/result.nc``: the variables of a result that a ``{run}`` wrote."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        file = self.book.work(self.env.docname) / self.arguments[0]
        return self.markdown(schemas.variables_table(str(file)))


class LayerReference(_Directive):
    """``{layer-reference} percuta.physics``: every module of a layer of the package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the nodes of this place in the page."""
        text = layers.documented(self.arguments[0])
        return self.markdown(f"```{{eval-rst}}\n{text}\n```")


def _shown(environment: BuildEnvironment) -> dict[str, set[str]]:
    """Return the names of the library values by the page of the library that holds them."""
    if not hasattr(environment, "percuta_shown"):
        environment.percuta_shown = {}
    shown: dict[str, set[str]] = environment.percuta_shown
    return shown


def _begin(app: Sphinx, _environment: BuildEnvironment, _names: list[str]) -> None:
    _BOOK["book"] = book = Book(app)
    book.run()


def _forget(_app: Sphinx, environment: BuildEnvironment, page: str) -> None:
    _shown(environment).pop(page, None)


def _check_values(_app: Sphinx, environment: BuildEnvironment) -> None:
    shown = {name for names in _shown(environment).values() for name in names}
    if left := checks.missing(shelves.all_names(library()), shown):
        raise ExtensionError(f"{len(left)} library values stand on no page of the book: {', '.join(left[:10])}")


_ALL = {
    "values": Values,
    "comparison-plot": ComparisonPlot,
    "comparisons": Comparisons,
    "run": Run,
    "report-picture": ReportPicture,
    "library-shelf": LibraryShelf,
    "bibliography": Bibliography,
    "evidence": Evidence,
    "command-reference": CommandReference,
    "file-keys": FileKeys,
    "result-variables": ResultVariables,
    "layer-reference": LayerReference,
}


def setup(app: Sphinx) -> None:
    """Add the directives, and run the commands of the pages before they are read."""
    root = Path(app.confdir).parent
    app.add_config_value("percuta_store", str(root / "out" / "book_work" / "runs"), "")
    app.add_config_value("percuta_digest", package_digest(root), "env")
    for name, directive in _ALL.items():
        app.add_directive(name, directive)
    app.connect("env-before-read-docs", _begin)
    app.connect("env-purge-doc", _forget)
    app.connect("env-check-consistency", _check_values)
