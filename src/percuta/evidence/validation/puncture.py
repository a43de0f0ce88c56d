"""Punctures that were counted or measured: density of a roller, size of its channels."""

from __future__ import annotations

from percuta.engine.bench import Bench
from percuta.engine.handovers import Channels
from percuta.engine.session import channels_of
from percuta.engine.skin import layers_of
from percuta.evidence.cases import Case, Row
from percuta.evidence.measurements import Publication, publication
from percuta.evidence.validation.scenes import plan_of, scenarios
from percuta.evidence.validation.verdicts import judged
from percuta.library.registry import library
from percuta.plan.device import resolve_device

_QUOTED, _DRUM = "microneedling_with_dermaroller", "schwarz_2011"
_CHANNELS = "kalluri_2011"
_ROLLER = ("needle_count", "swath_width", "drum_diameter")


def _rolled(study: Publication) -> tuple[Bench, Channels]:
    """Return bench and channels of a study's roller.

    Where the number of needles and the drum of a roller are not published, those of the roller of the density
    case stand in: neither depth nor diameter of a channel depends on them.
    """
    known = library()
    device, whole = known.device(study.device), known.device(publication(_QUOTED).device)
    choice: dict[str, int | str] = {"model": study.device}
    for name in _ROLLER:
        if device.published(name) is None:
            entry = whole.known(name)
            choice[name] = int(entry.si) if entry.unit == "1" else entry.shown(entry.si)
    length = device.known("needle_length")
    plan = plan_of("cheek", "female", choice, length.shown(length.si), study.passes or 1)
    bench = Bench(plan, resolve_device(plan.device, known), known, scenarios())
    channels = channels_of(bench, "field", layers_of(bench, plan.zone("field")))
    assert channels is not None
    return bench, channels


def _density() -> list[Row]:
    quoted = publication(_QUOTED)
    _, channels = _rolled(quoted)
    return [judged(quoted.measurements["puncture_density"], channels.density[:1])]


def _channel_size() -> list[Row]:
    study = publication(_CHANNELS)
    bench, channels = _rolled(study)
    depth, diameter = study.measurements["channel_depth"], study.measurements["channel_diameter"]
    kept = bench.parameter("puncture.open_depth_share") * channels.reached_typical
    return [
        judged(depth, channels.reached_typical, "channel depth, as the depth reached"),
        judged(depth, kept, "channel depth, as the depth left open"),
        judged(diameter, channels.channel_diameter),
    ]


CASES = (
    Case(
        "MECH-V6",
        "Puncture density of a roller against the quoted one",
        "validation",
        (_QUOTED, _DRUM),
        False,
        _density,
    ),
    Case(
        "MECH-V9", "Channels of a 0.77 mm roller in the skin of rats", "validation", (_CHANNELS,), True, _channel_size
    ),
)
