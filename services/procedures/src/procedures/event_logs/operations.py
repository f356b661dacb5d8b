"""What can be asked of event logs: they are read and written piece by piece, however many cases there are."""

from collections.abc import AsyncIterator

import structlog

from procedures.cases.store import entry_of, logs_of
from procedures.domain.event_log import Trace, trace_of
from procedures.event_logs import ocel, store, xes
from procedures.event_logs.store import Extent
from shared.db import Database

_AT_ONCE = 200

log = structlog.get_logger()


async def version_of(database: Database, extent: Extent) -> str:
    """Names the state of an event log."""
    async with database.reading() as tx:
        number, acts = await store.state_of(tx, extent)
    return f"{number}-{acts}"


async def traces(database: Database, extent: Extent) -> AsyncIterator[Trace]:
    """The cases with their events. A log that cannot be read is left out.

    No connection is held while whoever reads takes their time.
    """
    after = None
    while True:
        async with database.reading() as tx:
            rows = await store.cases_of(tx, extent, after=after, limit=_AT_ONCE)
            logs = await logs_of(tx, [row.id for row in rows])
        for _, case_id in rows:
            try:
                yield trace_of(case_id, [entry_of(link) for link in logs[case_id]])
            except (KeyError, ValueError):
                log.warning("event_log.unreadable", case=str(case_id))
        if len(rows) < _AT_ONCE:
            return
        after = (rows[-1].submitted_at, rows[-1].id)


async def as_xes(database: Database, extent: Extent) -> AsyncIterator[str]:
    """The event log as XES."""
    yield xes.beginning(f"{extent.agency} {extent.procedure} {extent.month:%Y-%m}")
    async for trace in traces(database, extent):
        yield xes.written(trace)
    yield xes.END


async def as_ocel(database: Database, extent: Extent) -> AsyncIterator[str]:
    """The event log as OCEL 2.0."""
    writer = ocel.Writer()
    yield writer.begin()
    async for trace in traces(database, extent):
        yield writer.events(trace)
    yield writer.begin_objects()
    async for trace in traces(database, extent):
        yield writer.objects(trace)
    yield writer.end()
