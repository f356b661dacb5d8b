"""The whole platform on this machine: PostgreSQL, Kafka, the four services and the gateway.

Whatever is started here is ended here, in the opposite order, however this ends. Servers that the environment
names (`<SERVICE>_DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS`) are used as they are and never started or ended.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn, Self

from launcher.errors import LauncherError
from launcher.kafka import Kafka, new_kafka
from launcher.postgres import Postgres
from launcher.preparation import preparations
from launcher.processes import LOOPBACK, Process, require_free, require_reachable, wait_until_all
from launcher.running import Running
from launcher.services import GATEWAY, IDENTITY, SERVICES, Service, environment, port
from launcher.state import State
from launcher.terminal import Terminal

_POSTGRES_PORT = 15_432
_KAFKA_PORT = 19_092
_KAFKA_CONTROLLER_PORT = 19_093
_READY_SECONDS = 120.0
_PREPARING_SECONDS = 300.0
_WATCH_SECONDS = 0.5


class Platform:
    """Everything that runs on this machine; a context manager that ends all of it."""

    def __init__(self, state: State, terminal: Terminal, services: Sequence[Service] = SERVICES) -> None:
        self._state = state
        self._terminal = terminal
        self._catalogue = services
        self._postgres: Postgres | None = None
        self._kafka: Kafka | None = None
        self._settings: dict[Service, dict[str, str]] = {}
        self._services: list[Process] = []
        self._preparing: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._terminal.doing("ending")
        try:
            self._end()
        except KeyboardInterrupt:  # asked for a second time
            for process in self._everything():
                process.kill()
        self._terminal.title("Everything has ended.")

    def start(self) -> Running:
        """Start all, with migrated databases and the sample, and wait until each service is ready.

        Returns how it is reached.

        Raises LauncherError with one line that says what is wrong.
        """
        self._require_free_ports()
        databases = self._start_postgres()
        kafka = self._launch_kafka()
        for service in self._catalogue:
            self._settings[service] = environment(service, self._state, databases[service], kafka)
        self._prepare()
        self._start_services()
        given = {name: value for name, value in os.environ.items() if name.startswith("KAFKA_")}
        return Running(GATEWAY.url, f"{IDENTITY.url}/outbox", {**kafka, **given})

    def watch(self) -> NoReturn:
        """Wait until something that should run has ended; raises LauncherError with its last words."""
        while True:
            for process in self._everything():
                if not process.running:
                    raise LauncherError(process.how_it_ended())
            time.sleep(_WATCH_SECONDS)

    def _require_free_ports(self) -> None:
        for service in self._catalogue:
            service.process(self._state, {}).end_predecessor()
            require_free(service.port, service.name, f"{service.prefix}_PORT")

    def _start_postgres(self) -> dict[Service, str]:
        """The address of each service's database; starts a server for those that are not given one."""
        urls = {service: service.given_database for service in self._catalogue}
        wanting = [service for service, url in urls.items() if not url]
        if wanting:
            self._terminal.doing("starting PostgreSQL")
            postgres = Postgres(
                self._state.folder / "postgres", port=port("MOTCUA_POSTGRES_PORT", _POSTGRES_PORT)
            )
            self._postgres = postgres
            postgres.start()
            urls |= {service: postgres.create_database(service.name) for service in wanting}
            self._terminal.done("PostgreSQL", f"{LOOPBACK}:{postgres.port}")
        return urls

    def _launch_kafka(self) -> dict[str, str]:
        """What the clients of Kafka must be told; starts a broker unless one is given."""
        if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            require_reachable(given, "Kafka", "KAFKA_BOOTSTRAP_SERVERS")
            return {}
        self._terminal.doing("starting Kafka")
        self._kafka = new_kafka(
            self._state.folder / "kafka",
            port=port("MOTCUA_KAFKA_PORT", _KAFKA_PORT),
            controller_port=port("MOTCUA_KAFKA_CONTROLLER_PORT", _KAFKA_CONTROLLER_PORT),
            say=self._terminal.say,
        )
        self._kafka.launch()
        return self._kafka.environment

    def _prepare(self) -> None:
        """Migrate the databases, then load the samples: what has not been done at an earlier start.

        What is done is noted beside the data of our own PostgreSQL, and goes with it. A given database may be
        another one each time, so nothing is noted of it.
        """
        tasks = [task for service in self._catalogue for task in preparations(service, self._state)]
        due = sorted((task for task in tasks if task.is_due), key=lambda task: task.order)
        if due:
            self._terminal.doing("preparing the databases")
            self._preparing = Process(
                "the preparation of the databases",
                [sys.executable, "-m", "launcher.together", *(json.dumps(task.command) for task in due)],
                log=self._state.log("preparing"),
                environment={key: value for one in self._settings.values() for key, value in one.items()},
            )
            self._preparing.start()
            self._preparing.wait_until(self._preparing.has_succeeded, _PREPARING_SECONDS)
            self._preparing.stop()
            self._preparing = None
            for task in due:
                task.note_done()
        self._terminal.done("databases", "migrated, with the samples")

    def _start_services(self) -> None:
        """Start the services, which wait for Kafka by themselves, and wait until each and Kafka is ready."""
        self._terminal.doing("starting the services")
        readiness: dict[Process, Callable[[], bool]] = {}
        addresses: dict[Process, str] = {}
        if self._kafka:
            readiness[self._kafka.process] = self._kafka.is_ready
            addresses[self._kafka.process] = self._kafka.bootstrap_servers
        for service in self._catalogue:
            process = service.process(self._state, self._settings[service])
            self._services.append(process)
            process.start()
            readiness[process] = service.is_ready
            addresses[process] = service.url
        for process in wait_until_all(readiness, _READY_SECONDS):
            self._terminal.done(process.name, addresses[process])

    def _everything(self) -> list[Process]:
        servers = [server.process for server in (self._kafka, self._postgres) if server]
        return [*self._ours(), *servers]

    def _ours(self) -> list[Process]:
        return [*([self._preparing] if self._preparing else []), *self._services]

    def _end(self) -> None:
        """End the services together, then Kafka, and PostgreSQL when nobody writes any more."""
        for process in self._ours():
            process.ask_to_end()
        for process in self._ours():
            process.stop()
        for server in (self._kafka, self._postgres):
            if server:
                server.stop()
