"""How soon the block of skin is seen: `python benchmarks/web_block.py [--points N] [--turns N] [--markdown PAGE]`.

One pulse is computed and its surfaces are taken from N points along the longest side of the block (128 as plans have
it). A server on the loopback gives them to a browser whose 3-D is drawn by the processor; measured is the time from
asking for the page until the first picture with all surfaces is drawn, in a fresh profile each time, and from moving
the time slider to the picture of another time. The page itself is painted without WebGL's process, as browsers do on
machines without a graphics card.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi.responses import HTMLResponse
from machine import machine
from page import write_section
from playwright.sync_api import Browser, sync_playwright

from percuta.engine.bench import Bench
from percuta.engine.pulse_frames import pulse_frames
from percuta.engine.pulse_setups import layout_of, setups_of
from percuta.engine.scenarios import scenario_batch
from percuta.engine.skin import layers_of
from percuta.exchange.block_surfaces import MOST_POINTS, surfaces_at_times
from percuta.library.registry import library
from percuta.plan.device import resolve_device
from percuta.plan.reading import load_plan
from percuta.report.block import heated_block
from percuta.report.block_picture import block_picture, cut_through
from percuta.results.block_piece import shown_piece
from percuta.web.app import create_app
from percuta.web.pages.block import block_values
from percuta.web.rendering import address_of, fragment
from percuta.workflows.result_folder import as_json

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "cheek_rf.toml"
TITLE = "The block of skin in the browser"
COMMAND = "python benchmarks/web_block.py --markdown docs/benchmarks.md"
JOB = "0123456789ab"
GOAL = 1.5  # s
_EMPTY = """() => {
  const begun = performance.now(), gl = document.createElement("canvas").getContext("webgl2");
  gl.getParameter(gl.MAX_TEXTURE_SIZE);
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return performance.now() - begun;
}"""
_CHROMIUM = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-gpu-compositing",
]


def write_files(folder: Path, points: int) -> dict[str, str]:
    """Write the files of a block, and return how long that took and how large they are."""
    known = library()
    plan = load_plan(EXAMPLE, known)
    bench = Bench(plan, resolve_device(plan.device, known), known, scenario_batch(64, 0, 0).rows(0, 1))
    step, zone, layout = plan.rf_pulses[0], plan.zones[0], layout_of(bench)
    setup = setups_of(bench, step, step.depths[0].si, zone.name, layers_of(bench, zone))[0]
    pulse_frames(setup)  # compiles what is not compiled yet
    start = time.perf_counter()
    frames = pulse_frames(setup)
    computed = time.perf_counter()
    piece = shown_piece(frames, layout.rows, layout.columns)
    surfaces = surfaces_at_times(frames, piece, lambda share: None, points)
    found = time.perf_counter()
    block = heated_block(frames, piece) | {"zone": zone.name, "chosen": "The first.", "about": ["One pulse."]}
    (folder / "block").mkdir(parents=True)
    for place, (moment, one) in enumerate(zip(block["times"], surfaces, strict=True)):
        moment |= {"file": f"{place:02d}.bin", "bytes": len(one.raw), "surfaces": one.index}
        (folder / "block" / moment["file"]).write_bytes(one.raw)
    (folder / "block.svg").write_text(block_picture(block, cut_through(frames, piece), "Block of skin"))
    (folder / "block.json").write_text(as_json(block))
    sizes = [len(one.raw) for one in surfaces]
    triangles = max(sum(level["triangles"] for level in one.index) for one in surfaces)
    return {
        "pulse with its frames": f"{computed - start:.2f} s",
        "surfaces of all times": f"{found - computed:.2f} s for {len(sizes)} times",
        "bytes": f"{max(sizes) / 1e6:.2f} MB for the largest time, {sum(sizes) / 1e6:.2f} MB in all",
        "triangles": f"{triangles * len(piece.copies):,} in the picture at most ({triangles:,} in a file)",
    }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server whose page `/alone` holds the block and nothing else."""
    app = create_app(folder, worker=False)

    @app.get("/alone")
    def alone() -> HTMLResponse:
        sheets = "".join(f'<link rel="stylesheet" href="{address_of(f"css/{one}.css")}">' for one in ("tokens", "base"))
        body = fragment("block.html", **block_values(app.state.desk, JOB))
        return HTMLResponse(f"<!doctype html><html lang=en><head>{sheets}</head><body>{body}</body></html>")

    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{place.getsockname()[1]}"
    server.should_exit = True
    thread.join(20.0)
    place.close()


def empty(browser: Browser) -> float:
    """Return the seconds until a page with nothing else has cleared a picture: what the browser itself takes."""
    page = browser.new_context().new_page()
    taken = page.evaluate(_EMPTY)
    page.context.close()
    return float(taken) / 1e3


def drawn(browser: Browser, address: str) -> tuple[float, float]:
    """Return the seconds until the block is seen, and until another time is."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{address}/alone")
    page.wait_for_selector("[data-state=shown]")
    last = "() => performance.getEntriesByName('block-drawn').at(-1)?.startTime ?? 0"
    page.wait_for_timeout(300)
    shown, moved = page.evaluate(last), page.evaluate("performance.now()")
    page.locator("[data-part=time]").press("ArrowRight")
    place = page.locator("[data-part=time]").input_value()
    page.wait_for_selector(f"canvas[data-shown='{place}']")
    while (changed := page.evaluate(last)) <= moved:
        time.sleep(0.02)
    page.context.close()
    return shown / 1e3, (changed - moved) / 1e3


def measured(points: int, turns: int) -> str:
    """Return the figures as text."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        figures = write_files(folder / "results" / JOB, points)
        with served(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_CHROMIUM)
            drawn(browser, address)  # a warm server and a warm browser
            times = [(*drawn(browser, address), empty(browser)) for _ in range(turns)]
            browser.close()
    seen, changed, alone = ([one[place] for one in times] for place in (0, 1, 2))
    figures |= {
        "page asked to block seen": f"{statistics.median(seen):.2f} s (most {max(seen):.2f} s; wanted: {GOAL} s)",
        "  an empty picture alone": f"{statistics.median(alone):.2f} s of it (most {max(alone):.2f} s)",
        "slider moved to seen": f"{statistics.median(changed):.2f} s (most {max(changed):.2f} s)",
    }
    head = f"surfaces from {points} points along the longest side; {turns} turns, drawn by the processor"
    return "\n".join([head, *(f"{name:26}{value}" for name, value in figures.items())])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--points", type=int, default=MOST_POINTS)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--markdown", type=Path)
    chosen = parser.parse_args()
    about = "\n".join(f"{name:26}{value}" for name, value in machine("fastapi", "scikit-image", "playwright").items())
    text = f"{about}\n\n{measured(chosen.points, chosen.turns)}"
    print(text)
    if chosen.markdown is not None:
        write_section(chosen.markdown, TITLE, COMMAND, text)


if __name__ == "__main__":
    main()
