"""Searching the settings of a plan: what is wanted, what may be set, and what came of it."""
