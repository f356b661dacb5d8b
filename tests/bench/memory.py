"""Whether the memory of a process stays flat: what it holds after the first round of load, and after the last."""

import psutil

from tests.bench.table import Row

MOST_GROWTH = 1.10


def resident(pid: int) -> int:
    """Bytes that the process and its children hold in memory."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def row(name: str, idle: int, warm: int, last: int) -> Row:
    """Growth under load: the pools and caches of the first round are there for good, and not counted."""
    note = f"idle {_megabytes(idle)}"
    return Row(
        f"memory, {name}",
        _megabytes(last),
        f"first round {_megabytes(warm)}",
        last / warm,
        MOST_GROWTH,
        note,
        at_most=True,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
