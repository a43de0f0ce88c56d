"""What a plan keeps of one computed RF pulse: its zones by depth and a few numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from percuta.physics.array_piece import needles_of
from percuta.physics.pulse_record import PulseRecord
from percuta.physics.pulse_setup import NeedleArray

Floats = NDArray[np.float64]

_ARRAYS = 4  # the first of them has one value more


@dataclass(frozen=True)
class PulseSummary:
    """One pulse, SI units.

    Attributes
    ----------
    edges : (n + 1,)
        Depths of the faces of its layers of cells [m].
    coagulated, necrotic, heat_shocked : (n,)
        Fraction of the tissue of each layer, over the whole computed skin.
    area
        Of the skin that one unit of the array was computed in [m^2].
    volume
        Coagulated around one needle [m^3].
    width, height, top
        Extent of the largest coagulated zone and the depth at which it begins [m]; the top is NaN where there is none.
    peak_temperature, surface_temperature
        Highest in the tissue and on its surface [K].
    energy_per_needle
        [J].
    resistance
        Of one unit when the current comes on [Ohm].
    time
        From the first current to the end of the pulse [s].
    sensor_reached
        Time until the sensor is at its target [s]; NaN without one.
    """

    edges: Floats
    coagulated: Floats
    necrotic: Floats
    heat_shocked: Floats
    area: float
    volume: float
    width: float
    height: float
    top: float
    peak_temperature: float
    surface_temperature: float
    energy_per_needle: float
    resistance: float
    time: float
    sensor_reached: float

    def as_bytes(self) -> bytes:
        """Return the summary to the last bit."""
        return np.concatenate([np.atleast_1d(getattr(self, one.name)) for one in fields(self)]).astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, raw: bytes) -> PulseSummary:
        """Return the summary that some bytes were made from.

        Raises
        ------
        ValueError
            If they are no summary.
        """
        values = np.frombuffer(raw, dtype="<f8").astype(np.float64)
        layers, rest = divmod(values.size - 1 - (len(fields(cls)) - _ARRAYS), _ARRAYS)
        if rest != 0 or layers < 1:
            raise ValueError("not the bytes of a summary")
        edges, columns, numbers = np.split(values, [layers + 1, _ARRAYS * layers + 1])
        return cls(edges, *columns.reshape(_ARRAYS - 1, layers), *(float(one) for one in numbers))


def summary_of(record: PulseRecord, array: NeedleArray) -> PulseSummary:
    """Return the summary of a pulse that was computed for one set of cells and one of collagen."""
    necrotic, coagulated = record.damage
    traces = record.traces
    on = np.flatnonzero(traces.power > 0.0)  # a temperature control begins without current
    return PulseSummary(
        edges=record.z,
        coagulated=coagulated.fraction,
        necrotic=necrotic.fraction,
        heat_shocked=record.heat_shocked,
        area=float(record.copies * (record.x[-1] - record.x[0]) * (record.y[-1] - record.y[0])),
        volume=coagulated.volume / needles_of(array),
        width=coagulated.width,
        height=coagulated.height,
        top=coagulated.top,
        peak_temperature=float(traces.tissue_peak.max()),
        surface_temperature=float(traces.surface_peak.max()),
        energy_per_needle=record.energy_per_needle,
        resistance=float(traces.resistance[on[0]]) if on.size else float("nan"),
        time=float(traces.time[record.pulse_end]),
        sensor_reached=record.sensor_reached,
    )
