"""The block of skin as a browser draws it: its colours, its controls by keyboard, and what stands in without WebGL."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import uvicorn
from fastapi.responses import HTMLResponse
from numpy.typing import NDArray
from playwright.sync_api import Page

from percuta.web.app import create_app
from percuta.web.pages.block import block_values
from percuta.web.rendering import address_of, fragment

from ..drawn_block import write_hot_block, write_pierced_block

HOT, PIERCED = "0123456789ab", "ba9876543210"
SEEN = 80  # points, of some fifteen thousand; what one glance does not miss
Pixels = NDArray[np.int64]

_READ = """canvas => {
  const gl = canvas.getContext("webgl2");
  const raw = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
  gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, raw);
  const some = new Uint32Array(raw.buffer).filter((_, at) => at % 5 == 0);
  return btoa(String.fromCharCode(...new Uint8Array(some.buffer)));
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own, with pages that hold nothing but a block, under the policy of all pages."""
    folder = tmp_path_factory.mktemp("blocks")
    app = create_app(folder, worker=False)
    write_hot_block(folder / "results" / HOT)
    write_pierced_block(folder / "results" / PIERCED)

    @app.get("/alone/{job}")
    def alone(job: str) -> HTMLResponse:
        sheets = "".join(f'<link rel="stylesheet" href="{address_of(f"css/{one}.css")}">' for one in ("tokens", "base"))
        body = fragment("block.html", **block_values(app.state.desk, job))
        head = f'<meta charset="utf-8"><link rel="icon" href="{address_of("icon.svg")}"><title>Block</title>{sheets}'
        return HTMLResponse(
            f'<!doctype html><html lang="en"><head>{head}</head><body><main>{body}</main></body></html>'
        )

    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    place.listen()  # who comes before the server has begun waits for it
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{place.getsockname()[1]}"
    server.should_exit = True
    thread.join(20.0)
    place.close()


@pytest.fixture
def shown(opened: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page with a block and waits until it is there."""

    def opening(job: str = HOT, *, webgl: bool = True, **how: str) -> Page:
        page = opened(**({"width": "phone"} | how))  # a small picture is drawn fast
        if not webgl:
            page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page.goto(f"/alone/{job}")
        page.wait_for_selector("[data-state=shown]" if webgl else "[data-state=still]")
        return page

    return opening


def pixels(page: Page) -> Pixels:
    """Return a fifth of the points that the canvas shows, (n, 4), once nothing more is drawn."""
    before: Pixels = np.empty((0, 4), np.int64)
    for _ in range(60):
        raw = base64.b64decode(page.locator(".block canvas").evaluate(_READ))
        now = np.frombuffer(raw, np.uint8).reshape(-1, 4).astype(np.int64)
        if np.array_equal(now, before) and now[:, 3].any():
            return now
        before = now
        time.sleep(0.3)
    raise AssertionError("the picture does not come to rest")


def only(page: Page, *levels: str) -> Pixels:
    """Return the picture with some surfaces only."""
    for box in page.locator("[data-level]").all():
        box.set_checked(box.get_attribute("data-level") in levels)
    return pixels(page)


def changed(one: Pixels, two: Pixels) -> Pixels:
    """Return the pixels of the first picture that differ clearly from the second."""
    return np.asarray(one[np.abs(one - two).sum(axis=1) > 24])


def test_layers_needles_and_surfaces_have_their_colours(shown: Callable[..., Page]) -> None:
    page = shown()
    bare = only(page)
    drawn = bare[bare[:, 3] > 0]
    assert len(drawn) > 0.05 * len(bare)
    red, green, blue = drawn[:, 0], drawn[:, 1], drawn[:, 2]
    skin = (red > green + 10) & (green > blue + 5)
    metal = (np.abs(red - green) < 16) & (blue >= red - 4) & (drawn[:, 3] == 255) & (red > 60)
    assert skin.sum() > 0.3 * len(drawn)
    assert metal.sum() > 0.005 * len(drawn)
    warm = changed(only(page, "t60"), bare)
    assert len(warm) > SEEN
    assert np.mean(warm[:, 0] - warm[:, 2]) > 40  # orange
    coagulated = changed(only(page, "collagen"), bare)
    assert len(coagulated) > SEEN
    assert np.mean(coagulated[:, 2] - coagulated[:, 1]) > np.mean(warm[:, 2] - warm[:, 1]) + 30  # towards purple


def test_before_the_current_nothing_is_warm(shown: Callable[..., Page]) -> None:
    page = shown()
    warm = pixels(page)
    page.locator("[data-part=time]").press("Home")
    page.wait_for_selector("canvas[data-shown='0']")
    cold = pixels(page)
    assert len(changed(warm, cold)) > SEEN
    assert "before the current" in page.locator("[data-part=time-text]").inner_text()
    assert "nowhere yet" in page.locator("[data-part=said]").inner_text()
    assert page.locator("tr[aria-current]").count() == 1


def test_keys_turn_zoom_cut_and_reset_the_block(shown: Callable[..., Page]) -> None:
    page = shown()
    canvas, start = page.locator(".block canvas"), pixels(page)
    for key in ("ArrowLeft", "ArrowUp", "+"):
        before = pixels(page)
        canvas.press(key)
        assert len(changed(pixels(page), before)) > SEEN, key
    canvas.press("0")
    assert len(changed(pixels(page), start)) == 0
    page.locator("[data-part=cut]").press("End")
    cut = pixels(page)
    assert (cut[:, 3] > 0).sum() < 0.7 * (start[:, 3] > 0).sum()
    assert "mm cut away" in page.locator("[data-part=cut-text]").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stay_within_a_narrow_page(shown: Callable[..., Page], scheme: str) -> None:
    page = shown(scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert pixels(page)[:, 3].any()
    assert page.locator(".block-labels span:visible").count() >= 3


def test_channels_show_where_they_end(shown: Callable[..., Page]) -> None:
    page = shown(PIERCED)
    bare = only(page)
    for key in ("in-dermis", "in-fat"):
        assert len(changed(only(page, key), bare)) > SEEN // 4, key
    assert page.locator("[data-part=time]").count() == 0


def test_whoever_wants_less_motion_goes_on_step_by_step(shown: Callable[..., Page]) -> None:
    page = shown(reduced_motion="reduce")
    page.locator("[data-part=play]").click()
    page.wait_for_selector("canvas[data-shown='0']")  # after the last time comes the first
    assert page.locator("[data-part=play]").inner_text() == "Play"


def test_without_webgl_the_still_picture_stays_and_says_so(shown: Callable[..., Page]) -> None:
    page = shown(webgl=False)
    assert page.locator(".block-still > svg").is_visible()
    assert not page.locator(".block canvas").is_visible()
    assert "WebGL is off" in page.locator(".block-message").inner_text()
    assert page.locator("tr[data-time]").count() == 2


def test_a_block_that_cannot_be_read_leaves_the_still_picture(shown: Callable[..., Page]) -> None:
    page = shown()
    page.context.route("**/block.json", lambda route: route.fulfill(body="{"))
    page.reload()
    page.wait_for_selector("[data-state=still]")
    assert page.locator(".block-still > svg").is_visible()
    assert "could not be loaded" in page.locator(".block-message").inner_text()
