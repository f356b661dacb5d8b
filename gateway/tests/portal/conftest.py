"""The portal as developers see it, showing the contracts that the services have checked in."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from gateway.contracts import Contracts
from gateway.deliveries.settings import WebhookSettings
from gateway.portal.app import contracts_of, create_portal
from gateway.settings import Settings
from shared.settings import KafkaSettings
from shared.testing import client_of
from shared.web import Parts

ROOT = Path(__file__).parents[3]
ADDRESS = "https://api.motcua.example"


@pytest.fixture(scope="session")
def service_contracts() -> dict[str, dict[str, Any]]:
    """Service -> the contract that it has checked in."""
    services = ("identity", "procedures", "open-data", "participation")
    return {name: json.loads((ROOT / f"services/{name}/openapi.json").read_text()) for name in services}


@pytest.fixture
def contracts(service_contracts: dict[str, dict[str, Any]]) -> Contracts:
    """What the portal has read of the services."""
    settings = _settings()
    known = contracts_of(settings, Parts.of(settings, KafkaSettings()))
    for service, contract in service_contracts.items():
        known.put(service, contract)
    return known


@pytest.fixture
def portal(contracts: Contracts) -> FastAPI:
    settings = _settings()
    kafka = KafkaSettings(bootstrap_servers="kafka.motcua.example:9094,kafka-2.motcua.example:9094")
    return create_portal(settings, Parts.of(settings, kafka), contracts)


@pytest.fixture
async def client(portal: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(portal) as asking:
        yield asking


def _settings() -> Settings:
    return Settings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        public_url=ADDRESS,
        webhooks=WebhookSettings(secrets_key="A" * 43),
    )
