"""`/livez`, `/readyz`, `/metrics`: for the machines that run the service, not for its users."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.auth import public
from shared.schema import Schema


class Readiness(Schema):
    """What a service waits for, each true when it is there or not this process's work."""

    database: bool
    keys: bool
    relay: bool
    consumer: bool


def health_routes() -> APIRouter:
    """The routes of health, outside the contract."""
    router = APIRouter(include_in_schema=False, dependencies=[public()])

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        state = request.app.state
        readiness = Readiness(
            database=await _database_answers(request),
            keys=state.parts.verifier.ready,
            **{name: work is None or work.running for name, work in state.works.items()},
        )
        ready = all(readiness.model_dump().values())
        return Response(readiness.model_dump_json(), 200 if ready else 503, media_type="application/json")

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _database_answers(request: Request) -> bool:
    """Whether the database is reachable and migrated."""
    try:
        async with request.app.state.parts.database.reading() as connection:
            await connection.execute(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError):
        return False
    return True
