"""One pulse from file to result folder: read, fill from the library, compute, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from percuta import __version__
from percuta.engine.pulse_bench import setup_of
from percuta.errors import PercutaError, PlanError, Where, nearest
from percuta.library.registry import Library, library
from percuta.manifest import now, pulse_manifest
from percuta.physics.pulse_setup import Accuracy, PulseSetup
from percuta.plan.faults import placed
from percuta.plan.lines import key_lines
from percuta.plan.outline import Point, read_outline
from percuta.plan.pulse_file import PulseFile
from percuta.plan.pulse_reading import Changes, pulse_text, read_pulse
from percuta.results.pulse_zone import pulse_zone
from percuta.units import show
from percuta.workflows.result_folder import FIELDS, MANIFEST, PICTURE, PULSE_PAGE, ZONE, new_result, write_json

if TYPE_CHECKING:
    from percuta.physics.pulse_record import PulseRecord

Progress = Callable[[float], None]  # told the share that is done
_FREEZING = 273.15  # K; the conductivity stays as it is there below it


@dataclass(frozen=True)
class PulseText:
    """The text of a pulse file and where it stands, so that whatever is found later can name its line."""

    path: Path
    text: str

    @classmethod
    def of(cls, path: Path) -> PulseText:
        """Read the text of a file."""
        return cls(path, pulse_text(path))

    def read(self, known: Library, changes: Changes | None = None) -> tuple[PulseFile, PulseSetup]:
        """Return the file and what the physics takes for it; ``changes`` stand in place of its values.

        Raises
        ------
        PlanError, LibraryError
            For anything that cannot be used, with file, line and key.
        """
        name = str(self.path)
        file = read_pulse(self.text, name, known, changes)
        try:
            setup = setup_of(file, known)
            _check_setup(setup)
            return file, setup
        except PercutaError as fault:
            raise placed(fault, name, key_lines(self.text)) from fault.__cause__

    def outline(self, file: PulseFile) -> tuple[Point, ...] | None:
        """Return the measured outline that the file names, which is sought beside it."""
        return read_outline(self.path.parent / file.compare.outline) if file.compare is not None else None


def _check_setup(setup: PulseSetup) -> None:
    """Check what depends on values of the library as well as on the file.

    Raises
    ------
    PlanError
        If a layer would conduct nothing where it is coldest, or a sensor shows its target before the current is on.
    """
    outside = [setup.top.temperature] if setup.top.transfer > 0.0 else []
    if any(layer.perfusion > 0.0 for layer in setup.layers):
        outside.append(setup.blood_temperature)
    coldest = max(min(setup.start_surface, setup.start_core, *outside), _FREEZING)
    for number, layer in enumerate(setup.layers, 1):
        if layer.sigma_slope * (layer.sigma_reference - coldest) >= 1.0:
            raise PlanError(
                f"the conductivity falls to nothing on cooling to {show(coldest, 'degC')}",
                value=f"{layer.sigma_slope:.3g} 1/K at {show(layer.sigma_reference, 'degC')}",
                allowed=f"less than {1.0 / (layer.sigma_reference - coldest):.3g} 1/K",
                where=Where(key=f"layers[{number}].conductivity_slope"),
                do="give a smaller slope, or a colder conductivity_reference with the conductivity there",
            )
    control = setup.drive.control
    if control is None:
        return
    shown = max(setup.start_surface, setup.start_core) + control.offset
    if shown >= control.target:
        raise PlanError(
            "the sensor may show its target before the current is on",
            value=show(control.target, "degC"),
            allowed=f"more than {show(shown, 'degC')}: the warmest at the start, with the offset of the reading",
            where=Where(key="drive.sensor_temperature"),
        )


def run_pulse(
    path: Path,
    folder: Path,
    accuracy: str = "standard",
    *,
    known: Library | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Compute one pulse and write its result folder: fields.nc, fields.vti, zone.json, pulse.html, manifest.json.

    Parameters
    ----------
    path
        The pulse file.
    folder
        Where to write.
    accuracy
        ``draft``, ``standard`` or ``reference``.
    known
        The library; the shipped one when left out.
    progress
        Called with the share that is done.

    Returns
    -------
    dict
        What ``zone.json`` holds; see :func:`percuta.results.pulse_zone.pulse_zone`.

    Raises
    ------
    PlanError, LibraryError, DeviceLimitError
        If the file cannot be used or the pulse cannot be delivered.
    ConvergenceError
        If a solve misses its tolerance.
    """
    from percuta.exchange.fields import write_fields, write_picture

    started, known = now(), known or library()
    setting, source = checked_accuracy(accuracy), PulseText.of(path)
    file, setup = source.read(known)
    outline = source.outline(file)
    with new_result(folder) as scratch:
        record = solve(setup, setting, known, progress)
        zone = pulse_zone(record, setting, file.array.unit)
        facts = pulse_manifest(
            version=__version__,
            pulse_text=source.text,
            library_digest=known.digest,
            accuracy=setting,
            sweep={},
            started=started,
        )
        write_fields(record, setup, scratch / FIELDS)
        write_picture(record, setup, scratch / PICTURE)
        write_json(scratch / ZONE, zone)
        write_json(scratch / MANIFEST, facts)
        if find_spec("percuta.report.pulse_page") is not None:
            page = import_module("percuta.report.pulse_page").render_pulse(record, setup, file, facts, outline)
            (scratch / PULSE_PAGE).write_text(page, encoding="utf-8")
    return zone


def solve(setup: PulseSetup, accuracy: Accuracy, known: Library, progress: Progress | None = None) -> PulseRecord:
    """Compute one pulse with the estimate of its discretisation error."""
    from percuta.physics.pulse import compute_pulse

    shocked = known.parameter("rf.heat_shock_peak").si
    return compute_pulse(setup, accuracy, companion=True, progress=progress, heat_shock_peak=shocked)


def checked_accuracy(word: str) -> Accuracy:
    """Return a setting of the accuracy.

    Raises
    ------
    PlanError
        If there is none of that name.
    """
    known: tuple[Accuracy, ...] = get_args(Accuracy)
    for setting in known:
        if word == setting:
            return setting
    alike = nearest(word, known)
    do = f"did you mean {alike}?" if alike else None
    raise PlanError("no such accuracy", value=word, allowed=", ".join(known), do=do)
