"""Memory of a process before and after it is loaded: flat, or it leaks."""

from tests.bench.table import Goal, Row

GROUP = "memory of each process"
FLAT = Goal(1.05, at_most=True)


def memory_row(process: str, sizes: list[int]) -> Row:
    """A row of resident sizes in bytes: when idle, after the first round of load, and after each further one.

    The first round fills what every process fills once: the pool of connections, prepared statements,
    caches. From there on it is to be flat.
    """
    idle, warm, *_, last = sizes
    note = f"idle before any load {_mb(idle)}; {len(sizes) - 2} rounds after the first"
    return Row(GROUP, process, _mb(last), f"after one round {_mb(warm)}", last / warm, FLAT, note)


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
