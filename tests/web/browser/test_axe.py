"""Every page at both widths: nothing keeps people from using it, nothing scrolls sideways, nobody else is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize

EXAMPLES = Path(__file__).parents[3] / "examples"
LONG = 300.0  # s
PHONE: ViewportSize = {"width": 360, "height": 780}
PAGES = (
    "/",
    "/about",
    "/plans/{new}/consultation",
    "/plans/{new}/planner",
    "/plans/{new}/simulation",
    "/plans/{new}/results",
    "/plans/{pen}/consultation",
    "/plans/{pen}/planner",
    "/plans/{pen}/simulation",
    "/plans/{pen}/results",
    "/plans/{pen}/documents",
    "/plans/{pen}/optimise",
    "/compare?plans={pen},{other}",
    "/library/devices",
    "/library/devices/dermapen-4",
    "/library/screening",
    "/library/sites/cheek",
    "/evidence",
    "/evidence/fabbrocini_2014",
    "/validation",
    "/plans/000000000000/planner",
)


@pytest.fixture(scope="session")
def plans(browser: Browser, address: str) -> dict[str, str]:
    """A new plan, one that was simulated, and another like it."""
    asking = browser.new_context(base_url=address)
    content = (EXAMPLES / "cheek_pen.toml").read_bytes()
    found = {}
    for name in ("pen", "other"):
        file: FilePayload = {"name": "plan.toml", "mimeType": "application/toml", "buffer": content}
        answer = asking.request.post("/plans/import", multipart={"file": file})
        found[name] = answer.url.split("/")[4]
    found["new"] = asking.request.post("/plans/new").url.split("/")[4]
    asking.request.post(f"/plans/{found['pen']}/simulate", form={"version": "1", "members": "64", "seed": "0"})
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        states = [job["state"] for job in asking.request.get(f"/api/v1/plans/{found['pen']}/jobs").json()["jobs"]]
        if states == ["done"]:
            break
        assert states[0] in ("queued", "running")
        time.sleep(0.5)
    else:
        raise AssertionError(f"the simulation did not end: {states}")
    asking.close()
    return found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_used_by_everyone(opened: Callable[..., Page], plans: dict[str, str], path: str) -> None:
    status = 404 if "000000000000" in path else 200
    page = opened(refusals=status, reduced_motion="reduce")  # no colour is on its way to another
    answer = page.goto(path.format(**plans))
    assert answer is not None
    assert answer.status == status
    page.locator("footer.foot").wait_for()
    assert _hindrances(page) == []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert _hindrances(page) == []


def _hindrances(page: Page) -> list[str]:
    """Return what keeps people from using a page as it is shown now."""
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, *([f"{wide} pixels to scroll sideways"] if wide > 0 else [])]
