"""The pulse of the published example, in a gel without boiling or blood, with any part of it changed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from percuta.physics.pulse_setup import Drive, Kinetics, Needle, NeedleArray, PulseSetup, TissueLayer

MM = 1e-3
CELSIUS = 273.15

LAYER = TissueLayer("gel", 4.0 * MM, 0.3, 0.3, 0.015, 0.4, 3.706e6)
NEEDLE = Needle(0.25 * MM, 2.0 * MM, 0.5 * MM, conductivity=0.0)
STEEL = replace(NEEDLE, conductivity=16.0, heat_capacity=4.0e6)
CELLS = Kinetics("henriques_moritz", 226.78, 75_000.0)
LIVER = Kinetics("liver", 91.80, 30_997.0)
COLLAGEN = Kinetics("agah", 146.78, 51_722.0, collagen=True)
SKIN_WATER = 0.65 * 1116.0 * 2.256e6  # J/m^3, to vaporise the water of dermis


def gel(**changes: Any) -> PulseSetup:
    """The setup of the example; fields of the setup by name."""
    setup = PulseSetup(
        layers=(LAYER,),
        needle=NEEDLE,
        array=NeedleArray("checkerboard", 1.5 * MM),
        drive=Drive(0.5, voltage=28.0),
        start_core=307.15,
        boiling=None,
    )
    return replace(setup, **changes)


def layer(**changes: Any) -> TissueLayer:
    """The gel with any property changed."""
    return replace(LAYER, **changes)


@cache
def finite_elements() -> dict[str, dict[str, Any]]:
    """Answers of an independent finite-element code; see benchmarks/ngsolve_reference.py."""
    found = json.loads((Path(__file__).parent / "data" / "ngsolve_reference.json").read_text("utf-8"))
    return dict(found)
