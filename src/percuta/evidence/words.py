"""The words that evidence files may use: designs, ways of treatment, outcomes, roles, and settings with their units."""

from __future__ import annotations

ROLES = ("fit", "judge", "context")
SPREADS = ("sd", "standard error", "interquartile range", "not stated", "none")
FOUND = ("increase", "decrease", "no significant change", "no significant difference")
TIME_FROM = ("first session", "last session", "start of use", "end of use")
BIAS = ("low", "some", "high", "not judged")
UNPUBLISHED = "unpublished"

# Studies in which living people are treated: those of needling state settings and risk of bias.
TRIALS = (
    "randomised trial",
    "randomised trial within persons",
    "controlled trial",
    "controlled trial within persons",
    "series",
    "retrospective series",
    "experiment on people",
)
DESIGNS = (
    *TRIALS,
    "observational study",
    "pharmacokinetic study",
    "animal experiment",
    "laboratory study",
    "case reports",
    "review",
    "meta-analysis",
    "statement",
    "third-party digitisation",
)

# Ways of treatment that puncture skin with needles; "needling" where the kind is not stated, or is several.
NEEDLING = ("pen", "roller", "stamp", "rf", "patch", "needle", "needling")
MODALITIES = (*NEEDLING, "surface_rf", "laser", "peel", "cream", "steroid", "drug", "none")

OUTCOMES = (
    # tissue
    "collagen",
    "synthesis",
    "elastin",
    "dermal_thickness",
    "dermal_density",
    "epidermal_thickness",
    "epidermal_density",
    "optical_attenuation",
    "thickness",
    "stiffness",
    "elasticity",
    "healing",
    "inflammation",
    "ageing",
    "blood_flow",
    # grades and people's own judgement
    "wrinkle_grade",
    "wrinkle_depth",
    "laxity_grade",
    "texture_grade",
    "scar_grade",
    "scar_score",
    "scar_depth",
    "global_grade",
    "satisfaction",
    # barrier, tolerance and harm
    "water_loss",
    "closure",
    "pain",
    "downtime",
    "redness",
    "pigment",
    "adverse_event",
    # needles and heat
    "puncture",
    "force",
    "zone",
    "temperature",
    # drugs
    "absorbed",
    "blood_level",
    "block_depth",
    "permeation",
)

# Settings of a treatment: the unit each is read in, or None where it is words.
SETTINGS: dict[str, str | None] = {
    "set_depth": "mm",
    "needle_length": "mm",
    "needle_diameter": "mm",
    "needles": "1",
    "passes": "1",
    "density": "1/cm^2",
    "reached_depth": "mm",
    "sessions": "1",
    "interval": "day",
    "rate": "Hz",
    "end_point": None,
    "frequency": "Hz",
    "power": "W",
    "energy": "J",
    "temperature": "degC",
    "duration": "s",
    "polarity": None,
    "contact_time": "min",
}
ALWAYS_STATED = ("passes", "density", "reached_depth")
