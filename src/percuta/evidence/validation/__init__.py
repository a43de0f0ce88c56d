"""Validation: predictions against published measurements, whatever the outcome."""
