"""`python -m launcher`: the platform on this machine.

run     start everything, load the samples, play one case, and stay up until Ctrl-C (the default)
demo    play further cases against what another `run` started
stop    end what another `run` started
"""

import argparse
import os
import signal
import sys
import time
from types import FrameType

from launcher.errors import LauncherError
from launcher.platform import Platform
from launcher.state import State
from launcher.terminal import Terminal
from launcher.welcome import welcome

_POLL_SECONDS = 0.1


def main() -> int:
    """Run a command; a fault is one line and the exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m launcher", description="The platform on this machine.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="start everything, play one case and stay up until Ctrl-C (the default)")
    commands.add_parser("demo", help="play further cases against what another run started")
    commands.add_parser("stop", help="end what another run started")
    command = parser.parse_args().command or "run"
    terminal = Terminal()
    try:
        return {"run": run, "demo": demo, "stop": stop}[command](State.here(), terminal)
    except (LauncherError, OSError) as error:
        terminal.fault(in_one_line(error))
        return 1
    except KeyboardInterrupt:
        return 130


def run(state: State, terminal: Terminal) -> int:
    """Run the platform until it is asked to end, or until a part of it dies."""
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, _interrupt)
    with state.locked(), Platform(state, terminal) as platform:
        terminal.title(f"Motcua starts; what it stores is in {state.folder}")
        try:
            platform.start().write(state)
            tell(state, terminal)
            welcome(terminal, state)
            platform.watch()
        except KeyboardInterrupt:
            return 0
        except (LauncherError, OSError) as error:
            terminal.fault(in_one_line(error))
            return 1


def demo(state: State, terminal: Terminal) -> int:
    """Play further cases against the platform that runs."""
    if state.holder() is None:
        raise LauncherError("Nothing runs here: start the platform with `make run` first.")
    return tell(state, terminal, further=True)


def tell(state: State, terminal: Terminal, *, further: bool = False) -> int:
    """Play a story; that it fails is one line, and ends nothing."""
    from launcher import demo  # HTTP and Kafka clients, wanted only when all stands

    try:
        play = demo.play_further if further else demo.play
        play(state, terminal)
    except Exception as error:  # whatever the story met, the platform stays up
        terminal.fault(f"the case could not be played to its end: {in_one_line(error)}")
        return 1
    return 0


def in_one_line(error: Exception) -> str:
    """The error's words; of a file that cannot be used, which one and why."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used ({error.strerror})."
    return " ".join(str(error).split()) or type(error).__name__


def stop(state: State, terminal: Terminal) -> int:
    """Ask the running platform to end, and wait until it has."""
    holder = state.holder()
    if holder is None:
        terminal.title(f"Nothing runs on {state.folder}.")
        return 0
    os.kill(holder, signal.SIGTERM)
    while state.holder() == holder:
        time.sleep(_POLL_SECONDS)
    terminal.title("Everything has ended.")
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
