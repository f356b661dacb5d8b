"""Everyday work on a database of a million cases, one process of procedures on each core, PostgreSQL beside them.

    MOTCUA_LARGE=<folder of make seed-large> python -m tests.bench size

What limits a row is told beside it: how many ms of a core the service took for one request, and how long PostgreSQL
takes for the same statement alone, asked by pgbench with as many clients. The load generators run on the same cores.
`MOTCUA_BENCH_MINUTES` says how long memory is watched under a mixed load.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, product
from statistics import linear_regression
from urllib.parse import urlencode

from sqlalchemy import text

from procedures.cases.sight import Viewer, owned_by
from procedures.cases.store import list_query
from procedures.forecasts.operations import make_forecasts
from shared.clock import SystemClock
from shared.db import AnyRow, Database
from tests.bench.acceptance import Accepting
from tests.bench.filters import FILTERS, INBOX_FILTERS, LEADERS_FILTERS
from tests.bench.inserts import ThreeInserts
from tests.bench.large import NAMED, Large, Request, large, secret_of
from tests.bench.memory import FLAT
from tests.bench.memory import GROUP as MEMORY
from tests.bench.pgbench import transactions_per_second
from tests.bench.programs import resident
from tests.bench.table import Goal, Row
from tests.bench.wrk import Answered
from tests.seed.offices import AGENCIES, SHAPES, UNITS

GROUP = "a million cases"
SECONDS = 4
PAGE = 100
WARM = 600
"""Commands until each process has met every procedure."""
SUBMISSIONS_A_SECOND, SUBMISSION_MS, COMMAND_MS, INBOX_MS = 240, 150, 100, 50
LIST_MS: Mapping[int, int] = {1: 60, 16: 150}
WITHIN = Goal(1.0, at_most=True)


def rows() -> list[Row]:
    """One row for each kind of work; a single one that says why when there is no seeded database."""
    with large() as servers:
        if servers is None:
            note = f"no seeded database is named: {NAMED} is a folder that `make seed-large` has filled"
            return [Row(GROUP, "everyday work", "-", "-", None, WITHIN, note)]
        return [
            *_submission(servers),
            *_command(servers),
            *_lists(servers),
            *_inbox(servers),
            *_of_leaders(servers),
            _tracking(servers),
            *_memory(servers),
        ]


def _within(name: str, done: Answered, cpu: float, bar: int, *more: str) -> Row:
    note = "; ".join([f"{done.per_second:.0f}/s, {cpu:.1f} ms of a core each", *more])
    return Row(GROUP, name, f"p95 {done.p95:.1f} ms", f"{bar} ms", done.p95 / bar, WITHIN, note)


def _submission(servers: Large) -> Iterator[Row]:
    form = {"fullName": "Nguyễn Thị Mẫu", "address": "12 phố Mẫu"}
    codes = [
        f"MAU-{agency + 1:02}-{kind + 1}" for agency in range(len(AGENCIES)) for kind in range(len(SHAPES))
    ]
    token = servers.person("0198c2a5-7d1e-7a44-8f0a-3a2b1c0d9e8f")
    filings = [
        Request("POST", "/cases", token, json.dumps({"procedure": code, "form": form}, ensure_ascii=False))
        for code in codes
    ]
    servers.ask(filings, clients=16, seconds=2)
    done, cpu = servers.ask(filings, clients=16, seconds=SECONDS)
    inserts = ThreeInserts(servers.folder, filed=servers.url, plain=servers.plain)
    peer = inserts.per_second(clients=16, seconds=SECONDS, core=None)
    name, more = "filed, 16 clients", f"pgbench, same three inserts: {peer:.0f}/s"
    yield _within(name, done, cpu, SUBMISSION_MS, more)
    rate = done.per_second
    yield Row(
        GROUP, name, f"{rate:.0f}/s", f"{SUBMISSIONS_A_SECOND}/s", rate / SUBMISSIONS_A_SECOND, Goal(1.0)
    )


def _command(servers: Large) -> Iterator[Row]:
    """Cases that were just filed are accepted, each once."""
    waiting = _found(
        servers,
        "SELECT id, agency, sequence, encode(head, 'hex') AS head FROM cases WHERE status = 'submitted'"
        " ORDER BY id DESC LIMIT 6000",
    )
    tokens = {agency: servers.official(agency) for agency in AGENCIES}
    accepted = [
        Request(
            "POST",
            f"/cases/{row.id}/acceptance",
            tokens[row.agency],
            if_match=f'"{row.sequence}-{row.head[:16]}"',
        )
        for row in waiting
    ]
    servers.ask(accepted[:WARM], clients=20, seconds=SECONDS, once=True)
    done, cpu = servers.ask(accepted[WARM:], clients=20, seconds=SECONDS, once=True)
    peer = Accepting(servers.folder, accepted=servers.url, plain=servers.plain).per_second(
        clients=20, seconds=SECONDS
    )
    more = f"pgbench, the same writes: {peer:.0f}/s, so {done.per_second / peer:.2f}"
    yield _within("accepted, 20 clients", done, cpu, COMMAND_MS, more)


def _lists(servers: Large) -> Iterator[Row]:
    """The list of the largest agency by each filter and by any two, and without one."""
    names = [combination for size in range(3) for combination in combinations(FILTERS, size)]
    for chosen in (dict(zip(some, values, strict=True)) for some in names
                   for values in product(*(FILTERS[name] for name in some))):  # fmt: skip
        asked = Request(
            "GET", f"/cases?{urlencode({**chosen, 'limit': PAGE})}", servers.official(AGENCIES[0])
        )
        for clients, bar in LIST_MS.items():
            servers.ask([asked], clients=clients, seconds=1)
            done, cpu = servers.ask([asked], clients=clients, seconds=SECONDS)
            plain = _plain_list_ms(servers, chosen, clients)
            name = f"list, {' '.join(chosen.values()) or 'all'}, {clients} client{'s' * (clients > 1)}"
            yield _within(name, done, cpu, bar, f"plain SQL {plain:.1f} ms")


def _plain_list_ms(servers: Large, chosen: Mapping[str, str], clients: int) -> float:
    mine = owned_by(Viewer("", AGENCIES[0]))
    query = list_query(mine, chosen.get("status"), chosen.get("procedure")).limit(PAGE + 1)
    statement = str(query.compile(compile_kwargs={"literal_binds": True}))
    return _plain_ms(servers, statement, clients)


def _plain_ms(servers: Large, statement: str, clients: int) -> float:
    """How long PostgreSQL takes for a statement, on average, with so many clients."""
    script = servers.folder / "plain.sql"
    script.write_text(f"{statement};\n")
    return (
        clients / transactions_per_second(script, servers.url, clients=clients, seconds=2, core=None) * 1000
    )


def _inbox(servers: Large) -> Iterator[Row]:
    """The work list of six units of the largest agency, without a filter and by each of them."""
    filters = [
        (f"&{name}={value}", f"AND {condition}", value)
        for name, values in INBOX_FILTERS.items()
        for value, condition in values.items()
    ]
    for chosen, condition, value in [("", "", "all"), *filters]:
        asked = Request("GET", f"/work-list?limit={PAGE}{chosen}", servers.official(AGENCIES[0]))
        for clients in LIST_MS:
            servers.ask([asked], clients=clients, seconds=1)
            done, cpu = servers.ask([asked], clients=clients, seconds=SECONDS)
            plain = _plain_ms(servers, _PLAIN_INBOX.format(condition=condition), clients)
            name = f"inbox of six units, {value}, {clients} client{'s' * (clients > 1)}"
            yield _within(name, done, cpu, INBOX_MS, f"plain SQL {plain:.1f} ms")


_PLAIN_INBOX = f"""
SELECT * FROM (SELECT * FROM tasks WHERE agency = '{AGENCIES[0]}' AND unit IN ({", ".join(f"'{u}'" for u in UNITS)})
               {{condition}} ORDER BY sort_at, case_id, step LIMIT {PAGE + 1}) AS first
JOIN (SELECT id, code, applicant FROM cases) AS seen ON id = case_id"""


def _of_leaders(servers: Large) -> Iterator[Row]:
    """Late cases of the largest agency and those that will be, without a filter and by each."""
    asyncio.run(_forecast(servers.url))
    for path, filters in LEADERS_FILTERS.items():
        for chosen in [{}, *({name: value} for name, values in filters.items() for value in values)]:
            asked = Request(
                "GET", f"{path}?{urlencode({**chosen, 'limit': PAGE})}", servers.official(AGENCIES[0])
            )
            for clients, bar in LIST_MS.items():
                servers.ask([asked], clients=clients, seconds=1)
                done, cpu = servers.ask([asked], clients=clients, seconds=SECONDS)
                said = " ".join(chosen.values()) or "all"
                yield _within(f"{path[1:]}, {said}, {clients} client{'s' * (clients > 1)}", done, cpu, bar)


async def _forecast(url: str) -> None:
    """What the job does every five minutes."""
    database = Database(url)
    try:
        await make_forecasts(database, SystemClock().now())
    finally:
        await database.close()


def _tracked(servers: Large) -> list[Request]:
    some = _found(servers, "SELECT id, code FROM cases TABLESAMPLE system (0.1) LIMIT 1000")
    return [
        Request("POST", "/tracking", "", json.dumps({"code": row.code, "secret": secret_of(row.id)}))
        for row in some
    ]


def _tracking(servers: Large) -> Row:
    done, cpu = servers.ask(_tracked(servers), clients=16, seconds=SECONDS)
    (some,) = _found(servers, "SELECT code FROM cases LIMIT 1")
    plain = _plain_ms(servers, f"SELECT state FROM cases WHERE code = '{some.code}'", 16)
    return _within("tracked in public, 16 clients", done, cpu, INBOX_MS, f"plain SQL {plain:.1f} ms")


def _memory(servers: Large) -> list[Row]:
    """Memory while cases are filed, listed and tracked, and by how much it rises in an hour at that rate."""
    minutes = float(os.environ.get("MOTCUA_BENCH_MINUTES", "1"))
    person = servers.person("0198c2a5-7d1e-7a44-8f0a-3a2b1c0d9e8f")
    filing = Request(
        "POST", "/cases", person, json.dumps({"procedure": "MAU-03-1", "form": {"fullName": "Mẫu"}})
    )
    page = Request("GET", f"/cases?limit={PAGE}", servers.official(AGENCIES[1]))
    mixed = [page, *(one for tracked in _tracked(servers)[:50] for one in (filing, tracked))]
    servers.ask(mixed, clients=8, seconds=10)
    sizes: list[list[tuple[float, int]]] = [[] for _ in servers.pids]
    with ThreadPoolExecutor(1) as beside:
        load = beside.submit(servers.ask, mixed, clients=8, seconds=int(minutes * 60), pause_ms=40)
        began = time.monotonic()
        while not load.done():
            for pid, size in zip(servers.pids, sizes, strict=True):
                size.append((time.monotonic() - began, resident(pid)))
            time.sleep(1)
        done, _ = load.result()
    return [
        _flat(f"procedures {at + 1} at {done.per_second:.0f}/s", size, minutes)
        for at, size in enumerate(sizes)
    ]


def _flat(name: str, sizes: Sequence[tuple[float, int]], minutes: float) -> Row:
    slope, start = linear_regression([at for at, _ in sizes], [size for _, size in sizes])
    end = start + slope * minutes * 60
    note = f"over {minutes:g} min; {slope * 3600 / 1e6:+.1f} MB an hour at that slope"
    return Row(MEMORY, name, f"{end / 1e6:.0f} MB", f"{start / 1e6:.0f} MB", end / start, FLAT, note)


def _found(servers: Large, statement: str) -> Sequence[AnyRow]:
    async def found() -> Sequence[AnyRow]:
        database = Database(servers.url, pool_size=1)
        try:
            async with database.reading() as tx:
                return (await tx.execute(text(statement))).all()
        finally:
            await database.close()

    return asyncio.run(found())
