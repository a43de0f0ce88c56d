"""Thickness of epidermis and dermis at eight places of face and neck: measured figures, taken as they stand."""

from __future__ import annotations

from percuta.evidence.calibration.fit import Fit, Repeated
from percuta.evidence.measurements import Measurement, publication

_TABLE = "meng_2022"


def thicknesses() -> dict[str, Repeated]:
    """Return mean and standard deviation over people of every layer in the table."""
    return {_name(one): Repeated(one.value, {"sd": one.spread or 0.0}) for one in _measured().values()}


def _measured() -> dict[str, Measurement]:
    return publication(_TABLE).measurements


def _name(one: Measurement) -> str:
    return f"site.{one.site}.{_TABLE}.{one.sex}.{one.layer}"


FITS = (
    Fit(
        "layers of face and neck",
        "The figures of a table, taken as they stand.",
        "measured",
        tuple(_name(one) for one in _measured().values()),
        tuple((_TABLE, name) for name in _measured()),
        thicknesses,
    ),
)
