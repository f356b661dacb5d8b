"""`python -m tests.bench.listener <database> <bootstrap servers> <count>`: note when events take effect.

Says "listening" when it does, and after `count` events prints the id and the instant (monotonic clock, which all
processes of a machine share) of each.
"""

import asyncio
import sys
import time
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import SystemClock
from shared.db import Database
from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC, CaseSubmitted
from shared.inbox import Consumer
from shared.kafka import dead_letters_of, ensure_topics
from shared.settings import KafkaSettings
from shared.testing import eventually

GROUP = "bench"


async def main(url: str, servers: str, count: int) -> None:
    kafka = KafkaSettings(bootstrap_servers=servers)
    await ensure_topics(kafka, [CASE_TOPIC, dead_letters_of(CASE_TOPIC, GROUP)])
    handled: list[tuple[UUID, float]] = []
    done = asyncio.Event()

    async def note(_: AsyncConnection, envelope: Envelope, __: Any) -> None:
        handled.append((envelope.id, time.monotonic()))
        if len(handled) == count:
            done.set()

    consumer = Consumer(
        Database(url),
        kafka,
        SystemClock(),
        group=GROUP,
        handlers={CaseSubmitted: note},
        prefix="vn.motcua",
    )
    listening = asyncio.create_task(consumer.run())
    await eventually(lambda: consumer.running)
    print("listening", flush=True)
    await done.wait()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    print("\n".join(f"{event} {at}" for event, at in handled), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
