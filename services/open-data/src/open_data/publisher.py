"""Publishes what changed: once on command, or again and again beside the server.

Looking at intervals is what gathers a burst of events into one version. Any number of processes may look:
the dataset's lock lets one publish, and the others then find nothing new.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from open_data import operations
from open_data.domain.dataset import DEFINITIONS
from open_data.domain.version import Version
from open_data.lake import Lake
from shared.clock import Clock
from shared.db import Database

log = structlog.get_logger()


class Publisher:
    """Publishes the datasets of a database into a lake; each dataset in a transaction of its own."""

    def __init__(self, database: Database, lake: Lake, clock: Clock) -> None:
        self._database = database
        self._lake = lake
        self._clock = clock

    async def publish(self) -> AsyncIterator[tuple[str, Version | None]]:
        """Publish every dataset that changed; tells of each what was published, None for nothing."""
        for slug, definition in DEFINITIONS.items():
            async with self._database.transaction() as tx:
                version = await operations.publish(tx, self._lake, definition, now=self._clock.now())
            yield slug, version

    async def rebuild(self) -> AsyncIterator[tuple[str, Version | None]]:
        """Compute everything from the acts again; tells of each dataset what was published.

        Raises:
            FactsIncomplete, SameEventsOtherBytes.
        """
        after: UUID | None = UUID(int=0)
        while after is not None:
            async with self._database.transaction() as tx:
                after = await operations.fold_again(tx, after)
        for slug, definition in DEFINITIONS.items():
            async with self._database.transaction() as tx:
                version = await operations.rebuild(tx, self._lake, definition, now=self._clock.now())
            yield slug, version

    async def run(self, seconds: float) -> None:
        """Publish what changed, at this interval, until cancelled; start over after any failure."""
        while True:
            try:
                async for slug, version in self.publish():
                    if version:
                        log.info("dataset.published", dataset=slug, version=str(version.number))
            except Exception as error:
                log.warning("publisher.interrupted", reason=repr(error))
            await asyncio.sleep(seconds)
