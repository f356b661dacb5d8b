"""What the services offer is what people and programs get at the one address: paths, headers, words of consent."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.cors import Cors
from gateway.routing import ROUTES, RouteTable, Service
from identity.sign_in.words import SCOPES
from shared.auth import permission_of, routes_of
from tests.applications import described

TABLE = RouteTable(ROUTES)
APPLICATIONS = described()
FOR_MACHINES = {"/livez", "/readyz", "/metrics"}
"""Asked of each process itself, never through the gateway."""
SAFELISTED = {"accept", "accept-language", "content-language", "content-type", "cache-control", "expires"}
"""What scripts may send or read without being told so (Fetch standard, sections 2.2.2 and 4.8)."""
SIGNED = {"webhook-id", "webhook-timestamp", "webhook-signature"}
"""Sent by the servers of payment providers, whose secrets no script holds."""


@pytest.mark.parametrize("service", Service)
def test_every_address_of_a_service_is_reached_through_the_gateway(service: Service) -> None:
    paths = {route.path for route in routes_of(APPLICATIONS[service.value])} - FOR_MACHINES
    assert paths
    found = {path: TABLE.find(path.split("/")) for path in paths}
    assert {path for path, route in found.items() if route is None or route.service is not service} == set()


def test_every_route_of_the_gateway_leads_to_an_address_of_its_service() -> None:
    for route in ROUTES:
        paths = (path.path for path in routes_of(APPLICATIONS[route.service.value]))
        assert any(path == route.path or path.startswith(f"{route.path}/") for path in paths), route.path


def test_no_address_of_the_portal_belongs_to_a_service() -> None:
    taken = {route.path for route in routes_of(APPLICATIONS["gateway"]) if TABLE.find(route.path.split("/"))}
    assert taken == set()


def test_scripts_of_other_origins_may_send_every_header_that_a_contract_asks_for() -> None:
    told = dict(Cors(["*"]).preflight([]))[b"access-control-allow-headers"].decode()
    asked = {
        parameter["name"].lower()
        for operation in operations()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    }
    assert {"if-match", "idempotency-key", "last-event-id"} <= asked
    assert asked - SAFELISTED - SIGNED <= {name.strip() for name in told.split(",")}


def test_scripts_of_other_origins_may_read_every_header_that_a_contract_promises() -> None:
    lines = Cors(["*"]).lines(b"https://a.test").decode().split("\r\n")
    told = next(line for line in lines if line.startswith("access-control-expose-headers"))
    promised = {
        name.lower()
        for operation in operations()
        for response in operation["responses"].values()
        for name in response.get("headers", {})
    }
    assert {"etag", "api-version"} <= promised
    assert promised - SAFELISTED <= {name.strip() for name in told.partition(":")[2].split(",")}


def test_people_are_asked_for_consent_in_words_whatever_a_client_asks_for() -> None:
    asked = {
        permission.scope
        for app in APPLICATIONS.values()
        for route in routes_of(app)
        if (permission := permission_of(route)) and permission.scope and permission.kinds - {"client"}
    }
    assert asked - SCOPES.keys() == set()
    assert all(SCOPES[scope].vi != SCOPES[scope].en for scope in asked)


def operations() -> Iterator[dict[str, Any]]:
    """Every operation of every contract."""
    for app in APPLICATIONS.values():
        yield from _operations(app)


def _operations(app: FastAPI) -> Iterator[dict[str, Any]]:
    for item in app.openapi()["paths"].values():
        yield from (operation for operation in item.values() if isinstance(operation, dict))
