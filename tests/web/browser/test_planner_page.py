"""The planner page while changes are on their way: it shows what the plan holds, and nothing typed gets lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, Route, expect

EXAMPLE = Path(__file__).parents[3] / "examples" / "cheek_pen.toml"
WAIT = 0.7  # s that a slow answer takes
MUCH = 300 * 1024  # bytes, more than a plan file may have


@pytest.fixture
def planner(opened: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the planner of a new copy of the example."""

    def opening(**how: object) -> Page:
        page = opened(**how)
        file: FilePayload = {"name": "plan.toml", "mimeType": "application/toml", "buffer": EXAMPLE.read_bytes()}
        page.goto(page.request.post("/plans/import", multipart={"file": file}).url)
        return page

    return opening


def late(route: Route) -> None:
    """Let a question through after a while."""
    time.sleep(WAIT)
    route.continue_()


def types(page: Page, field: str, text: str) -> None:
    page.locator(field).fill(text)
    page.locator(field).press("Tab")


def test_the_needle_is_drawn_as_deep_as_the_plan_has_it(planner: Callable[..., Page]) -> None:
    page = planner()
    slider = page.locator("input[type=range]")
    number, field = slider.get_attribute("data-number"), f"#{slider.get_attribute('data-input')}"
    for typed, depth, place in (("1.5 mm", "1.5", "1.5"), ("3", "3", "2.5"), ("1.1", "1.1", "1")):
        types(page, field, typed)
        expect(page.locator(f"#glance-{number} figcaption")).to_contain_text(f"Needle set to {depth} mm:")
        expect(page.locator(f"#turned-{number}")).to_have_text(f"{depth} mm")
        expect(slider).to_have_attribute("aria-valuetext", f"{depth} mm")
        expect(slider).to_have_value(place)  # what the dial has next to it
    types(page, field, "1,5")
    expect(page.locator(f"#glance-{number}")).to_contain_text("Still needed")
    expect(page.locator(f"#turned-{number}")).to_have_text("–")
    slider.press("ArrowRight")
    expect(page.locator(field)).to_have_value("1.25")
    expect(page.locator(f"#glance-{number} figcaption")).to_contain_text("Needle set to 1.25 mm:")


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_a_change_that_is_not_kept_is_told_where_it_was_made(planner: Callable[..., Page], width: str) -> None:
    page = planner(width=width, refusals=409)
    said, message = page.locator(".saved"), page.locator("#message")
    page.route("**/edit", late)
    types(page, "#input-course-sessions", "5")
    expect(said).to_have_text("Saving…")
    expect(said).to_have_text("Saved")
    version = page.locator("#version").input_value()
    page.request.post(page.url.replace("planner", "edit"), form={"version": version, "course.sessions": "4"})
    types(page, "#input-course-sessions", "6")
    expect(said).to_have_text("Not saved")
    expect(message).to_contain_text("changed elsewhere")
    expect(message).to_be_in_viewport(ratio=1)
    expect(page.locator("#input-course-sessions")).to_have_value("6")


def test_whoever_types_on_after_a_new_name_keeps_place_and_words(planner: Callable[..., Page]) -> None:
    page = planner()
    page.route("**/rename", late)
    types(page, "#zone-name-1", "left cheek")
    area = page.locator("#input-zones-1-area")
    area.fill("")
    area.press_sequentially("12")
    expect(page.locator("#planner")).to_have_attribute("data-said", re.compile("left cheek"))
    expect(area).to_be_focused()
    page.keyboard.type("3")
    expect(area).to_have_value("123")
    page.keyboard.press("Tab")
    expect(page.locator(".saved")).to_have_text("Saved")
    page.reload()
    expect(area).to_have_value("123")


def test_changes_behind_a_new_name_are_kept_before_the_page_is_left(planner: Callable[..., Page]) -> None:
    page = planner()
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.route("**/rename", late)
    types(page, "#zone-name-1", "left cheek")
    types(page, "#input-zones-1-area", "77")
    types(page, "#input-course-sessions", "4")
    page.get_by_role("navigation", name="Steps of this plan").get_by_role("link", name="Simulation").click()
    page.wait_for_url("**/simulation")
    page.go_back()
    for field, text in (("#zone-name-1", "left cheek"), ("#input-zones-1-area", "77"), ("#input-course-sessions", "4")):
        expect(page.locator(field)).to_have_value(text)
    assert asked == []
    page.locator("#zone-name-1").fill("right cheek")
    page.get_by_role("button", name="Undo").click()  # waits for the name
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    expect(page.locator("#zone-name-1")).to_have_value("left cheek")
    types(page, "#zone-name-1", "both cheeks")
    page.reload()
    assert asked == ["beforeunload"]


def test_a_device_is_taken_with_its_button_and_not_on_the_way_through_the_list(planner: Callable[..., Page]) -> None:
    page = planner()
    version, choice = page.locator("#version"), page.locator("#device-choice")
    before, device = version.input_value(), choice.input_value()
    choice.press("ArrowDown")
    expect(choice).not_to_have_value(device)
    types(page, "#zone-name-1", "left cheek")  # builds the page anew
    expect(version).not_to_have_value(before)
    chosen = choice.input_value()
    assert chosen != device
    expect(page.locator("#device-choice option[selected]")).to_have_attribute("value", device)
    page.get_by_role("button", name="Use this device").click()
    expect(page.locator("#device-choice option[selected]")).to_have_attribute("value", chosen)
    expect(choice).to_be_focused()


def test_long_names_stay_within_a_narrow_page(opened: Callable[..., Page]) -> None:
    page = opened("phone")
    text = EXAMPLE.read_text("utf-8").replace('"cheeks"', f'"{"a" * 40}"').replace("Cheek wrinkles", "b" * 90)
    file: FilePayload = {"name": "plan.toml", "mimeType": "application/toml", "buffer": text.encode()}
    plan = page.request.post("/plans/import", multipart={"file": file}).url
    for address in (plan, plan.replace("planner", "consultation"), "/"):
        page.goto(address)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_file_that_is_too_large_is_not_sent(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/")
    page.locator("#file").set_input_files({"name": "plan.toml", "mimeType": "text/plain", "buffer": b"#" * MUCH})
    expect(page.locator("#fault-file")).to_contain_text("up to 256 kB")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("#file")).to_be_focused()
    assert sent == []
