"""What went into a pulse, in words: array, needle, drive, layers, surfaces."""

from __future__ import annotations

import math

from percuta.physics.pulse_setup import PulseSetup, Surface, TissueLayer
from percuta.report.quantities import given, lasts, percent
from percuta.report.wording import joined

_PATTERNS = {
    "checkerboard": "Checkerboard of opposite polarities",
    "alternating_rows": "Rows of alternating polarity",
    "pair": "One of several pairs with a supply of their own",
    "monopolar": "Monopolar array, with its return electrode elsewhere on the body",
}


def summary(setup: PulseSetup) -> str:
    """Return array, needle and drive in three sentences."""
    needle, array = setup.needle, setup.array
    size = (
        ""
        if array.pattern == "pair"
        else ", without edges"
        if array.infinite
        else f", {array.rows} × {array.columns} needles"
    )
    bare = needle.exposed_length >= needle.depth / math.sin(needle.angle) * (1 - 1e-9)
    lean = "" if abs(needle.angle - math.pi / 2) < 1e-6 else f" at {math.degrees(needle.angle):.3g}° to the surface"
    length = "bare throughout" if bare else f"bare over {given(needle.exposed_length, 'mm')} from the tip"
    return (
        f"{_PATTERNS[array.pattern]}{size}, pitch {given(array.pitch, 'mm')}. Needles {given(needle.diameter, 'mm')} "
        f"thick, tip at {given(needle.depth, 'mm')}{lean}, {length}. {drive_in_words(setup)}."
    )


def drive_in_words(setup: PulseSetup) -> str:
    """Return what the generator does."""
    drive = setup.drive
    if drive.control is not None:
        said = f"Sensor held at {given(drive.control.target, 'degC')} for {lasts(drive.width)}"
    elif drive.voltage is not None:
        said = f"{given(drive.voltage, 'V')} rms for {lasts(drive.width)}"
    else:
        said = f"{given(drive.power or 0.0, 'W')} for {lasts(drive.width)}"
    if drive.sub_pulses > 1:
        said += f" in {drive.sub_pulses} sub-pulses with gaps of {lasts(drive.gap)}"
    if drive.pulses > 1:
        said += f", {drive.pulses} pulses with pauses of {lasts(drive.pause)}"
    return said


def layer_row(layer: TissueLayer) -> dict[str, str]:
    """Return one layer as a row of the table."""
    in_plane, in_depth = given(layer.sigma_in_plane, "S/m"), given(layer.sigma_in_depth, "S/m")
    return {
        "name": layer.name,
        "thickness": given(layer.thickness, "mm"),
        "sigma": in_plane if in_plane == in_depth else f"{in_plane} along, {in_depth} across",
        "slope": f"{100.0 * layer.sigma_slope:.3g} %/K from {given(layer.sigma_reference, 'degC')}",
        "conductivity": given(layer.conductivity, "W/m/K"),
        "heat_capacity": f"{1e-6 * layer.heat_capacity:.4g} MJ/(m³ K)",
        "latent": f"{1e-6 * layer.latent_heat:.4g} MJ/m³" if layer.latent_heat > 0 else "does not boil",
        "perfusion": f"{1e-3 * layer.perfusion:.3g} kW/(m³ K)" if layer.perfusion > 0 else "none",
    }


def setting_rows(setup: PulseSetup) -> list[tuple[str, str]]:
    """Return what else was put in, as labels and values."""
    needle, drive, array = setup.needle, setup.drive, setup.array
    metal = (
        f"conducts heat, {given(needle.conductivity, 'W/m/K')}" if needle.conductivity > 0 else "left out of the heat"
    )
    rows = [
        ("Drive", drive_in_words(setup)),
        ("Tip", f"tapered over {given(needle.taper, 'mm')}" if needle.taper > 0 else "flat, its face is electrode"),
        ("Needle metal", metal),
    ]
    if not array.infinite or array.pattern == "pair":
        rows.append(("Skin beyond the needles", given(array.margin, "mm")))
    if array.pattern == "monopolar":
        rows.append(("Resistance of body and return electrode", given(array.body_resistance, "ohm")))
    limits = [
        given(value, unit)
        for value, unit in ((drive.voltage_limit, "V"), (drive.current_limit, "A"), (drive.power_limit, "W"))
        if math.isfinite(value)
    ]
    rows.append(("Limits of the generator", joined(limits) or "none given"))
    if drive.control is not None:
        control = drive.control
        kind = "ideal control" if control.ideal else f"PI control every {lasts(control.interval)}"
        offset = f", reads {given(control.offset, 'K')} off" if control.offset else ""
        rows.append(("Sensor", f"{kind}; mean over {given(control.length, 'mm')} from the tip{offset}"))
    start, core = given(setup.start_surface, "degC"), given(setup.start_core, "degC")
    rows.append(
        ("Before the pulse", f"{start} everywhere" if start == core else f"{start} at the surface, {core} below")
    )
    rows.append(("Skin surface", _face(setup.top)))
    rows.append(("Bottom", _face(setup.bottom)))
    boiling = setup.boiling
    rows.append(
        (
            "Boiling",
            "left out"
            if boiling is None
            else f"from 99 °C; dry when {percent(boiling.dry_limit)} of the water is vapour, "
            f"{percent(boiling.recovered)} condenses again in place",
        )
    )
    return rows


def _face(surface: Surface) -> str:
    if surface.transfer == 0.0:
        return "insulated"
    if math.isinf(surface.transfer):
        return f"held at {given(surface.temperature, 'degC')}"
    return f"{surface.transfer:.3g} W/(m² K) to {given(surface.temperature, 'degC')}"
