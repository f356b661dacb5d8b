"""Procedures: one attempt at each route, by noun; importing it declares every recipe."""

from tests.access.procedures import (
    calendars,
    cases,
    catalogue,
    consultations,
    decision_tables,
    external_tasks,
    fees,
    imports,
    keeping,
    migrations,
    imports,
    keeping,
    migrations,
    oversight,
    results,
)
from tests.access.procedures.world import World

__all__ = [
    "World",
    "calendars",
    "cases",
    "catalogue",
    "consultations",
    "decision_tables",
    "external_tasks",
    "fees",
    "imports",
    "keeping",
    "migrations",
    "results",
]
from tests.access.procedures import links

__all__ = ["World", "calendars", "cases", "catalogue", "imports", "keeping", "links", "migrations", "results"]
    "imports",
    "keeping",
    "migrations",
    "oversight",
    "results",
]
