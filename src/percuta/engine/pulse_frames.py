"""One pulse followed for pictures: what the tissue is like at some times of it and of the cooling after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from percuta.physics.array_cells import ArrayCells
from percuta.physics.pulse import cells_of, fineness_of
from percuta.physics.pulse_course import Exactness, PulseCourse
from percuta.physics.pulse_setup import Accuracy, PulseSetup
from percuta.physics.zones import ZoneGrid

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

FRAMES = 14
"""Times that are given unless more or fewer are asked for."""

_EXACTNESS = Exactness(field=1e-3, heat=1e-4, temperature=1.0, fewest=12)
_FIRST = 0.1  # of the pulse's length; the first time shown of the cooling
_KEPT = 4  # times the frames asked for; more are thinned on the way


@dataclass(frozen=True)
class Frame:
    """The tissue at one time.

    Attributes
    ----------
    time
        Since the current first came on [s].
    temperature : (nx, ny, nz)
        [K].
    damage : (sets, nx, ny, nz)
        ln Omega of every kinetic set, -inf where nothing happened.
    tissue_peak, surface_peak
        Highest temperature in the tissue and on its surface at this time [K]; NaN for a surface that is all metal.
    closes
        Whether a stretch of current or a pause between two ends here.
    """

    time: float
    temperature: Floats32
    damage: Floats32
    tissue_peak: float
    surface_peak: float
    closes: bool = False


@dataclass(frozen=True)
class PulseFrames:
    """A pulse in pictures.

    Attributes
    ----------
    setup
        What was computed.
    grid
        The cells of the computed piece; its faces at the least x and y are planes of symmetry where ``mirrored``.
    copies
        Of the piece in one unit of the array.
    needles : (n, 2)
        Where the needles of the piece stand [m].
    frames
        In order of time; the first is the start.
    pulse_end
        Index of the frame at which the (last) pulse ends.
    """

    setup: PulseSetup
    grid: ZoneGrid
    copies: float
    needles: Floats
    frames: tuple[Frame, ...]
    pulse_end: int


@dataclass
class _Album:
    """Frames as they come; where they grow too many every other one is dropped, but not the marked ones."""

    most: int
    frames: list[Frame] = field(default_factory=list)
    closing: set[float] = field(default_factory=set)

    def add(self, frame: Frame) -> None:
        self.frames.append(frame)
        if len(self.frames) > self.most:
            last = len(self.frames) - 1
            self.frames = [
                one
                for place, one in enumerate(self.frames)
                if place % 2 == 0 or place == last or one.time in self.closing
            ]

    def close(self) -> None:
        self.closing.add(self.frames[-1].time)


class _Watched(PulseCourse):
    """A pulse that keeps a frame of what it notes after every step."""

    def __init__(self, cells: ArrayCells, setup: PulseSetup, album: _Album) -> None:
        super().__init__(cells, setup, _EXACTNESS)
        self._album = album

    def note(self, volts: float, power: float) -> None:
        """Write down the present values, and keep the fields."""
        super().note(volts, power)
        *_, tissue, surface, _, _, _ = self.history.rows[-1]
        with np.errstate(divide="ignore"):
            damage = np.log(self.damage.integral).astype(np.float32)
        self._album.add(
            Frame(
                self.time,
                (self.heat.solver.box(self.state.temperature) + self.reference).astype(np.float32),
                damage.reshape(-1, *self.cells.shape),
                tissue,
                surface,
            )
        )


def pulse_frames(
    setup: PulseSetup,
    accuracy: Accuracy = "draft",
    *,
    frames: int = FRAMES,
    progress: Callable[[float], None] | None = None,
) -> PulseFrames:
    """Compute one pulse and keep the fields at some times.

    Half of the times lie evenly in the pulse, which ends with one of them; the others follow the cooling, each about
    as many times later than the one before.

    Parameters
    ----------
    setup
        Layers, needles, array, drive.
    accuracy
        How fine the cells are: ``draft``, ``standard`` or ``reference``.
    frames
        How many times, about.
    progress
        Called with the share that is done.

    Raises
    ------
    PlanError, ConvergenceError
        As :func:`percuta.physics.pulse.compute_pulse` does.
    """
    cells = cells_of(setup, fineness_of(setup, accuracy))
    album = _Album(_KEPT * frames)
    course = _Watched(cells, setup, album)

    def tell(share: float) -> None:
        if share < 1.0:
            album.close()
        if progress is not None:
            progress(share)

    course.run(tell)
    end = max(album.closing)
    chosen = _chosen(album.frames, end, frames)
    size = np.diff(cells.x)[:, None, None] * np.diff(cells.y)[:, None] * np.diff(cells.z)
    return PulseFrames(
        setup,
        ZoneGrid(cells.x, cells.y, cells.z, (cells.volume / size).astype(np.float32), cells.mirrored),
        cells.copies,
        np.stack([cells.needle_x, cells.needle_y], axis=1),
        tuple(chosen),
        next(place for place, one in enumerate(chosen) if one.time == end),
    )


def _chosen(frames: list[Frame], end: float, count: int) -> list[Frame]:
    """Return the frames nearest to the wanted times, each once."""
    times = np.array([one.time for one in frames])
    wanted = np.linspace(0.0, end, count - count // 2)
    after = times[times > end] - end
    if after.size:
        first = np.clip(_FIRST * end, after[0], after[-1])
        wanted = np.concatenate([wanted, end + np.geomspace(first, after[-1], count // 2)])
    places = np.unique(np.abs(times[:, None] - wanted).argmin(axis=0))
    return [frames[place] for place in places]
