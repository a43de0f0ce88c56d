"""Verification: each model against an exact answer, a converged answer, or an independent method."""
