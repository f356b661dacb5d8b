"""The gateway's application: the one place where its parts meet.

Requests for the services are taken by the data plane before they become ASGI; all others reach `portal`, an
ASGI application, with their limits and headers seen to. The data plane lives as long as the application's
lifespan, which encloses that of the portal.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import BinaryIO

import structlog
import uvicorn
from prometheus_client import REGISTRY
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.admission import Admission
from gateway.contracts import Contract, Contracts, Listener, addresses_of
from gateway.journal import Journal
from gateway.metrics import Figures
from gateway.plane import DataPlane
from gateway.policy import compile_policy
from gateway.proxy.edge import Edge
from gateway.proxy.settings import ProxySettings
from gateway.routing import Service
from shared.auth import Verifier
from shared.clock import Clock, SystemClock
from shared.keys import keep_keys_fresh

log = structlog.get_logger()

_SERVICES = frozenset(service.value for service in Service)


class Gateway:
    """The ASGI application that `Edge` runs on: the portal, and the data plane beside it."""

    def __init__(
        self,
        settings: ProxySettings,
        portal: ASGIApp,
        clock: Clock,
        verifier: Verifier | None,
        contracts: Contracts | None,
        log: BinaryIO,
    ) -> None:
        self._settings = settings
        self._portal = portal
        self._contracts = contracts or Contracts(
            addresses_of(settings), every=settings.contract_refresh_seconds
        )
        self._reads_contracts = contracts is None
        self._verifier = verifier or Verifier(clock, issuer=settings.issuer, audience=settings.audience)
        self._fetches_keys = verifier is None
        self._journal = Journal(clock, log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._portal(scope, receive, send)
            return
        async with AsyncExitStack() as stack:
            scope["state"]["plane"] = await stack.enter_async_context(self._running_plane())

            async def send_last(message: Message) -> None:
                if message["type"].startswith("lifespan.shutdown"):
                    await stack.aclose()  # the server waits for nothing more after this message
                await send(message)

            await self._portal(scope, receive, send_last)

    @asynccontextmanager
    async def _running_plane(self) -> AsyncIterator[DataPlane]:
        plane = DataPlane(self._settings, self._verifier, self._journal)
        works = [plane.keep_deadlines(), self._journal.keep_writing()]
        self._contracts.tell(_enforcing(plane.admission))
        if self._reads_contracts:
            works.append(self._contracts.run())
        if self._fetches_keys:
            works.append(keep_keys_fresh(self._verifier, self._settings.jwks_url))
        tasks = [asyncio.create_task(work) for work in works]
        figures = Figures(plane)
        REGISTRY.register(figures)
        try:
            yield plane
        finally:
            REGISTRY.unregister(figures)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await plane.close()


def _enforcing(admission: Admission) -> Listener:
    """Makes contracts the policies of an admission. One that cannot be read changes nothing."""

    def enforce(service: str, contract: Contract) -> None:
        if service in _SERVICES:
            try:
                admission.policies[Service(service)] = compile_policy(contract)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                log.warning("contract.not_enforceable", upstream=service, reason=repr(error))

    return enforce


def create_app(
    settings: ProxySettings,
    *,
    portal: ASGIApp,
    clock: Clock | None = None,
    verifier: Verifier | None = None,
    contracts: Contracts | None = None,
    log: BinaryIO | None = None,
) -> Gateway:
    """Put the gateway together.

    Args:
        portal: answers whatever is not a service's.
        verifier: verifies access tokens; when None, one that fetches identity's keys itself.
        contracts: what the policies are made of; when None, those that are read here.
        log: takes the access log; standard output when None.
    """
    return Gateway(settings, portal, clock or SystemClock(), verifier, contracts, log or sys.stdout.buffer)


def server_of(app: Gateway, settings: ProxySettings) -> uvicorn.Server:
    """The server for the application: uvicorn on uvloop, speaking through `Edge`."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Edge,
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config)
