"""The way of a drug through one person's skin: cells, creams and channels for the diffusion equation.

Rows are drugs times scenarios, all scenarios of the first drug first. What is uncertain of one drug is drawn
together with the same of every other: a skin that lets one pass more easily than the correlation does so with all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from percuta.engine.bench import Bench, tissue_entry
from percuta.engine.handovers import Channels, Layers
from percuta.library.drugs import Drug
from percuta.library.entries import Product
from percuta.physics.diffusion import Skin, Vehicle
from percuta.physics.permeation import (
    ionised_over_unionised,
    mass_factor,
    skin_permeability,
    slab_diffusivity,
    tissue_diffusivity,
)
from percuta.sources import Sourced

Floats = NDArray[np.float64]

_HORNY_CELLS, _LIVING_CELLS, _DERMAL_CELLS = 10, 5, 42
_FINEST, _BOTTOM = 30e-6, 12e-3  # m; uppermost cell of the dermis, and a depth that no anaesthetic reaches
_THINNEST = 10e-6  # m; of living epidermis where a dataset's epidermis is hardly thicker than the stratum corneum


@dataclass(frozen=True)
class Passage:
    """What the skin does to one drug, each (m,).

    Attributes
    ----------
    drug
        The drug.
    horny_mobility, horny_capacity
        ``M`` [m^2/s] and ``K`` of the stratum corneum under a film.
    diffusivity
        In the dermis [m^2/s].
    tissue_capacity
        ``K`` of living tissue.
    solubility
        Of the un-ionised drug in water [kg/m^3].
    potency
        Relative to lidocaine; 0 of drugs that are no anaesthetics.
    pka
        NaN of drugs that do not ionise.
    """

    drug: Drug
    horny_mobility: Floats
    horny_capacity: Floats
    diffusivity: Floats
    tissue_capacity: Floats

    solubility: Floats
    potency: Floats
    pka: Floats

    def ionised(self, ph: Floats) -> Floats:
        """Return the ionised over the un-ionised drug in water of some pH, (m,)."""
        if self.drug.known("ionises_as").text == "none":
            return np.zeros_like(ph)
        return ionised_over_unionised(self.pka, ph, self.base)

    @property
    def base(self) -> bool:
        """Whether it is a base, which acid ionises."""
        return self.drug.known("ionises_as").text == "base"


def passage_of(bench: Bench, drug: Drug) -> Passage:
    """Draw the way of a drug through the skin.

    The correlation holds for a stratum corneum of usual thickness, and so does the time lag; how thick it is at a zone
    enters with the cells.
    """
    draw = bench.parameter
    usual = tissue_entry(bench.library.tissues["epidermis"], "stratum_corneum_thickness_elsewhere").si
    mass = _of_drug(bench, drug, "molecular_mass")
    permeability = skin_permeability(
        _of_drug(bench, drug, "log_octanol_water"),
        mass,
        draw("permeation.permeability_intercept"),
        draw("permeation.permeability_lipophilicity"),
        draw("permeation.permeability_mass"),
    )
    permeability = permeability * 10.0 ** _residual(bench, drug)
    mobility = usual * permeability * draw("permeation.permeability_between_people")
    lidocaine = _of_drug(bench, bench.library.drug("lidocaine"), "molecular_mass")
    slower = mass_factor(mass, lidocaine, draw("permeation.permeability_mass"))
    diffusivity = slower * slab_diffusivity(np.full_like(mass, usual), draw("permeation.lag_time"))
    dermal = tissue_diffusivity(
        mass, draw("permeation.dermal_diffusivity_intercept"), draw("permeation.dermal_diffusivity_mass")
    )
    ionises = drug.known("ionises_as").text != "none"
    found = Passage(
        drug,
        mobility,
        mobility / diffusivity,
        dermal * draw("permeation.dermal_diffusivity_factor"),
        np.ones_like(mass),
        _of_drug(bench, drug, "aqueous_solubility"),
        _of_drug(bench, drug, "anaesthetic_potency") if drug.kind == "anaesthetic" else np.zeros_like(mass),
        _of_drug(bench, drug, "pka") if ionises else np.full_like(mass, np.nan),
    )
    return replace(found, tissue_capacity=1.0 + found.ionised(draw("permeation.tissue_ph")))


def _residual(bench: Bench, drug: Drug) -> Floats:
    """Draw how far a drug lies from the correlation (log10); a drug that was measured has a residual of its own."""
    own = bench.library.parameters.get(f"permeation.permeability_residual_{drug.id}")
    general = bench.library.parameter("permeation.permeability_residual")
    return bench.scenarios.draw(own or general, general.name)


def _of_drug(bench: Bench, drug: Drug, field: str) -> Floats:
    """Draw a property of a drug; one column for that property of all drugs."""
    return bench.scenarios.draw(drug.known(field), f"drug.{field}")


def skin_of(bench: Bench, site: str, layers: Layers, passages: list[Passage]) -> Skin:
    """Return the cells of one zone for several drugs.

    The tissue below the dermis is taken as dermis, down to a depth that the drug does not reach.
    """
    horny = horny_thickness(bench, site)
    face = bench.library.site(site).region == "face"
    ease = bench.parameter("permeation.face_permeability") if face else np.ones_like(horny)
    living = np.maximum(layers.epidermis - horny, _THINNEST)
    below = _BOTTOM - horny - living
    graded = np.geomspace(1.0, _grading(), _DERMAL_CELLS)
    width = np.hstack(
        [
            np.repeat((horny / _HORNY_CELLS)[:, None], _HORNY_CELLS, axis=1),
            np.repeat((living / _LIVING_CELLS)[:, None], _LIVING_CELLS, axis=1),
            below[:, None] * graded / graded.sum(),
        ]
    )
    ratio = bench.parameter("permeation.viable_epidermis_diffusivity_ratio")
    clearance = bench.parameter("permeation.dermal_clearance")

    def cells(*values: Floats) -> Floats:
        return np.repeat(np.stack(values, axis=1), [_HORNY_CELLS, _LIVING_CELLS, _DERMAL_CELLS], axis=1)

    none = np.zeros_like(ratio)
    tissue = [each.diffusivity * each.tissue_capacity for each in passages]
    return Skin(
        width=np.tile(width, (len(passages), 1)),
        capacity=np.vstack([cells(ease * each.horny_capacity, *[each.tissue_capacity] * 2) for each in passages]),
        mobility=np.vstack(
            [cells(ease * each.horny_mobility, ratio * own, own) for each, own in zip(passages, tissue, strict=True)]
        ),
        clearance=np.tile(cells(none, none, clearance), (len(passages), 1)),
        horny=_HORNY_CELLS,
    )


@cache
def _grading() -> float:
    """Return the ratio of the lowest to the uppermost cell of the dermis, whose uppermost is about the finest."""
    ratios = np.geomspace(2.0, 200.0, 60)
    finest = [_BOTTOM / np.geomspace(1.0, ratio, _DERMAL_CELLS).sum() for ratio in ratios]
    return float(ratios[np.abs(np.array(finest) - _FINEST).argmin()])


def horny_thickness(bench: Bench, site: str) -> Floats:
    """Draw the thickness of the stratum corneum at a site [m]."""
    entry = bench.library.stratum_corneum(site)
    return bench.scenarios.draw(entry, "tissue.epidermis.stratum_corneum_thickness")


def vehicle_of(bench: Bench, product: Product, per_area: Floats, passages: list[Passage]) -> Vehicle:
    """Return a cream for several drugs; it holds none of those that are not in it.

    Parameters
    ----------
    bench
        Library and scenarios.
    product
        The cream, whose figures are known; see :func:`missing_figures`.
    per_area : (m,)
        How much of it lies on the skin [kg/m^2], (m,).
    passages
        The drugs.
    """
    one, density = np.ones(bench.scenarios.members), bench.parameter("permeation.vehicle_density")
    concentration, capacity = [], []
    for each in passages:
        if each.drug.id not in product.drugs:
            concentration.append(0.0 * one)
            capacity.append(one)
            continue
        holds = one * strength_of(product, each.drug).si * density
        dissolved = (
            bench.scenarios.draw(product.known(product.field_of("saturation", each.drug.id)), "product.saturation")
            * each.solubility
        )
        unionised = holds / (1.0 + each.ionised(_acidity(bench, product, each)))
        concentration.append(holds)
        capacity.append(holds / np.minimum(dissolved, unionised))
    ratio = np.concatenate(capacity)
    return Vehicle(
        np.tile(per_area / density, len(passages)),
        np.concatenate(concentration),
        ratio,
        ratio * np.tile(bench.parameter("permeation.vehicle_diffusivity"), len(passages)),
    )


def ion_factor(bench: Bench, product: Product, passages: list[Passage]) -> Floats:
    """Return how much more passes a stratum corneum that ionised drug passes too, (r,)."""
    ratio = bench.parameter("permeation.ion_permeability_ratio")
    return np.concatenate([1.0 + ratio * each.ionised(_acidity(bench, product, each)) for each in passages])


def _acidity(bench: Bench, product: Product, passage: Passage) -> Floats:
    """Return the pH of a cream, (m,); where nobody published it, one at which nothing is ionised is taken."""
    entry = product.published("vehicle_ph")
    if entry is not None:
        return bench.scenarios.draw(entry, "product.vehicle_ph")
    return np.full(bench.scenarios.members, np.inf if passage.base else -np.inf)


def open_share(channels: Channels, skin: Skin) -> Floats:
    """Return the open fraction at the cells' depths, (r, cells)."""
    rows, members = skin.width.shape[0], channels.open.shape[0]
    depth = skin.depth
    share = [np.interp(depth[row], channels.depth, channels.open[row % members], right=0.0) for row in range(rows)]
    return np.asarray(share)


def channel_mobility(bench: Bench, passages: list[Passage]) -> Floats:
    """Return ``M`` in the fluid of a channel [m^2/s], (r,)."""
    ratio = bench.parameter("permeation.channel_diffusivity_ratio")
    return np.concatenate([ratio * each.diffusivity * each.tissue_capacity for each in passages])


def strength_of(product: Product, drug: Drug) -> Sourced:
    """Return how much of a drug a cream holds, mass by mass.

    Raises
    ------
    LibraryError
        If nobody published it.
    """
    return product.known(product.field_of("strength", drug.id))
