"""RF needles against published observations.

No readable publication gives settings together with zone sizes, so that what can be judged is order, absence and
shape: what grows with what, where zones are and are not. Where sizes were published without the settings that made
them, the row says so and is not comparable. Zones are seen through the histology operator: shrinkage, stain, and a
section through the axis. Settings that a publication leaves open are stated here, and nothing is tuned.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import numpy as np

from percuta.engine.pulse_bench import setup_of
from percuta.evidence.cases import Case, Row, Verdict
from percuta.library.registry import library
from percuta.physics.histology import observed_height, observed_width, shrinkage_of
from percuta.physics.pulse import compute_pulse
from percuta.physics.pulse_record import PulseRecord
from percuta.plan.pulse_reading import read_pulse

_SHRINKAGE = float(shrinkage_of(0.12))  # along the surface
_SHRINKAGE_IN_DEPTH = float(shrinkage_of(0.21))
_SKIN = (("epidermis", "0.08 mm"), ("dermis", "2.0 mm"), ("subcutis", "4.0 mm"))
_INSULATED = 'diameter = "0.2 mm"\nexposed_length = "0.3 mm"\ntaper = "0.2 mm"'
_BARE = 'diameter = "0.3 mm"\nexposed_length = "3 mm"\ntaper = "0.3 mm"'
_CHECKERBOARD = 'pattern = "checkerboard"\npitch = "1.67 mm"'
_CELLS, _COLLAGEN = ("henriques_moritz", "mehta_wong"), ("agah", "pearce")
_LIMIT = 'voltage_limit = "140 V"'  # no generator's was read; as of the generic array of the library


@cache
def _pulse(
    array: str, needle: str, drive: str, thermal: str = 'top = "air"', *, tissue: str = "", dermis: str = ""
) -> PulseRecord:
    """Compute one pulse in layered skin, or in 8 mm of one tissue, at draft.

    Lines of ``dermis`` stand in the place of the library's values.
    """
    stack = ((tissue, "8 mm"),) if tissue else _SKIN
    layers = "".join(
        f'[[layers]]\nname = "{name}"\ntissue = "{name}"\nthickness = "{size}"\n{dermis * (name == "dermis")}\n'
        for name, size in stack
    )
    start = 'start_surface = "34 degC"\nstart_core = "37 degC"'
    text = (
        f'schema = 1\ntitle = "Validation case"\n[array]\n{array}\n[needle]\n{needle}\n{layers}'
        f"[drive]\n{drive}\n[thermal]\n{start}\n{thermal}\n"
        f"[damage]\ncell = {list(_CELLS)}\ncollagen = {list(_COLLAGEN)}\n"
    )
    known = library()
    return compute_pulse(setup_of(read_pulse(text, "validation", known), known), "draft")


def _widths(record: PulseRecord, sets: Iterable[str]) -> list[float]:
    """Return observed widths of the zones of some sets [um]; 0 where there is none."""
    widths = [record.damage_of(name).width for name in sets]
    return [1e6 * float(observed_width(width, _SHRINKAGE)) if width > 0.0 else 0.0 for width in widths]


def _volumes(record: PulseRecord, sets: Iterable[str]) -> list[float]:
    return [1e9 * record.damage_of(name).volume for name in sets]


def _judged(quantity: str, observed: str, holds: bool, predicted: str, note: str = "") -> Row:
    verdict: Verdict = "inside" if holds else "outside"
    return Row(quantity, "1", None, None, verdict, expected_text=observed, predicted_text=predicted, note=note)


def _open(quantity: str, observed: str, predicted: str, note: str) -> Row:
    return Row(quantity, "1", None, None, "not comparable", expected_text=observed, predicted_text=predicted, note=note)


def _span(values: Iterable[float], unit: str) -> str:
    listed = list(values)
    return f"{min(listed):.3g} to {max(listed):.3g} {unit}"


def _series(values: Iterable[float], unit: str) -> str:
    return ", ".join(f"{one:.3g}" for one in values) + f" {unit}"


def _rising(values: Iterable[float]) -> bool:
    listed = list(values)
    return all(low < high for low, high in pairwise(listed))


# --- Primaeva: temperature-controlled pairs in human skin -------------------------------------------------------

_PAIR = 'pattern = "pair"\npitch = "1.25 mm"'
_INCLINED = 'diameter = "0.25 mm"\ndepth = "2 mm"\nexposed_length = "3 mm"\nangle = "20 deg"\nlength = "6 mm"'


# What the publications leave open: conductivity of the dermis over its published range, and where along the bare
# end the sensor sits.
_CONDUCTIVITIES = ('thermal_conductivity = "0.29 W/m/K"', 'thermal_conductivity = "0.45 W/m/K"')
_SENSORS = (("3 mm", _CONDUCTIVITIES[0]), ("3 mm", _CONDUCTIVITIES[1]), ("1 mm", ""))
_CORNERS = ((60, "1 s"), (60, "25 s"), (72, "4 s"), (80, "25 s"))


def _held(temperature: int, dwell: str, sensor: str = "3 mm", dermis: str = "") -> PulseRecord:
    drive = f'sensor_temperature = "{temperature} degC"\npulse_width = "{dwell}"\npower_limit = "7 W"\n{_LIMIT}'
    return _pulse(_PAIR, _INCLINED, f'{drive}\n[drive.control]\nlength = "{sensor}"', dermis=dermis)


def _band(temperature: int, dwell: str, sets: tuple[str, ...]) -> list[float]:
    """Return observed widths [um] over sets, conductivities of the dermis, and places of the sensor."""
    records = [_held(temperature, dwell, sensor, dermis) for sensor, dermis in _SENSORS]
    return [width for record in records for width in _widths(record, sets)]


def _primaeva() -> list[Row]:
    by_temperature = [_held(temperature, "4 s") for temperature in (60, 66, 72)]
    held = by_temperature[2]
    denatured, dead = _widths(held, _COLLAGEN), _widths(held, _CELLS)
    growing = [_volumes(one, _COLLAGEN)[0] for one in by_temperature]
    return [
        _judged(
            "denatured zones in the reticular dermis at 72 degC, 4 s",
            "seen (H&E)",
            min(denatured) > 0.0,
            f"width {_span(denatured, 'um')} over the collagen sets",
        ),
        _judged(
            "the zone of dead cells (NBTC) reaches beyond the denatured one",
            "both stains used",
            min(dead) > max(denatured),
            f"dead {_span(dead, 'um')}, denatured {_span(denatured, 'um')}",
        ),
        _judged(
            "denatured volume against 60, 66 and 72 degC for 4 s",
            "chosen from 60 to 80 degC",
            growing[0] < growing[1] < growing[2],
            _series(growing, "mm^3 per pair"),
        ),
        *_primaeva_bands(),
    ]


def _primaeva_bands() -> list[Row]:
    """Return the bands at the corners of what was tried, 60 to 80 degC for 1 to 25 s."""
    bands = {corner: (_band(*corner, _COLLAGEN), _band(*corner, _CELLS)) for corner in _CORNERS}
    rows = [
        _open(
            f"width of the zone at {temperature} degC, {dwell}",
            "sizes not in the texts read",
            f"denatured {_span(denatured, 'um')}, dead {_span(dead, 'um')}",
            "Bands over damage sets, conductivity of the dermis and place of the sensor; the temperature of the "
            "cooling plate is unpublished.",
        )
        for (temperature, dwell), (denatured, dead) in bands.items()
    ]
    longest = bands[60, "25 s"][0]
    return [
        _judged(
            "denatured zones at the lowest temperature tried, 60 degC for 25 s",
            "tried from 60 to 80 degC, zones reported for the series",
            max(longest) > 0.0,
            f"width {_span(longest, 'um')}",
        ),
        *rows,
    ]


# --- Copenhagen: 7 x 7 needles of 1.5 mm in human skin ----------------------------------------------------------


def _stamp(
    energy: int, needle: str = _INSULATED, width: str = "100 ms", extra: str = "", thermal: str = 'top = "air"'
) -> PulseRecord:
    drive = f'energy_per_needle = "{energy} mJ"\npulse_width = "{width}"\n{_LIMIT}\n{extra}'
    return _pulse(_CHECKERBOARD, f'{needle}\ndepth = "1.5 mm"', drive, thermal)


def _copenhagen() -> list[Row]:
    low, high = _stamp(50, _BARE), _stamp(150, _BARE)
    widths = [_widths(one, _CELLS)[0] for one in (low, high)]
    return [
        _judged(
            "zone at high against low energy, bare needles of 1.5 mm",
            "63 to 85 um and down to 1.5 mm, against 9 um in the epidermis only",
            widths[0] < widths[1],
            f"{_series(widths, 'um')} wide at 50 and 150 mJ a needle",
        ),
        _open(
            "diameter of the zone at high energy",
            "63 to 85 um",
            f"{_span(_widths(high, (*_CELLS, *_COLLAGEN)), 'um')} at 150 mJ a needle, needle included",
            "Energy, pulse, insulation and diameter of the needles were not in the text read.",
        ),
    ]


# --- Minipig: one pack against ten ------------------------------------------------------------------------------


def _packs() -> list[Row]:
    one = _stamp(60, width="500 ms")
    ten = _stamp(60, width="5 s", extra='sub_pulses = 10\ngap = "100 ms"')
    contact = 'top = "contact"\ntop_temperature = "5 degC"\ntop_transfer = "1000 W/m^2/K"'
    cooled = _stamp(60, width="500 ms", thermal=contact)
    dead = [_volumes(record, _CELLS)[0] for record in (one, ten, cooled)]
    reaction = [float(record.thermal_reaction.max()) for record in (one, ten)]
    rise = [float(np.nanmax(record.traces.surface_peak)) - 273.15 for record in (one, cooled)]
    note = "Power and geometry were not in the text read: 60 mJ a needle in both, insulated needles at 1.67 mm."
    return [
        _judged(
            "necrosis around the electrodes, 500 ms in one pack against 5 s in ten",
            "present against not notable",
            dead[0] > 10.0 * dead[1],
            f"{_series(dead[:2], 'mm^3 a needle')} of dead cells",
            note,
        ),
        _judged(
            "reaction between the electrodes (45 to 55 degC, cells live), one pack",
            "present",
            reaction[0] > 0.0,
            f"up to {reaction[0]:.2g} of a layer",
        ),
        _judged(
            "reaction between the electrodes, ten packs",
            "wide",
            reaction[1] > reaction[0],
            f"up to {reaction[1]:.2g} of a layer",
        ),
        _judged(
            "contact cooling at 500 ms: colder surface, necrosis remains",
            "surface colder, necrosis not removed",
            rise[1] < rise[0] and dead[2] > 0.5 * dead[0],
            f"surface {_series(rise, 'degC')}, dead {_series((dead[0], dead[2]), 'mm^3')}",
        ),
    ]


# --- Frequency --------------------------------------------------------------------------------------------------


def _frequency() -> list[Row]:
    widths = [_widths(_stamp(20, extra=f'frequency = "{one} MHz"'), _CELLS)[0] for one in (0.4, 1, 2, 3)]
    spread = max(widths) / min(widths) - 1.0
    lower, higher = _widths(_stamp(16), _CELLS)[0], _widths(_stamp(20), _CELLS)[0]
    slope = np.log(higher / lower) / np.log(20 / 16)
    return [
        _judged(
            "zone width at equal energy, 0.4 to 3 MHz",
            "no effect of frequency (bovine liver)",
            spread < 0.05,
            f"{_series(widths, 'um')}: {spread:.1%} apart",
        ),
        _judged(
            "2 MHz against 1 MHz, insulated needles, pig",
            "2 MHz narrower",
            widths[2] < 0.95 * widths[1],
            f"{widths[2] / widths[1] - 1.0:+.1%} at equal energy",
            f"Width goes with energy to the power {slope:.2f} here: 10 % narrower needs {1 - 0.9 ** (1 / slope):.0%} "
            "less energy delivered, that is a voltage lower by half of that; the settings were not in the text read.",
        ),
    ]


# --- Orders -----------------------------------------------------------------------------------------------------


def _orders() -> list[Row]:
    energies = [_widths(_stamp(energy), _CELLS)[0] for energy in (10, 20, 40)]
    heights = [
        1e6 * float(observed_height(_stamp(one).damage_of(_CELLS[0]).height, _SHRINKAGE_IN_DEPTH, 0.0, 1e-3))
        for one in (10, 20, 40)
    ]
    times = [_volumes(_long(width), _CELLS)[0] for width in ("100 ms", "200 ms", "400 ms")]
    return [
        _judged(
            "zone width against energy", "grows (pig)", _rising(energies), _series(energies, "um at 10, 20, 40 mJ")
        ),
        _judged(
            "zone against pulse duration at the same power",
            "grows (pig)",
            _rising(times),
            _series(times, "mm^3 at 100, 200, 400 ms"),
        ),
        _poles(),
        _judged(
            "height of the zone against energy",
            "100 to 300 um, grows with energy (human, two women)",
            _rising(heights),
            _series(heights, "um at 10, 20, 40 mJ"),
            "Device and energies were not in the text read: the order is judged, the size is not.",
        ),
        _deeper(),
        *_columns(),
    ]


def _long(width: str) -> PulseRecord:
    drive = f'power = "0.15 W"\npulse_width = "{width}"\n{_LIMIT}'
    return _pulse(_CHECKERBOARD, f'{_INSULATED}\ndepth = "1.5 mm"', drive)


def _poles() -> Row:
    size = 'pitch = "1.67 mm"\nrows = 3\ncolumns = 3'
    needle = f'{_INSULATED}\ndepth = "1.5 mm"'
    drive = f'power = "2.7 W"\npulse_width = "100 ms"\n{_LIMIT}'
    bipolar = _pulse(f'pattern = "checkerboard"\n{size}', needle, drive)
    monopolar = _pulse(f'pattern = "monopolar"\nbody_resistance = "150 ohm"\n{size}', needle, drive)
    volumes = [_volumes(one, _CELLS)[0] for one in (bipolar, monopolar)]
    return _judged(
        "bipolar against monopolar at the same power in the skin",
        "bipolar coagulates more (pig)",
        volumes[0] > volumes[1],
        f"{_series(volumes, 'mm^3')} of dead cells, 3 x 3 needles",
        "The settings were not in the text read.",
    )


def _deeper() -> Row:
    """One bare needle in uniform tissue: its zone near the surface and near the tip."""
    array = 'pattern = "monopolar"\nbody_resistance = "150 ohm"\npitch = "2 mm"\nrows = 1\ncolumns = 1'
    needle = f'{_BARE}\ndepth = "2 mm"'
    record = _pulse(array, needle, f'power = "2 W"\npulse_width = "1 s"\n{_LIMIT}', tissue="dermis")
    widths = [_width_at(record, depth) for depth in (0.4, 1.6)]
    return _judged(
        "width of the zone of a bare needle, near the surface and near the tip",
        "wider at depth (cow liver)",
        widths[1] > widths[0],
        f"{_series(widths, 'um')} at 0.4 and 1.6 of 2 mm",
        "2 W for 1 s in uniform dermis; the settings were not in the text read.",
    )


def _width_at(record: PulseRecord, depth: float) -> float:
    """Return the observed width of the zone of dead cells around the middle needle at a depth [mm], in um."""
    layer = int(np.searchsorted(record.z, 1e-3 * depth)) - 1
    damage = np.maximum(record.damage_of(_CELLS[0]).log_integral[:, 0, layer], -60.0)
    tissue = record.tissue_share[:, 0, layer] > 0.0
    middle = 0.5 * (record.x[1:] + record.x[:-1])
    reach = float(np.interp(0.0, -damage[tissue], middle[tissue], left=0.0))
    return 2e6 * float(observed_width(reach, _SHRINKAGE)) if reach > 0.0 else 0.0


def _columns() -> list[Row]:
    """Bare needles: one column around each, wider below, joined from the tips."""
    array = 'pattern = "checkerboard"\npitch = "2 mm"'
    needle = f'{_BARE}\ndepth = "2 mm"'
    records = [
        _pulse(array, needle, f'voltage = "30 V"\npulse_width = "{width}"\n{_LIMIT}', tissue="dermis")
        for width in ("0.5 s", "2 s", "6 s")
    ]
    joined = [_joined(record) for record in records]
    middle = _middle_depth(records[-1])
    return [
        _judged(
            "bare needles, short conduction: separate columns",
            "one column around each needle (micropig)",
            not joined[0],
            "joined" if joined[0] else "separate at 0.5 s",
        ),
        _judged(
            "bare needles, long conduction: columns join",
            "after about 2 s (bovine liver)",
            joined[2] and not joined[0],
            ", ".join(
                f"{width} {'joined' if one else 'separate'}"
                for width, one in zip(("0.5 s", "2 s", "6 s"), joined, strict=True)
            ),
            "30 V rms at a pitch of 2 mm; the settings were not in the text read.",
        ),
        _judged(
            "where the columns join first",
            "at the tips",
            middle > 1.0,
            f"the midplane is hottest at {middle:.2g} mm, tips at 2 mm",
        ),
    ]


def _joined(record: PulseRecord) -> bool:
    """Tell whether dead cells reach the plane midway between needles."""
    return bool((record.damage_of(_CELLS[0]).log_integral[-1, 0] >= 0.0).any())


def _middle_depth(record: PulseRecord) -> float:
    """Return the depth at which the plane midway between needles became hottest [mm]."""
    hottest = int(np.argmax(record.peak[-1, 0]))
    return float(500.0 * (record.z[hottest] + record.z[hottest + 1]))


CASES = (
    Case(
        "RF-V6",
        "Temperature-controlled pairs in human skin",
        "validation",
        ("hantash_2009_pilot",),
        False,
        _primaeva,
    ),
    Case("RF-V9", "7 x 7 needles of 1.5 mm in human skin", "validation", ("skin_research_2019",), False, _copenhagen),
    Case("RF-V10", "Pulse packs and contact cooling in minipigs", "validation", ("cho_2024",), False, _packs),
    Case("RF-V11", "Frequency", "validation", ("taheri_2015", "wootten_2020"), False, _frequency),
    Case(
        "RF-V12",
        "Orders: energy, duration, polarity, separate columns",
        "validation",
        ("wang_monopolar_bipolar", "manuskiatti_2016", "na_2015", "taheri_2015"),
        False,
        _orders,
    ),
)
