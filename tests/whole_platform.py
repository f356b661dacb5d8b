"""The whole platform, as `make run` starts it, on ports and in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from launcher.processes import free_port
from launcher.running import Running
from launcher.state import State

ROOT = Path(__file__).parents[1]
_PARTS = ("GATEWAY", "IDENTITY", "PROCEDURES", "OPEN_DATA", "PARTICIPATION")
_SERVERS = ("MOTCUA_POSTGRES", "MOTCUA_KAFKA", "MOTCUA_KAFKA_CONTROLLER")


@dataclass(frozen=True)
class Platform:
    """A running platform: how it is reached, and what it printed until it was up."""

    running: Running
    state: State
    printed: str
    children: tuple[psutil.Process, ...]
    """Of `make run`."""


@contextmanager
def run_platform(**variables: str) -> Iterator[Platform]:
    """`make run` until it is up, and Ctrl-C at the end, which must leave nothing running."""
    folder = Path(tempfile.mkdtemp(prefix="motcua-journey-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user when the tests run as root
    ports = {f"{name}_PORT": str(free_port()) for name in (*_PARTS, *_SERVERS)}
    environment = {**os.environ, **ports, "MOTCUA_STATE": str(folder), **variables}
    command = [sys.executable, "-m", "launcher", "run"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    state, printed = State(folder), list[str]()
    children: tuple[psutil.Process, ...] = ()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if "Motcua is up" in line:
                break
        assert "Motcua is up" in printed[-1], "".join(printed)
        children = tuple(psutil.Process(process.pid).children(recursive=True))
        yield Platform(Running.read(state), state, "".join(printed), children)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(folder)
    assert process.returncode == 0
    assert not [child for child in children if child.is_running()]
