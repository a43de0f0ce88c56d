"""Scenarios: one draw of every uncertain input, from a scrambled Sobol sequence.

Each input has a column of its own, found by its name. A new input takes the next free column and leaves
every other draw as it was. A scenario is one person with one device: inputs are drawn once and shared by all
zones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from percuta.errors import PlanError
from percuta.sources import Sourced

Floats = NDArray[np.float64]
FromSecond = Callable[[str, Sourced], bool]

FEWEST, MOST = 16, 65_536
BATCH = 256
CAPACITY = 256
_FIRST_COLUMNS = 128  # of the sequence that the first columns come from; see _points
# Append only: the position is the column, and moving a name would change every published result. The inputs
# that matter most stand first, where a Sobol sequence fills pairs of columns most evenly.
COLUMNS = (
    "puncture.reached_share",
    "puncture.pen_glide_speed",
    "skin.thickness_dataset",
    "posterior.healing",
    "healing.response_between_people",
    "skin.dermis",
    "skin.epidermis",
    "puncture.smear_share",
    "device.swath_width",
    "device.needle_diameter",
    "puncture.scatter_between_needles",
    "tolerance.pain_anchor",
    "tolerance.pain_anchor_roller",
    "tolerance.pain_anchor_pen",
    "timing.contact_share",
    "puncture.dial_offset",
    "healing.mature_collagen_loss",
    "healing.collagen_capacity",
    "healing.maturation",
    "tissue.dermis.papillary_fraction",
    "tolerance.redness_position",
    "tolerance.plexus_depth",
    "puncture.roller_glide_speed",
    "puncture.pen_swath_width",
    "appearance.thickness_exponent",
    "appearance.firmness_exponent",
    "ageing.synthesis_at_80",
    "ageing.collagen_decline",
    "tolerance.pain_without_anaesthetic",
    "device.tip_length",
    "puncture.taper",
    "device.needle_count",
    "device.depth_tolerance",
    "device.puncture_rate",
    "device.drum_diameter",
    "puncture.dial_tolerance",
    "puncture.channel_diameter_share",
    "puncture.open_depth_share",
    "timing.photograph",
    "timing.cleanse",
    "timing.apply_anaesthetic",
    "timing.remove_anaesthetic",
    "timing.antisepsis",
    "timing.peel",
    "timing.glide_gel",
    "timing.medication",
    "timing.rinse",
    "timing.cool",
    "timing.gel",
    "timing.steroid_gel",
    "timing.aftercare",
    "timing.sun_protection",
    "tolerance.pain_length_exponent",
    "tolerance.pain_count_exponent",
    "tolerance.pain_anchor_pen_count",
    "tolerance.pain_anchor_roller_count",
    "tolerance.roller_needles_at_once",
    "healing.debris_clearance",
    "healing.mediator_clearance",
    "healing.macrophage_clearance",
    "healing.fibroblast_stage_rate",
    "healing.coagulated_clearance",
    "healing.coagulated_mediator_ratio",
    "healing.coagulated_replacement",
    "ageing.menopause_age",
    "ageing.menopause_loss",
    "ageing.later_decline",
    "steroid.recovery_time",
    "steroid.synthesis_factor",
    "steroid.days_of_aftercare",
    "steroid.two_weeks_after",
    "rf.cell_kinetics",
    "rf.collagen_kinetics",
    "tissue.dermis.electrical_conductivity_in_plane",
    "tissue.dermis.thermal_conductivity",
    "rf.reached_share",
    "rf.sensor_offset",
    "device.exposed_length",
    "device.pitch",
    "rf.surface_temperature",
    "tissue.dermis.electrical_anisotropy",
    "rf.conductivity_slope",
    "tissue.dermis.water_fraction",
    "tissue.dermis.specific_heat",
    "tissue.dermis.density",
    "tissue.dermis.perfusion",
    "tissue.subcutis.electrical_conductivity_in_plane",
    "tissue.subcutis.electrical_anisotropy",
    "tissue.subcutis.thermal_conductivity",
    "tissue.subcutis.density",
    "tissue.subcutis.specific_heat",
    "tissue.subcutis.water_fraction",
    "tissue.subcutis.perfusion",
    "tissue.epidermis.electrical_conductivity_in_plane",
    "tissue.epidermis.thermal_conductivity",
    "tissue.epidermis.density",
    "tissue.epidermis.specific_heat",
    "tissue.epidermis.water_fraction",
    "rf.dry_limit",
    "rf.dry_conductivity",
    "rf.vapour_recovered",
    "rf.heat_shock_peak",
    "rf.body_resistance",
    "rf.surface_transfer_air",
    "rf.surface_transfer_contact",
    "rf.air_temperature",
    "rf.contact_temperature",
    "rf.time_between_pulses",
    "device.frequency",
    "device.sensor_length",
    "device.insertion_angle",
    "tissue.subcutis.superficial_fat_thickness",
    "tolerance.pain_anchor_rf",
    "tolerance.downtime_rf",
    "permeation.permeability_residual",
    "permeation.permeability_between_people",
    "permeation.lag_time",
    "permeation.dermal_clearance",
    "permeation.channel_uncertainty",
    "anaesthesia.needle_depth",
    "tissue.epidermis.stratum_corneum_thickness",
    "permeation.dermal_diffusivity_factor",
    "permeation.unoccluded_permeability",
    "drug.plasma_clearance",
    "drug.distribution_volume",
    "permeation.ion_permeability_ratio",
    "permeation.viable_epidermis_diffusivity_ratio",
    "permeation.channel_diffusivity_ratio",
    "permeation.face_permeability",
    "product.saturation",
    "drug.molecular_mass",
    "drug.log_octanol_water",
    "drug.aqueous_solubility",
    "drug.anaesthetic_potency",
    "drug.pka",
    "product.vehicle_ph",
    "anaesthesia.needle_amount_per_area",
    "anaesthesia.hypodermic_depth",
    "anaesthesia.pretreatment_contact_time",
    "anaesthesia.hypodermic_amount_per_area",
    "permeation.vehicle_diffusivity",
    "permeation.vehicle_density",
    "permeation.peel_thickness_share",
    "closure.barrier_time",
    "closure.barrier_time_occluded",
    "closure.pore_time",
    "closure.pore_time_occluded",
    "closure.age_factor_at_77",
    "closure.anti_inflammatory_factor",
    "closure.dexpanthenol_factor",
    "closure.water_loss_face",
    "closure.water_loss_body",
    "closure.water_loss_without_barrier",
    "device.needle_length",
    "device.patch_area",
    "device.inserted_share",
    "device.dissolution_time",
    "device.release_time",
    "device.load_per_patch",
    "device.loaded_length",
    "tolerance.pain_left_by_unknown_cream",
    "people.sex",
    "people.age",
    "people.mass",
    "people.phototype",
)
_COLUMN = {name: index for index, name in enumerate(COLUMNS)}


def check_members(members: int, fewest: int = FEWEST, option: str = "--members") -> None:
    """Check a number of scenarios, given by an option.

    Raises
    ------
    PlanError
        Unless it is a power of two between ``fewest``, itself one, and :data:`MOST`; the neighbours are named.
    """
    if fewest <= members <= MOST and members & (members - 1) == 0:
        return
    below = 1 << (max(fewest, min(members, MOST)).bit_length() - 1)
    near = sorted({below, min(2 * below, MOST)}) if fewest < members < MOST else [below]
    raise PlanError(
        "the number of scenarios must be a power of two",
        value=members,
        allowed=f"{fewest} to {MOST}; nearest: {' and '.join(str(number) for number in near)}",
        do=f"use {option} {near[-1]}",
    )


def group_of(entry: Sourced) -> str:
    """Return what an input varies together with: its calibration, else itself."""
    drawn = entry.spread is not None and entry.spread.kind == "draws"
    return f"posterior.{entry.spread.of}" if drawn and entry.spread else entry.name


def never(column: str, entry: Sourced) -> bool:
    """Take every input from the first sequence."""
    return False


@dataclass
class Scenarios:
    """Draws of the uncertain inputs for a batch of scenarios; see :func:`scenario_batch`.

    Attributes
    ----------
    points, second : (members, CAPACITY)
        The parts of two independent sequences that belong to this batch.
    from_second
        Tells for which inputs, by column and entry, the second sequence is taken in place of the first; the
        pick-freeze method of variance shares needs it.
    drawn
        Every input that was drawn: the library entry and its values, by the entry's name.
    columns
        The entries that were drawn from each column, by their names; those of one column vary together.
    """

    points: Floats
    second: Floats
    from_second: FromSecond = never
    drawn: dict[str, tuple[Sourced, Floats]] = field(default_factory=dict)
    columns: dict[str, dict[str, Sourced]] = field(default_factory=dict)

    @property
    def members(self) -> int:
        """Number of scenarios in this batch."""
        return int(self.points.shape[0])

    def rows(self, start: int, stop: int) -> Scenarios:
        """Return some of the scenarios, nothing of which is drawn yet."""
        return Scenarios(self.points[start:stop], self.second[start:stop], self.from_second)

    def probability(self, column: str, entry: Sourced) -> Floats:
        """Return the probabilities of one column for an input, shape (members,)."""
        self.columns.setdefault(column, {})[entry.name] = entry
        points = self.second if self.from_second(column, entry) else self.points
        return np.asarray(points[:, _COLUMN[column]])

    def draw(self, entry: Sourced, column: str | None = None) -> Floats:
        """Return one value of an input for each scenario [SI], shape (members,).

        Parameters
        ----------
        entry
            The library entry.
        column
            Name of the column where it differs from the entry's name, for entries of which one scenario needs
            one of many, such as a device's needle diameter. Posterior draws of one calibration share its column.
        """
        name = group_of(entry) if column is None else column
        if entry.spread is None:
            values = np.full(self.members, entry.si)
        else:
            values = entry.quantile(self.probability(name, entry))
        self.drawn[entry.name] = (entry, values)
        return values


def batch_count(members: int) -> int:
    """Return the number of batches of a run.

    Raises
    ------
    PlanError
        If ``members`` is not a power of two within the bounds.
    """
    check_members(members)
    return -(-members // BATCH)


def scenario_batch(
    members: int, seed: int | tuple[int, ...], number: int, from_second: FromSecond = never
) -> Scenarios:
    """Return one batch of at most :data:`BATCH` scenarios.

    A batch fits the processor's cache and bounds the memory; the batches together are one sequence, so that
    neither their size nor who computes them changes a draw.

    Parameters
    ----------
    members
        Number of scenarios of the whole run, a power of two.
    seed
        Seed of the scrambling, a number or several.
    number
        Which batch, from 0.
    from_second
        See :class:`Scenarios`.
    """
    whole = seed if isinstance(seed, tuple) else (seed,)
    first, second = (_points(members, (*whole, half), number) for half in (0, 1))
    # the same column of two Sobol sequences runs through its values alike; in another order it is independent
    second = np.random.default_rng((*whole, 2, number)).permutation(second)
    return Scenarios(first, second, from_second)


@lru_cache(maxsize=16)  # a search draws the same scenarios again and again
def _points(members: int, seed: tuple[int, ...], number: int) -> Floats:
    """Return one batch of a sequence, shape (members, CAPACITY).

    The scrambling of every dimension is independent of the others', so that the first columns of one scrambling and
    the later ones of another are together one scrambled sequence. This is how columns were added without a change
    of those that were there.
    """
    first = _sequence(_FIRST_COLUMNS, seed, members, number)
    later = _sequence(CAPACITY, (*seed, _FIRST_COLUMNS), members, number)[:, _FIRST_COLUMNS:]
    points = np.hstack([first, later]) + 0.5**31  # the sequence has 30 bits; never exactly zero
    points.flags.writeable = False
    return points


def _sequence(columns: int, seed: tuple[int, ...], members: int, number: int) -> Floats:
    sequence = qmc.Sobol(columns, scramble=True, rng=np.random.default_rng(seed))
    if number > 0:  # scipy cannot go forward by nothing
        sequence.fast_forward(number * BATCH)
    return np.asarray(sequence.random(min(BATCH, members)))
