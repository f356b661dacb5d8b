"""Every route of identity, by the noun it is about."""

from collections.abc import Sequence

from fastapi import APIRouter

from identity.access_records.routes import router as access_records
from identity.agencies.routes import router as agencies
from identity.clients.routes import router as clients
from identity.notifications.routes import outbox_router as outbox
from identity.notifications.routes import router as notifications
from identity.oauth.routes import router as oauth
from identity.officials.routes import router as officials
from identity.organisations.routes import router as organisations
from identity.people.routes import router as people
from identity.sign_in.routes import router as sign_in


def routers(*, outbox_page: bool) -> Sequence[APIRouter]:
    """The routers; with `outbox_page`, everyone can read every message, as one machine wants it."""
    # The hottest first: routers are asked one after another.
    always = [
        oauth,
        sign_in,
        people,
        organisations,
        agencies,
        officials,
        clients,
        notifications,
        access_records,
    ]
    return [*always, outbox] if outbox_page else always
