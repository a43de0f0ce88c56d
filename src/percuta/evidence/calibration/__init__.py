"""Fits of model parameters to published data, each with a script under ``calibration/`` that repeats it."""
