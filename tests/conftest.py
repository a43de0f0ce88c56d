"""What many tests share: a minimal valid plan, and a limit on time for inputs that are built to take long."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every run; a slow machine is no failure.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

# Computed pulses are kept for the run of the tests, its commands included, and never in the user's own folder.
PULSES = tempfile.TemporaryDirectory(prefix="percuta-pulses-")
os.environ["PERCUTA_CACHE"] = PULSES.name

MINIMAL_PLAN = """\
schema = 1
title = "Cheek wrinkles, 52 years"

[patient]
age = "52 years"
sex = "female"
phototype = 3
mass = "68 kg"
desired_effect = "wrinkles"

[[zones]]
name = "cheeks"
site = "cheek"
area = "76 cm^2"

[device]
model = "generic-pen-12"

[[session.steps]]
do = "cleanse"
[[session.steps]]
do = "needling"
zones = ["cheeks"]
set_depth = "1.0 mm"
passes = 4

[course]
sessions = 4
interval = "4 weeks"
follow_up_after_last_session = "26 weeks"
"""


class TooSlow(BaseException):
    """Time ran out; no ``except Exception`` of the code under test takes it for something else."""


class TimeLimit(Protocol):
    """What the fixture ``time_limit`` gives."""

    def __call__(self, seconds: float) -> AbstractContextManager[None]: ...


@pytest.fixture(scope="session")
def minimal_plan() -> str:
    """Text of the smallest plan that computes something."""
    return MINIMAL_PLAN


@pytest.fixture(scope="session")
def time_limit() -> TimeLimit:
    """A context manager that ends a block which would otherwise hang the tests; it counts processor time."""

    @contextmanager
    def limit(seconds: float) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            raise TooSlow(f"longer than {seconds} s")

        before = signal.signal(signal.SIGPROF, stop)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    return limit


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes that a test starts hear an interrupt, which is ignored where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
