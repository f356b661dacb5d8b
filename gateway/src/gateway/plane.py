"""The data plane as a whole: what all connections share, and the one sweep over all of them."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from gateway.admission import Admission, Quotas
from gateway.cors import Cors
from gateway.journal import Journal
from gateway.limits import Quota
from gateway.proxy.client import Pool
from gateway.proxy.settings import ProxySettings, QuotaSettings
from gateway.routing import ROUTES, RouteTable, Service
from shared.auth import Verifier

if TYPE_CHECKING:
    from gateway.proxy.edge import Edge

_SWEEP_SECONDS = 0.25

log = structlog.get_logger()


class DataPlane:
    """Everything a connection needs to know; made once the event loop runs."""

    def __init__(self, settings: ProxySettings, verifier: Verifier, journal: Journal) -> None:
        loop = asyncio.get_running_loop()
        self.settings = settings
        self.journal = journal
        self.edges: set[Edge] = set()
        self.routes = RouteTable(ROUTES)
        self.cors = Cors(settings.cors_origins)
        self.pools = {service: Pool(service.value, settings.upstream(service), loop) for service in Service}
        self.admission = Admission(
            verifier,
            Quotas(
                client=_quota("client", settings.client_quota),
                person=_quota("person", settings.person_quota),
                address=_quota("address", settings.address_quota),
            ),
        )
        self._loop = loop

    async def keep_deadlines(self) -> None:
        """Look after every deadline of every connection, until cancelled.

        A defect that one connection meets is its own: the deadlines of all others hold.
        """
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = self._loop.time()
            watched: list[Edge | Pool] = [*self.edges, *self.pools.values()]
            for one in watched:
                try:
                    one.sweep(now)
                except Exception as error:
                    log.error("sweep.defect", exc_info=error)

    async def close(self) -> None:
        """Break off what is still under way, and close the connections to the services."""
        for edge in tuple(self.edges):
            edge.transport.abort()
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))


def _quota(name: str, settings: QuotaSettings) -> Quota:
    return Quota(name, settings.requests, settings.seconds)
