"""`create_app`: the one place where the parts of participation meet."""

from fastapi import FastAPI

from participation.comments import routes as comment_routes
from participation.consultations import routes as consultation_routes
from participation.consumers import HANDLERS
from participation.ratings import routes as rating_routes
from participation.settings import Settings
from participation.upkeep import Upkeep
from shared.clock import Clock
from shared.events.participation import FEEDBACK_TOPIC, PROCESS_TOPIC
from shared.inbox import Consumer
from shared.settings import KafkaSettings
from shared.web import Parts, create_service


def create_app(settings: Settings, kafka: KafkaSettings, *, clock: Clock | None = None) -> FastAPI:
    """The application of participation; `clock` is the machine's unless given."""
    parts = Parts.of(settings, kafka, clock=clock)
    upkeep = Upkeep(parts, announce_every_seconds=settings.announce_every_seconds)
    app = create_service(
        settings,
        parts,
        name="participation",
        title="Motcua participation",
        description="People rate the service they were given, and comment on drafts before they are decided.",
        version="1.0.0",
        routers=[rating_routes.router, consultation_routes.router, comment_routes.router],
        topics=[FEEDBACK_TOPIC, PROCESS_TOPIC],
        consumer=Consumer(
            parts.database,
            kafka,
            parts.clock,
            group="participation",
            handlers=HANDLERS,
            prefix=settings.event_type_prefix,
        ),
        background=[upkeep.announce, upkeep.sweep],
    )
    app.state.rating_days = settings.rating_days
    return app
