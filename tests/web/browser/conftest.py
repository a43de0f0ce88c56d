"""A real server on the loopback, asked by Debian's chromium, which draws three dimensions without a graphics card."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

START, END = 120.0, 20.0  # s that a server may take
PATIENCE = 60_000.0  # ms that a page may take on a busy machine
WIDTHS = {"phone": {"width": 360, "height": 780}, "desk": {"width": 1280, "height": 900}}
_ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``percuta serve`` on a free port over a folder: its address and its process."""
    command = [sys.executable, "-m", "percuta", "serve", "--port", "0", "--folder", str(folder), *more]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert server.stdout is not None
    try:
        ready, _, _ = select.select([server.stdout], [], [], START)
        found = re.search(r"http://[\d.:]+", server.stdout.readline()) if ready else None
        assert found is not None, "the server did not say where it is"
        yield found[0], server
    finally:
        if server.poll() is None:
            server.terminate()
        try:
            server.wait(END)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(END)
        server.stdout.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all tests of the browser share."""
    with serving(tmp_path_factory.mktemp("served")) as (found, _):
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    executable = shutil.which("chromium")
    assert executable is not None, "`make test` installs chromium; without make: apt-get install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield opened
        opened.close()


class Watched:
    """A page with all that went wrong on it: errors in its console, what it asked of other machines."""

    def __init__(self, context: BrowserContext, refusals: int | None) -> None:
        self.wrong: list[str] = []
        self._refused = f"status of {refusals} "  # which the test asks for
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and self._refused not in message.text:
            self.wrong.append(f"{message.text} ({message.location})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:", "about:")):
            self.wrong.append(f"asks another machine: {request.url}")


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens pages of the shared server; a test fails where a page logs an error or asks another machine."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def opening(width: str = "desk", scheme: str = "light", refusals: int | None = None, **more: Any) -> Page:
        context = browser.new_context(
            **{"base_url": address, "viewport": WIDTHS[width], "color_scheme": scheme, **more}
        )
        contexts.append(context)
        watched.append(Watched(context, refusals))
        return watched[-1].page

    yield opening
    for context in contexts:
        context.close()
    assert [one for each in watched for one in each.wrong] == []


def settled(act: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait until something holds, which no page can be asked to wait for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if act():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")
