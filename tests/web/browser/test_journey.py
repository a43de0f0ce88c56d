"""The whole way of a newcomer, in a real browser: from an empty list to printed sheets for a face in three zones."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pypdf
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

LONG = 300_000.0  # ms for a computation on a busy machine
FULL_FACE = ("face-front-cheek-left", "face-front-cheek-right", "face-front-forehead-middle", "face-front-chin-middle")


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    """A page at a desk's width."""
    found: Page = opened()
    return found


@dataclass
class Way:
    """One person's way through the pages."""

    page: Page

    def begin(self) -> None:
        """Start a new plan and say who is treated and what is wanted."""
        page = self.page
        page.goto("/")
        page.get_by_role("button", name="Start a new plan").click()
        expect(page.get_by_role("heading", name="Consultation", exact=True)).to_be_visible()
        self.types("Age", "52")
        self.types("Body mass", "68")
        for group, answer in (("Sex", "Female"), ("Phototype", "III")):
            self.kept(page.get_by_role("group", name=group).get_by_role("radio", name=answer).first.check)
        self.kept(page.get_by_role("radio", name="Wrinkles").check)

    def types(self, label: str, text: str) -> None:
        """Fill a field and leave it."""
        field = self.page.get_by_role("textbox", name=re.compile(f"^{label}")).first
        field.fill(text)
        self.kept(lambda: field.press("Tab"))

    def kept(self, act: Callable[[], object]) -> None:
        """Do what changes the plan, and wait until the page has its new version."""
        version = self.page.locator("#version")
        before = version.input_value()
        act()
        expect(version).not_to_have_value(before)

    def answers_no(self) -> None:
        """Answer no to every question of every group."""
        while (rest := self.page.get_by_role("button", name=re.compile("^The person answered no to"))).count():
            self.kept(rest.first.click)
        for open_one in self.page.locator(".question:not(:has(input:checked)) input[value=no]").all():
            self.kept(open_one.check)

    def answers(self, item: str, answer: str) -> None:
        """Answer one question."""
        self.kept(self.page.locator(f"#answer-{item}-{answer}").check)

    def chooses_the_face(self) -> None:
        """Click cheeks, forehead and chin on the drawn face."""
        self.page.goto(self.page.url.replace("consultation", "planner"))
        for place in FULL_FACE:
            self.kept(self.page.locator(f"#{place}").click)
            expect(self.page.locator(f"#{place}")).to_have_attribute("aria-pressed", "true")

    def steps(self) -> list[str]:
        """Return the names of the steps in their order."""
        return [" ".join(name.split()[1:]) for name in self.page.locator("#step-list h3").all_inner_texts()]


def _colours(canvas: Locator) -> int:
    """Return how many colours a picture has, by steps of 32."""
    picture = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB").resize((160, 120))
    return len(np.unique(np.asarray(picture).reshape(-1, 3) // 32, axis=0))


def test_from_an_empty_list_to_printed_sheets(page: Page) -> None:
    way = Way(page)
    way.begin()
    way.answers_no()
    expect(page.locator("#flags")).to_be_empty()

    # a red flag refuses, and stays in sight on every page until it is mended
    way.answers("active-herpes", "yes")
    expect(page.locator("#flags")).to_contain_text("Refused")
    expect(page.locator("#outcome-active-herpes")).to_contain_text("Wait until the skin has healed")
    plan = page.url.removesuffix("/consultation")
    for place in ("planner", "simulation", "documents"):
        page.goto(f"{plan}/{place}")
        expect(page.locator("#flags")).to_contain_text("Active herpes in the field excludes a session")
    page.goto(f"{plan}/consultation")
    way.answers("active-herpes", "no")
    expect(page.locator("#flags")).not_to_contain_text("Refused")

    # zones on the face; nothing is left to be filled in but what these zones ask for
    way.chooses_the_face()
    expect(page.locator("details.zone")).to_have_count(3)
    page.goto(f"{plan}/consultation")
    way.answers_no()
    page.goto(f"{plan}/planner")
    expect(page.locator("#faults")).to_have_count(0)

    # steps change places by keyboard, the focus stays with the step, undo takes it back
    before = way.steps()
    down = page.locator("#down-1")
    down.focus()
    way.kept(lambda: page.keyboard.press("Enter"))
    assert way.steps() == [before[1], before[0], *before[2:]]
    expect(page.locator("#down-2")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#step-list h3").first).to_contain_text(before[0])
    assert way.steps() == before

    # simulate, with progress, to the results
    page.get_by_role("navigation", name="Steps of this plan").get_by_role("link", name="Simulation").click()
    page.get_by_role("button", name="Start the simulation").click()
    expect(page.locator(".job-progress")).to_be_visible()
    page.wait_for_url("**/results*", timeout=LONG)
    first = page.locator("main section").first
    expect(first).to_have_attribute("aria-labelledby", "answer")
    said = page.locator("main").inner_text().lower()
    assert "optimal" not in said
    assert re.search(r"\bsafe\b", said) is None
    assert page.locator("h1, h2, .lead-line").filter(has_text=re.compile("collagen.*%")).count() == 0

    # the block of skin is drawn, not only there
    block = page.locator(".block[data-block]")
    block.scroll_into_view_if_needed()
    expect(block).to_have_attribute("data-state", "shown", timeout=LONG)
    assert _colours(page.locator(".block canvas")) >= 6

    # the sheets, as they print
    page.goto(f"{plan}/documents")
    for name, words in (("consent", "no treatment"), ("session", "cheek"), ("aftercare", "sun")):
        answer = page.request.get(f"{plan}/documents/{name}.pdf", timeout=LONG)
        assert answer.headers["content-type"] == "application/pdf"
        text = " ".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(answer.body())).pages)
        assert words in " ".join(text.lower().split())


def test_a_search_is_asked_and_its_answer_taken_over(page: Page) -> None:
    page.goto("/")
    page.locator("#file").set_input_files("examples/cheek_pen.toml")
    page.get_by_role("button", name="Open", exact=True).click()
    plan = page.url.removesuffix("/planner")
    page.goto(f"{plan}/optimise")
    if page.get_by_role("link", name="To the simulation").count():
        page.goto(f"{plan}/simulation")
        page.get_by_role("button", name="Start the simulation").click()
        page.wait_for_url("**/results*", timeout=LONG)
        page.goto(f"{plan}/optimise")
    page.locator("input[name=size]").first.check()
    page.get_by_text("Another number of choices").click()
    page.locator("#trials").fill("10")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("Another number of choices").click()
    page.locator("#trials").fill("20")  # for the next search: the page does not give way while this is being typed
    page.get_by_role("link", name="Done: open the result").click(timeout=LONG)
    take = page.get_by_role("button", name=re.compile("^Take over no"))
    expect(take.first).to_be_visible(timeout=LONG)
    expect(page.locator("main")).not_to_contain_text("optimal")
    take.first.click()
    page.wait_for_url("**/planner*")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()


def test_the_second_tab_is_told_and_overwrites_nothing(opened: Callable[..., Page]) -> None:
    first, second = opened(), opened(refusals=409)
    first.goto("/")
    first.get_by_role("button", name="Start a new plan").click()
    second.goto(first.url)
    Way(first).types("Age", "52")
    field = second.get_by_role("textbox", name=re.compile("^Age")).first
    field.fill("25")
    field.press("Tab")
    expect(second.locator("#message")).to_contain_text("changed elsewhere")
    expect(field).to_have_value("25")
    first.reload()
    expect(first.get_by_role("textbox", name=re.compile("^Age")).first).to_have_value("52")
    second.get_by_role("link", name="Load the newest version").click()
    expect(second.get_by_role("textbox", name=re.compile("^Age")).first).to_have_value("52")
