"""Memory of each process of the whole platform, before, under and after load.

    python -m tests.bench memory

A round is two cases played from filing to rating, and questions of all kinds as fast as they are answered.
"""

import os
import shutil
import subprocess
import sys

import psutil  # type: ignore[import-untyped]

from tests.bench.memory import FLAT, GROUP, memory_row
from tests.bench.programs import resident
from tests.bench.table import Row
from tests.bench.wrk import requests_per_second
from tests.whole_platform import ROOT, Platform, run_platform

MEMBERS = ("identity", "procedures", "open_data", "participation", "gateway")
QUESTIONS = (
    "/.well-known/openid-configuration",
    "/procedures/v1/procedures",
    "/open-data/v1/catalog.jsonld",
    "/participation/v1/consultations",
)
ROUNDS, CLIENTS, SECONDS, CASES = 6, 16, 3, 2
_UNLIMITED = {f"GATEWAY_{who}_QUOTA__REQUESTS": "1000000000" for who in ("CLIENT", "PERSON", "ADDRESS")}


def rows() -> list[Row]:
    """A row a process; nothing is left out because it is small."""
    if shutil.which("wrk") is None:
        return [Row(GROUP, "all", "-", "after one round", None, FLAT, "wrk is not here")]
    with run_platform(**_UNLIMITED) as platform:
        processes = {name: _process(platform, name) for name in MEMBERS}
        sizes = {name: [resident(pid)] for name, pid in processes.items()}
        for _ in range(ROUNDS):
            _load(platform)
            for name, pid in processes.items():
                sizes[name].append(resident(pid))
    return [memory_row(name.replace("_", "-"), taken) for name, taken in sizes.items()]


def _process(platform: Platform, name: str) -> int:
    """The process id of a member, known by its command `python -m name`."""
    return next(child.pid for child in platform.children if _runs(child, name))


def _runs(process: psutil.Process, name: str) -> bool:
    words: list[str] = process.cmdline()
    return "-m" in words and words[words.index("-m") + 1].split(".")[0] == name


def _load(platform: Platform) -> None:
    environment = {**os.environ, "MOTCUA_STATE": str(platform.state.folder)}
    for _ in range(CASES):
        demo = [sys.executable, "-m", "launcher", "demo"]
        subprocess.run(demo, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for question in QUESTIONS:
        requests_per_second(platform.running.gateway + question, connections=CLIENTS, seconds=SECONDS)
