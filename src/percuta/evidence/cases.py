"""What a verification or validation case is, and the rows of the table that it gives.

Verification compares with an exact or converged answer: a row passes or fails by its tolerance. Validation
compares with a published measurement: the row is inside or outside the prediction, or not comparable. A miss
is printed like a hit, and nothing is tuned on a case that judges it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["verification", "validation"]
Verdict = Literal["pass", "fail", "inside", "outside", "not comparable"]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    quantity
        What is compared.
    unit
        Unit of ``expected``, ``predicted``, ``spread`` and ``band``; "1" for none.
    expected
        The exact answer of a verification, the measured value of a validation; None for a whole curve.
    predicted
        What Percuta computes; the median where there is a band.
    verdict
        Outcome.
    spread
        Half width of the measured value: its published spread, or the band it can be read to.
    band
        5 % and 95 % of the prediction over scenarios.
    error, tolerance, error_in
        Distance of prediction and expectation, the largest that passes, and what both are measured in.
    expected_text, predicted_text
        Words that stand in the place of a single number.
    fitted
        Whether the measurement was used to choose a parameter of the model.
    note
        What has to be known to read this row.
    """

    quantity: str
    unit: str
    expected: float | None
    predicted: float | None
    verdict: Verdict
    spread: float | None = None
    band: tuple[float, float] | None = None
    error: float | None = None
    tolerance: float | None = None
    error_in: str = ""
    expected_text: str = ""
    predicted_text: str = ""
    fitted: bool = False
    note: str = ""

    @property
    def expected_shown(self) -> str:
        """The expected or measured value with its spread, as text."""
        if self.expected_text or self.expected is None:
            return self.expected_text
        spread = "" if self.spread is None else f" ± {self.spread:.3g}"
        return f"{self.expected:.4g}{spread}{self._unit}"

    @property
    def predicted_shown(self) -> str:
        """The prediction with its band, as text."""
        if self.predicted_text or self.predicted is None:
            return self.predicted_text
        band = "" if self.band is None else f" ({self.band[0]:.3g} to {self.band[1]:.3g})"
        return f"{self.predicted:.4g}{band}{self._unit}"

    @property
    def error_shown(self) -> str:
        """The error and what it is measured in, as text."""
        return "" if self.error is None else f"{self.error:.2g} {self.error_in}".strip()

    @property
    def _unit(self) -> str:
        return "" if self.unit == "1" else f" {self.unit}"


@dataclass(frozen=True)
class Case:
    """A verification or validation case.

    Attributes
    ----------
    id
        Identifier for ``percuta validate --case``.
    title
        What is compared with what.
    kind
        Verification or validation.
    source
        Keys of the bibliography.
    fitted
        Whether any measurement of the case was used to choose a parameter of the model.
    run
        Computes the rows.
    """

    id: str
    title: str
    kind: Kind
    source: tuple[str, ...]
    fitted: bool
    run: Callable[[], list[Row]]


def verified(
    quantity: str,
    unit: str,
    expected: float,
    predicted: float,
    *,
    error: float,
    tolerance: float,
    error_in: str,
    note: str = "",
) -> Row:
    """Return a verification row, which passes where the error is within its tolerance; NaN fails.

    Parameters
    ----------
    quantity, unit, expected, predicted, error, tolerance, error_in, note
        See :class:`Row`.
    """
    verdict: Verdict = "pass" if abs(error) <= tolerance else "fail"
    return Row(
        quantity, unit, expected, predicted, verdict, error=error, tolerance=tolerance, error_in=error_in, note=note
    )
