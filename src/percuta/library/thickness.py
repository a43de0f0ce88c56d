"""The layers of one person's skin at one site, in every dataset that has them."""

from __future__ import annotations

from dataclasses import dataclass

from percuta.errors import LibraryError
from percuta.library.entries import Site, Thickness
from percuta.sources import Sourced


@dataclass(frozen=True)
class LayerSet:
    """Epidermis and dermis of one person at one site, as one dataset has them.

    ``full_skin`` datasets measured both layers together; there ``dermis`` is None and the dermis is what
    remains of the full skin below the epidermis of another dataset.
    """

    dataset: str
    label: str
    method: str
    epidermis: Sourced
    dermis: Sourced | None
    full_skin: Sourced | None

    @property
    def central(self) -> tuple[float, float]:
        """Central thickness of epidermis and dermis [m]."""
        if self.dermis is not None:
            return self.epidermis.si, self.dermis.si
        whole = self.full_skin.si if self.full_skin is not None else 0.0
        return self.epidermis.si, whole - self.epidermis.si

    def depth_band(self) -> tuple[float, float, float]:
        """Return the 5 %, central and 95 % depth of the lower face of the dermis [m].

        The layers of one person are taken as independent.
        """
        if self.full_skin is not None:
            low, high = self.full_skin.band()
            return low, self.full_skin.si, high
        parts = [part for part in (self.epidermis, self.dermis) if part is not None]
        centre = sum(part.si for part in parts)
        below = sum((part.si - part.band()[0]) ** 2 for part in parts) ** 0.5
        above = sum((part.band()[1] - part.si) ** 2 for part in parts) ** 0.5
        return centre - below, centre, centre + above


def layer_sets(site: Site, sex: str, age: float, epidermis: Sourced) -> list[LayerSet]:
    """Return one layer set for each dataset that covers a person.

    Parameters
    ----------
    site
        The site.
    sex
        ``female`` or ``male``.
    age
        Age [years]. A dataset by age bands gives the nearest band.
    epidermis
        Epidermis for datasets of the full skin that did not measure it apart.

    Raises
    ------
    LibraryError
        If no dataset covers that sex.
    """
    by_dataset: dict[str, list[Thickness]] = {}
    for block in site.thickness:
        if block.sex in (sex, "any"):
            by_dataset.setdefault(block.dataset, []).append(block)
    if not by_dataset:
        raise LibraryError(f"no thickness of {site.name} is known for this sex", value=sex)
    chosen = (min(blocks, key=lambda block: _years_outside(block, age)) for blocks in by_dataset.values())
    return [
        LayerSet(
            block.dataset,
            block.label,
            block.method,
            block.epidermis if block.epidermis is not None else epidermis,
            block.dermis,
            block.full_skin,
        )
        for block in chosen
    ]


def _years_outside(block: Thickness, age: float) -> float:
    """Years between an age and the nearest edge of a block's band; zero inside."""
    if block.age is None:
        return 0.0
    return max(block.age[0] - age, age - block.age[1], 0.0)
