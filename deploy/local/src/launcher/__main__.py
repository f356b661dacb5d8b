"""`python -m launcher`."""

import signal
import sys


def start() -> int:
    """Run a command. Until one has begun there is nothing to end, so Ctrl-C ends us at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from launcher.command_line import main

    return main()


if __name__ == "__main__":
    sys.exit(start())
