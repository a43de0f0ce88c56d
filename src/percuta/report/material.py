"""What a report is made of: the files of one result, and how its parts are found in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from percuta.library.bibliography import Reference, cited
from percuta.library.entries import Device
from percuta.library.registry import Library
from percuta.plan.model import Plan

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReportMaterial:
    """Everything a report shows; all of it can be read back from a result folder.

    Attributes
    ----------
    plan, plan_text
        The plan, and its TOML as written.
    device
        The plan's device, completed by what the plan states of its label.
    findings
        Content of ``findings.json``.
    endpoints
        Content of ``endpoints.json``.
    tree
        Content of ``result.nc``.
    manifest
        Content of ``manifest.json``.
    library
        The library with the same extra files as when the plan was computed.
    influence
        Content of ``influence.json`` where the inputs were ranked, else None.
    """

    plan: Plan
    plan_text: str
    device: Device
    findings: dict[str, Any]
    endpoints: list[dict[str, Any]]
    tree: xr.DataTree
    manifest: dict[str, Any]
    library: Library
    influence: dict[str, Any] | None = None

    @property
    def verdict(self) -> str:
        """``refused``, ``deferred``, ``passes_with_warnings`` or ``passes``."""
        return str(self.findings["verdict"])

    @property
    def stopped(self) -> bool:
        """Whether the plan must not be carried out as it stands."""
        return self.verdict in ("refused", "deferred")

    @property
    def marked_refused(self) -> bool:
        """Whether every page has to say REFUSED: a stopped plan that was computed for study."""
        return self.stopped  # a stopped plan is computed for study only, whatever the manifest says

    def values(self, place: str) -> Floats | None:
        """Return a variable of the result by its path, or None where the plan has no such part."""
        try:
            return np.asarray(self.tree[place].values, dtype=np.float64)
        except KeyError:
            return None

    def words(self, place: str) -> list[str]:
        """Return a text variable of the result."""
        return [str(word) for word in np.asarray(self.tree[place].values).tolist()]

    def endpoint(self, name: str, zone: str | None = None) -> dict[str, Any] | None:
        """Return an endpoint, or None where it is absent."""
        return next((each for each in self.endpoints if each["name"] == name and each["zone"] == zone), None)

    def known_endpoint(self, name: str, zone: str | None = None) -> dict[str, Any] | None:
        """Return an endpoint that has a result, or None where it is absent or withheld."""
        found = self.endpoint(name, zone)
        return None if found is None or "withheld" in found else found


@dataclass(frozen=True)
class Picture:
    """A chart with its caption."""

    drawing: Markup
    caption: str


@dataclass
class Citations:
    """The references that a page cites, collected while it is written."""

    cited: dict[str, Reference] = field(default_factory=dict)

    def __call__(self, keys: tuple[str, ...] | list[str]) -> list[Reference]:
        """Return the references of these keys and remember them for the list at the end."""
        return [self.cited.setdefault(key, cited(key)) for key in keys]

    def listed(self) -> list[Reference]:
        """Return what was cited so far, by key."""
        return [self.cited[key] for key in sorted(self.cited)]
