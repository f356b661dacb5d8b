"""The programs that are killed: `python -m tests.kill.programs <program> <database> <bootstrap servers> …`.

writer    commits acts of cases, several at a time, and rolls some back; notes the ids of both in a diary
relay     moves the writers' outbox to Kafka
listener  writes down what it is told, in a database of its own
"""

import asyncio
import random
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Table, Uuid, bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import outbox
from shared.clock import SystemClock
from shared.db import Database, new_metadata
from shared.events import Envelope
from shared.events.procedures import CaseSubmitted
from shared.inbox import Consumer, inbox_table
from shared.outbox import outbox_table
from shared.relay import Relay, announce
from shared.settings import KafkaSettings

GROUP = "open_data"  # the in-memory broker has dead letter topics for the services alone
WRITERS = 3
PACE_SECONDS = 0.03
UNDONE = 0.1
PREFIX = "vn.motcua"

writing = new_metadata()
outbox_table(writing)
inbox_table(writing)
cases = Table(
    "cases",
    writing,
    Column("id", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

listening = new_metadata()
inbox_table(listening)
effects = Table(
    "effects",
    listening,
    Column("position", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

_ADVANCE = (
    update(cases)
    .where(cases.c.id == bindparam("case"))
    .values(sequence=cases.c.sequence + 1)
    .returning(cases.c.sequence)
)


class Undone(Exception):
    """Raised to roll a transaction back."""


async def write(database: Database, diary: Path, subjects: list[UUID], chance: random.Random) -> None:
    """Commit and roll back until killed. A `+` in the diary was committed for sure, a `-` surely not."""
    clock = SystemClock()

    async def act(told: list[Envelope]) -> None:
        async with database.transaction() as tx:
            for case in sorted(chance.sample(subjects, k=chance.randint(1, 3))):
                sequence = (await tx.execute(_ADVANCE, {"case": case})).scalar_one()
                event = CaseSubmitted(
                    code="H99.01-260105-0001", procedure="TP01", version=1, agency="H99.01",
                    applicant="someone", status="submitted",
                )  # fmt: skip
                told.append(event.envelope(subject=case, sequence=sequence, at=clock.now()))
            await outbox.add(tx, *told)
            if chance.random() < UNDONE:
                raise Undone

    while True:
        told: list[Envelope] = []
        try:
            await act(told)
            sign = "+"
        except Undone:
            sign = "-"
        except Exception:
            sign = ""  # the database was away: committed or not, nobody knows
        if sign:
            with diary.open("a") as page:
                page.write("".join(f"{sign}{envelope.id}\n" for envelope in told))
        await asyncio.sleep(PACE_SECONDS)


async def writer(database: Database, _: KafkaSettings, diary: str, subjects: str, seed: str) -> None:
    """Several who write at once, on the same cases as the writers of other processes."""
    known, chance = _ids(subjects), random.Random(seed)
    await asyncio.gather(
        announce(database), *(write(database, Path(diary), known, chance) for _ in range(WRITERS))
    )


def _ids(path: str) -> list[UUID]:
    return [UUID(line) for line in Path(path).read_text().split()]


async def relay(database: Database, kafka: KafkaSettings) -> None:
    await Relay(database, kafka, SystemClock(), prefix=PREFIX, schemas="http://127.0.0.1/schemas").run()


async def listener(database: Database, kafka: KafkaSettings) -> None:
    async def remember(tx: AsyncConnection, envelope: Envelope, _: Any) -> None:
        effect = {"event_id": envelope.id, "subject": envelope.subject, "sequence": envelope.sequence}
        await tx.execute(insert(effects).values(effect))

    handlers = {CaseSubmitted: remember}
    await Consumer(database, kafka, SystemClock(), group=GROUP, handlers=handlers, prefix=PREFIX).run()


def main() -> None:
    program, url, servers, *arguments = sys.argv[1:]
    programs: dict[str, Any] = {"writer": writer, "relay": relay, "listener": listener}
    kafka = KafkaSettings(bootstrap_servers=servers)

    async def run() -> None:
        await programs[program](Database(url), kafka, *arguments)

    asyncio.run(run())


if __name__ == "__main__":
    main()
