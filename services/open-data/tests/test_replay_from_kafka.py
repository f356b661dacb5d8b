"""All events come once more through Kafka, shuffled and doubled, to a process that is killed: the same bytes."""

import asyncio
import os
import random
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from open_data.domain.case_fact import Act, Kind, fold
from open_data.domain.dataset import ON_TIME_PROCESSING, SERVICE_RATINGS
from open_data.domain.month import Month
from open_data.domain.on_time import CaseGroup, on_time_rows
from open_data.domain.ratings import RatingCell, rating_rows
from open_data.domain.table import Table
from shared.db import Database
from shared.events import Envelope
from shared.events.participation import FEEDBACK_TOPIC, FeedbackRated
from shared.events.procedures import (
    CASE_TOPIC,
    CaseAccepted,
    CaseClosed,
    CaseDecided,
    CaseEvent,
    CaseRefused,
    CaseTaskCompleted,
    CaseWithdrawn,
)
from shared.ids import new_id
from shared.kafka import ensure_topics, new_producer
from shared.settings import KafkaSettings
from shared.testing import eventually, free_port

CASES, RATINGS = 250, 37
PREFIX = f"test.{new_id().hex[-8:]}"
"""Of this test's events: others on the same topics are none of its business."""

_EVENTS: dict[Kind, tuple[type[CaseEvent], dict[str, Any]]] = {
    Kind.ACCEPTED: (CaseAccepted, {}),
    Kind.REFUSED: (CaseRefused, {}),
    Kind.WITHDRAWN: (CaseWithdrawn, {}),
    Kind.DECIDED: (CaseDecided, {"outcome": "granted"}),
    Kind.CLOSED: (CaseClosed, {"outcome": "granted"}),
    Kind.OTHER: (CaseTaskCompleted, {"step": "THU_LY", "unit": "TU_PHAP", "unit_agency": "H99.01"}),
}


def _lives(chance: random.Random, day: Callable[..., Any]) -> list[list[Act]]:
    """What happened to the cases, each a list of acts in their order."""
    lives = []
    for _ in range(CASES):
        agency, at = (
            chance.choice(["H99.01", "H99.02"]),
            day(1, 1) + timedelta(hours=chance.randrange(24 * 80)),
        )
        kinds = chance.choice(
            [
                [Kind.REFUSED],
                [Kind.ACCEPTED, Kind.OTHER],
                [Kind.ACCEPTED, Kind.WITHDRAWN],
                [Kind.ACCEPTED, Kind.OTHER, Kind.DECIDED, Kind.CLOSED],
            ]
        )
        due, life = at + timedelta(days=chance.randrange(1, 40)), []
        for kind in [Kind.OTHER, *kinds]:
            at += timedelta(hours=chance.randrange(24 * 20))
            life.append(Act(kind, at, agency, "TP01", None if kind in (Kind.CLOSED, Kind.REFUSED) else due))
        lives.append(life)
    return lives


def _told(lives: list[list[Act]]) -> list[Envelope]:
    """The events of the cases."""
    told = []
    for life in lives:
        case = new_id()
        for sequence, act in enumerate(life, start=1):
            kind, more = _EVENTS[act.kind]
            if kind is CaseClosed:
                more = more | {"received_at": life[0].at, "decided_at": act.at}
            event = kind(
                code="H99.01-260105-0001",
                procedure=act.procedure,
                version=1,
                agency=act.agency,
                applicant="someone",
                status="any",
                due_at=act.due_at,
                **more,
            )
            told.append(event.envelope(subject=case, sequence=sequence, at=act.at))
    return told


def _rated(scores: list[int], day: Callable[..., Any]) -> list[Envelope]:
    cell = new_id()
    return [
        FeedbackRated(agency="H99.01", procedure="TP01", score=score, month="2026-02").envelope(
            subject=cell, sequence=number, at=day(2, 1) + timedelta(minutes=number)
        )
        for number, score in enumerate(scores, start=1)
    ]


async def _send(kafka: KafkaSettings, told: list[Envelope], chance: random.Random) -> None:
    """Send all, some of them twice, in any order: also what is out of order within a case."""
    doubled = [*told, *chance.sample(told, k=len(told) // 3)]
    chance.shuffle(doubled)
    async with new_producer(kafka) as producer:
        sent = [
            await producer.send(
                envelope.topic,
                key=str(envelope.subject).encode(),
                value=orjson.dumps(envelope.data),
                headers=envelope.kafka_headers(PREFIX, "http://schemas.test"),
            )
            for envelope in doubled
        ]
        await asyncio.gather(*sent)


class Service:
    """open-data as processes of its own, on one database and one store."""

    def __init__(self, database: Database, kafka: Any, store: Path) -> None:
        self.database = database
        self.store = store
        self._environment = {
            **os.environ,
            **kafka.environment,
            "OPEN_DATA_DATABASE_URL": database.url,
            "OPEN_DATA_STORE": str(store),
            "OPEN_DATA_PUBLISHER": "H99.01",
            "OPEN_DATA_PUBLISH_SECONDS": "0.05",
            "OPEN_DATA_EVENT_TYPE_PREFIX": PREFIX,
            "OPEN_DATA_PORT": str(free_port()),
            "OPEN_DATA_JWKS_URL": f"http://127.0.0.1:{free_port()}",
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The whole service; killed at the end, whatever it is doing."""
        process = await self._begin("run")
        try:
            yield
            assert process.returncode is None
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def command(self, name: str) -> str:
        process = await self._begin(name)
        said, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return said.decode()

    async def forget(self, *tables: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(text(f"TRUNCATE {', '.join(tables)}"))

    async def number(self, query: str) -> int:
        async with self.database.reading() as tx:
            return int((await tx.execute(text(query))).scalar() or 0)

    async def latest(self) -> dict[str, str]:
        """The SHA-256 of each dataset's latest version."""
        query = "SELECT DISTINCT ON (dataset) dataset, sha256 FROM versions ORDER BY dataset, events DESC"
        async with self.database.reading() as tx:
            return {row.dataset: row.sha256 for row in await tx.execute(text(query))}

    async def _begin(self, command: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "open_data", command),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if command != "run" else asyncio.subprocess.DEVNULL,
        )


@pytest.mark.kill
async def test_all_events_again_to_a_process_that_is_killed_come_to_the_same_bytes(
    database: Database, kafka: Any, tmp_path: Path, day: Callable[..., Any], lake: Any
) -> None:
    chance = random.Random(20260105)
    lives, scores = _lives(chance, day), [chance.randint(1, 5) for _ in range(RATINGS)]
    cases = _told(lives)
    told = [*cases, *_rated(scores, day)]
    bus = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await ensure_topics(bus, [CASE_TOPIC, FEEDBACK_TOPIC])
    service = Service(database, kafka, tmp_path / "store")
    facts = "SELECT sum(events) FROM case_facts"
    seen = "SELECT sum(seen) FROM datasets"

    await _send(bus, told, chance)
    async with service.running():
        await eventually(lambda: service.number(facts), seconds=60, what="a first batch")
    assert await service.number(facts) < len(cases)  # it was killed in the middle
    async with service.running():
        await eventually(lambda: _reached(service, seen, len(told)), seconds=90, what="all is published")
    first = await service.latest()
    assert first == await _by_the_pure_rules(lake, lives, scores)

    await service.forget("inbox", "case_facts", "rating_facts")
    await _send(bus, told, chance)
    async with service.running():
        await eventually(lambda: _reached(service, facts, len(cases)), seconds=90, what="all facts again")
        ratings = "SELECT count(*) FROM rating_facts"
        await eventually(lambda: _reached(service, ratings, RATINGS), what="all ratings again")
    assert all(line.endswith("nothing new") for line in (await service.command("rebuild")).splitlines())
    assert await service.latest() == first

    shutil.rmtree(service.store)
    await service.forget("versions")
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE datasets SET seen = 0"))
    await service.command("publish")
    assert await service.latest() == first


async def _reached(service: Service, query: str, number: int) -> bool:
    return await service.number(query) == number


async def _by_the_pure_rules(lake: Any, lives: list[list[Act]], scores: list[int]) -> dict[str, str]:
    """What folding whole histories comes to, with neither database nor events."""
    running = Month.of(max(act.at for life in lives for act in life))
    groups = [CaseGroup(fold(dict(enumerate(life))), 1) for life in lives]
    cell = RatingCell("H99.01", Month(2026, 2), dict(enumerate(scores, start=1)))
    rows = {ON_TIME_PROCESSING: on_time_rows(groups, running), SERVICE_RATINGS: rating_rows([cell])}
    return {
        definition.slug: (await lake.write("pure", Table(definition.columns, its))).sha256
        for definition, its in rows.items()
    }
