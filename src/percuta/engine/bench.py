"""What every stage has at hand: the plan, its device, the library and the scenarios."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from percuta.engine.people import People, people_of
from percuta.engine.scenarios import Scenarios
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.library.tables import Fields
from percuta.plan.device import with_cartridge
from percuta.plan.model import Plan
from percuta.plan.steps import Needling
from percuta.sources import Sourced, Unpublished

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """Plan, device, library and scenarios; draws inputs by name.

    ``given`` are the people of the scenarios, where they are not the plan's one person.
    """

    plan: Plan
    device: Device
    library: Library
    scenarios: Scenarios
    given: People | None = None

    @cached_property
    def people(self) -> People:
        """Who is treated in each scenario."""
        return self.given or people_of(self.plan, self.scenarios.members)

    def parameter(self, name: str) -> Floats:
        """Draw a model parameter of the library."""
        return self.scenarios.draw(self.library.parameter(name))

    def of_device(self, field: str, otherwise: str | None = None) -> Floats:
        """Draw a device's field; where nobody published it, the parameter named ``otherwise``.

        Raises
        ------
        LibraryError
            If it is not published and there is nothing to take in its place.
        """
        entry = self.device.published(field)
        if entry is None and otherwise is not None:
            return self.parameter(otherwise)
        return self.scenarios.draw(entry or self.device.known(field), f"device.{field}")

    def of_tissue(self, tissue: str, name: str, column: str | None = None) -> Floats:
        """Draw a property of a tissue; ``column`` names its column where that differs from its own name.

        Raises
        ------
        LibraryError
            If it is not published.
        """
        return self.scenarios.draw(tissue_entry(self.library.tissues[tissue], name), column)

    def opened(self, step: Needling) -> Bench:
        """Return the same bench with the cartridge that a step names."""
        return replace(self, device=with_cartridge(self.device, self.plan.device, step.cartridge))


def tissue_entry(tissue: Fields, name: str) -> Sourced:
    """Return a property of a tissue.

    Raises
    ------
    LibraryError
        If it is not published.
    """
    entry = tissue[name]
    if isinstance(entry, Unpublished):
        raise entry.needed()
    return entry
