"""Scenarios: one draw of every uncertain input, from a scrambled Sobol sequence.

Each input has a column of its own, found by its name. A new input takes the next free column and leaves
every other draw as it was. A scenario is one person with one device: inputs are drawn once and shared by all
zones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from percuta.errors import PlanError
from percuta.sources import Sourced

Floats = NDArray[np.float64]

FEWEST, MOST = 16, 65_536
BATCH = 256
CAPACITY = 128
# Append only: the position is the column, and moving a name would change every published result.
COLUMNS = (
    "skin.thickness_dataset",
    "skin.epidermis",
    "skin.dermis",
    "tissue.dermis.papillary_fraction",
    "device.needle_count",
    "device.needle_diameter",
    "device.tip_length",
    "device.depth_tolerance",
    "device.puncture_rate",
    "device.swath_width",
    "device.drum_diameter",
    "puncture.pen_reached_share_short",
    "puncture.pen_reached_share_long",
    "puncture.roller_reached_share_short",
    "puncture.roller_reached_share_long",
    "puncture.scatter_between_needles",
    "puncture.dial_offset",
    "puncture.dial_tolerance",
    "puncture.taper",
    "puncture.pen_swath_width",
    "puncture.pen_glide_speed",
    "puncture.roller_glide_speed",
    "puncture.smear_share",
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
    "timing.contact_share",
    "tolerance.pain_length_exponent",
    "tolerance.pain_count_exponent",
    "tolerance.pain_anchor",
    "tolerance.pain_anchor_pen",
    "tolerance.pain_anchor_pen_count",
    "tolerance.pain_anchor_roller",
    "tolerance.pain_anchor_roller_count",
    "tolerance.roller_needles_at_once",
    "tolerance.pain_without_anaesthetic",
    "tolerance.redness_position",
    "tolerance.plexus_depth",
    "healing.debris_clearance",
    "healing.mediator_clearance",
    "healing.macrophage_clearance",
    "healing.fibroblast_stage_rate",
    "healing.maturation",
    "healing.coagulated_clearance",
    "healing.coagulated_mediator_ratio",
    "healing.coagulated_replacement",
    "healing.responds",
    "healing.collagen_per_punctured_fraction",
    "healing.collagen_capacity",
    "healing.mature_collagen_loss",
    "ageing.collagen_decline",
    "ageing.menopause_age",
    "ageing.menopause_loss",
    "ageing.later_decline",
    "ageing.synthesis_at_80",
    "appearance.thickness_exponent",
    "appearance.firmness_exponent",
    "steroid.recovery_time",
    "steroid.synthesis_factor",
)
_COLUMN = {name: index for index, name in enumerate(COLUMNS)}


def check_members(members: int) -> None:
    """Check a number of scenarios.

    Raises
    ------
    PlanError
        Unless it is a power of two between :data:`FEWEST` and :data:`MOST`; the neighbours are named.
    """
    if FEWEST <= members <= MOST and members & (members - 1) == 0:
        return
    below = 1 << (max(FEWEST, min(members, MOST)).bit_length() - 1)
    near = sorted({below, min(2 * below, MOST)}) if FEWEST < members < MOST else [below]
    raise PlanError(
        "the number of scenarios must be a power of two",
        value=members,
        allowed=f"{FEWEST} to {MOST}; nearest: {' and '.join(str(number) for number in near)}",
        do=f"use --members {near[-1]}",
    )


def _always_first(entry: Sourced) -> bool:
    return False


@dataclass
class Scenarios:
    """Draws of the uncertain inputs for a batch of scenarios; see :func:`scenario_batch`.

    Attributes
    ----------
    points : (members, 2 * CAPACITY)
        The part of the sequence that belongs to this batch.
    from_second
        Tells for which inputs the second, independent half of the sequence is taken in place of the first;
        the pick-freeze method of variance shares needs it.
    drawn
        Every input that was drawn: the library entry and its values, by the entry's name.
    """

    points: Floats
    from_second: Callable[[Sourced], bool] = _always_first
    drawn: dict[str, tuple[Sourced, Floats]] = field(default_factory=dict)

    @property
    def members(self) -> int:
        """Number of scenarios in this batch."""
        return int(self.points.shape[0])

    def probability(self, column: str, *, second: bool = False) -> Floats:
        """Return the probabilities of one column, shape (members,)."""
        return np.asarray(self.points[:, _COLUMN[column] + (CAPACITY if second else 0)])

    def draw(self, entry: Sourced, column: str | None = None) -> Floats:
        """Return one value of an input for each scenario [SI], shape (members,).

        Parameters
        ----------
        entry
            The library entry.
        column
            Name of the column where it differs from the entry's name, for entries of which one scenario needs
            one of many, such as a device's needle diameter.
        """
        name = entry.name if column is None else column
        if entry.spread is None:
            values = np.full(self.members, entry.si)
        else:
            values = entry.quantile(self.probability(name, second=self.from_second(entry)))
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
    members: int, seed: int, number: int, from_second: Callable[[Sourced], bool] = _always_first
) -> Scenarios:
    """Return one batch of at most :data:`BATCH` scenarios.

    A batch fits the processor's cache and bounds the memory; the batches together are one sequence, so that
    neither their size nor who computes them changes a draw.

    Parameters
    ----------
    members
        Number of scenarios of the whole run, a power of two.
    seed
        Seed of the scrambling.
    number
        Which batch, from 0.
    from_second
        See :class:`Scenarios`.
    """
    sequence = qmc.Sobol(2 * CAPACITY, scramble=True, rng=np.random.default_rng(seed))
    if number > 0:  # scipy cannot go forward by nothing
        sequence.fast_forward(number * BATCH)
    points = sequence.random(min(BATCH, members))
    return Scenarios(points + 0.5**31, from_second)  # the sequence has 30 bits; never exactly zero
