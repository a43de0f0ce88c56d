"""One pulse on the bench: from a pulse file to what the physics takes, filled with typical values of the library."""

from __future__ import annotations

from percuta.errors import PlanError, Where
from percuta.library.registry import Library
from percuta.physics.dielectric import ColeCole, Four, frequency_factor
from percuta.physics.pulse_setup import (
    Boiling,
    Drive,
    Kinetics,
    Needle,
    NeedleArray,
    PulseSetup,
    SensorControl,
    Surface,
    TissueLayer,
)
from percuta.plan.pulse_file import PulseFile
from percuta.plan.pulse_reading import kinetic_sets
from percuta.plan.pulse_tables import LayerTable
from percuta.sources import Sourced, Unpublished
from percuta.units import Quantity

HEAT_OF_VAPORISATION = 2.256e6  # J/kg, of water at 100 degC
INFINITE = float("inf")

_SHARPEST = 1e-6  # m; a taper shorter than this is a flat end


def setup_of(file: PulseFile, known: Library) -> PulseSetup:
    """Return what the physics takes for a pulse file.

    Parameters
    ----------
    file
        The pulse file.
    known
        The library, whose typical values fill what the file leaves out.

    Raises
    ------
    PlanError
        If a tissue lacks a property that the file leaves out, with the key in ``where``.
    """
    thermal, boiling = file.thermal, file.boiling
    start = thermal.start
    surface = _first(start, thermal.start_surface, known.parameter("rf.surface_temperature"))
    core = _first(start, thermal.start_core, known.parameter("rf.core_temperature"))
    return PulseSetup(
        layers=tuple(_layer(file, number, known) for number in range(len(file.layers))),
        needle=_needle(file, known),
        array=_array(file, known),
        drive=_drive(file, known),
        top=_top(file, surface, known),
        bottom=Surface(INFINITE if thermal.bottom == "held" else 0.0, core),
        holder=Surface() if thermal.holder_temperature is None else Surface(INFINITE, thermal.holder_temperature.si),
        start_surface=surface,
        start_core=core,
        boiling=Boiling(
            dry_limit=_first(boiling.dry_limit, known.parameter("rf.dry_limit")),
            dry_conductivity=_first(boiling.dry_conductivity, known.parameter("rf.dry_conductivity")),
            recovered=_first(boiling.recovered, known.parameter("rf.vapour_recovered")),
        )
        if boiling.enabled
        else None,
        blood_temperature=_first(thermal.blood_temperature, known.parameter("rf.core_temperature")),
        cell_kinetics=tuple(kinetics_of(name, known) for name in file.damage.cell or kinetic_sets("cell", known)),
        collagen_kinetics=tuple(
            kinetics_of(name, known, collagen=True) for name in file.damage.collagen or kinetic_sets("collagen", known)
        ),
    )


def kinetics_of(name: str, known: Library, *, collagen: bool = False) -> Kinetics:
    """Return a kinetic set of the library, of one branch or of two."""
    values = {key: known.parameter(f"kinetics.{name}_{key}").si for key in ("log_factor", "activation")}
    if f"kinetics.{name}_break" in known.parameters:
        above = {key: known.parameter(f"kinetics.{name}_{key}").si for key in ("log_factor_above", "activation_above")}
        values |= above | {"break_temperature": known.parameter(f"kinetics.{name}_break").si}
    return Kinetics(name=name, collagen=collagen, **values)


def cole_cole_of(name: str, known: Library) -> ColeCole:
    """Return a set of dispersions of the library."""

    def four(key: str) -> Four:
        first, second, third, fourth = (known.parameter(f"dielectric.{name}_{key}_{n}").si for n in (1, 2, 3, 4))
        return first, second, third, fourth

    infinity, ionic = (known.parameter(f"dielectric.{name}_{key}").si for key in ("eps_infinity", "sigma_ionic"))
    return ColeCole(infinity, four("delta_eps"), four("tau"), four("alpha"), ionic)


def _first(*candidates: Quantity | Sourced | float | None) -> float:
    """Return the first that is given, in SI units."""
    found = next(one for one in candidates if one is not None)
    return float(found) if isinstance(found, int | float) else found.si


def _layer(file: PulseFile, number: int, known: Library) -> TissueLayer:
    layer, place = file.layers[number], f"layers[{number + 1}]"
    in_plane, in_depth = _electrical(file, layer, place, known)
    water = 0.0
    if file.boiling.enabled:
        fraction = _property(layer, "water_fraction", place, known)
        water = fraction * _property(layer, "density", place, known) if fraction > 0.0 else 0.0
    rate = 0.0 if layer.tissue is None and layer.perfusion is None else _property(layer, "perfusion", place, known)
    return TissueLayer(
        name=layer.name,
        thickness=layer.thickness.si,
        sigma_in_plane=in_plane,
        sigma_in_depth=in_depth,
        sigma_slope=_first(layer.conductivity_slope, known.parameter("rf.conductivity_slope")),
        conductivity=_property(layer, "thermal_conductivity", place, known),
        heat_capacity=_heat_capacity(layer, place, known),
        latent_heat=HEAT_OF_VAPORISATION * water,
        perfusion=rate * known.parameter("rf.blood_heat_capacity").si,
        sigma_reference=_first(layer.conductivity_reference, known.parameter("dielectric.reference_temperature")),
    )


def _electrical(file: PulseFile, layer: LayerTable, place: str, known: Library) -> tuple[float, float]:
    """Return the conductivities in the plane of a layer and in depth [S/m].

    What is given by hand holds as it stands; what the library fills is scaled to the frequency of the drive.
    """
    by_hand, in_depth = layer.electrical_conductivity, layer.electrical_conductivity_in_depth
    if by_hand is not None:
        return by_hand.si, _first(in_depth, by_hand)
    in_plane = _property(layer, "electrical_conductivity", place, known, "electrical_conductivity_in_plane")
    in_plane *= _frequency_factor(file, layer, place, known)
    if in_depth is not None:
        return in_plane, in_depth.si
    return in_plane, in_plane / _property(
        layer, "electrical_conductivity_in_depth", place, known, "electrical_anisotropy"
    )


def _frequency_factor(file: PulseFile, layer: LayerTable, place: str, known: Library) -> float:
    """Return the conductivity of a tissue at the frequency of the drive over that of the library."""
    if file.drive.frequency is None:
        return 1.0
    entry = known.tissues[layer.tissue or ""].get("dielectric_set")
    if not isinstance(entry, Sourced):
        raise PlanError(
            f"the library has no change with frequency of the tissue {layer.tissue}",
            where=Where(key=f"{place}.electrical_conductivity"),
            do="give electrical_conductivity of the layer, or leave out drive.frequency",
        )
    return frequency_factor(
        cole_cole_of(entry.text, known), file.drive.frequency.si, known.parameter("dielectric.reference_frequency").si
    )


def _heat_capacity(layer: LayerTable, place: str, known: Library) -> float:
    """Return the volumetric heat capacity [J/(m^3 K)]."""
    if layer.heat_capacity is not None:
        return layer.heat_capacity.si
    specific_heat = _property(layer, "heat_capacity", place, known, "specific_heat")
    return _property(layer, "density", place, known) * specific_heat


def _property(layer: LayerTable, key: str, place: str, known: Library, name: str | None = None) -> float:
    """Return a property given by hand, else the typical value of the tissue (``name`` is its field there)."""
    given = getattr(layer, key) if name is None else None
    if given is not None:
        return _first(given)
    entry = known.tissues[layer.tissue or ""].get(name or key)
    if isinstance(entry, Sourced):
        return entry.si
    sought = f" (sought in: {entry.where_sought})" if isinstance(entry, Unpublished) else ""
    raise PlanError(
        f"the library has no {name or key} of the tissue {layer.tissue}{sought}",
        where=Where(key=f"{place}.{key}"),
        do=f"give {key} of the layer",
    )


def _needle(file: PulseFile, known: Library) -> Needle:
    needle, metal = file.needle, file.needle.thermal == "conducting"
    taper = needle.taper.si if needle.taper is not None else 0.0
    return Needle(
        diameter=needle.diameter.si,
        depth=needle.depth.si,
        exposed_length=needle.exposed_length.si,
        taper=taper if taper >= _SHARPEST else 0.0,
        angle=needle.inclination,
        conductivity=_first(needle.conductivity, known.parameter("rf.needle_conductivity")) if metal else 0.0,
        heat_capacity=_first(needle.heat_capacity, known.parameter("rf.needle_heat_capacity")),
    )


def _array(file: PulseFile, known: Library) -> NeedleArray:
    array = file.array
    body = _first(array.body_resistance, known.parameter("rf.body_resistance")) if array.pattern == "monopolar" else 0.0
    return NeedleArray(array.pattern, array.pitch.si, array.rows or 0, array.columns or 0, body, array.skin_beyond)


def _drive(file: PulseFile, known: Library) -> Drive:
    drive = file.drive
    power = drive.power.si if drive.power is not None else None
    if drive.energy_per_needle is not None:
        power = drive.energy_per_needle.si / drive.pulse_width.si * file.array.needles_per_unit
    rise = drive.control.longest_rise if drive.control is not None else None
    return Drive(
        width=drive.pulse_width.si,
        voltage=drive.voltage.si if drive.voltage is not None else None,
        power=power,
        control=_control(file, known),
        sub_pulses=drive.sub_pulses,
        gap=_first(drive.gap, 0.0),
        pulses=drive.pulses,
        pause=_first(drive.pause, 0.0),
        voltage_limit=_first(drive.voltage_limit, INFINITE),
        current_limit=_first(drive.current_limit, INFINITE),
        power_limit=_first(drive.power_limit, INFINITE),
        longest_rise=Drive.longest_rise if rise is None else rise.si,
    )


def _control(file: PulseFile, known: Library) -> SensorControl | None:
    target, control = file.drive.sensor_temperature, file.drive.control
    if target is None:
        return None
    given = {
        name: getattr(control, name).si
        for name in ("lag", "interval", "proportional", "integral")
        if getattr(control, name, None) is not None
    }
    return SensorControl(
        target=target.si,
        length=_first(getattr(control, "length", None), file.needle.exposed_length),
        offset=_first(getattr(control, "offset", None), known.parameter("rf.sensor_offset")),
        ideal=control is None or control.kind == "ideal",
        **given,
    )


def _top(file: PulseFile, surface: float, known: Library) -> Surface:
    thermal = file.thermal
    if thermal.top == "insulated":
        return Surface(0.0, surface)
    transfer = _first(thermal.top_transfer, known.parameter(f"rf.surface_transfer_{thermal.top}"))
    return Surface(transfer, _first(thermal.top_temperature, known.parameter(f"rf.{thermal.top}_temperature")))
