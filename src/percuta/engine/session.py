"""The session: how long each step takes, and the channels that the needles leave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.handovers import Channels, Layers, SessionTimes
from percuta.engine.patch import patch_tracks
from percuta.engine.pulse import Pulsed
from percuta.engine.reach import reach_of
from percuta.engine.stamping import needle_tracks, stamping_time
from percuta.physics import puncture
from percuta.physics.timing import needling_time
from percuta.plan.model import Plan
from percuta.plan.steps import Needling, RfPulses, Step, TopicalAnaesthetic, WearPatch

Floats = NDArray[np.float64]

_DEPTHS = 61  # points of the depth profile that the result keeps
_PROFILE = 3e-3  # m; the profile reaches below the dermis of a face


def session_times(bench: Bench, pulsed: dict[str, list[Pulsed]] | None) -> SessionTimes:
    """Return the duration of every step, and of the needling of every zone.

    Parameters
    ----------
    bench
        Plan, device, library, scenarios.
    pulsed
        The computed pulses of the zones that get any; None takes pulses as long as they are set, without the time in
        which a sensor comes to its temperature.
    """
    plan, members = bench.plan, bench.scenarios.members
    steps = np.zeros((members, len(plan.session.steps)))
    needling: dict[str, Floats] = {}
    needles: dict[str, tuple[Floats, Floats]] = {}
    for index, step in enumerate(plan.session.steps):
        if isinstance(step, Needling | RfPulses):
            for zone, taken in _needles_in(bench, step, pulsed).items():
                start = steps.sum(axis=1)
                steps[:, index] += taken
                needles[zone] = needles.get(zone, (start, start))[0], start + taken
                needling[zone] = needling.get(zone, np.zeros(members)) + taken
        else:
            start = steps.sum(axis=1)
            steps[:, index] = _step_time(bench, step, plan.session.steps[index].do)
            if isinstance(step, WearPatch):
                needles |= dict.fromkeys(step.zones, (start, start + steps[:, index]))
    return SessionTimes(steps, needling, needles)


def _needles_in(bench: Bench, step: Needling | RfPulses, pulsed: dict[str, list[Pulsed]] | None) -> dict[str, Floats]:
    """Return the time that a step with needles takes on each of its zones [s]; what it states is shared by area."""
    if isinstance(step, Needling):
        return {zone: _needling_time(bench.opened(step), step, zone) for zone in step.zones}
    areas = {zone: bench.plan.zone(zone).area.si for zone in step.zones}
    if step.duration is not None:
        whole = np.full(bench.scenarios.members, step.duration.si)
        return {zone: whole * (area / sum(areas.values())) for zone, area in areas.items()}
    return {zone: stamping_time(bench, step, _pulse_time(step, zone, pulsed), area) for zone, area in areas.items()}


def _pulse_time(step: RfPulses, zone: str, pulsed: dict[str, list[Pulsed]] | None) -> Floats | float:
    """Return the time with the current on at all depths of one insertion [s]; a level states none."""
    if pulsed is not None:
        return next(one for one in pulsed[zone] if one.step is step).time
    return len(step.depths) * (step.pulse_width.si if step.pulse_width is not None else 0.0)


def _step_time(bench: Bench, step: Step, kind: str) -> Floats:
    if isinstance(step, TopicalAnaesthetic):
        return np.asarray(step.duration.si + bench.parameter("timing.apply_anaesthetic"))
    if step.duration is not None:
        return np.full(bench.scenarios.members, step.duration.si)
    return bench.parameter(f"timing.{kind}")


def _needling_time(bench: Bench, step: Needling, zone: str) -> Floats:
    if step.needling_time is not None:
        return np.full(bench.scenarios.members, step.needling_time.si)
    area = bench.plan.zone(zone).area.si
    return needling_time(
        area, float(step.passes or 1), _glide_speed(bench, step), _swath(bench), bench.parameter("timing.contact_share")
    )


def _glide_speed(bench: Bench, step: Needling) -> Floats:
    if step.glide_speed is not None:
        return np.full(bench.scenarios.members, step.glide_speed.si)
    return bench.parameter(
        "puncture.roller_glide_speed" if bench.device.kind == "roller" else "puncture.pen_glide_speed"
    )


def _swath(bench: Bench) -> Floats:
    return bench.of_device("swath_width", None if bench.device.kind == "roller" else "puncture.pen_swath_width")


def channels_of(bench: Bench, zone: str, layers: Layers) -> Channels | None:
    """Return the channels of one session in one zone, or None where no needles enter it."""
    tracks = [
        _tracks(bench.opened(step), step, bench.plan.zone(zone).area.si)
        for step in bench.plan.needling
        if zone in step.zones
    ]
    tracks += [needle_tracks(bench, step) for step in bench.plan.rf_pulses if zone in step.zones]
    tracks += [patch_tracks(bench, step, zone) for step in bench.plan.patches if zone in step.zones]
    if not tracks:
        return None
    deepest = deepest_setting(bench.plan, zone)
    depth = np.linspace(0.0, max(1.5 * deepest, _PROFILE), _DEPTHS)
    share = bench.parameter("puncture.channel_diameter_share")
    open_depth = bench.parameter("puncture.open_depth_share")
    surface = np.zeros((bench.scenarios.members, 1))
    return Channels(
        tracks=tracks,
        depth=depth,
        density=np.asarray(sum(one.density for one in tracks)),
        reached_share=puncture.reached_share(tracks, depth[None]),
        punctured=puncture.punctured_fraction(tracks, depth[None]),
        open=puncture.open_fraction(tracks, depth[None], share, open_depth),
        channel_diameter=share * tracks[0].diameter,
        reached_typical=puncture.reached_depth(tracks, 0.5),
        reached_deepest=puncture.reached_depth(tracks, 0.95),
        punctured_surface=puncture.punctured_fraction(tracks, surface)[:, 0],
        punctured_papillary=puncture.layer_mean(tracks, layers.epidermis, layers.papillary_bottom),
        punctured_reticular=puncture.layer_mean(tracks, layers.papillary_bottom, layers.bottom),
        tracks_beyond_dermis=puncture.reached_share(tracks, layers.bottom[:, None])[:, 0],
    )


def deepest_setting(plan: Plan, zone: str) -> float:
    """Return the deepest setting of all needles in a zone [m]; 0 for a patch, whose needles have no setting."""
    depths = [step.set_depth.si for step in plan.needling if zone in step.zones]
    depths += [depth.si for step in plan.rf_pulses if zone in step.zones for depth in step.depths]
    return max(depths, default=0.0)


def _tracks(bench: Bench, step: Needling, area: float) -> puncture.Tracks:
    mean, scatter = reach_of(bench, step)
    diameter = bench.of_device("needle_diameter")
    share = bench.parameter("puncture.smear_share")
    roller = bench.device.kind == "roller"
    return puncture.Tracks(
        density=density_of(bench, step, area),
        mean_depth=mean,
        scatter=scatter,
        diameter=diameter,
        taper=bench.of_device("tip_length", "puncture.taper"),
        smear=np.zeros_like(mean) if roller else share * _glide_speed(bench, step) / (2.0 * _rate(bench, step)),
        drum_radius=0.5 * bench.device.known("drum_diameter").si if roller else None,
        slit_share=share,
    )


def _rate(bench: Bench, step: Needling) -> Floats:
    if step.frequency is not None:
        return np.full(bench.scenarios.members, step.frequency.si)
    return bench.of_device("puncture_rate")


def density_of(bench: Bench, step: Needling, area: float) -> Floats:
    """Return the puncture density of one needling step on a zone of some area [1/m^2]."""
    needles = bench.of_device("needle_count")
    if bench.device.kind == "roller":
        drum = bench.of_device("drum_diameter")
        return puncture.roller_density(needles, drum, _swath(bench), float(step.passes or 1))
    if step.needling_time is not None:
        touching = step.needling_time.si * bench.parameter("timing.contact_share")
        return puncture.timed_density(needles, _rate(bench, step), touching, area)
    speed = _glide_speed(bench, step)
    return puncture.pen_density(needles, _rate(bench, step), speed, _swath(bench), float(step.passes or 1))
