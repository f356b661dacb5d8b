"""One OpenAPI document for all services: valid, complete, and saying of each operation what its service says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.contracts import Contracts
from gateway.portal.merge import merge

ADDRESS = "https://api.motcua.example"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
Document = Mapping[str, Any]


@pytest.fixture
async def merged(client: AsyncClient) -> Document:
    document: Document = (await client.get("/openapi.json")).json()
    return document


@pytest.fixture
def all_contracts(service_contracts: dict[str, Document], portal: FastAPI) -> dict[str, Document]:
    return {**service_contracts, "events": portal.openapi()}


def operations(contract: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in contract["paths"].items():
        yield from ((path, method, item[method]) for method in METHODS if method in item)


def refs(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from refs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from refs(inner)


def referred(document: Document, ref: str) -> Any:
    node: Any = document
    for step in ref.removeprefix("#/").split("/"):
        node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


def meaning(document: Document, node: Any, above: tuple[str, ...] = ()) -> Any:
    """A part of a document with everything that it refers to put in its place; names do not matter."""
    if isinstance(node, Mapping):
        ref = node.get("$ref")
        if isinstance(ref, str):
            if ref in above:
                return f"as {len(above) - above.index(ref)} above"
            return meaning(document, referred(document, ref), (*above, ref))
        return {
            key: meaning(document, inner, above)
            for key, inner in node.items()
            if key not in ("mapping", "tags")
        }
    if isinstance(node, list):
        return [meaning(document, inner, above) for inner in node]
    return node


def test_the_merged_document_is_openapi_3_1(merged: Document) -> None:
    assert merged["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(dict(merged)).iter_errors()) == []


def test_every_reference_leads_somewhere_and_every_component_is_used(merged: Document) -> None:
    found = set(refs(merged))
    for ref in found:
        assert referred(merged, ref)
    mapped = {
        target
        for node in walk(merged)
        for target in (node.get("discriminator") or {}).get("mapping", {}).values()
        if isinstance(node.get("discriminator"), Mapping)
    }
    named = {
        f"#/components/{section}/{name}"
        for section, components in merged["components"].items()
        if section != "securitySchemes"
        for name in components
    }
    assert named - found - mapped == set()


def walk(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        for inner in node.values():
            yield from walk(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from walk(inner)


def test_every_operation_of_every_service_means_what_its_service_says(
    merged: Document, all_contracts: dict[str, Document]
) -> None:
    for contract in all_contracts.values():
        base = contract["servers"][0]["url"]
        for path, method, operation in operations(contract):
            shown = merged["paths"][base + path][method]
            own = {key: value for key, value in shown.items() if key != "operationId"}
            said = {key: value for key, value in operation.items() if key != "operationId"}
            assert meaning(merged, own) == meaning(contract, said), f"{method} {base}{path}"
    count = sum(1 for contract in all_contracts.values() for _ in operations(contract))
    assert sum(1 for _ in operations(merged)) == count


def test_operation_ids_are_unique(merged: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(merged)]
    assert len(ids) == len(set(ids))


def test_one_server_answers_all_paths(merged: Document) -> None:
    assert merged["servers"] == [{"url": ADDRESS}]
    assert not [path for path, item in merged["paths"].items() if "servers" in item]


def test_the_security_scheme_is_one_and_names_every_scope_that_is_asked_for(merged: Document) -> None:
    asked = {
        scope
        for _, _, operation in operations(merged)
        for alternative in operation.get("security", ())
        for scope in alternative.get("oauth2", ())
    }
    assert {"procedures:cases:read", "gateway:subscriptions:write", "identity:clients:write"} <= asked
    (scheme,) = merged["components"]["securitySchemes"].values()
    for flow in scheme["flows"].values():
        assert set(flow["scopes"]) == asked


def test_readers_find_operations_grouped_by_service(merged: Document) -> None:
    tags = {tag["name"] for tag in merged["tags"]}
    grouped = [tag for group in merged["x-tagGroups"] for tag in group["tags"]]
    assert sorted(grouped) == sorted(tags)
    assert {tag for _, _, operation in operations(merged) for tag in operation["tags"]} == tags


async def test_a_contract_that_changes_is_shown_as_it_is_now(
    client: AsyncClient, contracts: Contracts
) -> None:
    before = await client.get("/openapi.json")
    same = await client.get("/openapi.json", headers={"if-none-match": before.headers["etag"]})
    assert same.status_code == 304
    changed = {**contracts.at_hand["identity"], "paths": {}}
    contracts.put("identity", changed)
    after = await client.get("/openapi.json", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert not [path for path in after.json()["paths"] if path.startswith("/identity")]
    assert [path for path in after.json()["paths"] if path.startswith("/procedures")]


def test_names_that_mean_different_things_are_kept_apart_with_all_that_leads_to_them() -> None:
    def contract(service: str, kind: str) -> Document:
        return {
            "openapi": "3.1.0",
            "servers": [{"url": f"/{service}/v1"}],
            "paths": {"/x": {"get": {"operationId": "x", "responses": {"200": {"$ref": ref("Outer")}}}}},
            "components": {
                "schemas": {
                    "Outer": {"properties": {"inner": {"$ref": ref("Inner")}}},
                    "Inner": {"type": kind},
                    "Same": {"type": "null"},
                }
            },
        }

    def ref(name: str) -> str:
        return f"#/components/schemas/{name}"

    contracts = {"one": contract("one", "string"), "other-one": contract("other-one", "number")}
    merged = merge(contracts, info={"title": "t", "version": "1"}, server="/")
    assert set(merged["components"]["schemas"]) == {
        *("OneOuter", "OneInner", "OtherOneOuter", "OtherOneInner", "Same")
    }
    for service in contracts:
        get = merged["paths"][f"/{service}/v1/x"]["get"]
        kind = meaning(merged, get)["responses"]["200"]["properties"]["inner"]["type"]
        assert kind == ("string" if service == "one" else "number")
    assert [get["operationId"] for _, _, get in operations(merged)] == ["x", "other_one_x"]


def test_no_word_of_the_documents_leads_to_a_place_of_the_builders(merged: Document) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)<>\\]+", str(merged)))
    foreign = {one for one in addresses if not re.match(r"https?://([\w.-]+\.example|127\.0\.0\.1)", one)}
    assert {one.split("/")[2] for one in foreign} <= {"www.w3.org", "purl.org", "data.europa.eu"}
