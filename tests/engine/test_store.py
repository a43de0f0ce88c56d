"""The store of results: whole or nothing, bounded, apart by kind, and named by what computes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from percuta.engine.store import Store, cache_folder, code_origin, source_digest

MOST = 10_000


def test_bytes_come_back_and_a_key_that_was_not_put_gives_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "members", MOST)
    for raw in (b"", b"\x00\xff" * 50):
        assert store.put("ab12", raw)
        assert Store(tmp_path / "members", MOST).get("ab12") == raw
    assert store.get("ab13") is None


def test_without_a_folder_nothing_is_kept() -> None:
    store = Store(None, MOST)
    assert not store.put("ab12", b"kept")
    assert store.get("ab12") is None
    store.prune()


@pytest.mark.parametrize("broken", [b"", b"short", b"\x00" * 400])
def test_a_file_that_is_not_whole_counts_as_none(tmp_path: Path, broken: bytes) -> None:
    store = Store(tmp_path, MOST)
    store.put("ab12", b"whole" * 20)
    [file] = tmp_path.glob("*/*")
    whole = file.read_bytes()
    for raw in (broken, whole[:-1], whole[1:], whole[:40] + b"x" + whole[41:]):
        file.write_bytes(raw)
        assert store.get("ab12") is None
    store.put("ab12", b"again")
    assert store.get("ab12") == b"again"


def test_a_folder_that_cannot_be_written_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert not Store(tmp_path / "file" / "members", MOST).put("ab12", b"kept")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("percuta.engine.store.os.replace", full)
    assert not Store(tmp_path / "members", MOST).put("ab12", b"kept")
    assert [file for file in (tmp_path / "members").rglob("*") if file.is_file()] == []


FULL = """
import resource, signal, sys
from pathlib import Path
from percuta.engine.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]), 10**9)
assert store.put("aa00", b"before")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
assert not store.put("aa01", bytes(100_000))
assert not store.put("aa00", bytes(100_000))
assert store.put("aa02", b"after")
"""


def test_a_file_that_cannot_grow_leaves_what_was_kept_before(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: the write itself fails, part of it done."""
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=True)
    store = Store(tmp_path, MOST)
    assert (store.get("aa00"), store.get("aa01"), store.get("aa02")) == (b"before", None, b"after")
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    size = 100 + 32
    store = Store(tmp_path, most_bytes=10 * size)
    for number in range(10):
        store.put(f"{number:04d}", bytes(100))
    for number, file in enumerate(sorted(tmp_path.glob("*/*"))):
        os.utime(file, (number, number))
    assert store.get("0000") is not None
    for number in range(10, 14):
        store.put(f"{number:04d}", bytes(100))
    kept = {file.parent.name + file.name for file in tmp_path.glob("*/*")}
    assert 8 <= len(kept) <= 10
    assert {"0000", "0013"} <= kept
    assert "0001" not in kept


def test_each_kind_of_result_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bound on one kind of results takes none of another away."""
    monkeypatch.setenv("PERCUTA_CACHE", str(tmp_path))
    assert cache_folder("pulses") == tmp_path / "pulses"
    assert cache_folder("members") == tmp_path / "members"
    monkeypatch.setenv("PERCUTA_CACHE", "off")
    assert cache_folder("members") is None
    monkeypatch.delenv("PERCUTA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("members") == tmp_path / "percuta" / "members"


def test_other_source_other_packages_other_versions_give_other_origins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = [("percuta.physics",), ("percuta.physics", "percuta.engine"), ("percuta.engine.store",), ("percuta",)]
    assert len({code_origin(packages) for packages in names}) == len(names)
    package = tmp_path / "treated"
    (package / "deeper").mkdir(parents=True)
    for file in ("__init__.py", "deeper/__init__.py", "deeper/skin.py"):
        (package / file).write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = source_digest(("treated",))
    (package / "deeper" / "skin.py").write_text("thick = True\n", "utf-8")
    source_digest.cache_clear()
    after = source_digest(("treated",))
    assert before != after
    (package / "notes.txt").write_text("no source", "utf-8")
    source_digest.cache_clear()
    assert source_digest(("treated",)) == after
    here = code_origin(("treated",))
    monkeypatch.setattr("percuta.engine.store.__version__", "0.0.0")
    code_origin.cache_clear()
    assert code_origin(("treated",)) != here
    code_origin.cache_clear()
