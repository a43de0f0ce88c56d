"""How the energy is shared among the needles of a finite array, as a plan view."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.report import svg
from percuta.report.material import Picture
from percuta.report.raster import CURRENT
from percuta.report.wording import significant

_LEFT, _RIGHT, _TOP = 8.0, 352.0, 10.0
_MOST_NAMED = 10  # needles along a side, above which dots go without their numbers
_ALIKE = 5e-4  # relative difference of energies that is none


def needle_energies(record: PulseRecord, setup: PulseSetup) -> Picture | None:
    """Return the energy of every needle of a finite array seen from above, or None where all needles are alike."""
    array = setup.array
    if array.infinite or array.rows * array.columns < 2:
        return None
    places = _whole_array(record)
    energy = 1e3 * places[:, 2]
    low, high = float(energy.min()), float(energy.max())
    if high <= 0.0 or high - low <= _ALIKE * high:
        return None
    return Picture(Markup(_drawn(places, energy, low, high)), "Energy of each needle, seen from above (mJ)")


def _whole_array(record: PulseRecord) -> np.ndarray:
    """Return place [mm] and energy [J] of every needle, the images of those in the computed piece among them."""
    x, y, energy = np.asarray(record.needle_energy, dtype=np.float64).T
    found = {}
    for across in (1.0, -1.0) if record.mirrored[0] else (1.0,):
        for along in (1.0, -1.0) if record.mirrored[1] else (1.0,):
            for place, joule in zip(zip(across * x, along * y, strict=True), energy, strict=True):
                found[round(1e6 * place[0]), round(1e6 * place[1])] = (1e3 * place[0], 1e3 * place[1], joule)
    return np.array(list(found.values()))


def _drawn(places: np.ndarray, energy: np.ndarray, low: float, high: float) -> str:
    x, y = places[:, 0], places[:, 1]
    columns, rows = (np.unique(np.round(one, 6)) for one in (x, y))
    side = min((_RIGHT - _LEFT) / max(columns.size, 1), 300.0 / max(rows.size, 1), 60.0)
    left = 0.5 * (_LEFT + _RIGHT - side * columns.size)
    parts = []
    for place_x, place_y, value in zip(x, y, energy, strict=True):
        column, row = np.abs(columns - place_x).argmin(), np.abs(rows - place_y).argmin()
        share = (value - low) / (high - low)
        paint = "#" + CURRENT.colours[int(CURRENT.index(np.array(0.08 + 0.6 * share)))].tobytes().hex()
        at, top = left + side * column, _TOP + side * row
        parts.append(svg.rectangle(at + 1, top + 1, side - 2, side - 2, paint=paint, corner=3))
        if max(columns.size, rows.size) <= _MOST_NAMED:
            dark = CURRENT.is_dark(0.08 + 0.6 * share)
            shown = significant(value, 3)
            size = min(11.0, 1.6 * (side - 4) / max(len(shown), 1))
            middle = at + 0.5 * side
            words = svg.text(
                middle, top + 0.5 * side + 4, shown, anchor="middle", paint="paper" if dark else "ink", size=size
            )
            parts.append(words)
    bottom = _TOP + side * rows.size
    said = f"{significant(low, 3)} to {significant(high, 3)} mJ. Needles at the rim have fewer neighbours."
    parts.append(svg.text(_LEFT, bottom + 18, said, paint="muted", size=11))
    return svg.drawing("needle-energy", "Energy of each needle", said, bottom + 28, parts)
