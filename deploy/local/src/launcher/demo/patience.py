"""Waiting for what others do in their own time."""

import time
from collections.abc import Callable
from typing import TypeVar

from launcher.errors import LauncherError

Found = TypeVar("Found")

_SECONDS = 30.0
_POLL_SECONDS = 0.05


def wait(what: str, found: Callable[[], Found | None]) -> Found:
    """What is found once it is there (and true). Raises LauncherError when it takes too long."""
    deadline = time.monotonic() + _SECONDS
    while not (it := found()):
        if time.monotonic() > deadline:
            raise LauncherError(f"waited in vain for {what}")
        time.sleep(_POLL_SECONDS)
    return it
