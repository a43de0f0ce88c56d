"""Why an input of the scenarios varies: people differ in it, occasions and devices do, or its one value is not known.

A cohort splits its spread by this list. What decides is what the library's spread is of, and not what surely also
differs between people: the conductivity of the dermis does, and its spread is the disagreement of two sources about one
value. Every column of the scenarios stands in one group, with the reason of its group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from percuta.engine.scenarios import COLUMNS

Kind = Literal["between people", "between occasions or devices", "not known"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Group:
    """Columns that vary for one reason.

    Attributes
    ----------
    kind
        What the spread is between.
    reason
        Why, in a sentence.
    columns
        Names of columns of :data:`percuta.engine.scenarios.COLUMNS`.
    """

    kind: Kind
    reason: str
    columns: tuple[str, ...]


GROUPS = (
    Group(
        "between people",
        "Traits of the person: published distributions of those who are treated, or of a population.",
        ("people.sex", "people.age", "people.mass", "people.phototype", "ageing.menopause_age"),
    ),
    Group(
        "between people",
        "Thickness of the layers: standard deviations over the people measured. Of a few sites only the range of "
        "regional means is known, which stands in their place.",
        (
            "skin.epidermis",
            "skin.dermis",
            "tissue.epidermis.stratum_corneum_thickness",
            "tissue.subcutis.superficial_fat_thickness",
        ),
    ),
    Group(
        "between people",
        "How strongly a person's skin answers needles: the spread of graded changes over the people of a trial.",
        ("healing.response_between_people",),
    ),
    Group(
        "between people",
        "What the people of one study felt or lasted: standard deviations over them, and for redness where a person "
        "lies between the shortest and the longest published duration.",
        (
            "tolerance.pain_anchor_pen",
            "tolerance.pain_anchor_roller",
            "tolerance.downtime_rf",
            "tolerance.redness_position",
        ),
    ),
    Group(
        "between people",
        "How a drug passes a person's skin and leaves the blood: spreads over people or specimens, assumed where a "
        "source gave the mean alone.",
        ("permeation.permeability_between_people", "drug.plasma_clearance", "drug.distribution_volume"),
    ),
    Group(
        "between people",
        "Barrier of a person's skin: standard deviations over people of water loss, and of closing under a film.",
        ("closure.water_loss_face", "closure.water_loss_body", "closure.barrier_time_occluded"),
    ),
    Group(
        "between occasions or devices",
        "The hand and the visit: how fast the device is led, how long a step takes, how warm the room and the skin "
        "are, how long a product is used at home.",
        (
            "puncture.pen_glide_speed",
            "puncture.roller_glide_speed",
            "rf.time_between_pulses",
            "rf.air_temperature",
            "rf.surface_temperature",
            "steroid.days_of_aftercare",
            *(column for column in COLUMNS if column.startswith("timing.")),
        ),
    ),
    Group(
        "between occasions or devices",
        "The device: its tolerances, and figures of its label that differ between makes of one kind.",
        (
            "puncture.dial_offset",
            "puncture.dial_tolerance",
            "puncture.pen_swath_width",
            "puncture.taper",
            "rf.sensor_offset",
            "rf.contact_temperature",
            *(column for column in COLUMNS if column.startswith("device.")),
        ),
    ),
    Group(
        "between occasions or devices",
        "The product: how its vehicle is made.",
        ("product.saturation", "product.vehicle_ph", "permeation.vehicle_diffusivity", "permeation.vehicle_density"),
    ),
    Group(
        "not known",
        "Which measurement or model is right: one of several holds, and nobody knows which.",
        (
            "skin.thickness_dataset",
            "tolerance.pain_anchor",
            "rf.cell_kinetics",
            "rf.collagen_kinetics",
            "healing.mature_collagen_loss",
        ),
    ),
    Group(
        "not known",
        "How needles enter the skin: nobody has measured these figures for the devices at hand.",
        (
            "puncture.reached_share",
            "puncture.smear_share",
            "puncture.scatter_between_needles",
            "puncture.channel_diameter_share",
            "puncture.open_depth_share",
            "rf.reached_share",
        ),
    ),
    Group(
        "not known",
        "Healing: what the calibration and the fits to wounds leave open of one value. Rates surely differ between "
        "people as well, and no study gives by how much.",
        (
            "posterior.healing",
            "healing.collagen_capacity",
            "healing.maturation",
            "healing.debris_clearance",
            "healing.mediator_clearance",
            "healing.macrophage_clearance",
            "healing.fibroblast_stage_rate",
            "healing.coagulated_clearance",
            "healing.coagulated_mediator_ratio",
            "healing.coagulated_replacement",
            "appearance.thickness_exponent",
            "appearance.firmness_exponent",
        ),
    ),
    Group(
        "not known",
        "Ageing and steroids: the mean course is uncertain, and how people differ about it was not published.",
        (
            "ageing.synthesis_at_80",
            "ageing.collagen_decline",
            "ageing.menopause_loss",
            "ageing.later_decline",
            "steroid.recovery_time",
            "steroid.synthesis_factor",
            "steroid.two_weeks_after",
        ),
    ),
    Group(
        "not known",
        "Pain and bleeding: exponents, factors and figures of studies that did not report them.",
        (
            "tolerance.pain_without_anaesthetic",
            "tolerance.pain_length_exponent",
            "tolerance.pain_count_exponent",
            "tolerance.pain_anchor_pen_count",
            "tolerance.pain_anchor_roller_count",
            "tolerance.pain_anchor_rf",
            "tolerance.pain_left_by_unknown_cream",
            "tolerance.roller_needles_at_once",
            "tolerance.plexus_depth",
        ),
    ),
    Group(
        "not known",
        "Properties of tissue: sources disagree about one value, or it was assumed.",
        tuple(
            column
            for column in COLUMNS
            if column.startswith("tissue.") and not column.endswith(("corneum_thickness", "fat_thickness"))
        ),
    ),
    Group(
        "not known",
        "How current heats skin and skin loses heat: assumed between bounds.",
        (
            "rf.conductivity_slope",
            "rf.dry_limit",
            "rf.dry_conductivity",
            "rf.vapour_recovered",
            "rf.heat_shock_peak",
            "rf.body_resistance",
            "rf.surface_transfer_air",
            "rf.surface_transfer_contact",
        ),
    ),
    Group(
        "not known",
        "How drugs pass: correlations over many drugs miss each of them, and films, channels and peels were hardly "
        "measured.",
        (
            "permeation.permeability_residual",
            "permeation.lag_time",
            "permeation.dermal_clearance",
            "permeation.channel_uncertainty",
            "permeation.dermal_diffusivity_factor",
            "permeation.unoccluded_permeability",
            "permeation.ion_permeability_ratio",
            "permeation.viable_epidermis_diffusivity_ratio",
            "permeation.channel_diffusivity_ratio",
            "permeation.face_permeability",
            "permeation.peel_thickness_share",
            "drug.molecular_mass",
            "drug.log_octanol_water",
            "drug.aqueous_solubility",
            "drug.anaesthetic_potency",
            "drug.pka",
        ),
    ),
    Group(
        "not known",
        "The studies on which the threshold of block is calibrated: what their abstracts do not say.",
        (
            "anaesthesia.needle_depth",
            "anaesthesia.needle_amount_per_area",
            "anaesthesia.hypodermic_depth",
            "anaesthesia.hypodermic_amount_per_area",
            "anaesthesia.pretreatment_contact_time",
        ),
    ),
    Group(
        "not known",
        "How needled skin closes: times from a few people, from rats or from memory, with spreads assumed.",
        (
            "closure.barrier_time",
            "closure.pore_time",
            "closure.pore_time_occluded",
            "closure.age_factor_at_77",
            "closure.anti_inflammatory_factor",
            "closure.dexpanthenol_factor",
            "closure.water_loss_without_barrier",
        ),
    ),
)


@cache
def group_of_column(column: str) -> Group:
    """Return the group of a column.

    Raises
    ------
    KeyError
        If the column stands in no group.
    """
    for group in GROUPS:
        if column in group.columns:
            return group
    raise KeyError(column)
