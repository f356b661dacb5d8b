"""Commands of procedures besides those that every service has."""

from shared.process import Command

COMMANDS: tuple[Command, ...] = ()
