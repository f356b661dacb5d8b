"""Procedures: one attempt at each route, by noun; importing it declares every recipe."""

from tests.access.procedures import calendars, cases, catalogue, imports, keeping, migrations, queues, results
from tests.access.procedures.world import World

__all__ = [
    "World",
    "calendars",
    "cases",
    "catalogue",
    "imports",
    "keeping",
    "migrations",
    "queues",
    "results",
]
