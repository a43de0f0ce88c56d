"""The phototypes: all six, in order, with their sources."""

from __future__ import annotations

from typing import Any

import pytest

from percuta.errors import LibraryError
from percuta.library.phototypes import PHOTOTYPES, read_phototypes
from percuta.library.registry import library

ROWS: list[dict[str, Any]] = [
    {"type": number, "sun": "Burns.", "colour": "fair", "source": ["a_2020"]} for number in PHOTOTYPES
]


def test_the_library_describes_every_phototype_in_words_of_its_own() -> None:
    found = library().phototypes
    assert tuple(one.type for one in found) == PHOTOTYPES
    assert len({one.sun for one in found}) == len(found)
    assert all(one.source and one.colour for one in found)


@pytest.mark.parametrize("rows", [ROWS[:5], ROWS[::-1], [*ROWS, ROWS[0]], []])
def test_phototypes_that_are_missing_doubled_or_out_of_order_are_refused(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(LibraryError, match="once each and in order"):
        read_phototypes(rows)


def test_a_phototype_without_a_source_is_refused() -> None:
    row = {key: value for key, value in ROWS[0].items() if key != "source"}
    with pytest.raises(LibraryError, match="lacks the required field source"):
        read_phototypes([row, *ROWS[1:]])
