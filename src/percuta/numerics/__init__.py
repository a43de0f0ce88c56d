"""Numerical methods that know no phenomenon: compiled loops, threads."""
