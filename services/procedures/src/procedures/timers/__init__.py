"""Timers of cases: what happens by itself, at its instant."""
