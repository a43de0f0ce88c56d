"""Pulses whose fields are known in closed form: a hot ball about the tip of every needle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.library.registry import library
from percuta.manifest import now, pulse_manifest
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import PulseSetup
from percuta.plan.pulse_file import PulseFile
from percuta.workflows.pulse import PulseText

from ..stand_in_pulse import stand_in

EXAMPLE = Path(__file__).parents[2] / "examples" / "pulse_bipolar.toml"
HOTTEST = 95.0  # degC
Pulse = tuple[PulseRecord, PulseSetup, PulseFile, dict[str, Any]]


def read(text: str) -> tuple[PulseFile, PulseSetup]:
    return PulseText(Path("mine.toml"), text).read(library())


def changed(*changes: tuple[str, str]) -> str:
    """The example with words replaced."""
    text = EXAMPLE.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def hot_spots(text: str, radius: float = 0.4e-3) -> Pulse:
    """Return a pulse with ln Omega = 20 (1 - r / radius) about every tip for the first kinetic set, less for others.

    The r is the distance [m] from the nearest tip; the temperature falls linearly from ``HOTTEST`` to 34 degC at twice
    the radius.
    """
    file, setup = read(text)
    base = stand_in(setup, "standard", library())
    needles = _needles(setup)
    x, y = (_edges(setup, float(needles[:, axis].max())) for axis in (0, 1))
    z = np.linspace(0.0, setup.depth, 101)
    a, b, c = (0.5 * (edges[1:] + edges[:-1]) for edges in (x, y, z))
    grid = np.meshgrid(a, b, c, indexing="ij")
    away = np.min([_distance(grid, needle, setup) for needle in needles], axis=0)
    shape = away.shape
    celsius = np.maximum(HOTTEST - (HOTTEST - 34.0) * away / (2.0 * radius), 34.0)
    temperature = (celsius + 273.15).astype(np.float32)
    damage = []
    for number, one in enumerate(base.damage):
        own = radius * (1.0 - 0.05 * number)
        size = 2.0 * own
        log_integral = (20.0 * (1.0 - away / own)).astype(np.float32)
        damage.append(replace(one, log_integral=log_integral, width=size, height=size, top=setup.needle.depth - own))
    record = replace(
        base,
        x=x,
        y=y,
        z=z,
        tissue_share=np.ones(shape, dtype=np.float32),
        layer=np.zeros(shape[2], dtype=np.uint8),
        temperature=temperature,
        peak=temperature,
        potential=np.zeros(shape, dtype=np.float32),
        joule=(1e9 * np.exp(-away / radius)).astype(np.float32),
        vaporised=np.zeros(shape, dtype=np.float32),
        cem43_log=np.zeros(shape, dtype=np.float32),
        heat_shocked=np.zeros(shape[2]),
        thermal_reaction=np.zeros(shape[2]),
        damage=tuple(replace(one, fraction=_fraction(one.log_integral)) for one in damage),
        mirrored=(True, setup.array.pattern != "pair"),
        needle_energy=needles,
    )
    manifest = pulse_manifest(
        version="0", pulse_text=text, library_digest="0" * 64, accuracy="standard", sweep={}, started=now()
    )
    return record, setup, file, manifest


def unharmed(record: PulseRecord) -> PulseRecord:
    """The same without any damage."""
    none = np.full_like(record.temperature, -np.inf)
    zero: dict[str, Any] = {
        "fraction": np.zeros(none.shape[2]),
        "volume": 0.0,
        "width": 0.0,
        "height": 0.0,
        "top": float("nan"),
    }
    return replace(record, damage=tuple(replace(one, log_integral=none, **zero) for one in record.damage))


def _fraction(log_integral: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray((1.0 - np.exp(-np.exp(log_integral.astype(np.float64)))).mean(axis=(0, 1)))


def _needles(setup: PulseSetup) -> NDArray[np.float64]:
    """Return x, y and energy of the needles in the piece, as the physics has them."""
    array = setup.array
    if array.pattern == "pair":
        return np.array([[0.5 * array.pitch, 0.0, 0.02]])
    if array.infinite:
        return np.array([[0.0, 0.0, 0.02]])

    def along(count: int) -> NDArray[Any]:
        return np.arange(count // 2 + count % 2) * array.pitch + (0.0 if count % 2 else 0.5 * array.pitch)

    return np.array([[x, y, 0.02] for x in along(array.rows) for y in along(array.columns)])


def _edges(setup: PulseSetup, last: float) -> NDArray[Any]:
    array = setup.array
    if array.pattern != "pair":
        return np.linspace(0.0, 0.5 * array.pitch if array.infinite else last + array.margin, 51)
    first = 0.0 if last > 0.0 else -array.margin
    return np.linspace(first, last + array.margin + (0.0 if last > 0.0 else setup.needle.depth * 3.0), 91)


def _distance(
    grid: tuple[NDArray[np.float64], ...], needle: NDArray[np.float64], setup: PulseSetup
) -> NDArray[np.float64]:
    forward = setup.needle.depth / np.tan(setup.needle.angle)
    x, y, z = grid
    return np.asarray(np.sqrt((x - needle[0]) ** 2 + (y - needle[1] - forward) ** 2 + (z - setup.needle.depth) ** 2))
