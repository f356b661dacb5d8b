"""Procedures: one attempt at each route, by noun; importing it declares every recipe."""

from importlib import import_module
from pkgutil import iter_modules

from tests.access.procedures.world import World

for _noun in iter_modules(__path__):
    import_module(f"{__name__}.{_noun.name}")

__all__ = ["World"]
