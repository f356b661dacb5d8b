"""Identity's public keys, fetched in the background and kept fresh."""

import asyncio

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.auth import Verifier

_REFRESH_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_NO_KEY_SET = (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError, AttributeError)
"""What an answer that is no key set ends in, beside what the way to it can."""

log = structlog.get_logger()


async def keep_keys_fresh(verifier: Verifier, jwks_url: str) -> None:
    """Fetch the key set now, then every minute, and soon after a token named a key we do not have.

    What is no key set changes nothing; it is asked for again each second until it is one.
    """
    wanted, told = asyncio.Event(), ""
    verifier.on_unknown_key = wanted.set
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            wanted.clear()  # before the answer: what is wanted while it is on its way may not be in it
            try:
                verifier.use_keys(_key_set(await client.get(jwks_url)))
                told = ""
            except _NO_KEY_SET as error:
                if repr(error) != told:  # once, and not each second that identity is away
                    told = repr(error)
                    log.warning("keys.not_fetched", url=jwks_url, reason=told)
            await asyncio.sleep(_RETRY_SECONDS)  # at most one fetch a second, however many tokens ask
            if not told:
                await _wait(wanted)


def _key_set(response: httpx.Response) -> KeySet:
    """The keys of an answer; a set without any would refuse every token."""
    keys = KeySet.import_key_set(response.raise_for_status().json())
    if not keys.keys:
        raise ValueError("the key set is empty")
    return keys


async def _wait(wanted: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_REFRESH_SECONDS):
            await wanted.wait()
    except TimeoutError:
        return
