"""Percuta: treatment planning for microneedling.

Three names make up the public interface. They are imported when first asked for, so that ``import percuta``
costs nothing.

load_plan
    Read and check a plan file.
check
    Ask the screening and protocol rules whether a plan should be carried out.
simulate
    Compute what a plan does, as a pure function of plan, members and seed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from percuta.plan.reading import load_plan
    from percuta.workflows.check import check
    from percuta.workflows.simulate import simulate

__version__ = "0.1.0"
__all__ = ["__version__", "check", "load_plan", "simulate"]

_HOME = {
    "check": "percuta.workflows.check",
    "load_plan": "percuta.plan.reading",
    "simulate": "percuta.workflows.simulate",
}


def __getattr__(name: str) -> Any:
    """Import a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'percuta' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Names of the public interface."""
    return sorted(__all__)
