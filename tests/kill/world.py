"""A small world of real processes under load, and somebody who kills them.

Two writers commit acts of cases and roll some back; three relays, of which one leads, move the outbox to Kafka;
two listeners share a consumer group and write to another database. Each of them, the broker and PostgreSQL are
ended by SIGKILL, again and again, and started anew. In the end all that was committed must have taken effect,
once and in order, and nothing that was rolled back.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

from aiokafka import TopicPartition
from sqlalchemy import text

from launcher.kafka import Kafka, new_kafka
from launcher.postgres import Postgres
from launcher.processes import Process, free_port
from shared.db import Database, is_transient
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id
from shared.kafka import dead_letters_of, ensure_topics, new_consumer
from shared.settings import KafkaSettings
from tests.kill.programs import GROUP, listening, writing
from tests.kill.verdict import Told, Verdict, judge

ROOT = Path(__file__).parents[2]
CASES = 30
STANDSTILL_SECONDS = 90.0
MOST_EFFECTS_BETWEEN = 60
DOUBLE = 0.2

T = TypeVar("T")


class Victim(Protocol):
    """What can be ended as a crash would, and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass
class World:
    """The processes, and what one can ask of them."""

    folder: Path
    postgres: Postgres
    broker: Kafka
    seed: int
    processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.kafka = KafkaSettings(bootstrap_servers=self.broker.bootstrap_servers)
        self.written = Database(self.postgres.create_database("written"), pool_size=1)
        self.heard = Database(self.postgres.create_database("heard"), pool_size=1)

    def begin(self) -> None:
        """Make the tables and topics and start the load."""
        self.do(self._prepare())
        subjects = self.folder / "subjects"
        # The in-memory broker can have one member in a group.
        listeners = 2 if self.broker.durable else 1
        for number in (1, 2):
            name = f"writer {number}"
            self._add(name, self.written, self._diary(name), subjects, f"{self.seed} {number}")
        for number in (1, 2, 3):
            self._add(f"relay {number}", self.written)
        for number in range(1, listeners + 1):
            self._add(f"listener {number}", self.heard)

    @property
    def victims(self) -> dict[str, Victim]:
        """All that can be killed; not a broker that keeps nothing."""
        broker: dict[str, Victim] = {"Kafka": self.broker} if self.broker.durable else {}
        return {**self.processes, "PostgreSQL": self.postgres, **broker}

    def effects(self) -> int:
        """How many events have taken effect."""
        number: int = self._ask(self.heard, "SELECT count(*) FROM effects")[0][0]
        return number

    def wait_for_effects(self, count: int) -> None:
        """Wait until so many events have taken effect.

        Raises:
            TimeoutError: for a long time no event took effect; names the last words of all processes.
        """
        seen, since = -1, time.monotonic()
        while (now := self.effects()) < count:
            if now > seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > STANDSTILL_SECONDS:
                raise TimeoutError(f"nothing takes effect any more:\n{self._last_words()}")
            time.sleep(0.02)

    def come_to_rest(self) -> Verdict:
        """End the load, wait until the listeners have read all there is, and compare."""
        for name, process in self.processes.items():
            if name.startswith("writer"):
                process.kill()
        self.wait_for_effects(self._ask(self.written, "SELECT count(*) FROM outbox")[0][0])
        deadline = time.monotonic() + STANDSTILL_SECONDS
        while not self.do(self._all_is_read()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the listeners do not get to the end:\n{self._last_words()}")
            time.sleep(0.05)
        return self._verdict()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
        self.do(self.written.close())
        self.do(self.heard.close())
        self._loop.close()

    def _diary(self, name: str) -> Path:
        return self.folder / f"{name}.diary"

    def _add(self, name: str, database: Database, *arguments: object) -> None:
        program = name.split(maxsplit=1)[0]
        given = [database.url, self.broker.bootstrap_servers, *map(str, arguments)]
        process = Process(
            name,
            [sys.executable, "-m", "tests.kill.programs", program, *given],
            log=self.folder / f"{name}.log",
            environment=dict(os.environ),
            folder=ROOT,
        )
        self.processes[name] = process
        process.start()

    async def _prepare(self) -> None:
        subjects = [new_id() for _ in range(CASES)]
        (self.folder / "subjects").write_text("\n".join(map(str, subjects)))
        for database, metadata in ((self.written, writing), (self.heard, listening)):
            async with database.engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
        async with self.written.transaction() as tx:
            filed = [{"case": case} for case in subjects]
            await tx.execute(text("INSERT INTO cases VALUES (:case, 0)"), filed)
        await ensure_topics(self.kafka, [CASE_TOPIC, dead_letters_of(CASE_TOPIC, GROUP)])

    def _ask(self, database: Database, query: str) -> Sequence[Any]:
        async def ask() -> Sequence[Any]:
            async with database.reading() as tx:
                return (await tx.execute(text(query))).all()

        while True:
            try:
                return self.do(ask())
            except Exception as error:
                if not is_transient(error):
                    raise

    async def _all_is_read(self) -> bool:
        partitions = [TopicPartition(CASE_TOPIC.name, number) for number in range(CASE_TOPIC.partitions)]
        async with new_consumer(self.kafka, group_id=GROUP) as consumer:
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            return all([ends[one] == (await consumer.committed(one) or 0) for one in partitions])

    async def _records(self, topic: str, partitions: int) -> int:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        async with new_consumer(self.kafka) as consumer:
            return sum((await consumer.end_offsets(places)).values())

    def _verdict(self) -> Verdict:
        outbox = self._ask(self.written, "SELECT id, aggregateid, sequence FROM outbox ORDER BY position")
        effects = self._ask(self.heard, "SELECT event_id, subject, sequence FROM effects ORDER BY position")
        diaries = [self._diary(name).read_text().split() for name in self.processes if "writer" in name]
        # A line that its writer was killed over is shorter.
        noted = [(line[0], UUID(line[1:])) for diary in diaries for line in diary if len(line) == 37]
        return judge(
            [Told(*row) for row in outbox],
            [Told(*row) for row in effects],
            {event for sign, event in noted if sign == "+"},
            {event for sign, event in noted if sign == "-"},
            records=self.do(self._records(CASE_TOPIC.name, CASE_TOPIC.partitions)),
            dead_letters=self.do(self._records(dead_letters_of(CASE_TOPIC, GROUP).name, 1)),
        )

    def _last_words(self) -> str:
        return "\n".join(f"{name}: {process.last_words()}" for name, process in self.processes.items())


@contextmanager
def world(seed: int, say: Callable[[str], None]) -> Iterator[World]:
    """A world with servers of its own, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="motcua-kill-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, PostgreSQL's own user must reach its data
        postgres = Postgres(folder / "postgres", port=free_port())
        broker = new_kafka(folder / "kafka", port=free_port(), controller_port=free_port(), say=say)
        try:
            postgres.start()
            broker.start()
            here = World(folder, postgres, broker, seed)
            try:
                yield here
            finally:
                here.close()
        finally:
            broker.kill()
            postgres.kill()


@dataclass(frozen=True, slots=True)
class Account:
    """What a killing came to."""

    verdict: Verdict
    kills: Counter[str]
    seconds: float
    longest_standstill: float

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} × {name}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills in {self.seconds:.0f} s ({kinds}); "
            f"longest wait for the next effect {self.longest_standstill:.1f} s\n{self.verdict}"
        )


def kill_at_random(here: World, kills: int, say: Callable[[str], None]) -> Account:
    """Kill whatever comes, one or two at a time, each time after a random number of further effects.

    Every victim has its turn before one has a second.
    """
    chance = random.Random(here.seed)
    here.begin()
    here.wait_for_effects(1)
    started, longest, done = time.monotonic(), 0.0, Counter[str]()
    turns = _turns(chance, list(here.victims), kills)
    while turns:
        names = [turns.pop() for _ in range(2 if chance.random() < DOUBLE and len(turns) > 1 else 1)]
        effects, before = here.effects(), time.monotonic()
        for name in names:
            here.victims[name].kill()
        for name in dict.fromkeys(names):
            here.victims[name].start()
        here.wait_for_effects(effects + 1)
        longest = max(longest, time.monotonic() - before)
        here.wait_for_effects(effects + chance.randint(1, MOST_EFFECTS_BETWEEN))
        done.update(name.split()[0] for name in names)
        seconds = time.monotonic() - started
        say(f"{done.total():4} of {kills}  {seconds:4.0f} s  {here.effects():7,} effects  {', '.join(names)}")
    verdict = here.come_to_rest()
    return Account(verdict, done, time.monotonic() - started, longest)


def _turns(chance: random.Random, names: list[str], kills: int) -> list[str]:
    turns: list[str] = []
    while len(turns) < kills:
        turns = chance.sample(names, k=len(names)) + turns
    return turns[-kills:]
