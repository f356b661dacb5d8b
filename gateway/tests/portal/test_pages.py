"""What developers open in a browser: complete, in both languages, and nothing of it from anywhere else."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.asyncapi import document
from shared.events import EVENT_TYPES

ADDRESS = "https://api.motcua.example"
PAGES = ["/", "/docs", "/problems", "/problems/not-found"]
BROWSER = {"accept": "text/html", "accept-language": "vi"}
_CLOSED = {"'none'", "'self'", "data:"}


def policy(answer: Response) -> dict[str, set[str]]:
    """The content security policy: directive -> sources."""
    parts = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {part[0]: set(part[1:]) for part in parts}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_names_nothing_outside_and_the_browser_would_fetch_nothing_from_there(
    client: AsyncClient, path: str
) -> None:
    page = await client.get(path, headers=BROWSER)
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|action)="([^"]+)"|<link[^>]+href="([^"]+)"', page.text)
    for address in (source or link for source, link in loaded):
        assert address.startswith("/"), address
        assert not address.startswith("//"), address
        assert (await client.get(address)).status_code == 200
    directives = policy(page)
    assert directives["default-src"] == {"'none'"}
    assert directives["frame-ancestors"] == {"'none'"}
    assert directives["base-uri"] == {"'none'"}
    styles = directives.pop("style-src") - {"'unsafe-inline'"}
    assert styles <= _CLOSED
    assert set().union(*directives.values()) <= _CLOSED
    assert "'unsafe-inline'" not in directives.get("script-src", set())


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_no_inline_script(client: AsyncClient, path: str) -> None:
    page = (await client.get(path, headers=BROWSER)).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


@pytest.mark.parametrize("path", PAGES)
async def test_what_a_page_links_to_is_there(client: AsyncClient, path: str) -> None:
    page = (await client.get(path, headers=BROWSER)).text
    for address in set(re.findall(r'<a[^>]+href="(/[^"]*)"', page)):
        assert (await client.get(address, headers=BROWSER)).status_code == 200, address


async def test_the_reference_is_told_of_one_document_and_of_no_service_elsewhere(client: AsyncClient) -> None:
    start = (await client.get("/portal/start.js")).text
    assert "url: '/openapi.json'" in start
    for off in ("withDefaultFonts: false", "telemetry: false", "agent: { disabled: true }"):
        assert off in start
    assert not re.findall(r"https?:|proxyUrl", start)


async def test_the_script_of_the_reference_comes_from_here_and_is_kept_by_its_digest(
    client: AsyncClient,
) -> None:
    page = (await client.get("/docs")).text
    (address,) = re.findall(r'src="(/docs/reference\.js\?[0-9a-f]{20})"', page)
    script = await client.get(address, headers={"accept-encoding": "gzip"})
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert "createApiReference" in script.text


@pytest.mark.parametrize("path", ["/", "/problems", "/problems/not-found"])
@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "vi", "vi"),
        ("", "en-GB", "en"),
        ("?lang=en", "vi", "en"),
        ("?lang=vi", "en", "vi"),
        ("", "", "vi"),
    ],
)
async def test_a_page_speaks_the_language_of_its_reader(
    client: AsyncClient, path: str, query: str, header: str, language: str
) -> None:
    page = await client.get(path + query, headers={**BROWSER, "accept-language": header})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert "Accept-Language" in page.headers["vary"]


async def test_every_problem_that_the_contracts_name_has_a_page(
    client: AsyncClient, portal: FastAPI, service_contracts: Mapping[str, Any]
) -> None:
    named = {
        slug
        for contract in (*service_contracts.values(), portal.openapi())
        for item in contract["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for response in operation["responses"].values()
        for slug in re.findall(r"`([a-z-]+)`:", response.get("description", ""))
    }
    assert len(named) > 40
    listed = (await client.get("/problems")).json()
    assert named <= listed.keys()
    for slug in named:
        page = await client.get(f"/problems/{slug}", headers={**BROWSER, "accept-language": "en"})
        assert page.status_code == 200
        assert f"<code>{slug}</code>" in page.text
    assert (await client.get("/problems/no-such-problem")).status_code == 404


async def test_every_event_names_a_schema_that_answers_under_its_own_address(client: AsyncClient) -> None:
    for name in EVENT_TYPES:
        for asked in (name, f"vn.motcua.{name}"):
            answer = await client.get(f"/schemas/events/{asked}")
            assert answer.headers["content-type"] == "application/schema+json"
            assert answer.json()["$id"] == f"{ADDRESS}/schemas/events/{name}"


async def test_asyncapi_stands_beside_openapi_and_names_this_installation(client: AsyncClient) -> None:
    served = (await client.get("/asyncapi.json")).json()
    assert served == document(gateway=ADDRESS, kafka="kafka.motcua.example:9094")
    assert served["servers"]["gateway"]["host"] == "api.motcua.example"


async def test_the_catalogue_leads_machines_to_every_contract(
    client: AsyncClient, service_contracts: Mapping[str, Any]
) -> None:
    answer = await client.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json")
    links = answer.json()["linkset"]
    bases = {f"{ADDRESS}/{service}/v1" for service in (*service_contracts, "events")}
    assert {item["href"] for item in links[0]["item"]} == bases
    assert {one["anchor"]: one["service-desc"][0]["href"] for one in links[1:]} == {
        base: f"{base}/openapi.json" for base in bases
    }
    head = await client.head("/.well-known/api-catalog")
    assert 'rel="api-catalog"' in head.headers["link"]


async def test_documents_are_sent_once_and_compressed(client: AsyncClient) -> None:
    for path in ("/openapi.json", "/asyncapi.json", "/problems", "/docs/reference.js"):
        plain = await client.get(path, headers={"accept-encoding": "identity"})
        squeezed = await client.get(path, headers={"accept-encoding": "gzip"})
        assert squeezed.headers["content-encoding"] == "gzip"
        assert squeezed.content == plain.content
        assert int(squeezed.headers["content-length"]) < len(plain.content) / 2
        assert plain.headers["etag"] != squeezed.headers["etag"], (
            "two representations (RFC 9110 section 8.8.3)"
        )
        again = await client.get(
            path, headers={"if-none-match": plain.headers["etag"], "accept-encoding": ""}
        )
        assert (again.status_code, again.content) == (304, b"")
