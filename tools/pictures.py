"""Take the pictures of the planner that the README and the book show: ``make pictures``.

Starts `percuta serve` on a free port of the loopback over a folder of its own, imports two examples, has them
simulated, and opens their pages in Debian's chromium.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import APIRequestContext, Browser, FilePayload, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 360, "height": 760}
LONG = 600.0  # s for a simulation
PATIENCE = 120_000.0  # ms for a page
_ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@contextmanager
def served(folder: str) -> Iterator[str]:
    command = [sys.executable, "-m", "percuta", "serve", "--port", "0", "--folder", folder]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        if found is None:
            sys.exit("the server did not say where it is")
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)


def simulated(asking: APIRequestContext, example: str) -> str:
    """Import an example, have it simulated, and return the plan's address."""
    content = (ROOT / "examples" / example).read_bytes()
    file: FilePayload = {"name": example, "mimeType": "application/toml", "buffer": content}
    plan = asking.post("/plans/import", multipart={"file": file}).url.split("/")[4]
    asking.post(f"/plans/{plan}/simulate", form={"version": "1", "members": "64", "seed": "0", "accuracy": "draft"})
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        state = asking.get(f"/api/v1/plans/{plan}/jobs").json()["jobs"][0]["state"]
        if state == "done":
            return f"/plans/{plan}"
        if state not in ("queued", "running"):
            sys.exit(f"the simulation of {example} ended as {state}")
        time.sleep(0.5)
    sys.exit(f"the simulation of {example} did not end in {LONG:g} s")


def take(browser: Browser, address: str, path: str, name: str, *, part: str = "", size: ViewportSize = DESK) -> None:
    """Take a picture of a page, or of one part of the block of skin once it is drawn."""
    context = browser.new_context(base_url=address, viewport=size, device_scale_factor=1.5)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(path)
    if part:
        page.evaluate("for (const each of document.querySelectorAll('nav.contents')) each.hidden = true")  # it floats
        page.locator(part).scroll_into_view_if_needed()
        page.locator(".block[data-state=shown]").wait_for()
        page.locator(part).screenshot(path=IMAGES / f"{name}.png")
    else:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}.png")
    context.close()
    print(f"docs/images/{name}.png")


def main() -> None:
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("chromium is needed: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory(prefix="percuta-pictures-") as folder,
        served(folder) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        asking = browser.new_context(base_url=address).request
        pen, rf = simulated(asking, "cheek_pen.toml"), simulated(asking, "cheek_rf.toml")
        take(browser, address, f"{pen}/planner", "planner")
        take(browser, address, f"{pen}/planner", "planner_phone", size=PHONE)
        take(browser, address, f"{pen}/results", "planner_results")
        take(browser, address, f"{rf}/results", "planner_block", part=".block-parts")
        browser.close()


if __name__ == "__main__":
    main()
