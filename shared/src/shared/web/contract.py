"""The OpenAPI contract of a service, finished: what FastAPI leaves out or says otherwise.

Paths are relative to a server address that ends in the major version, and their parameters camelCase like
all other names; wrong input is 400 and not 422; every refusal that any route can answer is declared once for
all, and so are the headers that every answer has.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from shared import errors
from shared.web.problems import MEDIA_TYPE, Problem, problems

CONTACT = {
    "name": "Motcua integrators",
    "email": "integrators@motcua.example",
    "url": "https://motcua.example/developers",
}
_METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
_API_VERSION = {"description": "Version of this contract", "required": True, "schema": {"type": "string"}}
_ETAG = {"description": "Of this state", "required": True, "schema": {"type": "string"}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETag of the answer that the caller has",
    "schema": {"type": "string", "examples": ['"7"']},
}
_CHALLENGE = {"description": "Which token is asked for (RFC 6750)", "schema": {"type": "string"}}


def describe(app: FastAPI, base: str) -> None:
    """Give the application its finished contract, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _finished(app, base)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _finished(app: FastAPI, base: str) -> dict[str, Any]:
    contract = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": base, "description": "Through the gateway and at the service alike"}],
    )
    contract["info"]["contact"] = CONTACT  # given to FastAPI, it would ask for a validator of addresses
    schemas = contract.setdefault("components", {}).setdefault("schemas", {})
    _, described = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(described["$defs"])
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    contract["paths"] = {
        _path(path.removeprefix(base) or "/"): item
        if path.startswith(base)
        else {**item, "servers": [{"url": "/"}]}
        for path, item in contract["paths"].items()
    }
    for method, operation in _operations(contract["paths"]):
        _finish(method, operation)
    _name_scopes(contract)
    return _with_plain_names(contract)


def _path(path: str) -> str:
    """`/cases/{case_id}` -> `/cases/{caseId}`."""
    return re.sub(r"{(\w+)}", lambda name: f"{{{to_camel(name[1])}}}", path)


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation with its method."""
    for item in paths.values():
        yield from ((method, operation) for method, operation in item.items() if method in _METHODS)


def _finish(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter["name"] = to_camel(parameter["name"])
    responses = operation["responses"]
    if method == "get" and "text/event-stream" not in responses["200"]["content"]:
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        responses["304"] = {"description": "The caller has this answer already", "headers": {"ETag": _ETAG}}
        responses["200"].setdefault("headers", {})["ETag"] = _ETAG
    if "HTTPValidationError" in str(responses.get("422", {})):
        del responses["422"]
    for status, response in problems(*_implied(operation)).items():
        responses.setdefault(str(status), response)
    responses["default"] = {
        "description": "Any other refusal, as a problem document",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation["responses"] = {status: responses[status] for status in sorted(responses)}
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["API-Version"] = _API_VERSION
        if status in ("401", "403"):
            headers["WWW-Authenticate"] = _CHALLENGE


def _implied(operation: Mapping[str, Any]) -> list[type[errors.MotcuaError]]:
    """The errors that follow from what an operation takes and asks for."""
    implied: list[type[errors.MotcuaError]] = []
    taken = {parameter["name"] for parameter in operation.get("parameters", ())} - {"If-None-Match"}
    if taken or "requestBody" in operation:
        implied.append(errors.Invalid)
    if "If-Match" in taken:
        implied += [errors.PreconditionFailed, errors.PreconditionRequired]
    if "Idempotency-Key" in taken:
        implied.append(errors.Unprocessable)
    if operation.get("security"):
        implied += [errors.Unauthenticated, errors.Forbidden]
    return implied


def _with_plain_names(contract: dict[str, Any]) -> dict[str, Any]:
    """`CaseViewPage` for the generic `Page[CaseView]`, which Pydantic calls `Page_CaseView_`."""
    renamed: dict[str, Any] = json.loads(re.sub(r'\bPage_(\w+)_(?=")', r"\1Page", json.dumps(contract)))
    return renamed


def _name_scopes(contract: dict[str, Any]) -> None:
    """Let the flows of the security scheme name every scope that an operation asks for."""
    asked = {
        scope
        for _, operation in _operations(contract["paths"])
        for alternative in operation.get("security", ())
        for scope in alternative.get("oauth2", ())
    }
    for scheme in contract["components"].get("securitySchemes", {}).values():
        for flow in scheme["flows"].values():
            flow["scopes"] = {scope: scope.replace(":", " ") for scope in sorted(asked)}
