"""Jobs in words: states, times, how long one will take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from percuta.report.wording import duration
from percuta.web.job_store import Job

STATES = {
    "queued": "waiting",
    "running": "being computed",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
_SOON = 10.0  # s, below which no figure is told
_PULSES = '"rf_pulses"'  # as a plan file names the step


def about(seconds: float) -> str:
    """Return a duration in words, rounded as far as it is worth: "about 40 s", "about 3 min"."""
    if seconds < _SOON:
        return "a few seconds"
    if seconds < 90.0:
        return f"about {10 * round(seconds / 10)} s"
    return f"about {duration(round(seconds / 60))}"


def when(utc: str) -> str:
    """Return a time of a row as this machine's clock shows it: "23 Nov 2026, 05:36"."""
    time = datetime.fromisoformat(utc).astimezone()
    return f"{time.day} {time:%b %Y, %H:%M}"


def time_left(job: Job) -> str:
    """Return in words how long a job will still take; empty as long as that is not known."""
    return "" if job.left is None else f"{about(job.left)} left"


def likely(done: Iterable[Job], plan_text: str, members: int, accuracy: str) -> str:
    """Return in words how long a simulation will take, judged by those that were done here; empty where none was alike.

    Parameters
    ----------
    done
        Simulations that were done, the newest first.
    plan_text
        The plan file that would be computed.
    members, accuracy
        The options.
    """
    pulses = _PULSES in plan_text
    alike = [
        (one.asked["members"], one.took)
        for one in done
        if one.took is not None
        and (_PULSES in one.plan_text) == pulses
        and (not pulses or one.asked["accuracy"] == accuracy)
    ]
    if not alike:
        return ""
    size, seconds = min(alike, key=lambda one: abs(one[0] - members))
    return about(seconds * max(1.0, members / size))
