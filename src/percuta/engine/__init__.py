"""The four clocks in order: pulse, session, recovery, course. Translates a plan into SI arrays for the physics."""
