"""Progress for people and for scripts, and what an interrupt leaves."""

from __future__ import annotations

import json
import re

import pytest
import typer

from percuta.cli import console
from percuta.cli.console import INTERRUPTED, command, progress, resumable
from percuta.workflows import pace


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(console, "time", clock)
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_scripts_get_a_line_a_second_with_rate_and_time_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("patients", as_json=True) as update:
        for done in range(0, 101, 2):
            update(done, 100)
            clock.now += 0.2
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in err.splitlines()]
    assert out == ""
    assert [line["done"] for line in lines] == list(range(0, 101, 10))
    assert {(line["progress"], line["total"]) for line in lines} == {("patients", 100)}
    assert (lines[0]["per_second"], lines[0]["seconds_left"]) == (None, None)
    for line in lines[1:]:
        assert line["per_second"] == pytest.approx(10.0)
        assert line["seconds_left"] == pytest.approx((100 - line["done"]) / 10.0)


def test_the_end_is_always_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with progress("pulse", counted=False, as_json=True) as update:
        update(0.0, 1.0)
        clock.now += 0.01
        update(0.5, 1.0)
        update(1.0, 1.0)
    assert [json.loads(line)["done"] for line in capsys.readouterr().err.splitlines()] == [0.0, 1.0]


def test_the_rate_forgets_what_was_kept_from_before(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that goes on finds half of its work at once; the time left is that of the work that is left."""
    with progress("patients", as_json=True) as update:
        update(0, 1000)
        for second in range(1, 101):
            clock.now += 1.0
            update(500 + second, 1000)
    last = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert last["per_second"] == pytest.approx(1.0)
    assert last["seconds_left"] == pytest.approx(400.0)


def test_nothing_is_shown_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("patients") as update:
        update(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_how_many_how_fast_and_how_long(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress("patients") as update:
        update(0, 100)
        clock.now += 10.0
        update(5, 100)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "patients" in shown
    assert "5/100" in shown
    assert "30/min" in shown


@pytest.mark.parametrize(("rate", "shown"), [(12.34, "12.3/s"), (0.5, "30/min"), (0.001, "3.6/h")])
def test_a_slow_rate_is_told_by_the_minute_or_hour(rate: float, shown: str) -> None:
    assert console._rate(rate) == shown


@pytest.mark.parametrize(
    ("decorated", "left"),
    [(command, "no half result was left"), (resumable, "run the same command again to go on where it stopped")],
)
def test_an_interrupt_says_what_it_leaves(decorated: object, left: str, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped() -> int:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as caught:
        decorated(stopped)()  # type: ignore[operator]
    assert caught.value.exit_code == INTERRUPTED
    assert capsys.readouterr() == ("", f"percuta: interrupted; {left}\n")
