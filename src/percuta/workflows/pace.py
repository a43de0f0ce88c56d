"""How fast something goes that takes a while, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque


class Pace:
    """How many things are done in a second, over the last minute: what was kept from before soon counts no more."""

    _WINDOW, _STEP = 60.0, 0.5  # s

    def __init__(self) -> None:
        self._told: deque[tuple[float, float]] = deque()  # time, done

    def per_second(self, done: float) -> float | None:
        """Return the rate up to now, or None where there is none yet."""
        now = time.monotonic()
        while len(self._told) > 1 and now - self._told[0][0] > self._WINDOW:
            self._told.popleft()
        if not self._told or now - self._told[-1][0] >= self._STEP:
            self._told.append((now, done))
        start, before = self._told[0]
        return (done - before) / (now - start) if now > start and done > before else None

    def left(self, done: float, total: float) -> float | None:
        """Return the seconds to go, or None as long as they are not known."""
        per_second = self.per_second(done)
        return None if per_second is None else (total - done) / per_second
