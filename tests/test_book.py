"""The plain functions behind the book: what has to reach a page does, with its source."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import escape
from pathlib import Path
from typing import Any

import pytest
import typer.main

from percuta.cli.main import app
from percuta.evidence.cases import Row, verified
from percuta.evidence.measurements import publications
from percuta.library.bibliography import bibliography
from percuta.library.registry import library
from percuta.report import value_tables
from percuta.report.comparison_chart import comparison_charts
from percuta.report.comparison_table import comparison_table
from percuta.sources import Sourced, Unpublished
from percuta.workflows.schemas import SCHEMAS, schema
from percuta_book import addresses, checks, commands, evidence, layers, pictures, references, runs, schemas, shelves

KNOWN = library()
PAGES = {name: shelves.shelf(KNOWN, name, lambda key: f"bibliography.html#{key}") for name in shelves.SHELVES}
SVG = "{http://www.w3.org/2000/svg}"


def rows_of(page: str) -> dict[str, str]:
    """Return the rows of a page's values by their anchors, each with its remark."""
    return {part.partition('"')[0]: part.partition("</tbody>")[0] for part in page.split('<tr id="')[1:]}


def test_every_library_value_stands_on_its_page_with_grade_and_source() -> None:
    assert frozenset().union(*(page.names for page in PAGES.values())) == shelves.all_names(KNOWN)
    rows = {name: rows_of(page.markdown) for name, page in PAGES.items()}
    for entry in KNOWN.values():
        shelf = addresses.value_page(entry.name, KNOWN).removeprefix("library/")
        row = rows[shelf][value_tables.anchor(entry.name)]
        if isinstance(entry, Unpublished):
            assert "unpublished" in row
            assert escape(" ".join(entry.where_sought.split())) in row
            continue
        assert escape(entry.text) in row
        assert f">{entry.grade}<" in row
        assert all(f'href="bibliography.html#{key}"' in row for key in entry.source)


def test_every_value_of_a_device_stands_side_by_side_as_well() -> None:
    page = PAGES["devices"].markdown
    side = "".join(re.findall(r'<table class="percuta-table percuta-side">.*?</table>', page, re.DOTALL))
    for device in KNOWN.devices.values():
        row = re.search(rf'<tr><th scope="row"><a href="#device-{device.id.replace(".", "-")}">.*?</tr>', side)
        assert row
        published = [one for one in device.fields.values() if isinstance(one, Sourced)]
        assert row[0].count("<abbr") == len(published)
        assert row[0].count(">unpublished<") == len(device.fields) - len(published)


@pytest.mark.parametrize("name", shelves.SHELVES)
def test_a_table_is_one_block_of_html(name: str) -> None:
    # an empty line would end the block, and the rest of the table would be read as Markdown
    for block in re.findall(r'^<div class="percuta-scroll".*?</div>$', PAGES[name].markdown, re.DOTALL | re.MULTILINE):
        assert "\n\n" not in block


def test_every_entry_of_a_shelf_has_a_target() -> None:
    for kind, found in (("device", KNOWN.devices), ("site", KNOWN.sites), ("rule", KNOWN.protocol)):
        page = PAGES["protocol" if kind == "rule" else f"{kind}s"].markdown
        for name in found:
            assert f"({kind}-{name.replace('.', '-').replace('_', '-')})=" in page


def test_what_is_written_in_an_entry_cannot_break_the_page() -> None:
    entry = Sourced("x.y", "<script>", "1", None, "assumed", note='a "b" <i>\n\n&')
    table = value_tables.value_table([entry], str, label="x")
    assert "<script>" not in table
    assert "<i>" not in table
    assert "\n\n" not in table


def test_the_bibliography_lists_every_reference_once_and_marks_what_is_not_verified() -> None:
    page = references.listed(KNOWN, lambda name: f"library.html#{name}", lambda key: f"read#{key}")
    for key, one in bibliography().items():
        item = re.search(rf'<li id="{addresses.reference_anchor(key)}">.*?</li>', page, re.DOTALL)
        assert item
        assert ("details not verified" in item[0]) == (one.verified != "yes")
    used = references.users(KNOWN)
    assert set(used) <= set(bibliography())
    assert all(f'href="library.html#{name}"' in page for names in used.values() for name in names)


def test_a_reference_in_a_sentence_has_its_year_apart() -> None:
    assert references.in_text(bibliography()["meng_2022"]) == ("Meng", "2022")


def test_the_evidence_page_has_every_finding() -> None:
    page = evidence.page(publications(), str)
    for one in publications().values():
        findings: list[Any] = [*one.measurements.values(), *one.directions.values(), *one.curves.values()]
        assert all(escape(finding.quantity) in page for finding in findings)


def numbers_row(verdict: Any, expected: float, predicted: float, **more: Any) -> Row:
    return Row(f"{expected} against {predicted}", "mm", expected, predicted, verdict, **more)


def rectangles(drawn: str) -> list[tuple[float, float]]:
    """Return left end and width of every rectangle of a chart."""
    found = ET.fromstring(drawn).iter(f"{SVG}rect")
    return [(float(one.attrib["x"]), float(one.attrib["width"])) for one in found]


def test_an_error_as_large_as_allowed_reaches_the_line_at_one() -> None:
    rows = [verified("a", "1", 1.0, 1.1, error=error, tolerance=0.1, error_in="") for error in (0.1, 0.01, 0.0)]
    [drawn] = comparison_charts("x", "title", rows)
    whole, tenth, least = rectangles(drawn)
    line = next(one for one in ET.fromstring(drawn).iter(f"{SVG}line") if "stroke-dasharray" in one.attrib)
    assert whole[0] + whole[1] == pytest.approx(float(line.attrib["x1"]), abs=0.02)
    decade = (354.0 - 6.0) / 5.0  # five decades over the width of the chart
    assert whole[1] - tenth[1] == pytest.approx(decade, abs=0.02)
    assert least[1] == 1.5


def test_values_of_one_unit_and_like_size_keep_it() -> None:
    rows = [numbers_row("inside", 1.0, 2.0, spread=0.5, band=(1.0, 3.0)), numbers_row("outside", 2.0, 6.0)]
    [drawn] = comparison_charts("x", "title", rows)
    assert "measured and predicted (mm)" in drawn
    first, second = rectangles(drawn)[:2]
    assert second[1] == pytest.approx(2.0 * first[1], rel=1e-3)  # bands of 1 to 3 and of 0.5 to 1.5
    assert "1 of 2 measured values lie inside" in drawn


def test_values_of_different_units_are_divided_by_what_was_measured() -> None:
    rows = [numbers_row("inside", 1.0, 2.0), Row("b", "h", 100.0, 200.0, "outside"), Row("c", "h", 0.0, 1.0, "outside")]
    [drawn] = comparison_charts("x", "title", rows)
    assert "over the measured value" in drawn
    bars = rectangles(drawn)
    assert bars[:2] == bars[2:4]
    assert ">c<" not in drawn  # nothing can be divided by zero


def test_a_curve_is_drawn_as_its_error_beside_the_numbers() -> None:
    curve = Row("course", "1", None, None, "outside", error=0.08, tolerance=0.05)
    assert len(comparison_charts("x", "title", [numbers_row("inside", 1.0, 1.0), curve])) == 2
    assert comparison_charts("x", "title", [Row("words", "1", None, None, "not comparable")]) == []


def test_a_comparison_table_has_verdict_note_and_source() -> None:
    table = comparison_table("t", "validation", [numbers_row("outside", 1.0, 2.0, note="why")], ["meng_2022"], str)
    assert "percuta-outside" in table
    assert "<li>why</li>" in table
    assert 'href="meng_2022"' in table


PAGE = """\
```{run} percuta check examples/a.toml
:exit: 3
```

text with ```{run} in it

:::{run} python -c "print(1)"
:hidden:
:::
"""


def test_the_commands_of_a_page_are_found() -> None:
    found = runs.commands_of(PAGE)
    assert found == [runs.Command("percuta check examples/a.toml", 3), runs.Command('python -c "print(1)"')]


def test_prose_is_broken_and_a_row_is_not() -> None:
    prose, row = "  " + "word " * 40, "name" + "  12.5 mm" * 20
    broken = runs.legible(prose)
    assert len(broken) == 3
    assert all(line.startswith("  word") and len(line) <= 84 for line in broken)
    assert " ".join(broken).split() == prose.split()
    assert runs.legible(row) == [row]


@pytest.fixture
def runner(tmp_path: Path) -> runs.Runner:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.toml").write_text("a = 1\n", encoding="utf-8")
    return runs.Runner(tmp_path, tmp_path / "store", "digest")


def test_the_commands_of_a_page_share_a_folder_and_run_once(runner: runs.Runner, tmp_path: Path) -> None:
    count = tmp_path / "count"
    write = f"open({str(count)!r}, 'a').write('.'); open('b', 'w').write(open('examples/a.toml').read())"
    page = [runs.Command(f'python -c "{write}"'), runs.Command("cat b")]
    first, second = runner.ran("page", page), runner.ran("page", page)
    assert first == second
    assert first[1].output == "a = 1\n"
    assert count.read_text() == "."
    assert runner.folder("page", page) != runner.folder("another", page)


def test_a_command_that_ends_otherwise_is_a_fault_of_its_page(runner: runs.Runner) -> None:
    wrong = runs.Command('python -c "raise SystemExit(3)"')
    faults = runner.run_all({"good": [runs.Command(wrong.line, 3)], "bad": [wrong]})
    assert set(faults) == {"bad"}
    assert "ended with 3, not 0" in faults["bad"]


def test_what_was_kept_for_another_state_is_removed(runner: runs.Runner) -> None:
    other = runner.store.parent / "other"
    other.mkdir(parents=True)
    runner.store.mkdir()
    runner.clean()
    assert not other.exists()
    assert runner.store.exists()


def test_a_digest_changes_with_what_a_file_says(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    before = runs.digest_of([file], tmp_path)
    file.write_text("2")
    assert runs.digest_of([file], tmp_path) != before


REPORT = (
    '<p></p><svg viewBox="0 0 1 1" aria-labelledby="needle-0-title needle-0-description"><title id="needle-0-title">a'
    '</title><svg x="1"></svg></svg><svg aria-labelledby="pain-title pain-description"></svg>'
)


def test_a_chart_is_taken_whole_and_named_anew() -> None:
    drawn = pictures.chart(REPORT, "needle", "7")
    assert drawn.count("<svg") == drawn.count("</svg>") == 2
    assert "pain" not in drawn
    assert 'id="picture-7-title"' in drawn
    assert "needle-0" not in drawn


def test_a_chart_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(LookupError, match="needle-0, pain"):
        pictures.chart(REPORT, "depth")


def test_every_command_and_option_is_in_the_reference() -> None:
    page = commands.reference()
    root: Any = typer.main.get_command(app)
    for name, one in root.commands.items():
        assert f"(command-{name})=" in page
        assert f"percuta {name}" in page
        section = page.partition(f"(command-{name})=")[2].partition("(command-")[0]
        for each in one.params:
            assert all(option in section for option in each.opts if option.startswith("-"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_of_a_schema_is_in_its_table(name: str) -> None:
    table = schemas.keys_table(name)
    for key in properties(schema(name)):
        assert re.search(rf"[`.]{re.escape(key)}`", table), key


def properties(part: Any) -> set[str]:
    """Return the names of all properties anywhere in a schema."""
    if isinstance(part, list):
        return {key for one in part for key in properties(one)}
    if not isinstance(part, dict):
        return set()
    own = part.get("properties", {})
    inner = {key for one in part.values() for key in properties(one)}
    return {*own, *inner} if isinstance(own, dict) and all(isinstance(one, dict) for one in own.values()) else inner


def test_the_layer_of_physics_is_documented_whole() -> None:
    folder = Path(sys.modules["percuta"].__file__ or "").parent / "physics"
    files = {f"percuta.physics.{file.stem}" for file in folder.glob("*.py") if file.stem != "__init__"}
    assert set(layers.modules("percuta.physics")) == files
    assert all(f".. automodule:: {name}\n" in layers.documented("percuta.physics") for name in files)


def test_what_a_page_would_load_is_found_and_a_link_is_not(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<a href="https://a.example">x</a><script src="local.js"></script>')
    assert checks.loaded_from_network(tmp_path) == []
    page.write_text('<script src="https://a.example/x.js"></script><style>@import url(//b.example/c.css);</style>')
    (tmp_path / "look.css").write_text("p { background: url('https://c.example/p.png') }")
    found = [address for _, address in checks.loaded_from_network(tmp_path)]
    assert found == ["https://a.example/x.js", "//b.example/c.css", "https://c.example/p.png"]


def built(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build a small book with the settings of the real one."""
    docs = Path(__file__).parents[1] / "docs"
    settings = ["-W", "--keep-going", "-q", "-c", str(docs), "-D", f"percuta_store={out / 'store'}"]
    command = [sys.executable, "-m", "sphinx", "-b", "html", *settings, str(source), str(out / "book")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


SMALL = """\
# Small

Measured by {cite:t}`meng_2022` {cite:p}`gill_2008,meng_2022`. $x^2$

```{values} closure.barrier_time
```

```{run} percuta --version
```

```{toctree}
bibliography
evidence
```
"""


def test_a_small_book_is_built_and_one_without_its_library_is_not(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("pydata_sphinx_theme")
    source, docs = tmp_path / "source", Path(__file__).parents[1] / "docs"
    source.mkdir()
    (source / "index.md").write_text(SMALL)
    for page in ("bibliography.md", "evidence.md"):
        shutil.copy(docs / page, source)
    assert "stand on no page of the book" in built(source, tmp_path / "first").stderr
    shutil.copytree(docs / "library", source / "library")
    (source / "library" / "index.md").write_text("# Library\n")
    shelves_listed = "".join(f"library/{name}\n" for name in ("index", *shelves.SHELVES))
    (source / "index.md").write_text(SMALL.replace("bibliography\n", f"bibliography\n{shelves_listed}"))
    (source / "library" / "parameters.md").write_text("# Parameters\n\n```{library-shelf} parameters\n```\n")
    done = built(source, tmp_path / "second")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "second" / "book" / "index.html").read_text("utf-8")
    assert '<a class="percuta-cited reference internal" href="bibliography.html#ref-meng-2022">Meng (2022)</a>' in page
    assert '(<a class="percuta-cited reference internal" href="bibliography.html#ref-gill-2008">' in page
    assert "<math" in page
    assert 'href="library/parameters.html#value-closure-barrier-time"' in page
    assert "percuta 0" in page


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="here"></p><a href="b.html#there">x</a><a href="#here">y</a>')
    (tmp_path / "b.html").write_text('<p id="there"></p><a class="x" href="a.html#gone">x</a><a href="c.html">y</a>')
    assert [address for _, address in checks.dead_links(tmp_path)] == ["a.html#gone", "c.html"]


def test_a_value_on_no_page_is_named() -> None:
    assert checks.missing(["a", "b"], ["b"]) == ["a"]
