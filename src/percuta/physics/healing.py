r"""Healing of needled dermis over a course of sessions: the cascade, and the collagen it leaves.

The linear states, from debris to the secreting fibroblast :math:`Y`, stand in `percuta.physics.cascade`.
Collagen is relative to healthy skin of 25 years:

.. math::
    C_n' &= A\,\sigma\,u(t)\,a Y\,\Bigl(1 - \frac{C + C_n}{C_{max}}\Bigr) - \kappa C_n + r k_t W
         &&\text{immature collagen} \\
    C'   &= \kappa C_n - \mu C + b(t)    &&\text{mature collagen} \\
    W'   &= -k_t W                       &&\text{coagulated collagen that waits to be replaced}

Symbols: rates :math:`a, \kappa, k_t, \mu` [1/s]; gain :math:`A`, capacity of this age to make collagen
:math:`\sigma`, limit :math:`C_{max}`, replaced share :math:`r` [1]; :math:`u` is the product of the
synthesis windows that hold at the time (steroid). All of them come in as arguments.

Choices beyond these equations:

* :math:`b = \mu C_{ref} + C_{ref}'`, so that the untreated course :math:`C_{ref}` is a solution. The
  integration runs in :math:`C - C_{ref}`, from which :math:`b` drops out: skin that is never injured
  follows the reference exactly.
* A session with coagulated fraction :math:`\varphi_c` takes :math:`C \to C (1 - \varphi_c)` and leaves
  immature collagen as it is. The coagulated volume :math:`\varphi_c` drives inflammation, whereas what
  is laid down anew is the collagen that was lost, :math:`W \to W + \varphi_c C`. With :math:`r = 1`
  replacement by itself restores the reference, neither less nor more.

Method: the linear states are carried over blocks of steps by powers of one matrix exponential per
member, exact at every node and mid-point; an injury adds to the state, which is superposition over
sessions. Collagen is integrated by the classical Runge-Kutta method of order 4 on the same steps,
restarted at every session and window edge, so that each step sees smooth coefficients.

Range: healthy adults, sessions days or more apart, collagen below its limit. The size of the effect is
not identified by any published measurement of needled skin that gives its dose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from percuta.numerics.compiled import vectorised
from percuta.numerics.matrix_exponential import small_expm
from percuta.physics.cascade import CASCADE, HealingRates, matrix_powers

FloatArray = NDArray[np.float64]

LONGEST_STEP = 6.0 * 3600.0
"""Longest time step unless asked otherwise [s]."""

_SUMMARY = ("mediator", "macrophage", "secreting_fibroblast")
_FIBROBLAST = CASCADE.index("secreting_fibroblast")
_COAGULATED = CASCADE.index("coagulated_debris")
_STEPS_PER_BLOCK = 32  # a block's arrays stay in the processor's cache
_SAME_TIME = 1e-3  # events closer than this [s] are one event


@dataclass(frozen=True)
class SessionInjuries:
    """What every session does to every compartment.

    A column is one compartment of one zone.

    Parameters
    ----------
    times
        Times of the sessions [s], shape (sessions,), 0 or later.
    punctured, coagulated, heat_shocked
        Volume fractions, 0 to 1, shape (members, columns, sessions).

    Raises
    ------
    ValueError
        If shapes differ or a value is out of range.
    """

    times: FloatArray
    punctured: FloatArray
    coagulated: FloatArray
    heat_shocked: FloatArray

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or not np.all((self.times >= 0.0) & np.isfinite(self.times)):
            raise ValueError("times must be a row of finite times, 0 or later")
        shape = (*self.punctured.shape[:2], self.times.size)
        for name in ("punctured", "coagulated", "heat_shocked"):
            value = getattr(self, name)
            if value.ndim != 3 or value.shape != shape:
                raise ValueError(f"{name} has shape {value.shape}, not (members, columns, sessions) = {shape}")
            if not np.all((value >= 0.0) & (value <= 1.0)):
                raise ValueError(f"{name} must be fractions from 0 to 1")

    def doses(self, session: int) -> FloatArray:
        """Return the three fractions of one session, shape (members, 3, columns)."""
        parts = (self.punctured, self.coagulated, self.heat_shocked)
        return np.stack([part[..., session] for part in parts], axis=1)


@dataclass(frozen=True)
class SynthesisWindow:
    """A time in which the synthesis of collagen runs at a factor, such as under a steroid.

    Windows that overlap multiply.

    Parameters
    ----------
    start, end
        Begin and end [s], in this order.
    factor
        Factor on synthesis [1], not negative, broadcastable to (members, columns).

    Raises
    ------
    ValueError
        If the end is not after the start, or the factor is negative or not finite.
    """

    start: float
    end: float
    factor: FloatArray

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError("a synthesis window has to end after its start")
        if not np.all((self.factor >= 0.0) & np.isfinite(self.factor)):
            raise ValueError("factor of a synthesis window must be finite and not negative")


@dataclass(frozen=True)
class Course:
    """The healing course at the nodes of the time grid.

    Steps are equal between two events (session, window edge, end). At a session the values just after it
    are given.

    Parameters
    ----------
    time
        Nodes [s], shape (times,).
    untreated
        Collagen of the untreated course [1], shape (times, members).
    mature_collagen, immature_collagen
        Collagen relative to the age of 25 [1], shape (times, members, columns).
    mediator, macrophage, secreting_fibroblast
        Linear states [1], shape (times, members, columns).
    mechanical_debris, coagulated_debris, growth_drive, activated_fibroblast
        The other linear states; None where only the summary was kept.
    """

    time: FloatArray
    untreated: FloatArray
    mature_collagen: FloatArray
    immature_collagen: FloatArray
    mediator: FloatArray
    macrophage: FloatArray
    secreting_fibroblast: FloatArray
    mechanical_debris: FloatArray | None = None
    coagulated_debris: FloatArray | None = None
    growth_drive: FloatArray | None = None
    activated_fibroblast: FloatArray | None = None

    def state(self, name: str) -> FloatArray:
        """Return a state by its name; raises KeyError where it was not kept."""
        value: FloatArray | None = getattr(self, name, None)
        if value is None:
            raise KeyError(f"{name} was not kept in this course")
        return value


def healing_course(
    rates: HealingRates,
    injuries: SessionInjuries,
    *,
    end: float,
    synthesis_capacity: FloatArray,
    reference: Callable[[FloatArray], FloatArray],
    windows: Sequence[SynthesisWindow] = (),
    keep: Literal["summary", "all"] = "summary",
    longest_step: float = LONGEST_STEP,
) -> Course:
    """Return the healing course from time 0 to `end`.

    Parameters
    ----------
    rates
        Constants of healing.
    injuries
        Sessions and their injuries.
    end
        End of the course [s], after the last session.
    synthesis_capacity
        Factor sigma of age on synthesis [1], shape (members,).
    reference
        Gives untreated collagen at times [s] of shape (times,) as an array of shape (times, members). The
        course starts on it.
    windows
        Times of altered synthesis.
    keep
        ``"summary"`` keeps mediator, macrophage and secreting fibroblast, ``"all"`` the seven linear states.
    longest_step
        Longest time step [s].

    Raises
    ------
    ValueError
        If a session is not before the end, or the injuries are for another number of members.
    """
    if not np.all(injuries.times < end - _SAME_TIME):
        raise ValueError("every session has to be before the end of the course")
    members, columns, _ = injuries.punctured.shape
    if members != rates.members:
        raise ValueError(f"injuries are for {members} members, rates for {rates.members}")
    edges = _edges(injuries.times, windows, end)
    steps = [max(1, int(np.ceil((b - a) / longest_step - 1e-9))) for a, b in pairwise(edges)]
    half_nodes = _half_nodes(edges, steps)
    integration = _Integration(rates, columns, reference(half_nodes), _SUMMARY if keep == "summary" else CASCADE)
    full_synthesis = rates.synthesis_gain * synthesis_capacity * rates.fibroblast_stage_rate
    for (begin, stop), number in zip(pairwise(edges), steps, strict=True):
        for session in np.flatnonzero(np.abs(injuries.times - begin) <= _SAME_TIME):
            integration.injure(injuries.doses(int(session)))
        modifier = _modifier(windows, 0.5 * (begin + stop), (members, columns))
        integration.advance((stop - begin) / number, number, full_synthesis * modifier.T)
    return integration.course(half_nodes[::2])


def _edges(times: FloatArray, windows: Sequence[SynthesisWindow], end: float) -> list[float]:
    """Return begin, sessions, window edges inside the course, and end, in order and apart from each other."""
    window_edges = [edge for window in windows for edge in (window.start, window.end) if 0.0 < edge < end]
    edges = np.unique(np.concatenate([[0.0, end], times, window_edges]))
    apart = np.concatenate([[True], np.diff(edges) > _SAME_TIME])
    return [float(edge) for edge in edges[apart]]


def _half_nodes(edges: list[float], steps: list[int]) -> FloatArray:
    """Return nodes and mid-points of all steps [s]; every second one is a node."""
    parts = [
        begin + (stop - begin) / (2 * number) * np.arange(2 * number)
        for (begin, stop), number in zip(pairwise(edges), steps, strict=True)
    ]
    return np.concatenate([*parts, edges[-1:]])


def _modifier(windows: Sequence[SynthesisWindow], time: float, shape: tuple[int, int]) -> FloatArray:
    """Return the product of the factors of all windows that hold at a time, shape (members, columns)."""
    product = np.ones(shape)
    for window in windows:
        if window.start <= time < window.end:
            product = product * window.factor
    return product


@dataclass(frozen=True)
class _Propagation:
    """What carries the linear states over a block of equal steps.

    Attributes
    ----------
    nodes
        Matrix powers at the nodes, (members, steps + 1, 7, 7).
    fibroblast
        Rows that yield the secreting fibroblast at nodes and mid-points, (members, 2 steps + 1, 7).
    kept
        Rows that yield the kept states, node by node, (members, (steps + 1) * states, 7).
    replaced
        Remaining share of coagulated collagen at nodes and mid-points, (2 steps + 1, members).
    """

    nodes: FloatArray
    fibroblast: FloatArray
    kept: FloatArray
    replaced: FloatArray

    @classmethod
    def over(cls, matrix: FloatArray, step: float, kept: Sequence[int]) -> _Propagation:
        powers = matrix_powers(small_expm(matrix * (0.5 * step)), 2 * _STEPS_PER_BLOCK)
        nodes = np.ascontiguousarray(powers[:, ::2])
        return cls(
            nodes=nodes,
            fibroblast=np.ascontiguousarray(powers[:, :, _FIBROBLAST]),
            kept=nodes[:, :, kept].reshape(len(matrix), -1, 7),
            replaced=np.ascontiguousarray(powers[:, :, _COAGULATED, _COAGULATED].T),
        )


class _Integration:
    """The state of all members and columns, advanced from event to event.

    Arrays have the order (time, columns, members), so that a factor of the members alone meets a
    contiguous axis.
    """

    def __init__(self, rates: HealingRates, columns: int, reference: FloatArray, kept: Sequence[str]) -> None:
        shape = (columns, rates.members)
        nodes = (len(reference) + 1) // 2
        self._matrix = rates.cascade_matrix()
        self._impulses = rates.impulses()
        self._inverse_capacity = 1.0 / rates.collagen_capacity
        self._replacement = rates.coagulated_replacement * rates.coagulated_clearance
        turnover = np.stack([rates.mature_loss, rates.maturation])
        self._turnover = np.ascontiguousarray(np.broadcast_to(turnover[:, None], (2, *shape)))
        self._reference = reference
        self._propagations: dict[float, _Propagation] = {}
        self._node = 0
        self._linear = np.zeros((rates.members, len(CASCADE), columns))
        self._collagen = np.zeros((2, *shape))  # mature above untreated, immature
        self._waiting = np.zeros(shape)  # coagulated collagen to be laid down anew
        self._kept_names = kept
        self._kept = np.empty((len(kept), nodes, *shape))
        self._history = np.empty((2, nodes, *shape))

    def injure(self, doses: FloatArray) -> None:
        """Apply the punctured, coagulated and heat-shocked fractions of a session, (members, 3, columns)."""
        self._linear = self._linear + self._impulses @ doses
        lost = doses[:, 1].T * (self._collagen[0] + self._reference[2 * self._node])
        self._collagen = np.stack([self._collagen[0] - lost, self._collagen[1]])
        self._waiting = self._waiting + lost

    def advance(self, step: float, steps: int, synthesis: FloatArray) -> None:
        """Advance by a number of equal steps at the synthesis A sigma u a [1/s], shape (columns, members)."""
        key = round(step, 9)  # steps that differ by rounding share their matrices
        if key not in self._propagations:
            kept = [CASCADE.index(name) for name in self._kept_names]
            self._propagations[key] = _Propagation.over(self._matrix, step, kept)
        for done in range(0, steps, _STEPS_PER_BLOCK):
            self._block(self._propagations[key], 0.5 * step, min(_STEPS_PER_BLOCK, steps - done), synthesis)

    def course(self, time: FloatArray) -> Course:
        """Return what was kept, at the times of the nodes, in the order (time, members, columns)."""
        untreated = self._reference[::2]
        collagen = np.swapaxes(self._history, 2, 3)
        return Course(
            time=time,
            untreated=untreated,
            mature_collagen=collagen[0] + untreated[:, :, None],
            immature_collagen=collagen[1],
            **dict(zip(self._kept_names, np.swapaxes(self._kept, 2, 3), strict=True)),
        )

    def _block(self, propagation: _Propagation, half_step: float, steps: int, synthesis: FloatArray) -> None:
        nodes = slice(self._node, self._node + steps + 1)
        half_nodes = slice(2 * self._node, 2 * (self._node + steps) + 1)
        replaced = propagation.replaced[: 2 * steps + 1, None]
        secreting = (propagation.fibroblast[:, : 2 * steps + 1] @ self._linear).transpose(1, 2, 0)
        made = secreting * (half_step * synthesis)
        limit = made * self._inverse_capacity
        replacing = replaced * (half_step * self._replacement * self._waiting)
        drive = made - limit * self._reference[half_nodes, None] + replacing
        collagen = _runge_kutta(self._collagen, drive, limit, half_step * self._turnover)
        self._history[:, nodes] = np.swapaxes(collagen, 0, 1)
        self._keep(nodes, propagation)
        self._collagen = collagen[-1]
        self._waiting = self._waiting * replaced[-1]
        self._linear = propagation.nodes[:, steps] @ self._linear
        self._node += steps

    def _keep(self, nodes: slice, propagation: _Propagation) -> None:
        """Store the kept linear states at the nodes of a block."""
        members, columns = self._linear.shape[0], self._linear.shape[2]
        count, states = nodes.stop - nodes.start, len(self._kept_names)
        rows = propagation.kept[:, : count * states] @ self._linear
        self._kept[:, nodes] = rows.reshape(members, count, states, columns).transpose(2, 1, 3, 0)


def _runge_kutta(start: FloatArray, drive: FloatArray, limit: FloatArray, turnover: FloatArray) -> FloatArray:
    """Integrate mature collagen above untreated, c, and immature collagen, n, over a block of steps.

    c' = kappa n - mu c and n' = drive - limit (c + n) - kappa n, with all coefficients times half the step.

    Parameters
    ----------
    start
        c and n at the first node, shape (2, columns, members).
    drive, limit
        Coefficients at nodes and mid-points, shape (2 steps + 1, columns, members).
    turnover
        mu and kappa, shape (2, columns, members).

    Returns
    -------
    ndarray
        c and n at the nodes, shape (steps + 1, 2, columns, members).
    """
    course = np.empty((len(drive) // 2 + 1, *start.shape))
    course[0] = start
    _runge_kutta_steps(course, drive, limit, turnover)
    return course


@vectorised
def _runge_kutta_steps(course: FloatArray, drive: FloatArray, limit: FloatArray, turnover: FloatArray) -> None:
    """Fill the nodes after the first one; see :func:`_runge_kutta`. Coefficients hold half the step."""
    _, _, columns, members = course.shape
    for step in range(course.shape[0] - 1):
        for column in range(columns):
            for member in range(members):
                mu, kappa = turnover[0, column, member], turnover[1, column, member]
                mature, immature = course[step, 0, column, member], course[step, 1, column, member]
                old, new = drive[2 * step, column, member], drive[2 * step + 2, column, member]
                middle, middle_limit = drive[2 * step + 1, column, member], limit[2 * step + 1, column, member]
                # the four slopes of the classical method, each over half a step
                c1 = kappa * immature - mu * mature
                n1 = old - limit[2 * step, column, member] * (mature + immature) - kappa * immature
                c, n = mature + c1, immature + n1
                c2 = kappa * n - mu * c
                n2 = middle - middle_limit * (c + n) - kappa * n
                c, n = mature + c2, immature + n2
                c3 = kappa * n - mu * c
                n3 = middle - middle_limit * (c + n) - kappa * n
                c, n = mature + 2.0 * c3, immature + 2.0 * n3
                c4 = kappa * n - mu * c
                n4 = new - limit[2 * step + 2, column, member] * (c + n) - kappa * n
                course[step + 1, 0, column, member] = mature + (c1 + 2.0 * (c2 + c3) + c4) / 3.0
                course[step + 1, 1, column, member] = immature + (n1 + 2.0 * (n2 + n3) + n4) / 3.0
