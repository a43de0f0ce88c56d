r"""Sobol indices of endpoints by pick and freeze: how much of the variance hangs on an input, or on a group of them.

Two independent sequences :math:`A` and :math:`B` draw every input. :math:`A_B` takes the inputs of one group from
:math:`B` and all others from :math:`A`. With :math:`V` the variance of the outcome :math:`f`

.. math::
    T = \langle (f(A) - f(A_B))^2 \rangle / 2 V, \qquad S = \langle f(B)\,(f(A_B) - f(A)) \rangle / V.

The total effect :math:`T` (Jansen, Comput Phys Commun 117:35, 1999) is what would be left of the variance if all
but the group were known; the first-order effect :math:`S` (Saltelli et al., Comput Phys Commun 181:259, 2010) is what
would go, on average, if the group were known. The difference is what it does together with others.

The scenarios come in replicates with scramblings of their own, since within one Sobol sequence they are not
independent. An index is a ratio of means over all of them; its 90 % interval follows from leaving out one replicate
after the other (jackknife, Student's t). A scenario in which an outcome is not a number is left out of the pairs it
belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from percuta.engine.executors import InThisProcess
from percuta.engine.scenarios import BATCH, FromSecond, Scenarios, never, scenario_batch
from percuta.results.samples import Sample
from percuta.sources import Sourced

Floats = NDArray[np.float64]
Key = tuple[str, str | None]  # an endpoint by name and zone
Model = Callable[[Scenarios], list[Sample]]
Groups = Callable[[Scenarios], dict[str, FromSecond]]
Progress = Callable[[int, int], None]

REPLICATES = 16
LEVEL = 0.9
_SCREENING = 64  # scenarios after which a group that has moved nothing is left alone
_ROUNDING = 1e-12  # of an outcome's size; less is no variation


@dataclass(frozen=True)
class Index:
    """A share of variance with its 90 % interval; all lie between 0 and 1."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Return the index as plain data."""
        return {"value": self.value, "low": self.low, "high": self.high}


NOTHING = Index(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Effect:
    """What a group of inputs does to one endpoint; ``first`` is None where it was not asked for."""

    total: Index
    first: Index | None = None


@dataclass(frozen=True)
class Effects:
    """What every group does to every endpoint.

    Attributes
    ----------
    samples
        The endpoints, with the values of the first scenarios.
    found
        Effects by group and endpoint; an endpoint that does not vary, or has no numbers, has none.
    unmoved
        Groups that moved no endpoint in the first scenarios.
    screened
        How many scenarios those were.
    """

    samples: list[Sample]
    found: dict[str, dict[Key, Effect]]
    unmoved: tuple[str, ...]
    screened: int

    def varying(self) -> list[Sample]:
        """Return the endpoints whose variance hangs on any of the groups."""
        moved = {key for each in self.found.values() for key in each}
        return [one for one in self.samples if (one.name, one.zone) in moved]


@dataclass(frozen=True)
class _Part:
    """Scenarios that are computed together, from one or more replicates."""

    points: Floats
    second: Floats
    replicate: NDArray[np.int64]

    def scenarios(self, from_second: FromSecond = never) -> Scenarios:
        return Scenarios(self.points, self.second, from_second)


def everything(column: str, entry: Sourced) -> bool:
    """Take every input from the second sequence."""
    return True


def effects(
    model: Model,
    groups: Groups,
    size: int,
    seed: int,
    *,
    first_order: bool = True,
    pool: Executor | None = None,
    progress: Progress | None = None,
) -> Effects:
    """Return the effects of groups of inputs on all endpoints of a model.

    Parameters
    ----------
    model
        Computes the endpoints of scenarios.
    groups
        Names the groups, and what each takes from the second sequence, from the first scenarios once they are drawn.
    size
        Scenarios of one replicate, a power of two; there are :data:`REPLICATES`.
    seed
        Seed of the scenarios.
    first_order
        Whether first-order effects are wanted as well.
    pool
        Who computes; how many they are changes no result.
    progress
        Told how many scenarios are done, and of how many. That number falls as groups that move nothing are left out.
    """
    pool, told = pool or InThisProcess(), progress or _untold
    work: _Work | None = None
    done, left = 0, size * REPLICATES
    for part in _parts(size, seed):
        scenarios, rows = part.scenarios(), part.replicate.size
        base = model(scenarios)
        work = work or _Work(base, groups(scenarios), rows)
        other = model(part.scenarios(everything)) if first_order else None
        done += rows * (1 + first_order)
        planned = done + rows * len(work.swaps) + (left - rows) * (1 + first_order + len(work.swaps))
        told(done, planned)
        swapped = pool.map(partial(_evaluated, model, part), list(work.swaps.values()))
        for name, moved in zip(list(work.swaps), swapped, strict=True):
            work.add(name, part.replicate, base, moved, other)
            done += rows
            told(done, planned)
        work.leave_out_unmoved()
        left -= rows
    assert work is not None, "there is at least one replicate"
    return work.effects(first_order)


def _untold(done: int, total: int) -> None:
    pass


def _evaluated(model: Model, part: _Part, from_second: FromSecond) -> list[Sample]:
    return model(part.scenarios(from_second))


def _parts(size: int, seed: int) -> Iterator[_Part]:
    """Return all replicates in parts: few scenarios to see what moves at all, then as many as one batch holds."""
    waiting: list[tuple[int, Scenarios]] = []
    room = _SCREENING
    for replicate in range(REPLICATES):
        for number in range(-(-size // BATCH)):
            waiting.append((replicate, scenario_batch(size, (seed, replicate), number)))
            if sum(batch.members for _, batch in waiting) >= room:
                yield _joined(waiting)
                waiting, room = [], BATCH
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[tuple[int, Scenarios]]) -> _Part:
    return _Part(
        np.concatenate([batch.points for _, batch in batches]),
        np.concatenate([batch.second for _, batch in batches]),
        np.repeat([replicate for replicate, _ in batches], [batch.members for _, batch in batches]),
    )


class _Work:
    """Sums over the scenarios of each replicate, by group and endpoint, from which the indices follow."""

    def __init__(self, first: list[Sample], swaps: dict[str, FromSecond], screened: int) -> None:
        self.samples, self.swaps, self.screened = first, swaps, screened
        self.sums: dict[str, dict[Key, Floats]] = {name: {} for name in swaps}
        self.moved_words: set[str] = set()  # groups that moved a category, which has no indices
        self.centres = {_key(one): _centre(one.values) for one in first if one.values is not None and not one.words}

    def add(
        self,
        name: str,
        replicate: NDArray[np.int64],
        base: list[Sample],
        moved: list[Sample],
        other: list[Sample] | None,
    ) -> None:
        """Add scenarios of one group to its sums."""
        for place, one in enumerate(base):
            if one.words and not np.array_equal(np.asarray(one.values), np.asarray(moved[place].values)):
                self.moved_words.add(name)
            values = one.values, moved[place].values, one.values if other is None else other[place].values
            if one.words or any(each is None for each in values):
                continue
            a, b, c = (np.asarray(each) - self.centres.setdefault(_key(one), _centre(one.values)) for each in values)
            added = pair_sums(a, b, c, replicate)
            own = self.sums[name]
            own[_key(one)] = own[_key(one)] + added if _key(one) in own else added

    def leave_out_unmoved(self) -> None:
        """Compute no further what has moved no number so far."""
        for name in list(self.swaps):
            if not any(own[3].any() for own in self.sums[name].values()):
                del self.swaps[name]

    def effects(self, first_order: bool) -> Effects:
        """Return the indices of all groups."""
        found: dict[str, dict[Key, Effect]] = {}
        for name in self.swaps:
            for key, own in self.sums[name].items():
                if varies(own, self.centres[key]):
                    total, first = total_effect(own), first_order_effect(own) if first_order else None
                    found.setdefault(name, {})[key] = Effect(total, first)
        unmoved = tuple(name for name in self.sums if name not in self.swaps and name not in self.moved_words)
        return Effects(self.samples, found, unmoved, self.screened)


def _key(sample: Sample) -> Key:
    return sample.name, sample.zone


def _centre(values: Floats | None) -> float:
    known = np.zeros(1) if values is None else values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0


def pair_sums(a: Floats, b: Floats, c: Floats, replicate: NDArray[np.int64]) -> Floats:
    """Return what the indices of one group on one endpoint need of each replicate.

    Parameters
    ----------
    a, b, c : (n,)
        The outcome for A, for A with the group from B, and for B; NaN where it has no number. Best about their mean.
    replicate : (n,)
        Which replicate each scenario belongs to, from 0.

    Returns
    -------
    (6, REPLICATES)
        The number of pairs; the sums of a + b, of a^2 + b^2 and of (b - a)^2; the number of triples; the sum of
        c (b - a).
    """
    pair = np.isfinite(a) & np.isfinite(b)
    triple = pair & np.isfinite(c)
    a, b, c = np.where(pair, a, 0.0), np.where(pair, b, 0.0), np.where(triple, c, 0.0)
    terms = (pair, a + b, a**2 + b**2, (b - a) ** 2, triple, c * (b - a))
    return np.array([np.bincount(replicate, np.asarray(each, np.float64), REPLICATES) for each in terms])


def varies(sums: Floats, centre: float) -> bool:
    """Tell from the sums of :func:`pair_sums` whether an outcome varies at all, about its centre."""
    whole = sums.sum(axis=1)
    return bool(whole[0] >= 2 and float(_variance(whole)) > (_ROUNDING * centre) ** 2)


def _variance(sums: Floats) -> Floats:
    pairs, both, squares = sums[:3]
    return np.asarray(squares / (2 * pairs) - (both / (2 * pairs)) ** 2)


def total_effect(sums: Floats) -> Index:
    """Return Jansen's total effect from the sums of :func:`pair_sums`."""
    return _index(sums, lambda each: each[3] / (2 * each[0]) / _variance(each))


def first_order_effect(sums: Floats) -> Index:
    """Return Saltelli's first-order effect from the sums of :func:`pair_sums`."""
    return _index(sums, lambda each: each[5] / each[4] / _variance(each))


def _index(sums: Floats, ratio: Callable[[Floats], Floats]) -> Index:
    """Return an index over all replicates, and its interval from leaving out one after the other."""
    known = sums[:, sums[0] > 0]
    count, whole = known.shape[1], known.sum(axis=1)
    value = float(ratio(whole))
    if count < 2:
        return Index(_share(value), 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        without = ratio(whole[:, None] - known)
    if not np.isfinite(without).all():
        return Index(_share(value), 0.0, 1.0)
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, count - 1) * error)
    return Index(_share(value), _share(value - reach), _share(value + reach))


def _share(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))
