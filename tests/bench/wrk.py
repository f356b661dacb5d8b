"""Load over HTTP with `wrk`, on the core of the servers."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.programs import SHARED_CORE, on_core


def requests_per_second(url: str, *, connections: int, seconds: int, options: Sequence[str] = ()) -> float:
    """How many requests a second are answered, every one of them well.

    Raises:
        RuntimeError: some were refused.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url]
    done = subprocess.run(on_core(SHARED_CORE, command), capture_output=True, text=True, check=True)
    _require_answered(done.stdout, done.stderr)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None
    return float(found[1])


def _require_answered(out: str, errors: str) -> None:
    if "Non-2xx" in out or "Socket errors" in out or errors:
        raise RuntimeError(f"refused under load:\n{out}{errors[:2000]}")


TELLS = """
done = function(summary, latency)
    io.write(string.format("told %d %d %d\\n", summary.requests, summary.duration, latency:percentile(95)))
end
"""
"""What a script ends with whose load is measured by `answered`; its `init` is told which process it asks."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How requests were answered: how many, how many a second, and within how many ms 95 % of them."""

    requests: int
    per_second: float
    p95: float


def answered(bases: Sequence[str], script: Path, *, clients: int, seconds: int) -> Answered:
    """Load several processes at once, the clients shared out evenly; of the slowest, the p95.

    Raises:
        RuntimeError: some were refused.
    """
    bases = bases[:clients]
    each = [clients // len(bases) + (number < clients % len(bases)) for number in range(len(bases))]
    running = [
        subprocess.Popen(
            [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "--timeout",
                "30s",
                "-s",
                str(script),
                base,
                "--",
                str(number),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, (base, connections) in enumerate(zip(bases, each, strict=True))
    ]
    told = []
    for process in running:
        out, errors = process.communicate()
        _require_answered(out, errors)
        found = re.search(r"told (\d+) (\d+) (\d+)", out)
        assert found is not None, out
        told.append([int(number) for number in found.groups()])
    return Answered(
        requests=sum(requests for requests, _, _ in told),
        per_second=sum(requests / microseconds * 1e6 for requests, microseconds, _ in told),
        p95=max(p95 for _, _, p95 in told) / 1000,
    )
