"""What runs beside the routes: keys are rotated and re-read, what has expired is forgotten."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from identity.dependencies import IdentityParts
from identity.keys.operations import rotate_keys
from identity.oauth.store import forget_expired as forget_expired_grants
from identity.sign_in.store import forget_expired as forget_expired_sessions
from shared.web import Parts
from shared.web.idempotency import forget_answers

_KEYS_EVERY_SECONDS = 5.0
_SWEEP_EVERY_SECONDS = 3600.0
_ANSWERS_KEPT = timedelta(hours=24)

log = structlog.get_logger()


class Upkeep:
    """The upkeep of one process; several processes may do it side by side."""

    def __init__(self, parts: Parts, identity: IdentityParts) -> None:
        self._parts = parts
        self._identity = identity

    async def rotate(self) -> None:
        """Do what is due to the signing keys, and take up what is in use."""
        identity, database = self._identity, self._parts.database
        now = self._parts.clock.now()
        async with database.transaction() as tx:
            await rotate_keys(tx, identity.vault, identity.settings.rotation, now)
        await identity.ring.refresh(database)
        self._parts.verifier.use_keys(identity.ring.key_set)

    async def sweep(self) -> None:
        """Forget what has expired."""
        now = self._parts.clock.now()
        async with self._parts.database.transaction() as tx:
            await forget_expired_grants(tx, now)
            await forget_expired_sessions(tx, now)
            await forget_answers(tx, before=now - _ANSWERS_KEPT)

    async def keep_keys(self) -> None:
        """Rotate for as long as the application runs."""
        while True:
            await asyncio.sleep(_KEYS_EVERY_SECONDS)
            try:
                await self.rotate()
            except (SQLAlchemyError, OSError) as error:
                log.warning("keys.not_rotated", reason=repr(error))

    async def keep_tidy(self) -> None:
        """Sweep for as long as the application runs."""
        while True:
            try:
                await self.sweep()
            except (SQLAlchemyError, OSError) as error:
                log.warning("sweep.interrupted", reason=repr(error))
            await asyncio.sleep(_SWEEP_EVERY_SECONDS)
