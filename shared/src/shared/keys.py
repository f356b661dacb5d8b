"""Identity's public keys, fetched in the background and kept fresh."""

import asyncio

import httpx
import structlog
from joserfc.jwk import KeySet

from shared.auth import Verifier

_REFRESH_SECONDS = 60.0
_RETRY_SECONDS = 1.0

log = structlog.get_logger()


async def keep_keys_fresh(verifier: Verifier, jwks_url: str) -> None:
    """Fetch the key set now, then every minute, and soon after a token named a key we do not have."""
    wanted = asyncio.Event()
    verifier.on_unknown_key = wanted.set
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            wanted.clear()  # what is asked for from here on, this answer may not have
            try:
                response = await client.get(jwks_url)
                verifier.use_keys(KeySet.import_key_set(response.raise_for_status().json()))
            except Exception as error:  # whatever it is that answers there
                log.warning("keys.not_fetched", url=jwks_url, reason=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)  # at most one fetch a second, however many tokens ask
            if verifier.ready:
                await _wait(wanted)


async def _wait(wanted: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_REFRESH_SECONDS):
            await wanted.wait()
    except TimeoutError:
        return
