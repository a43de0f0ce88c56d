"""Loops compiled with numba, once for each machine, and worker processes kept on one thread.

numba caches a compiled loop beside its source, or in the user's cache folder where the package is read-only.
Where neither can be written the loop is compiled anew at every start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

THREAD_VARIABLES = (
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def one_thread() -> dict[str, str]:
    """Return the environment that keeps a worker process on one thread."""
    return dict.fromkeys(THREAD_VARIABLES, "1")


# Loops hold no Python object, so they let other threads of the process run: a server answers meanwhile.
# Sums may be reordered, so that loops run in vector registers; the assumption that nothing is NaN is left out,
# or the compiler would remove the checks for it.
_VECTOR_MATH = {"nsz", "arcp", "contract", "afn", "reassoc", "ninf"}


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays, without Python objects and with IEEE arithmetic."""
    return _compile(function, fastmath=False)


def vectorised(function: Function) -> Function:
    """Compile a function like :func:`compiled`, with arithmetic that vector registers may reorder."""
    return _compile(function, fastmath=_VECTOR_MATH)


def _compile(function: Function, fastmath: bool | set[str]) -> Function:
    import numba

    try:
        loop: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=fastmath)(function)
    except RuntimeError:  # numba found no folder that it may write
        loop = numba.njit(nogil=True, error_model="numpy", fastmath=fastmath)(function)
    return cast(Function, loop)


def cache_folder(loop: Callable[..., Any]) -> str | None:
    """Return the folder in which a compiled loop is cached, or None where it is compiled at every start."""
    stats = getattr(loop, "stats", None)
    return getattr(stats, "cache_path", None) or None
