"""What background work meets when PostgreSQL goes away, and survives by starting over."""

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

DATABASE_AWAY: tuple[type[Exception], ...] = (
    OSError,
    SQLAlchemyError,
    # A pool that connects to a server which is just going down lets the driver's own errors through.
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
