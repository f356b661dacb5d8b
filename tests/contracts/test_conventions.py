"""Every contract is OpenAPI 3.1 and keeps the conventions that its readers rely on."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from jsonschema_rs import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.applications import described
from tests.contracts.examples import NoExampleError, example_of

_METHODS = ("get", "put", "post", "delete", "patch")
_CAMEL = re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)*")
_KEBAB = re.compile(r"[a-z]+(-[a-z]+)*(\.[a-z]+)?")
_VERBS = {
    *("get", "list", "read", "create", "add", "update", "change", "set", "put", "delete", "remove", "submit"),
    *(
        "accept",
        "refuse",
        "decide",
        "publish",
        "withdraw",
        "hide",
        "resume",
        "send",
        "retry",
        "cancel",
        "import",
    ),
}
CONTRACTS: Mapping[str, dict[str, Any]] = {name: app.openapi() for name, app in described().items()}


class Operation(NamedTuple):
    contract: dict[str, Any]
    path: str
    method: str
    body: dict[str, Any]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.body.get("parameters", ()))


OPERATIONS: Mapping[str, Operation] = {
    f"{name} {method.upper()} {path}": Operation(contract, path, method, item[method])
    for name, contract in CONTRACTS.items()
    for path, item in contract["paths"].items()
    for method in _METHODS
    if method in item
}
each_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def everywhere(document: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a document with the place where it is."""
    if isinstance(document, dict):
        yield place, document
        for key, inner in document.items():
            yield from everywhere(inner, f"{place}/{key}")
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            yield from everywhere(inner, f"{place}/{number}")


def schemas_of(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a contract that says something of values, with its place; not what is in examples."""
    for place, found in everywhere(contract):
        if not re.search(r"/examples?(/|$)|/example$", place) and {"type", "$ref", "anyOf", "enum"} & set(
            found
        ):
            yield place, found


def checks(contract: dict[str, Any], schema: dict[str, Any]) -> Callable[[Any], bool]:
    """Whether a value is of a schema of the contract."""
    whole = {"components": contract["components"], **schema}
    return validator_for(whole, validate_formats=True).is_valid


@each_contract
def test_a_contract_is_openapi_3_1(contract: dict[str, Any]) -> None:
    assert contract["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(contract).iter_errors()] == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_says_whom_to_ask_and_which_version_it_is(name: str) -> None:
    contract = CONTRACTS[name]
    assert set(contract["info"]["contact"]) == {"name", "email", "url"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", contract["info"]["version"])
    assert contract["info"]["title"]
    assert contract["info"]["description"]
    base = "events" if name == "gateway" else name
    assert [server["url"] for server in contract["servers"]] == [f"/{base}/v1"]


@each_contract
def test_operation_ids_are_short_and_unique(contract: dict[str, Any]) -> None:
    ids = [
        item[method]["operationId"]
        for item in contract["paths"].values()
        for method in _METHODS
        if method in item
    ]
    assert len(ids) == len(set(ids))
    assert [one for one in ids if not _CAMEL.fullmatch(one) or len(one) > 30] == []


@each_contract
def test_what_is_called_by_name_is_camel_case(contract: dict[str, Any]) -> None:
    names = {
        name
        for _, found in everywhere(contract["components"]["schemas"])
        if isinstance(found.get("properties"), dict) and found.get("type") == "object"
        for name in found["properties"]
    }
    assert [name for name in names if not _CAMEL.fullmatch(name)] == []
    assert [
        name for name in contract["components"]["schemas"] if not re.fullmatch(r"[A-Za-z0-9]+", name)
    ] == []


@each_contract
def test_dates_and_instants_are_told_apart_by_their_names(contract: dict[str, Any]) -> None:
    wrong = []
    for place, found in everywhere(contract["components"]["schemas"]):
        for name, schema in found.get("properties", {}).items() if found.get("type") == "object" else ():
            kinds = {one.get("format") for one in schema.get("anyOf", [schema])} - {None}
            expected = {"At": {"date-time"}, "Date": {"date"}}.get(name[-2:]) or {"Date": {"date"}}.get(
                name[-4:]
            )
            if expected and kinds != expected:
                wrong.append(f"{place}.{name}: {kinds}")
    assert wrong == []


@each_contract
def test_examples_are_what_they_are_examples_of(contract: dict[str, Any]) -> None:
    wrong = [
        f"{place}: {example!r}"
        for place, schema in schemas_of(contract)
        for example in schema.get("examples", ())
        if not checks(contract, {key: value for key, value in schema.items() if key != "examples"})(example)
    ]
    assert wrong == []


@each_operation
def test_a_path_is_plural_kebab_case_nouns(operation: Operation) -> None:
    segments = operation.path.strip("/").split("/")
    literals = [segment for segment in segments if not segment.startswith("{")]
    assert [segment for segment in literals if not _KEBAB.fullmatch(segment)] == []
    assert _VERBS.isdisjoint(literals)
    for before, after in pairwise(segments):
        assert not after.startswith("{") or before.endswith("s"), f"{before} of {after} is no plural"


@each_operation
def test_an_operation_says_what_it_does(operation: Operation) -> None:
    assert operation.body["summary"]
    assert operation.body["description"].rstrip().endswith((".", "`"))
    assert operation.body["tags"]


@each_operation
def test_parameters_are_camel_case_and_have_examples(operation: Operation) -> None:
    for parameter in operation.parameters:
        if parameter["in"] in ("path", "query"):
            assert _CAMEL.fullmatch(parameter["name"]), parameter["name"]
        value = parameter.get("example") or example_of(
            operation.contract, parameter["schema"], parameter["name"]
        )
        assert checks(operation.contract, parameter["schema"])(value), parameter["name"]


@each_operation
def test_bodies_can_be_put_together_from_their_examples(operation: Operation) -> None:
    contents = [operation.body.get("requestBody", {}).get("content", {})]
    contents += [response.get("content", {}) for response in operation.body["responses"].values()]
    for content in contents:
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            continue
        try:
            example = example_of(operation.contract, schema)
        except NoExampleError as error:
            pytest.fail(f"no example of {error}")
        assert checks(operation.contract, schema)(example), example


@each_operation
def test_refusals_are_problem_documents(operation: Operation) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refusals = {
        status: response for status, response in operation.body["responses"].items() if status[0] in "45d"
    }
    assert "default" in refusals
    for status, response in refusals.items():
        assert response["content"] == {"application/problem+json": problem}, status


@each_operation
def test_every_answer_names_the_version_of_the_contract(operation: Operation) -> None:
    for status, response in operation.body["responses"].items():
        assert response["headers"]["API-Version"]["required"], status


@each_operation
def test_what_a_caller_must_send_decides_what_may_be_refused(operation: Operation) -> None:
    declared = set(operation.body["responses"])
    sent = {parameter["name"] for parameter in operation.parameters} - {"If-None-Match"}
    expected = {"400"} if sent or "requestBody" in operation.body else set()
    expected |= {"401", "403"} if operation.body.get("security") else set()
    expected |= {"412", "428"} if "If-Match" in sent else set()
    expected |= {"422"} if "Idempotency-Key" in sent else set()
    assert expected <= declared
    assert "422" in expected or "422" not in declared


@each_operation
def test_what_can_be_read_can_be_asked_for_once(operation: Operation) -> None:
    """RFC 9110 §13; the stream of events never ends, so there is nothing to have already."""
    reads = operation.method == "get" and operation.path != "/stream"
    assert reads == ("304" in operation.body["responses"])
    assert reads == any(parameter["name"] == "If-None-Match" for parameter in operation.parameters)
