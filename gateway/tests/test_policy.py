from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy import Policy, compile_policy

READ, WRITE, ADMIN = "cases:read", "cases:write", "admin"


def contract(paths: dict[str, Any], **more: Any) -> Policy:
    return compile_policy({"servers": [{"url": "https://motcua.test/procedures/v1"}], "paths": paths, **more})


def secured(*alternatives: dict[str, list[str]]) -> dict[str, Any]:
    return {"security": list(alternatives)}


def missing(policy: Policy, method: str, path: str, *held: str) -> set[str]:
    operation = policy.find(method, path.split("/"))
    assert operation is not None
    return set(operation.missing(frozenset(held)))


def test_a_call_needs_the_scopes_of_its_operation() -> None:
    policy = contract({"/cases/{id}": {"get": secured({"oauth2": [READ]})}})
    assert missing(policy, "GET", "/procedures/v1/cases/1") == {READ}
    assert missing(policy, "GET", "/procedures/v1/cases/1", READ, WRITE) == set()


def test_one_of_several_alternatives_is_enough() -> None:
    policy = contract({"/cases": {"post": secured({"oauth2": [READ, WRITE]}, {"oauth2": [ADMIN]})}})
    assert missing(policy, "POST", "/procedures/v1/cases", READ) == {WRITE}
    assert missing(policy, "POST", "/procedures/v1/cases", ADMIN) == set()


def test_an_operation_without_security_or_with_an_empty_alternative_is_open() -> None:
    paths = {"/a": {"get": {}}, "/b": {"get": secured()}, "/c": {"get": secured({"oauth2": [READ]}, {})}}
    policy = contract(paths)
    for path in ("a", "b", "c"):
        assert missing(policy, "GET", f"/procedures/v1/{path}") == set()


def test_the_documents_security_holds_where_an_operation_says_nothing() -> None:
    policy = contract({"/a": {"get": {}}, "/b": {"get": secured()}}, security=[{"oauth2": [READ]}])
    assert missing(policy, "GET", "/procedures/v1/a") == {READ}
    assert missing(policy, "GET", "/procedures/v1/b") == set()


def test_an_operation_that_takes_another_scheme_is_left_to_the_service() -> None:
    policy = contract({"/token": {"post": secured({"basic": []}, {"oauth2": [READ]})}})
    assert policy.find("POST", ["", "procedures", "v1", "token"]) is None


def test_paths_that_already_carry_the_base_are_taken_as_they_are() -> None:
    policy = contract({"/procedures/v1/cases": {"get": secured({"oauth2": [READ]})}})
    assert missing(policy, "GET", "/procedures/v1/cases") == {READ}


def test_head_is_asked_what_get_is_asked() -> None:
    policy = contract({"/cases": {"get": secured({"oauth2": [READ]})}})
    assert missing(policy, "HEAD", "/procedures/v1/cases") == {READ}


@pytest.mark.parametrize(
    "path", ["/procedures/v1/cases", "/procedures/v1/cases/1/log", "/procedures/v1/cases/", "/x"]
)
def test_a_path_that_no_contract_knows_has_no_operation(path: str) -> None:
    policy = contract({"/cases/{id}": {"get": secured()}})
    assert policy.find("GET", path.split("/")) is None


def test_of_two_templates_that_fit_the_first_counts() -> None:
    policy = contract(
        {
            "/cases/search": {"get": secured()},
            "/cases/{id}": {"get": secured({"oauth2": [READ]}), "put": secured({"oauth2": [WRITE]})},
        }
    )
    assert missing(policy, "GET", "/procedures/v1/cases/search") == set()
    assert missing(policy, "GET", "/procedures/v1/cases/1") == {READ}
    assert missing(policy, "PUT", "/procedures/v1/cases/search") == {WRITE}


def test_a_literal_that_leads_nowhere_does_not_hide_the_parameter_beside_it() -> None:
    policy = contract(
        {
            "/cases/search/{term}/more": {"get": secured()},
            "/cases/{id}/log": {"get": secured({"oauth2": [READ]})},
        }
    )
    assert missing(policy, "GET", "/procedures/v1/cases/search/log") == {READ}


_segment = st.sampled_from(["a", "b", "{x}", "{y}"])
_template = st.lists(_segment, min_size=1, max_size=4).map(tuple)


@settings(deadline=None)
@given(
    st.lists(_template, min_size=1, max_size=8, unique=True),
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4),
)
def test_what_is_found_is_what_trying_one_template_after_the_other_finds(
    templates: list[tuple[str, ...]], path: list[str]
) -> None:
    def fits(template: tuple[str, ...]) -> bool:
        return len(template) == len(path) and all(
            own.startswith("{") or own == asked for own, asked in zip(template, path, strict=True)
        )

    policy = contract({"/" + "/".join(template): {"get": secured()} for template in templates})
    found = policy.find("GET", ["", "procedures", "v1", *path])
    fitting = ["/".join(("/procedures/v1", *template)) for template in templates if fits(template)]
    assert (found and found.template) == next(iter(fitting), None)


@pytest.mark.parametrize(
    "document", [{}, {"paths": {"/a": {"get": {"security": [{"oauth2": 1}]}}}}, {"paths": []}]
)
def test_what_is_no_contract_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        compile_policy(document)
