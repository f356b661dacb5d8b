"""Programs that take part in a comparison: which core each has, how much memory, when it is ready.

Two cores are enough for every comparison and no more are used: the servers that both sides ask on one, and on
the other whatever is compared, in turns.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import psutil  # type: ignore[import-untyped]

_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
SHARED_CORE = _CORES[0]
"""Of the servers that both sides ask, and of the load generator."""
COMPARED_CORE = _CORES[1 % len(_CORES)]
"""Of what is compared."""


@contextmanager
def running(
    command: Sequence[str], *, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run a program on a core for the length of the block; gives its process id."""
    process = subprocess.Popen(
        on_core(core, command), stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def on_core(core: int, command: Sequence[str]) -> list[str]:
    """The command, kept to a core."""
    return ["taskset", "-c", str(core), *command]  # which becomes the command, so the process id is its own


def keep_to_core(pid: int, core: int) -> None:
    """Keep a program that runs already, and what it starts from now on, to a core."""
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        one.cpu_affinity([core])


def resident(pid: int) -> int:
    """Bytes of memory that a process has in hand, with those of its children."""
    process = psutil.Process(pid)
    sizes: list[int] = [one.memory_info().rss for one in (process, *process.children(recursive=True))]
    return sum(sizes)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for a program to be ready.

    Raises:
        TimeoutError
    """
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"never came true within {seconds:.0f} s: {what}")
        time.sleep(0.05)
