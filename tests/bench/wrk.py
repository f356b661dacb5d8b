"""Load over HTTP with `wrk`, on the core of the servers."""

import re
import subprocess
from collections.abc import Sequence

from tests.bench.programs import SHARED_CORE, on_core


def requests_per_second(url: str, *, connections: int, seconds: int, options: Sequence[str] = ()) -> float:
    """How many requests a second are answered, every one of them well.

    Raises:
        RuntimeError: some were refused.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
    done = subprocess.run(on_core(SHARED_CORE, command), capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout or done.stderr:
        raise RuntimeError(f"refused under load:\n{done.stdout}{done.stderr[:2000]}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None
    return float(found[1])
