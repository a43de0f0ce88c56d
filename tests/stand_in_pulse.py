"""A pulse that is not computed: a record of the right shapes whose figures follow from the setup by hand."""

from __future__ import annotations

import numpy as np

from percuta.library.registry import Library
from percuta.physics.pulse_record import DamageField, PulseRecord, Traces
from percuta.physics.pulse_setup import PulseSetup
from percuta.workflows.pulse import Progress

RESISTANCE = 100.0  # ohm, at any time


def stand_in(setup: PulseSetup, accuracy: str, known: Library, progress: Progress | None = None) -> PulseRecord:
    """Return a record of 4 x 3 x 6 cells and 5 steps: 1 K a joule, every zone 1 mm wide and 0.5 mm high."""
    voltage = setup.drive.voltage or np.sqrt((setup.drive.power or 1.0) * RESISTANCE)
    power = voltage**2 / RESISTANCE
    if progress is not None:
        progress(1.0)
    cells, energy = (4, 3, 6), power * setup.drive.width
    time = np.linspace(0.0, 2.0 * setup.drive.width, 6)
    warm = np.minimum(time / setup.drive.width, 1.0) * energy
    on = (time <= setup.drive.width).astype(np.float64)
    zero, field = np.zeros(6), np.full(cells, 310.0, dtype=np.float32)
    return PulseRecord(
        x=np.linspace(0.0, setup.array.pitch / 2, 5),
        y=np.linspace(0.0, setup.array.pitch / 2, 4),
        z=np.linspace(0.0, setup.depth, 7),
        tissue_share=np.ones(cells, dtype=np.float32),
        layer=np.zeros(6, dtype=np.uint8),
        copies=4.0,
        mirrored=(True, True),
        potential=np.zeros(cells, dtype=np.float32),
        temperature=field,
        peak=field + np.float32(energy),
        joule=np.zeros(cells, dtype=np.float32),
        vaporised=np.zeros(cells, dtype=np.float32),
        damage=tuple(
            DamageField(
                name=one.name,
                collagen=one.collagen,
                log_integral=np.full(cells, -np.inf, dtype=np.float32),
                fraction=np.zeros(6),
                volume=1e-10 * number,
                width=1e-3,
                height=0.5e-3,
                top=float("nan") if number == 1 else 1e-3,
            )
            for number, one in enumerate((*setup.cell_kinetics, *setup.collagen_kinetics), 1)
        ),
        cem43_log=np.zeros(cells, dtype=np.float32),
        heat_shocked=np.zeros(6),
        thermal_reaction=np.zeros(6),
        traces=Traces(
            time=time,
            voltage=voltage * on,
            current=voltage / RESISTANCE * on,
            power=power * on,
            resistance=np.full(6, RESISTANCE),
            sensor=zero + 307.15,
            tissue_peak=setup.start_core + warm,
            surface_peak=zero + setup.start_surface,
            mean_rise=warm,
            stored=warm,
            lost=zero,
        ),
        pulse_end=2,
        energy=energy,
        energy_per_needle=energy / max(setup.array.rows * setup.array.columns, 1),
        needle_energy=np.array([[0.0, 0.0, energy]]),
        volume_above_60=0.2e-9,
        energy_balance_error=1e-7,
        joule_error=1e-9,
        residual=1e-8,
        discretisation_error=float("nan") if accuracy == "draft" else 0.004,
        cells=72,
        steps=5,
        field_solves=5,
        sensor_reached=float("nan"),
        peak_voltage=voltage * np.sqrt(2.0),
    )
