"""Cases filed over HTTP at a process of procedures, which is killed in the middle of it, as PostgreSQL is.

Clients that get no answer send again under the same key until they have one. In the end each key must have led to
one whole case, and the numbers of the day must have no gap.
"""

import asyncio
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from launcher.postgres import Postgres
from launcher.processes import Process, free_port
from procedures.catalogue.examples import DEFINITION
from shared.db import Database
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import Tokens, eventually
from tests.key_server import published_keys

ROOT = Path(__file__).parents[2]
CLIENTS = 6
SPAN_SECONDS = 0.04
"""The kills are spread over so long after a filing began: longer than one takes."""

PAPER = {
    "code": "GIAY_TO",
    "title": {"vi": "Giấy tờ tùy thân", "en": "Identity paper"},
    "required": False,
}
CASES = "/procedures/v1/cases"
PDF = b"%PDF-1.7 a paper %%EOF"


@dataclass
class Filing:
    """Clients that file, and what they were told."""

    http: httpx.AsyncClient
    tokens: Tokens
    procedure: str
    last_words: Callable[[], str]
    """What the process has said last."""
    receipts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Key -> the codes on the receipts that came back for it."""
    unanswered: Counter[str] = field(default_factory=Counter)
    """How often a client got no receipt, by what it got instead."""
    over: bool = False

    def __post_init__(self) -> None:
        self.begun = asyncio.Event()

    async def work(self, with_documents: bool) -> None:
        """File one case after another until it is over; the last one to its end."""
        while not self.over:
            who = self.tokens.bearer(
                "procedures:cases:submit procedures:cases:read procedures:documents:write"
            )
            documents = [await self._document(who)] if with_documents else []
            body = {
                "procedure": self.procedure,
                "form": {"fullName": "Trần Thị Mẫu"},
                "documents": documents,
            }
            key = str(new_id())
            for _ in range(2):  # the second time as a client that lost its first answer
                answer = await self._insist(CASES, {**who, "idempotency-key": key}, json=body)
                self.receipts[key].add(answer["code"])

    async def _document(self, who: dict[str, str]) -> dict[str, str]:
        headers = {**who, "content-type": "application/pdf"}
        sent = await self._insist("/procedures/v1/documents?fileName=a.pdf", headers, content=PDF)
        return {"document": PAPER["code"], "id": sent["id"]}

    async def _insist(self, path: str, headers: dict[str, str], **request: Any) -> Any:
        """Send until it is done."""
        while True:
            self.begun.set()
            try:
                answer = await self.http.post(path, headers=headers, **request)
            except httpx.HTTPError as error:
                self.unanswered[type(error).__name__] += 1
            else:
                if answer.status_code == 201:
                    return answer.json()
                # Just started, it may have no database yet, or none of identity's keys.
                assert answer.status_code in (503, 401), f"{answer.text}\n{self.last_words()}"
                self.unanswered[str(answer.status_code)] += 1
            await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Account:
    """What came of it."""

    kills: Counter[str]
    keys: int
    unanswered: Counter[str]
    faults: list[str]

    def __str__(self) -> str:
        kills = ", ".join(f"{count} × {name}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kills}), {self.keys} cases filed, "
            f"{self.unanswered.total()} answers lost {dict(self.unanswered)}; faults: {self.faults or 'none'}"
        )


async def kill_while_filing(kills: int, seed: int, say: Callable[[str], None]) -> Account:
    """Kill the process and PostgreSQL in turn, each time at another point of a filing."""
    with database_server() as (folder, server):
        url = server.create_database("procedures")
        upgrade(ROOT / "services/procedures/migrations", url)
        async with procedures_process(folder, url) as (process, http, tokens):
            filing = Filing(http, tokens, await _publish(http, tokens), lambda: "\n".join(process.tail()))
            done = await _kill(filing, process, server, kills, random.Random(seed), say)
            faults = await _faults(url, filing)
        return Account(done, len(filing.receipts), filing.unanswered, faults)


@contextmanager
def database_server() -> Iterator[tuple[Path, Postgres]]:
    with tempfile.TemporaryDirectory(prefix="motcua-filing-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, PostgreSQL's own user must reach its data
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        try:
            yield folder, server
        finally:
            server.kill()


async def _kill(
    filing: Filing,
    process: Process,
    server: Postgres,
    kills: int,
    chance: random.Random,
    say: Callable[[str], None],
) -> Counter[str]:
    done, work = Counter[str](), [asyncio.create_task(filing.work(n % 2 == 0)) for n in range(CLIENTS)]
    points = chance.sample(range(kills), kills)
    victims = {"procedures": process, "PostgreSQL": server}
    for number, point in enumerate(points, 1):
        filed = len(filing.receipts)
        await eventually(lambda filed=filed: len(filing.receipts) > filed, seconds=60, what="another case")
        filing.begun.clear()
        await filing.begun.wait()
        await asyncio.sleep(SPAN_SECONDS * point / kills)
        name = "procedures" if number % 2 else "PostgreSQL"
        victims[name].kill()
        victims[name].start()
        done[name] += 1
        say(
            f"{number:3} of {kills}: {name}, {SPAN_SECONDS * point / kills * 1000:.1f} ms after a filing began"
        )
    filing.over = True
    await asyncio.wait_for(asyncio.gather(*work), timeout=120)
    return done


async def _faults(url: str, filing: Filing) -> list[str]:
    """What is not as it must be."""
    faults = [f"one key led to {codes}" for codes in filing.receipts.values() if len(codes) != 1]
    told = {code for codes in filing.receipts.values() for code in codes}
    database = Database(url, pool_size=1)
    async with database.reading() as tx:
        filed = list((await tx.execute(text("SELECT code FROM cases"))).scalars())
        if set(filed) != told:
            faults.append(f"filed and not told, or told and not filed: {set(filed) ^ told}")
        numbers = defaultdict(list)
        for code in filed:
            series, _, number = code.rpartition("-")
            numbers[series].append(int(number))
        for series, given in numbers.items():
            if sorted(given) != list(range(1, len(given) + 1)):
                faults.append(f"the series {series} has a gap: {sorted(given)}")
        last = (await tx.execute(text("SELECT sum(last) FROM case_series"))).scalar_one()
        if last != len(filed):
            faults.append(f"{last} numbers were given to {len(filed)} cases")
        faults += await _halves(tx)
    await database.close()
    return faults


async def _halves(tx: Any) -> list[str]:
    """Tables that hold of some case more or less than of the others."""
    query = "SELECT table_name FROM information_schema.columns WHERE column_name = 'case_id'"
    tables = sorted((await tx.execute(text(query))).scalars())
    assert {"case_log", "tasks", "documents"} <= set(tables)
    faults = []
    for table in tables:
        counted = await tx.execute(
            text(
                f"SELECT (state -> 'attachments') <> '[]' AS enclosed, array_agg(DISTINCT found) AS counts "
                f"FROM (SELECT c.state, (SELECT count(*) FROM {table} t WHERE t.case_id = c.id) AS found "
                "FROM cases c) counted GROUP BY 1"
            )
        )
        faults += [f"{table}: {row.counts} rows a case" for row in counted if len(row.counts) != 1]
    told = await tx.execute(
        text(
            "SELECT count(*) FROM cases c WHERE (SELECT count(*) FROM outbox o WHERE o.aggregateid = c.id) <> 1"
        )
    )
    untold = told.scalar_one()
    return [*faults, f"{untold} cases were not told once"] if untold else faults


async def _publish(http: httpx.AsyncClient, tokens: Tokens) -> str:
    editor = tokens.bearer("procedures:procedures:write", kind="official", agency=DEFINITION["agency"])
    definition = {**DEFINITION, "documents": [PAPER]}
    drafted = await http.post("/procedures/v1/procedures", json=definition, headers=editor)
    assert drafted.status_code == 201, drafted.text
    code: str = DEFINITION["code"]
    published = await http.post(
        f"/procedures/v1/procedures/{code}/versions/1/publication",
        headers={**editor, "if-match": drafted.headers["etag"]},
    )
    assert published.status_code == 201, published.text
    return code


@asynccontextmanager
async def procedures_process(
    folder: Path, url: str
) -> AsyncIterator[tuple[Process, httpx.AsyncClient, Tokens]]:
    tokens, port = Tokens(), free_port()
    with published_keys(tokens) as jwks:
        settings = {
            "DATABASE_URL": url,
            "PORT": str(port),
            "TRACKING_KEY": "a-key-of-tests-with-enough-characters",
            "MASTER_KEY": f"1:{'A' * 43}",
            "DOCUMENT_STORE": str(folder / "documents"),
            "RELAY": "false",
            "CONSUMERS": "false",
            "JWKS_URL": jwks,
        }
        process = Process(
            "procedures",
            [sys.executable, "-m", "procedures"],
            log=folder / "procedures.log",
            environment={**os.environ, **{f"PROCEDURES_{name}": value for name, value in settings.items()}},
        )
        process.start()
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
                await eventually(lambda: _is_ready(http), seconds=60, what="procedures to be ready")
                yield process, http, tokens
        finally:
            process.kill()


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        state = (await http.get("/readyz")).json()
    except httpx.HTTPError:
        return False
    return bool(state["database"] and state["keys"])
