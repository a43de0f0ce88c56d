"""The fields of each kind of device, with the units they are shown in and the words they may hold."""

from __future__ import annotations

_SHARED_UNITS = {
    "needle_count": "1",
    "needle_length": "mm",
    "needle_diameter": "mm",
    "tip_length": "mm",
    "tip_radius": "um",
    "needle_material": "text",
    "maximum_depth": "mm",
    "minimum_depth": "mm",
    "depth_step": "mm",
    "depth_tolerance": "mm",
    "swath_width": "mm",
    "label_maximum_depth": "mm",
}
_MOTOR_UNITS = {"puncture_rate": "Hz", "minimum_rate": "Hz", "maximum_rate": "Hz"}
# Limits of power, voltage (rms) and current hold for the whole generator, the energy for one needle.
_ARRAY_UNITS = {
    "rows": "1",
    "columns": "1",
    "pitch": "mm",
    "tip_shape": "text",
    "insulated_length": "mm",
    "exposed_length": "mm",
    "insertion_angle": "deg",
    "frequency": "MHz",
    "polarity": "text",
    "pattern": "text",
    "drive": "text",
    "maximum_power": "W",
    "maximum_voltage": "V",
    "maximum_current": "A",
    "maximum_energy_per_needle": "mJ",
    "minimum_pulse_width": "ms",
    "maximum_pulse_width": "ms",
    "cooling": "text",
}
_SENSOR_UNITS = {
    "minimum_sensor_temperature": "degC",
    "maximum_sensor_temperature": "degC",
    "sensor_position": "text",
    "sensor_length": "mm",
}
# Needles that stay in the skin for a while. They are conical, and their diameter is that of the base. The load fills
# them from the tip up to the loaded length; how long they take is told apart by kind.
_PATCH_UNITS = {
    "needle_count": "1",
    "patch_area": "cm^2",
    "needle_length": "mm",
    "needle_diameter": "mm",
    "tip_radius": "um",
    "needle_material": "text",
    "matrix": "text",
    "drug": "text",
    "load_per_patch": "ug",
    "loaded_length": "mm",
    "inserted_share": "1",
    "label_wear_time": "min",
    "human_data": "text",
}
DEVICE_FIELDS: dict[str, dict[str, str]] = {
    "pen": _SHARED_UNITS | _MOTOR_UNITS,
    "stamp": _SHARED_UNITS | _MOTOR_UNITS,
    "roller": _SHARED_UNITS | {"drum_diameter": "mm"},
    "rf_array": _SHARED_UNITS | _ARRAY_UNITS | _SENSOR_UNITS,
    "dissolving_patch": _PATCH_UNITS | {"dissolution_time": "min"},
    "porous_patch": _PATCH_UNITS | {"release_time": "min"},
}
# What a patch has to be computed with, and the field that says how long its needles take.
PATCH_TIMES = {"dissolving_patch": "dissolution_time", "porous_patch": "release_time"}
PATCH_KINDS = tuple(PATCH_TIMES)
PATCH_FIGURES = {
    kind: ("needle_count", "needle_diameter", "needle_length", "patch_area", time) for kind, time in PATCH_TIMES.items()
}
# A level is a number on the dial; it says nothing of the dose unless its conversion is published.
DRIVES = ("energy_per_pin", "power", "voltage", "sensor_temperature", "level")
WORDS = {
    "polarity": ("bipolar", "monopolar", "both"),
    "pattern": ("checkerboard", "alternating_rows", "pair", "monopolar"),
    "drive": DRIVES,
    "cooling": ("none", "contact"),
}


def fields_of(kind: str, drive: object = None) -> dict[str, str]:
    """Return the fields of a device with their units.

    Parameters
    ----------
    kind
        Kind of device.
    drive
        How its dose is set, where that is known. An array that is set otherwise than by the temperature of its
        sensors has none, and so none of their fields.
    """
    fields = DEVICE_FIELDS[kind]
    if drive not in DRIVES or drive == "sensor_temperature":
        return fields
    return {name: unit for name, unit in fields.items() if name not in _SENSOR_UNITS}
