"""The plan: who is treated, where, with what, in which steps. What is to be done; no equation lives here."""
