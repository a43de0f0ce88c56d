"""Endpoints: one number with its range for each question a plan is asked, or a sentence why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.handovers import Channels, Tolerance
from percuta.engine.simulate import Outcome
from percuta.physics.tolerance import END_POINTS
from percuta.plan.model import WITHOUT_OUTCOME_MODEL
from percuta.results.anaesthesia import BLOCK, NO_CREAM, NO_CREAM_HERE, not_computed, of_block, of_exposure
from percuta.results.barrier import BARRIER, of_barrier
from percuta.results.course import NO_GAIN, Read, node_at, of_course, of_outcomes, withheld_outcomes
from percuta.results.patch import NO_OUTCOME_PATCH, PATCH, of_patch, without_needles
from percuta.results.samples import Sample, convert_array
from percuta.results.thermal import THERMAL, of_thermal

Floats = NDArray[np.float64]

RESEARCH = (  # modelled tissue; never a headline
    "modelled_collagen_vs_untreated",
    "collagen_peak_time",
    "dermal_thickness_change",
    "firmness_change",
    "recoil_change",
    "steroid_collagen_cost",
)
NO_OUTCOME_MODEL = "no outcome model exists for this indication"
NO_REDNESS_RF = "not predicted: no trial read counts the days of redness after radiofrequency needles, see downtime"
NO_END_POINT_RF = "not predicted: no study read says what is seen on the skin when radiofrequency needles come out"
NOT_NEEDLED = "not needled in this plan"

_BOOTSTRAP = 400


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is written to ``endpoints.json``."""

    name: str
    zone: str | None
    unit: str
    definition: str
    p5: float | None = None
    p50: float | None = None
    p95: float | None = None
    tail_error: float | None = None
    spread_shares: dict[str, dict[str, float]] | None = None
    probabilities: dict[str, float] | None = None
    withheld: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the endpoint as plain data; a withheld one or a category has its own keys."""
        head: dict[str, Any] = {"name": self.name, "zone": self.zone, "unit": self.unit}
        if self.withheld:
            return head | {"withheld": self.withheld, "definition": self.definition}
        if self.probabilities is not None:
            return head | {"probabilities": self.probabilities, "definition": self.definition}
        return head | {
            "p5": self.p5,
            "p50": self.p50,
            "p95": self.p95,
            "tail_error": self.tail_error,
            "spread_shares": self.spread_shares,
            "definition": self.definition,
        }


def samples(outcome: Outcome, at: float | None = None) -> list[Sample]:
    """Return every endpoint of one batch as samples over its scenarios.

    Parameters
    ----------
    outcome
        What was computed.
    at
        Time after the first session [s] at which the course is read; the end of follow-up when left out.

    Raises
    ------
    PlanError
        If the course does not reach that time.
    """
    return [*_whole_plan(outcome), *(one for zone in outcome.zones for one in _of_zone(outcome, zone, at))]


def joined(batches: Iterable[list[Sample]]) -> list[Sample]:
    """Return the endpoints of all batches together."""
    return [_join(parts) for parts in zip(*batches, strict=True)]


def _join(parts: tuple[Sample, ...]) -> Sample:
    if parts[0].values is None:
        return parts[0]
    return replace(parts[0], values=np.concatenate([part.values for part in parts if part.values is not None]))


def endpoints(
    every: list[Sample], shares: dict[tuple[str, str | None], dict[str, dict[str, float]]] | None = None
) -> list[Endpoint]:
    """Return the endpoints of a run.

    Parameters
    ----------
    every
        The samples of all scenarios.
    shares
        Share of the variance that hangs on inputs of each grade, by name and zone; see
        :mod:`percuta.results.variance`.
    """
    shares = shares or {}
    return [summary(one, shares.get((one.name, one.zone))) for one in every]


def summary(sample: Sample, spread_shares: dict[str, dict[str, float]] | None = None) -> Endpoint:
    """Sum up one endpoint: 5, 50 and 95 % quantiles, and the sampling error of the two tails."""
    head = (sample.name, sample.zone, sample.unit, sample.definition)
    if sample.values is None:
        return Endpoint(*head, withheld=sample.withheld)
    if sample.words:
        shares = np.bincount(sample.values.astype(np.int64), minlength=len(sample.words)) / sample.values.size
        return Endpoint(
            *head, probabilities={word: float(share) for word, share in zip(sample.words, shares, strict=True)}
        )
    known = sample.values[np.isfinite(sample.values)]
    if known.size == 0:
        return Endpoint(*head, withheld=sample.withheld or NO_GAIN)
    low, middle, high = (float(value) for value in np.quantile(known, [0.05, 0.5, 0.95]))
    return Endpoint(*head, low, middle, high, tail_error(known), spread_shares)


def tail_error(values: Floats) -> float:
    """Return the larger standard error of the 5 % and the 95 % quantile, by bootstrap over the scenarios.

    The scenarios are a scrambled Sobol sample, which is spread more evenly than the independent draws that
    the bootstrap assumes: the error is an upper estimate.
    """
    rng = np.random.default_rng(20_240_601)
    drawn = np.sort(values)[rng.integers(0, values.size, (_BOOTSTRAP, values.size))]
    tails = np.quantile(drawn, [0.05, 0.95], axis=1)
    return float(tails.std(axis=1, ddof=1).max())


def _whole_plan(outcome: Outcome) -> Iterator[Sample]:
    definition = "from the first step to the last, waiting for the anaesthetic included"
    total = outcome.times.steps.sum(axis=1)
    yield Sample("session_duration", None, "min", definition, convert_array(total, "min"))
    yield from of_exposure(outcome.exposure, _why_no_block(outcome, NO_CREAM))


def _why_no_block(outcome: Outcome, otherwise: str) -> str:
    return not_computed(outcome.missing_figures) if outcome.missing_figures else otherwise


def _of_zone(outcome: Outcome, name: str, at: float | None) -> Iterator[Sample]:
    zone, pulses = outcome.zones[name], bool(outcome.plan.rf_pulses)
    needling, tolerance = (_PULSES, _TOLERANCE_RF) if pulses else (_NEEDLING, _TOLERANCE)
    needling = PATCH if outcome.plan.patches else needling
    if zone.channels is None:
        yield from _not_needled(name, _CHANNELS | needling | (THERMAL if pulses else {}) | BLOCK | tolerance | BARRIER)
        return
    yield from _of_channels(name, zone.channels)
    if zone.barrier is not None:
        yield from of_barrier(name, zone.barrier)
    if zone.patch is not None:
        yield from of_patch(name, zone.patch)
        yield from without_needles(name, tolerance)
        yield from withheld_outcomes(name, NO_OUTCOME_PATCH)
    if zone.tolerance is None:
        return
    unit, definition = needling["needling_duration"]
    yield Sample("needling_duration", name, unit, definition, convert_array(outcome.times.needling[name], unit))
    if zone.thermal is not None:
        yield from of_thermal(name, zone.thermal)
    yield from of_block(name, zone.anaesthesia, _why_no_block(outcome, NO_CREAM_HERE))
    yield from _of_tolerance(name, zone.tolerance, tolerance)
    if outcome.plan.patient.desired_effect in WITHOUT_OUTCOME_MODEL:
        yield from withheld_outcomes(name, NO_OUTCOME_MODEL)
    elif outcome.remodelling is not None:
        node = node_at(outcome.remodelling.course, at)
        read = Read(outcome.remodelling, name, zone.layers.papillary_share, node)
        yield from of_course(read)
        yield from of_outcomes(read, pulses)


def _not_needled(name: str, own: dict[str, tuple[str, str]]) -> Iterator[Sample]:
    for endpoint, (unit, definition) in own.items():
        yield Sample(endpoint, name, unit, definition, withheld=NOT_NEEDLED)
    yield from withheld_outcomes(name, NOT_NEEDLED)


_CHANNELS = {
    "puncture_density": ("1/cm^2", "punctures per area of skin in one session, all passes"),
    "reached_depth_typical": ("mm", "depth that half of the needle tracks pass"),
    "reached_depth_deepest_5_percent": ("mm", "depth that 5 of 100 needle tracks pass"),
    "punctured_surface_fraction": (
        "1",
        "share of the skin surface in a needle's path in one session; skin that is pushed aside counts",
    ),
    "papillary_punctured_fraction": ("1", "share of the papillary dermis' volume in the needles' paths, one session"),
    "reticular_punctured_fraction": ("1", "share of the reticular dermis' volume in the needles' paths, one session"),
    "tracks_beyond_dermis_fraction": ("1", "share of the needle tracks that end below the dermis"),
}
_NEEDLING = {"needling_duration": ("min", "needles on and between strokes on this zone")}
_PULSES = {"needling_duration": ("min", "all stamps on this zone, with their pulses and the time between them")}
_TOLERANCE = {
    "pain_peak": (
        "0-10",
        "pain during needling on a scale of 0 to 10; follows depth, needles and block, not passes or site",
    ),
    "redness_duration": ("day", "days until redness is gone; follows the set depth, not passes, site or phototype"),
    "expected_end_point": ("category", "what is seen on the skin by the end of needling"),
}
_TOLERANCE_RF = {
    "pain_peak": ("0-10", "pain of the pulses on a scale of 0 to 10; follows the block, not what the pulses deliver"),
    "downtime": ("day", "days until people go about as before, as one trial counted them; follows nothing in the plan"),
    "redness_duration": ("day", "days until redness is gone"),
    "expected_end_point": ("category", "what is seen on the skin by the end of the pulses"),
}


def _of_channels(name: str, channels: Channels) -> Iterator[Sample]:
    values = {
        "puncture_density": channels.density,
        "reached_depth_typical": channels.reached_typical,
        "reached_depth_deepest_5_percent": channels.reached_deepest,
        "punctured_surface_fraction": channels.punctured_surface,
        "papillary_punctured_fraction": channels.punctured_papillary,
        "reticular_punctured_fraction": channels.punctured_reticular,
        "tracks_beyond_dermis_fraction": channels.tracks_beyond_dermis,
    }
    for endpoint, (unit, definition) in _CHANNELS.items():
        yield Sample(endpoint, name, unit, definition, convert_array(values[endpoint], unit))


def _of_tolerance(name: str, tolerance: Tolerance, own: dict[str, tuple[str, str]]) -> Iterator[Sample]:
    values = {
        "pain_peak": tolerance.pain,
        "downtime": _in_days(tolerance.downtime),
        "redness_duration": _in_days(tolerance.redness),
        "expected_end_point": None if tolerance.end_point is None else tolerance.end_point.astype(np.float64),
    }
    withheld = {"redness_duration": NO_REDNESS_RF, "expected_end_point": NO_END_POINT_RF}
    for endpoint, (unit, definition) in own.items():
        if values[endpoint] is None:
            yield Sample(endpoint, name, unit, definition, withheld=withheld[endpoint])
        else:
            words = END_POINTS if endpoint == "expected_end_point" else ()
            yield Sample(endpoint, name, unit, definition, values[endpoint], words)


def _in_days(time: Floats | None) -> Floats | None:
    return None if time is None else convert_array(time, "day")
