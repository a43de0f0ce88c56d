"""The layers of a pulse as they are painted: colours by what a layer is called, and their legend. Depths are mm."""

from __future__ import annotations

from dataclasses import dataclass

from percuta.physics.pulse_setup import PulseSetup
from percuta.units import convert

_LONGEST_NAME = 24
_MADE_OF = {
    "stratum": "#b9a596",
    "epidermis": "epidermis",
    "dermis": "dermis",
    "subcutis": "below",
    "fat": "below",
    "muscle": "#e6bdb6",
}
_UNNAMED = ("#e9eef0", "#f3ece0", "#e3ece4", "#efe6ee")


@dataclass(frozen=True)
class PaintedLayer:
    """One layer: its name, its colour, the depths of its faces [mm]."""

    name: str
    paint: str
    top: float
    bottom: float


def painted_layers(setup: PulseSetup) -> list[PaintedLayer]:
    """Return the layers from the surface down; skin has its usual colours, other stuff takes pale ones in turn."""
    found: list[PaintedLayer] = []
    top, unnamed = 0.0, 0
    for layer in setup.layers:
        bottom = top + convert(layer.thickness, "mm")
        word = layer.name.lower()
        paint = next((paint for key, paint in _MADE_OF.items() if key in word), "")
        if not paint:
            paint, unnamed = _UNNAMED[unnamed % len(_UNNAMED)], unnamed + 1
        found.append(PaintedLayer(layer.name, paint, top, bottom))
        top = bottom
    return found


def layer_keys(setup: PulseSetup, top: float, bottom: float) -> list[tuple[str, str, str]]:
    """Return the legend of the layers that are seen between two depths."""
    keys = []
    for layer in painted_layers(setup):
        if layer.top < bottom and layer.bottom > top:
            name = layer.name if len(layer.name) <= _LONGEST_NAME else f"{layer.name[: _LONGEST_NAME - 1]}…"
            keys.append(("patch", layer.paint, f"{name}, {layer.top:.4g} to {layer.bottom:.4g} mm"))
    return keys
