"""The reference of the package's layers: every module with its docstring, from the code."""

from __future__ import annotations

import pkgutil
from importlib import import_module


def modules(package: str) -> list[str]:
    """Return the modules of a package by their full names, those of its folders included."""
    whole = import_module(package)
    return sorted(one.name for one in pkgutil.walk_packages(whole.__path__, f"{package}.") if not one.ispkg)


def documented(package: str) -> str:
    """Return reStructuredText that documents every module of a package."""
    return "\n".join(_module(name) for name in modules(package))


def _module(name: str) -> str:
    title = f"``{name.rpartition('percuta.')[2]}``"
    return f"{title}\n{'-' * len(title)}\n\n.. automodule:: {name}\n   :members:\n   :member-order: bysource\n"
