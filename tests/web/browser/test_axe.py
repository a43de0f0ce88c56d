"""Every page at both widths: nothing keeps people from using it, nothing scrolls sideways, nobody else is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

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
    "/plans/{other}/optimise",
    "/plans/{refused}/planner",
    "/plans/{refused}/results",
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
DOCUMENTS = ("report", "consent", "session", "aftercare")


@pytest.fixture(scope="session")
def plans(browser: Browser, address: str) -> dict[str, str]:
    """Plans by what was done to them: simulated, searched, refused, nothing; and one that heats the skin."""
    asking = browser.new_context(base_url=address)
    pen = (EXAMPLES / "cheek_pen.toml").read_text()
    texts = {"pen": pen, "other": pen}
    texts |= {
        "rf": (EXAMPLES / "cheek_rf.toml").read_text(),
        "refused": (EXAMPLES / "as_in_the_article.toml").read_text(),
    }
    found = {}
    for name, text in texts.items():
        file: FilePayload = {"name": "plan.toml", "mimeType": "application/toml", "buffer": text.encode()}
        answer = asking.request.post("/plans/import", multipart={"file": file}, max_redirects=0)
        found[name] = answer.headers["location"].split("/")[2]
    found["new"] = asking.request.post("/plans/new", max_redirects=0).headers["location"].split("/")[2]
    asking.request.post(
        f"/plans/{found['pen']}/simulate", form={"version": "1", "members": "64", "seed": "0"}, max_redirects=0
    )
    few = {"kind": "optimise", "options": {"trials": 3, "members": 16, "fresh": 16}}
    asking.request.post(f"/api/v1/plans/{found['other']}/jobs", data=few)
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        jobs = [asking.request.get(f"/api/v1/plans/{found[one]}/jobs").json()["jobs"] for one in ("pen", "other")]
        states = {job["state"] for of_plan in jobs for job in of_plan}
        if states == {"done"}:
            break
        assert states <= {"queued", "running", "done"}
        time.sleep(0.5)
    else:
        raise AssertionError(f"the computations did not end: {states}")
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
    assert _hindrances_at_both_widths(page) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_can_be_used_by_everyone(opened: Callable[..., Page], plans: dict[str, str], document: str) -> None:
    # the policy lets nothing run on a document, axe included; without it chromium asks for an icon that is not there
    page = opened(refusals=404, bypass_csp=True)
    page.goto(f"/plans/{plans['pen']}/documents/{document}.html")
    assert _hindrances_at_both_widths(page) == []


def test_what_cannot_be_kept_is_told_beside_its_field(opened: Callable[..., Page], plans: dict[str, str]) -> None:
    page = opened(refusals=422, reduced_motion="reduce")
    page.goto(f"/plans/{plans['rf']}/planner")
    for name, typed in (("zone-name-1", "?"), ("input-notes", "x" * 4001)):
        field = page.locator(f"#{name}")
        field.fill(typed)
        field.press("Tab")
        told = page.locator(f"#{field.get_attribute('aria-describedby')}")
        expect(told).to_contain_text("llowed:")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(typed)
    expect(page.locator("#fault-zones-1-name")).to_be_visible()  # as long as it is not mended
    assert _hindrances_at_both_widths(page) == []
    page.locator("#zone-name-1").fill("cheek")
    page.locator("#zone-name-1").press("Tab")
    expect(page.locator("#fault-zones-1-name")).to_be_hidden()


def test_what_cannot_be_asked_of_a_search_is_told_beside_its_row(
    opened: Callable[..., Page], plans: dict[str, str]
) -> None:
    page = opened(refusals=422, reduced_motion="reduce")
    page.goto(f"/plans/{plans['pen']}/optimise")
    page.locator('[name="constraints[1].limit"]').fill("eleven")
    page.get_by_role("button", name="Keep these wishes").click()
    expect(page.locator("#why-not-constraints-1")).to_be_visible()
    assert _hindrances_at_both_widths(page) == []


def test_what_is_folded_is_printed(opened: Callable[..., Page], plans: dict[str, str]) -> None:
    page = opened()
    page.goto(f"/plans/{plans['pen']}/results")
    folded = page.locator("#findings .reason").first
    expect(folded).to_be_hidden()
    page.emulate_media(media="print")
    expect(folded).to_be_visible()


def _hindrances_at_both_widths(page: Page) -> list[str]:
    """Return what keeps people from using a page, all of it unfolded: at a desk, and on a phone in the dark."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    at_a_desk = _hindrances(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    return [*at_a_desk, *(f"on a phone: {one}" for one in _hindrances(page))]


def _hindrances(page: Page) -> list[str]:
    """Return what keeps people from using a page as it is shown now."""
    against = Axe().run(page, options={"reporter": "no-passes"}).response["violations"]
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in against]
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, *([f"{wide} pixels to scroll sideways"] if wide > 0 else [])]
