"""Parts that were computed once are not computed again, whoever asks for them."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import pytest

from percuta.cohort.kept import every_part, kept, members_store
from percuta.engine.executors import InThisProcess, worker_pool
from percuta.manifest import digest

computed: list[int] = []


@dataclass(frozen=True)
class Square:
    """A part that notes that it was computed."""

    number: int

    def key(self) -> str:
        return digest([b"square", str(self.number).encode()])

    def computed(self) -> bytes:
        computed.append(self.number)
        return str(self.number**2).encode()


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path))
    computed.clear()


def run(numbers: range, pool: Executor | None = None) -> list[bytes]:
    return list(every_part(pool or InThisProcess(), [Square(number) for number in numbers]))


def test_parts_come_in_order_and_none_is_computed_twice() -> None:
    assert run(range(3)) == [b"0", b"1", b"4"]
    assert run(range(5)) == [b"0", b"1", b"4", b"9", b"16"]
    assert computed == [0, 1, 2, 3, 4]


def test_a_part_that_went_missing_meanwhile_is_computed_in_its_place() -> None:
    run(range(3))
    parts = every_part(InThisProcess(), [Square(number) for number in range(3)])
    assert next(parts) == b"0"
    key = Square(1).key()
    folder = members_store().folder
    assert folder is not None
    (folder / key[:2] / key[2:]).unlink()
    assert list(parts) == [b"1", b"4"]
    assert computed == [0, 1, 2, 1]


def test_without_a_store_every_part_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERCUTA_CACHE", "off")
    assert run(range(2)) == run(range(2)) == [b"0", b"1"]
    assert computed == [0, 1, 0, 1]


def test_a_part_computed_elsewhere_is_put_into_the_store_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Elsewhere(InThisProcess):
        """Computes where another folder keeps what was computed."""

        def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path / "elsewhere"))
            done = super().submit(fn, *args, **kwargs)
            monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path))
            return done

    assert run(range(2), Elsewhere()) == [b"0", b"1"]
    assert kept(Square(1)) == (Square(1).key(), b"1")
    assert computed == [0, 1]


def test_progress_is_told() -> None:
    told: list[int] = []
    list(every_part(InThisProcess(), [Square(1), Square(2)], told.append))
    assert told == [1, 2]


def test_nothing_is_asked_of_a_pool_where_all_is_known() -> None:
    run(range(2))
    with worker_pool(2) as pool:
        pool.submit = None  # type: ignore[assignment,method-assign]
        assert run(range(2), pool) == [b"0", b"1"]
