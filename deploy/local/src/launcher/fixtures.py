"""A pytest plugin: a real PostgreSQL and a real Apache Kafka for the tests that ask for them.

    def test_something(postgres, kafka): ...

Each is started once a session, at the first test that asks, and ends with the session. Their data is thrown
away. `MOTCUA_TEST_DATABASE_URL` (a role that may create databases and roles) and `MOTCUA_TEST_KAFKA`
(bootstrap servers) name running servers to be used instead; those cannot be killed.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher.databases import create_database, drop_database
from launcher.kafka import Kafka, new_kafka
from launcher.postgres import Postgres
from launcher.processes import free_port


class GivenPostgres:
    """A PostgreSQL server that somebody else runs; what was made in it is dropped by `close`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = secrets.token_hex(3)
        self._made: set[str] = set()

    def create_database(self, name: str) -> str:
        """Make sure that there is a database of this session; returns the URL of its owner."""
        name = f"{name}_{self._session}"
        self._made.add(name)
        return create_database(self.url, name, self._session)

    def close(self) -> None:
        for name in self._made:
            drop_database(self.url, name)


class GivenKafka:
    """A Kafka that somebody else runs."""

    durable = True

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres | GivenPostgres]:
    """A PostgreSQL server: `create_database(name)`, `url`, `pid`, `kill()`, `restart()`, `stop()`."""
    if url := os.environ.get("MOTCUA_TEST_DATABASE_URL"):
        given = GivenPostgres(url)
        yield given
        given.close()
        return
    folder = _folder()
    server = Postgres(folder / "postgres", port=free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[Kafka | GivenKafka]:
    """An Apache Kafka: `bootstrap_servers`, `environment`, `durable`, `kill()`, `restart()`, `stop()`."""
    if servers := os.environ.get("MOTCUA_TEST_KAFKA"):
        yield GivenKafka(servers)
        return
    capture: Any = request.config.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(line)

    folder = _folder()
    broker = new_kafka(folder / "kafka", port=free_port(), controller_port=free_port(), say=say)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    folder.chmod(0o711)  # as root, the servers' own users must reach their data
    return folder
