"""`create_app`: the one place where the parts of open-data meet."""

from fastapi import FastAPI

from open_data import operations
from open_data.consumers import HANDLERS
from open_data.dependencies import Portal
from open_data.lake import Lake
from open_data.publisher import Publisher
from open_data.routes import router
from open_data.settings import Settings
from shared.clock import Clock
from shared.events.open_data import DATASET_TOPIC
from shared.inbox import Consumer
from shared.settings import KafkaSettings
from shared.web import Parts, create_service


def lake_of(settings: Settings) -> Lake:
    """The lake that the settings describe."""
    return Lake(settings.store, queries=settings.queries, memory=settings.query_memory)


def create_app(settings: Settings, kafka: KafkaSettings, *, clock: Clock | None = None) -> FastAPI:
    """The application of open-data."""
    parts = Parts.of(settings, kafka, clock=clock)
    lake = lake_of(settings)
    publisher = Publisher(parts.database, lake, parts.clock)

    async def offer_datasets() -> None:
        async with parts.database.transaction() as tx:
            await operations.offer_datasets(tx, settings.publisher)

    app = create_service(
        settings,
        parts,
        name="open-data",
        title="Motcua open data",
        description="Official data in immutable versions, as tables to query and files to keep.",
        version="1.0.0",
        routers=[router],
        topics=[DATASET_TOPIC],
        consumer=Consumer(
            parts.database,
            kafka,
            parts.clock,
            group="open-data",
            handlers=HANDLERS,
            prefix=settings.event_type_prefix,
        ),
        background=[lambda: publisher.run(settings.publish_seconds)] if settings.publishing else [],
        at_start=[offer_datasets],
    )
    app.state.lake = lake
    app.state.portal = Portal(f"{settings.public_url}/open-data/v1", settings.publisher)
    return app
