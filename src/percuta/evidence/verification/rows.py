"""Rows that verification cases share: an error relative to the answer, a difference, an observed order."""

from __future__ import annotations

from percuta.evidence.cases import Row, verified


def relative(quantity: str, unit: str, expected: float, found: float, tolerance: float, note: str = "") -> Row:
    """Return a row that passes where the error is within a share of the value."""
    error = abs(found / expected - 1.0)
    return verified(
        quantity, unit, expected, found, error=error, tolerance=tolerance, error_in="of the value", note=note
    )


def difference(quantity: str, unit: str, expected: float, found: float, tolerance: float, error_in: str) -> Row:
    """Return a row that passes where the difference is within a tolerance."""
    error = abs(found - expected)
    return verified(quantity, unit, expected, found, error=error, tolerance=tolerance, error_in=error_in)


def at_least_order(quantity: str, expected: float, found: float, tolerance: float) -> Row:
    """Return a row that passes where an observed order is not much below the expected one."""
    below = max(expected - found, 0.0)
    return verified(quantity, "1", expected, found, error=below, tolerance=tolerance, error_in="of an order below")
