"""The studies of collagen, thickness and density after needling, and what the model gives for each of them.

No trial reports how many punctures it made or how deep they reached. Passes, depths and energies that a publication
leaves open are spanned by a few *variants*, all alike likely, and the scenarios of each variant draw technique and
skin. What all skin has in common (rates of healing, limit of collagen, ageing) is held at its middle, since a plan
draws it again. Person, site, needles and, where they are not told, interval and time of the last visit are assumed as
they stand in :data:`STUDIES`.

For a grid of amplitudes (collagen made per punctured fraction) the *response* of a study is the gain of collagen at a
row of quantiles over variants and scenarios: what the study may have given, from the weakest dose to the strongest. A
table of them is shipped, since the pulses of the RF studies take minutes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench
from percuta.engine.course import course_of, injury_of
from percuta.engine.handovers import Remodelling
from percuta.engine.heating import thermal_zone
from percuta.engine.pulse import PulseSolver, pulsed_zones
from percuta.engine.scenarios import COLUMNS, Scenarios
from percuta.engine.session import channels_of
from percuta.engine.skin import layers_of
from percuta.evidence.validation.scenes import bench_of
from percuta.library.posterior import posterior_rows
from percuta.plan.model import Plan

Floats = NDArray[np.float64]

AMPLITUDES = np.geomspace(0.01, 30.0, 15)
"""Collagen made per punctured fraction in young skin, the grid on which responses are tabulated."""

DOSES = (np.arange(16) + 0.5) / 16.0
"""Quantiles of the gain over variants and scenarios; each stands for a sixteenth of what the settings leave open."""

MEMBERS, MEMBERS_WITH_PULSES = 128, 32  # scenarios of one variant
_COMMON = ("healing.", "ageing.")
_MIDDLE = 0.49  # of two equally likely values the first
_DAY, _WEEK = 86_400.0, 604_800.0
_ZONE = "field"


@dataclass(frozen=True)
class Outcome:
    """One measured outcome of a study.

    Attributes
    ----------
    id
        Of the measurement or direction in the evidence file.
    assay
        How it was measured: a name of ``calibration.scale_ASSAY`` and ``calibration.noise_ASSAY`` in the library, or
        of a clinical scale.
    after_last_session
        Time of the measurement [s].
    papillary
        Whether the assay looks at the papillary dermis only, otherwise at the whole dermis.
    """

    id: str
    assay: str
    after_last_session: float
    papillary: bool = False


@dataclass(frozen=True)
class Study:
    """How a study is simulated; ``variants`` are device and needling step, one for each way to fill what is open."""

    source: str
    site: str
    sex: str
    age: str
    sessions: int
    interval: str
    variants: tuple[tuple[str, dict[str, Any]], ...]
    outcomes: tuple[Outcome, ...]

    def plans(self) -> Iterator[Plan]:
        """Yield the plan of each variant."""
        longest = max(outcome.after_last_session for outcome in self.outcomes) / _WEEK
        for device, step in self.variants:
            raw = {
                "schema": 1,
                "title": self.source,
                "patient": {
                    "age": self.age,
                    "sex": self.sex,
                    "phototype": 3,
                    "mass": "70 kg",
                    "desired_effect": "wrinkles",
                },
                "zones": [{"name": _ZONE, "site": self.site, "area": "50 cm^2"}],
                "device": {"model": device},
                "session": {"steps": [step | {"zones": [_ZONE]}]},
                "course": {
                    "sessions": self.sessions,
                    "interval": self.interval,
                    "follow_up_after_last_session": f"{longest:.6g} weeks",
                },
            }
            yield Plan.model_validate(raw)


def _needling(device: str, depths: tuple[str, ...], passes: tuple[int, ...]) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(
        (device, {"do": "needling", "set_depth": depth, "passes": number}) for depth in depths for number in passes
    )


def _pulses(device: str, depths: tuple[str, ...], energies: tuple[str, ...]) -> tuple[tuple[str, dict[str, Any]], ...]:
    fixed = {"do": "rf_pulses", "passes": 1, "pulse_width": "100 ms"}
    return tuple(
        (device, fixed | {"set_depth": depth, "energy_per_pin": energy}) for depth in depths for energy in energies
    )


_PEN, _ROLLER, _RF = "generic-pen-12", "generic-roller-1.5", "generic-rf-7x7-insulated"
_PASSES = {"pen": (2, 4, 8), "roller": (8, 15, 24)}  # what training material and trials name; assumed
_ENERGIES = ("30 mJ", "60 mJ", "90 mJ")  # where the array coagulates nothing, a little, and much; assumed

STUDIES = (
    Study(
        "lotfi_2013",
        "cheek",
        "female",
        "27 years",
        5,
        "4 weeks",
        _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("papillary_collagen", "collagen_area", 8 * _WEEK, papillary=True),),
    ),
    Study(
        "wamsley_2021",
        "cheek",
        "female",
        "55 years",
        4,
        "30 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm", "2.5 mm"), _PASSES["pen"]),
        (
            Outcome("facial_dermal_density", "density", 90 * _DAY),
            Outcome("attenuation_3_months", "attenuation", 90 * _DAY),
        ),
    ),
    Study(
        "el_domyati_2015_acne",
        "cheek",
        "female",
        "27 years",
        6,
        "2 weeks",
        _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("collagen_1", "collagen_area", 20 * _DAY, papillary=True),),
    ),
    Study(
        "el_domyati_2015_ageing",
        "cheek",
        "female",
        "50 years",
        6,
        "2 weeks",
        _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("collagen_1", "collagen_area", 20 * _DAY, papillary=True),),
    ),
    Study(
        "kislevitz_2021",
        "thigh",
        "female",
        "55 years",
        1,
        "4 weeks",
        _pulses(_RF, ("1.5 mm", "2.5 mm"), _ENERGIES),
        (Outcome("attenuation", "attenuation", 26 * _WEEK),),
    ),
    Study(
        "shokeir_2022",
        "cheek",
        "female",
        "30 years",
        4,
        "30 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm", "2.5 mm"), _PASSES["pen"]),
        (Outcome("collagen", "collagen_area", 90 * _DAY),),
    ),
    Study(
        "zayed_2019",
        "volar-forearm",
        "female",
        "30 years",
        4,
        "4 weeks",
        _needling(_PEN, ("0.75 mm", "1.5 mm", "2.5 mm"), _PASSES["pen"])
        + _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("collagen", "collagen_area", 8 * _WEEK),),
    ),
    Study(
        "wu_2022",
        "cheek",
        "female",
        "40 years",
        2,
        "8 weeks",
        _pulses(_RF, ("1.5 mm",), _ENERGIES),
        (
            Outcome("dermal_thickness", "thickness", 26 * _WEEK),
            Outcome("dermal_density", "density", 26 * _WEEK),
        ),
    ),
    Study(
        "nilforoushzadeh_2020",
        "cheek",
        "female",
        "52 years",
        6,
        "4 weeks",
        _pulses(_RF, ("1.5 mm",), _ENERGIES),
        (Outcome("dermal_thickness", "thickness", 90 * _DAY), Outcome("dermal_density", "density", 90 * _DAY)),
    ),
    Study(
        "ablon_2018",
        "cheek",
        "female",
        "55 years",
        4,
        "30 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm"), _PASSES["pen"]),
        (Outcome("lemperle", "wrinkles", 60 * _DAY), Outcome("laxity", "laxity", 60 * _DAY)),
    ),
    Study(
        "majid_2009",
        "cheek",
        "female",
        "27 years",
        4,
        "4 weeks",
        _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("grades", "scars", 8 * _WEEK),),
    ),
    Study(
        "pakla_misiur_2021",
        "cheek",
        "female",
        "30 years",
        4,
        "20 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm"), _PASSES["pen"]),
        (Outcome("needling_alone", "scars", 20 * _DAY),),
    ),
    Study(
        "alqam_2022",
        "neck",
        "female",
        "56 years",
        4,
        "30 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm", "2.5 mm"), _PASSES["pen"]),
        (Outcome("lemperle", "wrinkles", 90 * _DAY),),
    ),
    Study(
        "von_dalwig_nolda_2020",
        "cheek",
        "female",
        "35 years",
        4,
        "30 days",
        _needling(_PEN, ("0.75 mm", "1.5 mm"), _PASSES["pen"]),
        (Outcome("grade", "scars", 90 * _DAY),),
    ),
    Study(
        "minh_2019",
        "cheek",
        "female",
        "25 years",
        12,
        "1 week",
        _needling(_ROLLER, ("1.5 mm",), _PASSES["roller"]),
        (Outcome("change_2_months", "scars", 60 * _DAY),),
    ),
)


def study(source: str) -> Study:
    """Return the study of a publication."""
    return next(one for one in STUDIES if one.source == source)


@dataclass(frozen=True)
class Response:
    """The response of one outcome: the gain for each of :data:`AMPLITUDES` at each of :data:`DOSES`."""

    gain: Floats

    def at(self, log_amplitude: Floats) -> Floats:
        """Return the gain at every dose, shape (..., doses); on a straight line in the logarithm of the amplitude."""
        grid = np.log(AMPLITUDES)
        place = np.clip((log_amplitude - grid[0]) / (grid[1] - grid[0]), 0.0, grid.size - 1.0)
        below = np.minimum(place.astype(np.int64), grid.size - 2)
        weight = (place - below)[..., None]
        return np.asarray((1.0 - weight) * self.gain[below] + weight * self.gain[below + 1])


def compute_responses(one: Study, amplitudes: Floats = AMPLITUDES, members: int | None = None) -> list[Response]:
    """Return the response of each outcome of a study, computed by the engine.

    Parameters
    ----------
    one
        The study.
    amplitudes
        Collagen per punctured fraction, for which responses are computed.
    members
        Scenarios of each variant, a power of two.
    """
    gains: list[list[Floats]] = [[] for _ in one.outcomes]  # by outcome: (amplitudes, m) of each variant
    for plan in one.plans():
        bench = _held(bench_of(plan, members or (MEMBERS_WITH_PULSES if plan.rf_pulses else MEMBERS)))
        for place, found in enumerate(_gains(bench, one, amplitudes)):
            gains[place].append(found)
    return [_response(np.concatenate(parts, axis=1)) for parts in gains]


def _held(bench: Bench) -> Bench:
    """Return a bench whose scenarios all have the middle of what all skin has in common."""
    points = bench.scenarios.points.copy()
    points[:, [place for place, name in enumerate(COLUMNS) if name.startswith(_COMMON)]] = _MIDDLE
    return replace(bench, scenarios=Scenarios(points, points))


def _gains(bench: Bench, one: Study, amplitudes: Floats) -> list[Floats]:
    """Return the gain of each outcome, (amplitudes, m) each."""
    zone = bench.plan.zones[0]
    layers = layers_of(bench, zone)
    channels = channels_of(bench, zone.name, layers)
    assert channels is not None
    pulsed = pulsed_zones(bench, {zone.name: layers}, PulseSolver())
    thermal = thermal_zone(bench, zone.name, layers, pulsed[zone.name]) if pulsed else None
    injuries = {zone.name: injury_of(channels, thermal)}
    gains: list[list[Floats]] = [[] for _ in one.outcomes]
    for amplitude in amplitudes:
        course = course_of(bench, injuries, np.full(bench.scenarios.members, amplitude))
        for place, outcome in enumerate(one.outcomes):
            gains[place].append(_gain(course, outcome, layers.papillary_share))
    return [np.array(rows) for rows in gains]


def _gain(found: Remodelling, outcome: Outcome, papillary_share: Floats) -> Floats:
    """Return by how much all collagen lies above the untreated course, relative to it, (m,)."""
    course = found.course
    when = float(found.sessions[-1]) + outcome.after_last_session
    after = int(np.argmin(np.abs(course.time - when)))
    both = found.compartment(course.mature_collagen + course.immature_collagen, _ZONE)[after]
    share = np.float64(1.0) if outcome.papillary else papillary_share
    collagen = share * both[:, 0] + (1.0 - share) * both[:, 1]
    return np.asarray(collagen / course.untreated[after] - 1.0)


def _response(gains: Floats) -> Response:
    return Response(np.quantile(gains, DOSES, axis=1).T)


def responses_as_csv() -> str:
    """Return the table of all responses, computed by the engine."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["source", "outcome", "amplitude", *(f"gain_{dose:.5g}" for dose in DOSES)])
    for one in STUDIES:
        for outcome, found in zip(one.outcomes, compute_responses(one), strict=True):
            for amplitude, gains in zip(AMPLITUDES, found.gain, strict=True):
                table.writerow([one.source, outcome.id, *(f"{value:.5g}" for value in (amplitude, *gains))])
    return text.getvalue()


@cache
def shipped_responses() -> dict[tuple[str, str], Response]:
    """Return the shipped table of responses by source and outcome."""
    _, *rows = csv.reader(posterior_rows("responses", "responses").splitlines())
    found: dict[tuple[str, str], list[list[float]]] = {}
    for source, outcome, _, *gains in rows:
        found.setdefault((source, outcome), []).append([float(value) for value in gains])
    return {key: Response(np.array(gains)) for key, gains in found.items()}
