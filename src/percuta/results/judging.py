"""Which way an endpoint is better, where that can be said of the endpoint alone.

A benefit is better higher, a burden or a risk better lower. Most of what a plan does in the skin is neither: a deeper
needle or a larger coagulated zone is what one plan wants and what another one avoids, so that only the difference
can be given.
"""

from __future__ import annotations

from typing import Literal

from percuta.results.barrier import BARRIER
from percuta.results.patch import PATCH

Better = Literal["higher", "lower"]

_BENEFITS = (
    "block_depth_at_needling",
    "modelled_collagen_vs_untreated",
    "dermal_thickness_change",
    "firmness_change",
    "recoil_change",
    "probability_one_grade_better_than_untreated",
)
_BURDENS = (
    "session_duration",
    "needling_duration",
    "anaesthetic_absorbed",
    "anaesthetic_peak_plasma",
    "anaesthetic_exposure_multiple",
    "block_onset",
    "pain_peak",
    "downtime",
    "redness_duration",
    "tracks_beyond_dermis_fraction",
    "epidermis_necrotic_fraction",
    "subcutis_necrotic_fraction",
    "surface_temperature_peak",
    "steroid_collagen_cost",
    "wrinkle_grade_change",  # a fall of the grade is what is wanted
    "laxity_grade_change",
    "scar_grade_change",
    *BARRIER,
)
_NEITHER = (
    "lateral_equilibration_time",
    "puncture_density",
    "reached_depth_typical",
    "reached_depth_deepest_5_percent",
    "punctured_surface_fraction",
    "papillary_punctured_fraction",
    "reticular_punctured_fraction",
    "papillary_coagulated_fraction",
    "reticular_coagulated_fraction",
    "papillary_necrotic_fraction",
    "reticular_necrotic_fraction",
    "zone_width",
    "zone_height",
    "zone_volume",
    "peak_temperature",
    "energy_per_needle",
    "resistance",
    "block_duration_after_removal",
    "expected_end_point",
    "collagen_peak_time",
    *PATCH,
)
BETTER: dict[str, Better | None] = {
    **{name: "higher" for name in _BENEFITS},
    **{name: "lower" for name in _BURDENS},
    **{name: None for name in _NEITHER},
}
