"""The whole platform, as `make run` starts it, on ports and in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher.demo.people import Caller, machine, sign_in
from launcher.processes import free_port

ROOT = Path(__file__).parents[2]
_PARTS = ("GATEWAY", "IDENTITY", "PROCEDURES", "OPEN_DATA", "PARTICIPATION")
_SERVERS = ("MOTCUA_POSTGRES", "MOTCUA_KAFKA", "MOTCUA_KAFKA_CONTROLLER")


class Platform:
    """A running platform: its address, what it printed, and the people of its sample."""

    def __init__(
        self, process: "subprocess.Popen[str]", gateway: str, folder: Path, printed: list[str]
    ) -> None:
        self.process = process
        self.gateway = gateway
        self.folder = folder
        self.printed = printed
        self._told: dict[str, Any] = json.loads((folder / "secrets/credentials.json").read_text("utf-8"))

    def citizen(self, number: int = 0) -> Caller:
        return sign_in(self.gateway, self._told["people"][number], self._client("ung-dung-cong-dan"))

    def official(self, unit: str, role: str, agency: str = "000.00.01.H99") -> Caller:
        """An official of the sample who holds this post."""
        account = next(
            one
            for one in self._told["officials"]
            if one["agency"] == agency and {"unit": unit, "role": role} in one["posts"]
        )
        return sign_in(self.gateway, account, self._client("ban-lam-viec"))

    def integrator(self) -> Caller:
        return machine(self.gateway, self._client("he-thong-tich-hop"))

    def _client(self, client_id: str) -> dict[str, Any]:
        client: dict[str, Any] = next(one for one in self._told["clients"] if one["clientId"] == client_id)
        return client


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="motcua-journey-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user when the tests run as root
    ports = {name: str(free_port()) for name in (*_PARTS, *_SERVERS)}
    environment = {
        **os.environ,
        **{f"{name}_PORT": port for name, port in ports.items()},
        "MOTCUA_STATE": str(folder),
        "OPEN_DATA_PUBLISH_SECONDS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "launcher", "run"],
        env=environment,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line.rstrip())
            if "Motcua is up" in line:
                break
        assert process.poll() is None, "\n".join(printed)
        yield Platform(process, f"http://127.0.0.1:{ports['GATEWAY']}", folder, printed)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        shutil.rmtree(folder)
