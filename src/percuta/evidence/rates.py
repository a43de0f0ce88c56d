"""The healing rates that the cases use: central values of the library, or draws over scenarios."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from percuta.engine.scenarios import Scenarios
from percuta.library.registry import library
from percuta.physics.cascade import HealingRates

Floats = NDArray[np.float64]

_ENTRY = {"mature_loss": "mature_collagen_loss", "synthesis_gain": "collagen_per_punctured_fraction"}
"""Library entries that have another name than the model's constant."""


def central_rates(**changed: float) -> HealingRates:
    """Return one member with the library's central values but for what is changed."""
    known = library()
    names = [name.name for name in fields(HealingRates)]
    central = {name: known.parameter(_entry(name)).si for name in names}
    return HealingRates(**{name: np.array([value]) for name, value in {**central, **changed}.items()})


def drawn_rates(scenarios: Scenarios, **changed: float) -> HealingRates:
    """Return one member per scenario with rates from the library's spreads but for what is changed."""
    known = library()
    drawn = {
        name.name: scenarios.draw(known.parameter(_entry(name.name)))
        for name in fields(HealingRates)
        if name.name not in changed
    }
    fixed = {name: np.full(scenarios.members, value) for name, value in changed.items()}
    return HealingRates(**drawn, **fixed)


def _entry(name: str) -> str:
    return f"healing.{_ENTRY.get(name, name)}"
