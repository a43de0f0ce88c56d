"""How well each endpoint is founded: the evidence grades of the inputs that its model draws, counted and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from percuta.report.material import ReportMaterial
from percuta.report.wording import joined, upper
from percuta.sources import GRADES

_NEEDLES = ("puncture.", "device.")
_LAYERS = ("site.", "skin.", "tissue.epidermis.thickness", "tissue.epidermis.stratum", "tissue.dermis.papillary")
_CREAM = ("drug.", "permeation.", "product.", "anaesthesia.")
_HEAT = ("rf.", "tissue.", "device.")
_PATCH = ("patch.", "device.", "product.", "drug.")
_COURSE = ("healing.", "ageing.", "steroid.")
# What the inputs of the model behind an endpoint are called, by how the endpoint's name begins; the first that fits.
_BEHIND: dict[str, tuple[str, ...]] = {
    "session_duration": ("timing.",),
    "needling_duration": ("timing.", *_NEEDLES),
    "puncture_density": _NEEDLES,
    "reached_depth": (*_NEEDLES, "rf.reached_share"),
    "punctured_surface": _NEEDLES,
    "papillary_punctured": (*_NEEDLES, *_LAYERS),
    "reticular_punctured": (*_NEEDLES, *_LAYERS),
    "tracks_beyond_dermis": (*_NEEDLES, *_LAYERS, "rf.reached_share"),
    "papillary_": _HEAT,
    "reticular_": _HEAT,
    "epidermis_necrotic": _HEAT,
    "subcutis_necrotic": _HEAT,
    "zone_": _HEAT,
    "peak_temperature": _HEAT,
    "surface_temperature": _HEAT,
    "energy_per_needle": _HEAT,
    "resistance": _HEAT,
    "patch_": _PATCH,
    "pain_peak": ("tolerance.pain",),
    "downtime": ("tolerance.downtime",),
    "redness_duration": ("tolerance.redness",),
    "expected_end_point": ("tolerance.plexus", *_NEEDLES),
    "block_": _CREAM,
    "anaesthetic_exposure_multiple": (*_CREAM, "closure.pore", "puncture."),
    "lateral_equilibration": (*_CREAM, *_NEEDLES),
    "anaesthetic_": _CREAM,
    "barrier_closure": ("closure.barrier", "closure.age"),
    "pore_closure": ("closure.pore", "closure.age"),
    "water_loss": ("closure.water", *_NEEDLES),
    "modelled_collagen": _COURSE,
    "collagen_peak": _COURSE,
    "dermal_thickness": (*_COURSE, "appearance.thickness"),
    "firmness": (*_COURSE, "appearance.firmness"),
    "recoil": (*_COURSE, "appearance."),
    "steroid_collagen": _COURSE,
    "wrinkle_grade": (*_COURSE, "appearance."),
    "laxity_grade": (*_COURSE, "appearance."),
    "scar_grade": (*_COURSE, "appearance."),
    "probability_one_grade": (*_COURSE, "appearance."),
}
_HALF = 0.5


def grades_of_inputs(material: ReportMaterial) -> dict[str, str]:
    """Return the evidence grade of every uncertain input that a result draws, by the input's name."""
    inputs = material.tree["/inputs"].variables if "inputs" in material.tree.children else {}
    return {str(key).replace("__", "."): str(one.attrs.get("grade", "")) for key, one in inputs.items()}


def founded(grades: Mapping[str, str], endpoint: str) -> str:
    """Return how well an endpoint is founded: "Mostly assumed: 2 measured, 9 assumed inputs".

    Parameters
    ----------
    grades
        Of every input; see :func:`grades_of_inputs`.
    endpoint
        Name of the endpoint.

    Returns
    -------
    str
        Empty where nothing uncertain is drawn for it.
    """
    names = behind(endpoint)
    counts = Counter(grade for name, grade in grades.items() if names and name.startswith(names))
    total = sum(counts.values())
    if not total:
        return ""
    listed = joined([f"{counts[grade]} {grade}" for grade in GRADES if counts[grade]])
    return f"{upper(_in_a_word(counts, total))}: {listed} input{'s' if total > 1 else ''}."


def behind(endpoint: str) -> tuple[str, ...]:
    """Return how the names of the inputs behind an endpoint begin; empty where it is not known here."""
    return next((names for start, names in _BEHIND.items() if endpoint.startswith(start)), ())


def _in_a_word(counts: Counter[str], total: int) -> str:
    """Return the weakest of it first: what is assumed counts for more than what is measured."""
    assumed = counts["assumed"] / total
    if assumed == 1.0:
        return "assumed"
    if assumed > _HALF:
        return "mostly assumed"
    if assumed > 0.0:
        return "assumed in part"
    return "fitted to published data" if counts["fitted"] else "from published measurements"
