"""The consultation while it is clicked through: a hand that clicks twice answers no question that it did not read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_a_second_click_on_no_to_all_meets_no_answer(opened: Callable[..., Page], width: str) -> None:
    page = opened(width)
    page.goto("/")
    page.get_by_role("button", name="Start a new plan").click()
    buttons = page.locator(".rest button")
    expect(page.locator("#onward")).to_be_visible()
    left = buttons.count()
    assert left > 5
    for _ in range(left):
        button = buttons.first
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        middle = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
        page.mouse.click(*middle)
        left -= 1
        expect(buttons).to_have_count(left)
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('.question')", middle) is None
        page.mouse.click(*middle)
    expect(page.locator(".question input[value=yes]:checked, .question input[value=unknown]:checked")).to_have_count(0)
    expect(page.locator(".question input[value=no]:checked").first).to_be_attached()
