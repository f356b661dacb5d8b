"""The rules about people, agencies, officials, organisations and clients."""

from collections.abc import Callable
from typing import Any

import pytest

from identity.domain.agency import Agency, InvalidAgency, Unit, check_agency
from identity.domain.client import (
    AuthMethod,
    BeyondRegistrar,
    Client,
    InvalidClientMetadata,
    Kind,
    check_client,
    check_registrar,
)
from identity.domain.messages import Occasion, message_about
from identity.domain.official import InvalidAppointment, Post, check_posts
from identity.domain.organisation import InvalidOrganisation, check_tax_code
from identity.domain.person import (
    AddressKind,
    ContactAddress,
    InvalidPerson,
    Person,
    check_addresses,
    check_password,
    check_person,
    normal_account_name,
)
from shared.errors import Invalid, Text
from shared.ids import new_id

NAME = Text(vi="Tên", en="Name")


def _pointers(refused_as: type[Invalid], check: Callable[..., Any], *arguments: Any) -> list[str]:
    with pytest.raises(refused_as) as caught:
        check(*arguments)
    assert all(fault.detail.vi and fault.detail.en for fault in caught.value.faults)
    return [fault.pointer for fault in caught.value.faults]


def test_all_faults_of_a_person_are_named_at_once() -> None:
    addresses = (
        ContactAddress(AddressKind.EMAIL, "nobody"),
        ContactAddress(AddressKind.PHONE, "0912345678"),
        ContactAddress(AddressKind.PHONE, "0912345678"),
    )
    person = Person(new_id(), "Có dấu", " ", "vi", addresses)
    assert [fault.pointer for fault in check_person(person)] == [
        "/contactAddresses/0/value",
        "/contactAddresses/1/value",
        "/contactAddresses/2/value",
        "/contactAddresses",
        "/accountName",
        "/fullName",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "reachable"),
    [
        (AddressKind.EMAIL, "người.dân@example.com", True),
        (AddressKind.EMAIL, "a@b", False),
        (AddressKind.EMAIL, "a@example.com\nBcc: b@example.com", False),
        (AddressKind.EMAIL, "a b@example.com", False),
        (AddressKind.EMAIL, "first.last+tag_1@mail-2.example.com", True),
        (AddressKind.EMAIL, f"{'a' * 64}@example.com", True),
        (AddressKind.EMAIL, f"{'a' * 65}@example.com", False),
        (AddressKind.EMAIL, "a:b;@example.com", False),
        (AddressKind.EMAIL, "a,b@example.com", False),
        (AddressKind.EMAIL, "(b)a@example.com", False),
        (AddressKind.EMAIL, "a..b@example.com", False),
        (AddressKind.EMAIL, "a\x00b@example.com", False),
        (AddressKind.EMAIL, "a@-example.com", False),
        (AddressKind.PHONE, "+84912345678", True),
        (AddressKind.PHONE, "+84 912 345 678", False),
    ],
)
def test_an_address_is_one_that_something_can_be_sent_to(
    kind: AddressKind, value: str, reachable: bool
) -> None:
    addresses = (ContactAddress(kind, value),)
    if reachable:
        check_addresses(addresses)
    else:
        assert _pointers(InvalidPerson, check_addresses, addresses) == ["/contactAddresses/0/value"]


def test_account_names_that_look_alike_are_one() -> None:
    assert normal_account_name(" Nguoi.Dan@Example.com") == normal_account_name("ｎguoi.dan@example.COM")


@pytest.mark.parametrize(
    ("password", "strong"),
    [
        ("mười hai chữ", True),
        ("x" * 11, False),
        ("x" * 128, True),
        ("x" * 129, False),
        ("Name@Example.com", False),
    ],
)
def test_a_password_is_judged_by_its_length_and_is_not_the_account_name(password: str, strong: bool) -> None:
    assert (check_password(password, "name@example.com") == []) is strong


def test_all_faults_of_an_agency_are_named_at_once() -> None:
    units = (Unit("one", NAME), Unit("TWO", NAME), Unit("TWO", NAME))
    agency = Agency(new_id(), "H99", "H99", NAME, units)
    assert _pointers(InvalidAgency, check_agency, agency) == [
        "/code",
        "/parent",
        "/units/0/code",
        "/units/1/code",
        "/units/2/code",
    ]


def test_posts_are_in_units_of_the_agency_each_once() -> None:
    posts = [Post("A", "XU_LY"), Post("A", "XU_LY"), Post("B", "x")]
    assert _pointers(InvalidAppointment, check_posts, posts, frozenset({"A"})) == [
        "/posts/1",
        "/posts/2/unit",
        "/posts/2/role",
    ]
    assert _pointers(InvalidAppointment, check_posts, [], frozenset({"A"})) == ["/posts"]


@pytest.mark.parametrize(("code", "is_one"), [("0100000000", True), ("0100000000-001", True), ("010", False)])
def test_a_tax_code_has_ten_or_thirteen_digits(code: str, is_one: bool) -> None:
    if is_one:
        check_tax_code(code)
    else:
        assert _pointers(InvalidOrganisation, check_tax_code, code) == ["/taxCode"]


def _client(**details: Any) -> Client:
    values: dict[str, Any] = {
        "id": "machine",
        "name": NAME,
        "kind": Kind.CLIENT,
        "auth_method": AuthMethod.BASIC,
        "scopes": frozenset({"procedures:cases:read"}),
        **details,
    }
    return Client(**values)


@pytest.mark.parametrize(
    ("details", "pointers"),
    [
        ({}, None),
        ({"id": "Máy"}, ["/clientId"]),
        ({"scopes": frozenset({"everything"})}, ["/scopes/0"]),
        ({"redirect_uris": frozenset({"https://app.example/cb"})}, ["/redirectUris"]),
        ({"auth_method": AuthMethod.NONE}, ["/authMethod"]),
        ({"auth_method": AuthMethod.KEY}, ["/jwks"]),
        ({"jwks": {"keys": []}}, ["/jwks"]),
        ({"kind": Kind.PERSON}, ["/redirectUris"]),
        ({"kind": Kind.PERSON, "redirect_uris": frozenset({"http://app.example"})}, ["/redirectUris/0"]),
    ],
)
def test_a_client_that_could_not_work_or_would_not_be_safe_is_refused(
    details: dict[str, Any], pointers: list[str] | None
) -> None:
    if pointers is None:
        check_client(_client(**details))
    else:
        assert _pointers(InvalidClientMetadata, check_client, _client(**details)) == pointers


@pytest.mark.parametrize(
    ("details", "own", "allowed"),
    [
        ({"agency": "000.00.01.H99"}, "000.00.01.H99", True),
        ({"agency": None}, "000.00.01.H99", False),
        ({"agency": "000.00.01.H99", "first_party": True}, "000.00.01.H99", False),
        (
            {"agency": "000.00.01.H99", "scopes": frozenset({"identity:officials:write"})},
            "000.00.01.H99",
            False,
        ),
        ({"agency": None, "first_party": True, "scopes": frozenset({"identity:agencies:write"})}, None, True),
    ],
)
def test_an_agency_hands_on_no_more_than_it_has(
    details: dict[str, Any], own: str | None, allowed: bool
) -> None:
    if allowed:
        check_registrar(_client(**details), own)
    else:
        with pytest.raises(BeyondRegistrar):
            check_registrar(_client(**details), own)


@pytest.mark.parametrize("occasion", list(Occasion))
def test_every_message_names_the_case_and_says_what_to_do_in_both_languages(occasion: Occasion) -> None:
    message = message_about(occasion, case="000.00.01.H99-260302-0001", due_at=None)
    for text in (message.subject.vi, message.subject.en, message.body.vi, message.body.en):
        assert "000.00.01.H99-260302-0001" in text
    for body in (message.body.vi, message.body.en):
        assert len(body.splitlines()) == 2
