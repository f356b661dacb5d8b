"""The services' contracts, read in the background and compiled to policies."""

import asyncio

import httpx
import structlog

from gateway.admission import Admission
from gateway.policy import compile_policy
from gateway.proxy.settings import ProxySettings
from gateway.routing import Service

_RETRY_SECONDS = 1.0

log = structlog.get_logger()


async def keep_policies_fresh(admission: Admission, settings: ProxySettings) -> None:
    """Read the contract of each service now and every few minutes, until cancelled.

    A service that cannot be reached is asked again soon; meanwhile what was last read stays in force.
    """
    async with asyncio.TaskGroup() as group:
        for service in Service:
            group.create_task(_keep_fresh(admission, service, settings))


async def _keep_fresh(admission: Admission, service: Service, settings: ProxySettings) -> None:
    url = f"{settings.upstream(service).url.rstrip('/')}/{service}/v1/openapi.json"
    told = ""
    async with httpx.AsyncClient(timeout=10) as client:
        while True:
            try:
                response = await client.get(url)
                admission.policies[service] = compile_policy(response.raise_for_status().json())
            except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
                if repr(error) != told:
                    told = repr(error)
                    log.warning("contract.not_read", upstream=service.value, url=url, reason=told)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                told = ""
                await asyncio.sleep(settings.contract_refresh_seconds)
