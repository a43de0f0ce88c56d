"""The bibliography's strict form: what is read, and what is refused with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import LibraryError, Where
from percuta.library.bibliography import (
    FIELDS,
    UNLISTED,
    Reference,
    bibliography,
    cited,
    read_bibliography,
    reference,
)
from percuta.library.files import shipped

ONE = """\
@article{meng_2022,
  author = {Meng, Y. and Feng, L.},
  title = {Skin of the face},
  year = {2022},
  journal = {BMC Medical Imaging},
  doi = {10.1000/x},
  pmid = {123},
  verified = {yes},
  note = {}
}
"""


def test_one_reference_is_read_whole() -> None:
    assert read_bibliography(ONE) == {
        "meng_2022": Reference(
            "meng_2022",
            "article",
            "Meng, Y. and Feng, L.",
            "Skin of the face",
            "2022",
            "BMC Medical Imaging",
            "10.1000/x",
            "123",
            "yes",
            "",
        )
    }


def test_comments_empty_lines_and_several_references_are_taken() -> None:
    text = f"% a comment\n\n{ONE}\n{ONE.replace('meng_2022', 'fda_k202243').replace('@article', '@techreport')}"
    assert list(read_bibliography(text)) == ["meng_2022", "fda_k202243"]
    assert read_bibliography(text)["fda_k202243"].kind == "techreport"


def test_braces_and_letters_of_any_alphabet_stay_in_a_field() -> None:
    text = ONE.replace("Skin of the face", "{RF} für die Haut: μ {a} = {b}")
    assert read_bibliography(text)["meng_2022"].title == "{RF} für die Haut: μ {a} = {b}"


def test_nothing_holds_no_references() -> None:
    assert read_bibliography("") == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("@article", "@unknown", 1, "not a line"),
        ("@article", "@ARTICLE", 1, "not a line"),
        ("meng_2022,", "Meng_2022,", 1, "not a line"),
        ("meng_2022,", "meng 2022,", 1, "not a line"),
        ("meng_2022,", "meng_2022", 1, "not a line"),
        ("  year = {2022},", "year = {2022},", 4, "not a line"),
        ("  year = {2022},", "  year = 2022,", 4, "not a line"),
        ("  year = {2022},", '  year = "2022",', 4, "not a line"),
        ("  year = {2022},", "  volume = {9},", 4, "not a line"),
        ("  year = {2022},", "  year = {2022},\n  year = {2023},", 5, "not a line"),
        ("  year = {2022},\n", "", 9, "lacks fields"),
        ("}\n", "  }\n", 10, "not a line"),
        ("  note = {}\n}\n", "  note = {}\n", None, "not closed"),
        ("  note = {}\n}\n", "  note = {}\n@article{other_2020,\n", 10, "not a line"),
        ("@article", "  year = {2022},\n@article", 1, "not a line"),
        ("@article", "}\n@article", 1, "not a line"),
        ("@article", "free text\n@article", 1, "not a line"),
        ("@article", f"{ONE}@article", 11, "stands twice"),
    ],
)
def test_what_is_outside_the_form_is_refused_with_its_line(old: str, new: str, line: int | None, what: str) -> None:
    assert old in ONE
    with pytest.raises(LibraryError, match=what) as caught:
        read_bibliography(ONE.replace(old, new, 1) if old != "}\n" else ONE.removesuffix(old) + new)
    assert caught.value.where == Where("references.bib", line)


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_must_be_there(field: str) -> None:
    lines = [line for line in ONE.splitlines() if not line.startswith(f"  {field} =")]
    with pytest.raises(LibraryError, match="lacks fields") as caught:
        read_bibliography("\n".join(lines))
    assert caught.value.value == f"meng_2022: {field}"


def test_a_reference_as_one_line() -> None:
    assert read_bibliography(ONE)["meng_2022"].text == (
        "Meng, Y. and Feng, L. (2022). Skin of the face. BMC Medical Imaging. doi:10.1000/x, PMID 123."
    )
    assert Reference("x_2020", "misc").text == ""
    assert Reference("x_2020", "misc", author="{FDA}", title="Fact or fiction?").text == "FDA. Fact or fiction?"
    assert Reference("x_2020", "misc", year="2020", note="secondary source").text == "(2020)."


@pytest.mark.parametrize(
    ("author", "year", "short"),
    [
        ("Meng, Y. and Feng, L.", "2022", "Meng 2022"),
        ("Meng and others", "2022", "Meng 2022"),
        ("{Food and Drug Administration}", "2018", "Food and Drug Administration 2018"),
        ("{Maker of Pliaglis, United States}", "", "Maker of Pliaglis, United States"),
        ("", "2022", "meng_2022 2022"),
    ],
)
def test_author_and_year_beside_a_value(author: str, year: str, short: str) -> None:
    assert Reference("meng_2022", "article", author=author, year=year).short == short


def test_an_unknown_key_names_the_nearest() -> None:
    key = next(iter(bibliography()))
    assert reference(key).key == key
    with pytest.raises(LibraryError, match="no such reference") as caught:
        reference(f"{key}x")
    assert caught.value.do is not None
    assert "did you mean" in caught.value.do


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package's folder beside the shipped one."""
    monkeypatch.setattr("percuta.library.bibliography.folders", lambda: [shipped(), tmp_path])
    bibliography.cache_clear()
    yield tmp_path
    bibliography.cache_clear()


def test_a_key_that_is_in_no_bibliography_can_be_cited() -> None:
    assert cited("nobody_1900").kind == UNLISTED
    assert cited("nobody_1900").short == "nobody_1900"
    assert "not in the bibliography" in cited("nobody_1900").note
    key = next(iter(bibliography()))
    assert cited(key) == reference(key)


def test_references_of_third_parties_are_merged(third_party: Path) -> None:
    (third_party / "references.bib").write_text(ONE.replace("meng_2022", "mine_2024"), encoding="utf-8")
    assert cited("mine_2024").author == "Meng, Y. and Feng, L."
    assert "meng_2022" in bibliography()


def test_a_reference_of_a_third_party_replaces_none(third_party: Path) -> None:
    (third_party / "references.bib").write_text(ONE, encoding="utf-8")
    with pytest.raises(LibraryError, match="in another library already") as caught:
        bibliography()
    assert caught.value.value == "meng_2022"
    assert str(third_party) in str(caught.value)


LINES = st.lists(
    st.sampled_from([*ONE.splitlines(), "@misc{b_2020,", "", "%", "}", "  doi = {}", "  doi = {", "@", "{"])
    | st.text(),
    max_size=30,
)


@given(LINES.map("\n".join) | st.text())
def test_any_text_is_a_bibliography_or_a_library_error(text: str) -> None:
    try:
        found = read_bibliography(text)
    except LibraryError:
        return
    assert all(key == entry.key for key, entry in found.items())
    assert len(found) == sum(line.startswith("@") for line in text.splitlines())
