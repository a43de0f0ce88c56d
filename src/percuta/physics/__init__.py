"""Physics: one phenomenon, one file; floats and NumPy arrays in SI units only.

Nothing here knows of plans, the library, units as text or sources: every constant comes in as an argument.
Each file's docstring gives its equations, symbols with units, assumptions and range of validity.
"""
