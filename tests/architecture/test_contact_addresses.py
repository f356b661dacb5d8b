"""Where people can be reached is known to identity alone: no event carries it, no other service keeps it."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import MetaData

from shared.events import EVENT_TYPES
from shared.events.schemas import schema_of
from tests.applications import described

OTHERS = ("procedures", "open_data", "participation", "gateway")
_ADDRESS = re.compile(r"e_?mail|phone|mobile|\baddress|contact|zalo|account_?name|full_?name", re.IGNORECASE)
# Where an agency is reached about a dataset that it publishes (DCAT `contactPoint`): no person's.
_OF_AGENCIES = {"ContactBody.name", "ContactBody.email", "MetadataBody.contact"}


def names(schema: Any, above: str = "") -> Iterator[str]:
    """Every property of a JSON Schema, with those that lead to it."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{above}.{name}"
            yield from names(inner, f"{above}.{name}")
        for key, inner in schema.items():
            if key not in {"properties", "examples"}:
                yield from names(inner, above)
    elif isinstance(schema, list):
        for inner in schema:
            yield from names(inner, above)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_no_event_tells_where_a_person_can_be_reached(event_type: str) -> None:
    found = list(names(schema_of(EVENT_TYPES[event_type])))
    assert found or event_type == "identity.person.registered.v1"
    assert [name for name in found if _ADDRESS.search(name)] == []


@pytest.mark.parametrize("package", OTHERS)
def test_no_other_service_has_a_column_for_it(package: str) -> None:
    metadata: MetaData = importlib.import_module(f"{package}.tables").metadata
    columns = [
        f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns
    ]
    assert columns
    assert [column for column in columns if _ADDRESS.search(column)] == []


@pytest.mark.parametrize("service", ["procedures", "open-data", "participation", "gateway"])
def test_no_other_service_asks_for_it_or_shows_it(service: str) -> None:
    schemas = described()[service].openapi()["components"]["schemas"]
    found = [f"{name}{path}" for name, schema in schemas.items() for path in names(schema)]
    assert found
    assert {one for one in found if _ADDRESS.search(one)} - _OF_AGENCIES == set()
