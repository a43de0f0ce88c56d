"""A small record of a pulse whose fields are simple functions of place, on cells of different sizes."""

from __future__ import annotations

import numpy as np
import pytest

from percuta.physics.pulse_record import DamageField, PulseRecord, Traces
from percuta.physics.pulse_setup import Drive, Kinetics, Needle, NeedleArray, PulseSetup, TissueLayer

X = np.array([0.0, 0.05, 0.125, 0.3, 0.75]) * 1e-3
Y = np.array([0.0, 0.1, 0.2, 0.75]) * 1e-3
Z = np.array([0.0, 0.1, 1.0, 1.5, 2.0, 4.0]) * 1e-3
SHAPE = (4, 3, 5)


@pytest.fixture
def setup() -> PulseSetup:
    """Two layers, a bipolar array without edges, one kinetic set of each kind."""
    layers = (
        TissueLayer("epidermis", 1e-4, 0.1, 0.1, 0.015, 0.25, 3.6e6),
        TissueLayer("dermis", 3.9e-3, 0.3, 0.3, 0.015, 0.4, 3.7e6),
    )
    return PulseSetup(
        layers=layers,
        needle=Needle(2.5e-4, 2e-3, 5e-4),
        array=NeedleArray("checkerboard", 1.5e-3),
        drive=Drive(width=0.5, voltage=28.0),
        cell_kinetics=(Kinetics("takata", 200.0, 70000.0),),
        collagen_kinetics=(Kinetics("agah", 120.0, 51000.0, collagen=True),),
    )


@pytest.fixture
def record() -> PulseRecord:
    """Temperature falls from the needle, the potential to zero on the far planes; nothing is damaged far away."""
    x, y, z = np.meshgrid(*(0.5 * (edges[1:] + edges[:-1]) for edges in (X, Y, Z)), indexing="ij")
    temperature = (307.15 + 40.0 * np.exp(-((x**2 + y**2) / 4e-8) - (z - 1.75e-3) ** 2 / 2e-7)).astype(np.float32)
    with np.errstate(divide="ignore"):
        log_integral = np.log(np.maximum(temperature - 330.0, 0.0)).astype(np.float32)
    time = np.linspace(0.0, 1.0, 5)
    return PulseRecord(
        x=X,
        y=Y,
        z=Z,
        tissue_share=np.where((x < 1e-4) & (y < 1e-4) & (z < 2e-3), 0.25, 1.0).astype(np.float32),
        layer=np.array([0, 1, 1, 1, 1], dtype=np.uint8),
        copies=4.0,
        mirrored=(True, True),
        potential=(14.0 * (1 - x / X[-1]) * (1 - y / Y[-1])).astype(np.float32),
        temperature=temperature,
        peak=temperature + np.float32(2.0),
        joule=np.full(SHAPE, 1e9, dtype=np.float32),
        vaporised=np.zeros(SHAPE, dtype=np.float32),
        damage=(
            DamageField("takata", False, log_integral, np.linspace(0, 1, 5), 1e-10, 3e-4, 6e-4, 1.4e-3),
            DamageField("agah", True, log_integral - np.float32(1), np.zeros(5), 0.0, 0.0, 0.0, float("nan")),
        ),
        cem43_log=np.full(SHAPE, np.log(240.0), dtype=np.float32),
        heat_shocked=np.zeros(5),
        thermal_reaction=np.linspace(0.0, 0.1, 5),
        traces=Traces(time, *(np.linspace(300.0, 301.0, 5) for _ in range(10))),
        pulse_end=2,
        energy=0.1,
        energy_per_needle=0.1,
        needle_energy=np.array([[0.0, 0.0, 0.1]]),
        volume_above_60=2e-10,
        energy_balance_error=1e-7,
        joule_error=1e-9,
        residual=1e-8,
        discretisation_error=0.004,
        cells=60,
        steps=4,
        field_solves=4,
        sensor_reached=float("nan"),
        peak_voltage=39.6,
    )
