"""Requests to callbacks: signed deliveries (Standard Webhooks) and the handshake before the first of them.

An address is checked where the connection is made: the socket factory refuses what is not on the public
network, after the name was resolved and for the very address that is connected to. So a name that changes its
address in between gains nothing. Redirects are not followed, nothing is decompressed, little is read.
"""

import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver
from standardwebhooks import Webhook
from yarl import URL

from gateway.deliveries.domain.delivery import Attempt, Trouble
from gateway.subscriptions.domain.callback import is_reachable
from shared.clock import Clock

_AGENT = "Motcua-Webhooks/1"
_ANSWER_SHOWN = 1000
_KEEP_ALIVE_SECONDS = 3.0  # below what servers commonly grant, so that they do not close under our request


class UnsafeAddress(OSError):
    """The callback's name leads to an address that webhooks may not go to."""


class Sender:
    """Sends to callbacks. An asynchronous context manager: connections are kept while it is open.

    Args:
        origin: the name by which the gateway introduces itself in the handshake.
        loopback: whether callbacks may be on this machine.
        resolver: resolves names; c-ares when None, which holds back no thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        origin: str,
        loopback: bool,
        timeout_seconds: float,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._clock = clock
        self._origin = origin
        self._loopback = loopback
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._resolver = resolver

    async def __aenter__(self) -> "Sender":
        connector = aiohttp.TCPConnector(
            resolver=self._resolver or aiohttp.AsyncResolver(),
            socket_factory=self._safe_socket,
            limit=0,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=["Accept", "Accept-Encoding"],
            headers={"user-agent": _AGENT},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def _safe_socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_reachable(address[0], loopback=self._loopback):
            raise UnsafeAddress(f"{address[0]} is not on the public network")
        return socket.socket(family, kind, protocol)

    async def deliver(
        self,
        callback: str,
        body: bytes,
        *,
        event_id: str,
        secrets: Sequence[str],
        traceparent: str | None,
    ) -> Attempt:
        """Send an event, signed with each of the secrets."""
        at = self._clock.now()
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(
                Webhook(secret).sign(event_id, at, body.decode()) for secret in secrets
            ),
        }
        if traceparent is not None:
            headers["traceparent"] = traceparent
        return await self._request("POST", callback, headers, body, at)

    async def ask(self, callback: str) -> str | None:
        """The handshake of CloudEvents web hooks (section 4): what is wrong, or None when we are welcome."""
        headers = {"webhook-request-origin": self._origin}
        answered: dict[str, str] = {}
        attempt = await self._request("OPTIONS", callback, headers, None, self._clock.now(), answered)
        if attempt.trouble is not None:
            return attempt.trouble.value
        return None if answered.get("webhook-allowed-origin") in {self._origin, "*"} else "not-allowed"

    async def _request(
        self,
        method: str,
        callback: str,
        headers: Mapping[str, str],
        body: bytes | None,
        at: datetime,
        answered: dict[str, str] | None = None,
    ) -> Attempt:
        started = perf_counter()
        code, retry_after, answer, broken = None, None, None, Trouble.BROKEN_OFF
        try:
            async with self._session.request(
                method, URL(callback, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response:
                code = response.status
                retry_after = _wait(response.headers.get("retry-after"), at)
                if answered is not None:
                    answered.update({name.lower(): value for name, value in response.headers.items()})
                answer = (await response.content.read(_ANSWER_SHOWN)).decode(errors="replace")
        except (OSError, ValueError, TimeoutError, aiohttp.ClientError) as error:
            broken = _trouble(error)
        # What comes after the status does not count: a 2xx has taken the event, however its body ends.
        refused = None if code is not None and code // 100 == 2 else Trouble.REFUSED
        trouble = broken if code is None else refused
        took = timedelta(seconds=perf_counter() - started)
        return Attempt(at, took, code, trouble, retry_after, answer and answer.replace("\0", ""))


def _trouble(error: BaseException) -> Trouble:
    """What an exception of the client means, in a word."""
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    if isinstance(
        error, aiohttp.ClientConnectorSSLError | aiohttp.ClientConnectorCertificateError | ssl.SSLError
    ):
        return Trouble.TLS
    if isinstance(error, aiohttp.ClientConnectorError):
        unsafe = isinstance(error.os_error, UnsafeAddress)
        return Trouble.UNSAFE_ADDRESS if unsafe else Trouble.UNREACHABLE
    return Trouble.BROKEN_OFF


def _wait(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for (RFC 9110 section 10.2.3): seconds, or until a date."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return timedelta(seconds=min(int(header), 10**6))
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta())
