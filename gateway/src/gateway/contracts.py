"""The contracts of the services, read in the background: the data plane enforces them, the portal shows them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx
import structlog

from gateway.interruptions import DATABASE_AWAY
from gateway.proxy.settings import ProxySettings
from gateway.routing import Service

_RETRY_SECONDS = 1.0
_FAILURES: tuple[type[Exception], ...] = (httpx.HTTPError, ValueError, RecursionError, *DATABASE_AWAY)
_METHODS = {"get", "head", "post", "put", "patch", "delete", "options", "trace"}

Contract = dict[str, Any]
Listener = Callable[[str, Contract], None]
"""Is told the name of a service and its contract."""

log = structlog.get_logger()


class Shelf(Protocol):
    """Where the contracts that were read last are kept across restarts."""

    async def recall(self) -> dict[str, Contract]: ...

    async def keep(self, service: str, contract: Contract) -> None: ...


def addresses_of(settings: ProxySettings) -> dict[str, str]:
    """Service name -> address of its contract."""
    return {
        service.value: f"{settings.upstream(service).url.rstrip('/')}/{service}/v1/openapi.json"
        for service in Service
    }


class Contracts:
    """The last good contract of each service.

    Args:
        addresses: service name -> address of its contract, in the order of presentation.
        every: seconds between two readings.
        shelf: keeps them; without one, a service that is down at the start is not known until it is up.
    """

    def __init__(self, addresses: Mapping[str, str], *, every: float, shelf: Shelf | None = None) -> None:
        self._addresses = addresses
        self._every = every
        self._shelf = shelf
        self._contracts: dict[str, Contract] = {}
        self._listeners: list[Listener] = []

    @property
    def at_hand(self) -> dict[str, Contract]:
        """The contracts at hand in the order of presentation, then those that were put."""
        order = [*self._addresses, *self._contracts]
        return {service: self._contracts[service] for service in order if service in self._contracts}

    def tell(self, listener: Listener) -> None:
        """Tell a listener of the contracts at hand, and of each new one."""
        self._listeners.append(listener)
        for service, contract in self.at_hand.items():
            listener(service, contract)

    def put(self, service: str, contract: Contract) -> None:
        """Take up a contract, and tell of it when it is new."""
        if self._contracts.get(service) != contract:
            self._contracts[service] = contract
            for listener in self._listeners:
                listener(service, contract)

    async def run(self) -> None:
        """Begin with what was kept, then read each contract now and then, until cancelled."""
        if self._shelf is not None:
            try:
                for service, contract in (await self._shelf.recall()).items():
                    if service in self._addresses:
                        self.put(service, contract)
            except DATABASE_AWAY as error:
                log.warning("contracts.not_recalled", reason=repr(error))
        async with httpx.AsyncClient(timeout=10) as client, asyncio.TaskGroup() as group:
            for service, address in self._addresses.items():
                group.create_task(self._keep_fresh(client, service, address))

    async def _keep_fresh(self, client: httpx.AsyncClient, service: str, address: str) -> None:
        told, kept = "", None
        while True:
            try:
                contract = (await client.get(address)).raise_for_status().json()
                _check(contract)
                self.put(service, contract)
                if self._shelf is not None and contract != kept:
                    await self._shelf.keep(service, contract)
                    kept = contract
                told, pause = "", self._every
            except _FAILURES as error:
                if repr(error) != told:  # once, and not each second that a service is down
                    told = repr(error)
                    log.warning("contract.not_read", upstream=service, url=address, reason=told)
                pause = _RETRY_SECONDS
            await asyncio.sleep(pause)


def _check(contract: Any) -> None:
    """Refuse what is no OpenAPI 3.1 document that we can enforce and show.

    Raises:
        ValueError
    """
    try:
        sound = contract["openapi"].startswith("3.1") and all(
            isinstance(operation, dict) and isinstance(operation.get("security", []), list)
            for item in contract["paths"].values()
            for method, operation in item.items()
            if method in _METHODS
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no OpenAPI document: {error!r}") from error
    if not sound:
        raise ValueError("no OpenAPI 3.1 document")
