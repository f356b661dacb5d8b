"""Whether an answer is one that the contract of its member declares."""

import re
from collections.abc import Mapping
from typing import Any

from httpx import Response
from jsonschema_rs import validator_for
from pydantic.alias_generators import to_camel

from tests.access.walk import APPLICATIONS, Route

CONTRACTS: Mapping[str, dict[str, Any]] = {name: app.openapi() for name, app in APPLICATIONS.items()}


def operation_of(route: Route) -> dict[str, Any] | None:
    """What the contract says of the route; None of those that stand outside it."""
    contract = CONTRACTS[route.member]
    path = re.sub(r"{(\w+)}", lambda name: f"{{{to_camel(name[1])}}}", route.path)
    item = contract["paths"].get(path.removeprefix(contract["servers"][0]["url"]), {})
    found: dict[str, Any] | None = item.get(route.method.lower())
    return found


def assert_as_declared(route: Route, answer: Response) -> None:
    """Status, media type, body and headers of the answer are declared."""
    operation = operation_of(route)
    if operation is None:
        return
    assert str(answer.status_code) in operation["responses"], f"{answer.status_code} is not declared"
    response = operation["responses"][str(answer.status_code)]
    assert answer.headers["api-version"] == CONTRACTS[route.member]["info"]["version"]
    contents = response.get("content", {})
    if not contents:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in contents or "*/*" in contents, f"{media_type} is not declared"
    schema = contents.get(media_type, {}).get("schema")
    if schema and media_type.endswith("json"):
        whole = {**schema, "components": CONTRACTS[route.member]["components"]}
        errors = [
            f"{error.instance_path}: {error.message}"
            for error in validator_for(whole, validate_formats=True).iter_errors(answer.json())
        ]
        assert errors == []
