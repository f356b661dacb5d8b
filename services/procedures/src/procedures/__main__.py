"""`python -m procedures`: the server, the relay, the consumers, and the commands of the service."""

import sys
from pathlib import Path

from procedures.app import create_app
from procedures.command_line import COMMANDS
from procedures.settings import Settings
from shared.process import Program, main

PROGRAM = Program(
    name="procedures",
    settings=Settings,
    create_app=create_app,
    migrations=Path(__file__).parents[2] / "migrations",
    commands=COMMANDS,
)

if __name__ == "__main__":
    sys.exit(main(PROGRAM))
