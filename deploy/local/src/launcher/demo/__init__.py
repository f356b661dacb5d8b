"""Cases played through the gateway of a running platform, told as a person would tell them."""

import json

from launcher.demo.bank import Bank
from launcher.demo.further import FurtherCases
from launcher.demo.joint_case import JointCase
from launcher.demo.office import Office
from launcher.demo.story import Story
from launcher.running import Running
from launcher.services import BANK
from launcher.state import State
from launcher.terminal import Terminal

__all__ = ["play", "play_further"]


def play(state: State, terminal: Terminal) -> None:
    """One case, from the citizen's hand and back. Raises LauncherError at the first step that fails."""
    running = Running.read(state)
    terminal.title("One case, from the citizen's hand and back")
    with _office(state, running) as office:
        Story(office, running, terminal).play()


def play_further(state: State, terminal: Terminal) -> None:
    """A case of several agencies, then other ways that a case can go. Raises LauncherError where one fails."""
    with _office(state, Running.read(state)) as office:
        bank = Bank(office.http, BANK, state.signing_secret(BANK))
        terminal.title("One case, several agencies")
        JointCase(office, bank).play(terminal)
        FurtherCases(office, bank, terminal).play()


def _office(state: State, running: Running) -> Office:
    return Office(running.gateway, json.loads(state.credentials.read_text("utf-8")))
