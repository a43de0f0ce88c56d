"""The server's command: where it listens, how it ends, and what it says when it cannot begin."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

BEGINS, ENDS = 120.0, 30.0  # s


def _serve(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "percuta", "serve", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], BEGINS)
    found = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline()) if ready else None
    assert found is not None, "the server did not say where it is"
    return found[0]


@pytest.mark.usefixtures("interruptible")
def test_it_says_where_it_is_answers_and_ends_with_130_on_an_interrupt(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    server = _serve("--port", 0, PERCUTA_DATA=str(folder))
    try:
        address = _address(server)
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
            assert b"Start a new plan" in answer.read()
        assert stat.S_IMODE((folder / "percuta.sqlite").stat().st_mode) == 0o600
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=ENDS)
        assert server.returncode == 130
        assert "plans and finished results are kept" in said
        assert "Traceback" not in said
    finally:
        server.kill()
        server.communicate()


def test_a_port_in_use_is_one_clear_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = _serve("--port", taken.getsockname()[1], "--folder", tmp_path / "mine")
        _, said = server.communicate(timeout=BEGINS)
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o700
    assert server.returncode == 2
    assert "the port cannot be used" in said
    assert "--port" in said


def test_a_folder_that_is_a_file_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    server = _serve("--port", 0, "--folder", tmp_path / "file")
    _, said = server.communicate(timeout=BEGINS)
    assert server.returncode == 2
    assert "folder for plans cannot be made" in said
