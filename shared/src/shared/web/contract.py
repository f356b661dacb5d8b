"""The OpenAPI contract of a service, finished: what FastAPI leaves out or says otherwise.

Paths are relative to a server address that ends in the major version; wrong input is 400 and not 422;
every refusal that any route can answer is declared once for all; `API-Version` is declared.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from shared import errors
from shared.web.problems import MEDIA_TYPE, Problem, problems

CONTACT = {
    "name": "Motcua integrators",
    "email": "integrators@motcua.example",
    "url": "https://motcua.example/developers",
}
_METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


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
        contact=CONTACT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": base, "description": "Through the gateway and at the service alike"}],
    )
    schemas = contract.setdefault("components", {}).setdefault("schemas", {})
    _, described = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(described["$defs"])
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    outside = {path: item for path, item in contract["paths"].items() if not path.startswith(base)}
    for item in outside.values():
        item["servers"] = [{"url": "/"}]
    contract["paths"] = {path.removeprefix(base) or "/": item for path, item in contract["paths"].items()}
    for item in contract["paths"].values():
        for method, operation in item.items():
            if method in _METHODS:
                _finish(operation)
    return contract


def _finish(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", {})):
        del responses["422"]
    declared: list[type[errors.MotcuaError]] = []
    if operation.get("parameters") or "requestBody" in operation:
        declared.append(errors.Invalid)
    if operation.get("security"):
        declared += [errors.Unauthenticated, errors.Forbidden]
    for status, response in problems(*declared).items():
        responses.setdefault(str(status), response)
    responses["default"] = {
        "description": "Any other refusal, as a problem document",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, response in responses.items():
        if status[0] in "23":
            response.setdefault("headers", {})["API-Version"] = {
                "description": "Version of this contract",
                "schema": {"type": "string"},
            }
