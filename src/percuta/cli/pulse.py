"""``percuta pulse``: one RF pulse on the bench, or a table of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    command,
    library_with,
    plain,
    print_json,
    progress,
    say,
    stdout,
)

if TYPE_CHECKING:
    from percuta.library.registry import Library
    from percuta.workflows.sweep import Sweep

_FIGURES = {
    "power_start": "power at the start",
    "power_end": "power at the end",
    "resistance_start": "resistance at the start",
    "resistance_end": "resistance at the end",
    "energy": "energy",
    "energy_per_needle": "energy per needle",
    "temperature_mean_rise": "mean rise at the end",
    "temperature_peak": "peak temperature",
    "sensor_reached": "target reached after",
    "volume_above_60": "volume above 60 degC at the end",
}
_ERRORS = {"energy_balance_error": "energy balance", "discretisation_error": "grid, estimated"}


@command
def pulse(
    file: Annotated[Path, typer.Argument(help="The pulse file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the result.", show_default=False)],
    accuracy: Annotated[str, typer.Option("--accuracy", help="draft, standard or reference.")] = "standard",
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            "--sweep",
            help='Values to compute a table with, such as "drive.voltage=20 V,28 V"; several give all combinations.',
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compute one RF pulse, and write fields.nc, fields.vti, zone.json, pulse.html, manifest.json.

    With --sweep a table of pulses is computed: sweep.csv, sweep.json, sweep.html, manifest.json. Interrupted, it
    keeps its finished rows, and the same command goes on from them.

    Example: percuta pulse examples/pulse_bipolar.toml --out out/pulse_bipolar
    """
    known = library_with(library)
    if sweep:
        return _table(file, out, accuracy, sweep, known, as_json)
    from percuta.manifest import DISCLAIMER
    from percuta.workflows.pulse import run_pulse
    from percuta.workflows.result_folder import PULSE_PAGE

    with progress("pulse", counted=False, as_json=as_json) as update:
        zone = run_pulse(file, out, accuracy, known=known, progress=lambda share: update(share, 1.0))
    if as_json:
        print_json({"folder": str(out), "zone": zone})
        return 0
    print_zone(zone)
    say(f"\nThe page with its sections and traces is {out / PULSE_PAGE}\n{DISCLAIMER}")
    return 0


def print_zone(zone: dict[str, Any]) -> None:
    """Print what a pulse came to: power, resistance, temperatures, zones by kinetic set, errors."""
    from rich.table import Table

    console = stdout()
    console.print(f"[bold]Per {plain(zone['unit_of_array'])}[/bold], accuracy {plain(zone['accuracy'])}")
    figures = Table(box=None, pad_edge=False, show_header=False)
    for key, label in _FIGURES.items():
        if zone[key]["value"] is not None:
            figures.add_row(label, _number(zone[key]["value"]), zone[key]["unit"])
    console.print(figures)
    zones = Table(box=None, pad_edge=False)
    for column in ("kinetic set", "of", "volume mm^3", "width mm", "height mm", "from depth mm"):
        zones.add_column(column, justify="left" if column in ("kinetic set", "of") else "right")
    volumes = zone["necrotic_volume"] | zone["coagulated_volume"]
    for name, one in zone["zones"].items():
        of = "collagen" if one["end_point"] == "collagen" else "cells"
        extents = (volumes[name], one["width"], one["height"], one["top"])
        zones.add_row(plain(name), of, *(_number(extent["value"]) for extent in extents))
    console.print("\n[bold]Zones[/bold], where the damage integral is 1 or more")
    console.print(zones)
    errors = (f"{label} {_percent(zone[key]['value'])}" for key, label in _ERRORS.items())
    say(f"\nErrors: {', '.join(errors)}; {zone['cells']:,} cells, {zone['steps']:,} steps")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{float(f'{value:.4g}'):,.10g}"


def _percent(value: float | None) -> str:
    return "not known" if value is None else "below 0.001 %" if abs(value) < 1e-5 else f"{100 * value:.2g} %"


def _table(file: Path, out: Path, accuracy: str, asked: list[str], known: Library, as_json: bool) -> int:
    from percuta.workflows.sweep import run_sweep, varied_values

    done = 0
    with progress("rows", as_json=as_json) as update:

        def counted(finished: int, total: int) -> None:
            nonlocal done
            done = finished
            update(finished, total)

        try:
            found = run_sweep(file, out, varied_values(asked), accuracy, known=known, progress=counted)
        except KeyboardInterrupt:
            if done:
                rows = "1 finished row is" if done == 1 else f"{done} finished rows are"
                say(f"percuta: {rows} kept in {out}; the same command goes on from there", error=True)
            raise
    for row in found.rows:
        if row.fault is not None:
            say(f"percuta: no result for {_values(row.values)}: {row.fault}", error=True)
    if as_json:
        print_json({"folder": str(out), **found.as_dict()})
    else:
        _print_table(found)
        say(f"\nThe table is {out / 'sweep.html'} and {out / 'sweep.csv'}")
    return found.exit_code


def _values(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in values.items())


def _print_table(found: Sweep) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    shown = ("power_start", "power_end", "energy", "temperature_peak", "zone_width", "zone_height")
    units = next((row.zone for row in found.rows if row.zone is not None), None)
    for key in found.varied:
        table.add_column(plain(key))
    for key in shown:
        table.add_column(f"{key}{' ' + units[key]['unit'] if units else ''}", justify="right")
    for row in found.rows:
        zone = row.zone
        cells = ["-"] * len(shown) if zone is None else [_number(zone[key]["value"]) for key in shown]
        table.add_row(*(plain(value) for value in row.values.values()), *cells)
    stdout().print(table)
