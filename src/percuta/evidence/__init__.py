"""Verification and validation: what the models get right and wrong, against exact answers and measurements."""
