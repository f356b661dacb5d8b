"""The REST routes of identity: what they do, and for whom they do nothing."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select

from identity.tables import answers
from shared.auth import Permission, permission_of, routes_of
from shared.ids import new_id

BASE = "/identity/v1"
PASSWORD = "một mật khẩu đủ dài"
WORDS = {"vi": "Tên", "en": "Name"}


def _registration(**details: Any) -> dict[str, Any]:
    return {"accountName": f"P-{new_id()}", "password": PASSWORD, "fullName": "Người Dân Mới", **details}


async def test_someone_registers_and_the_event_tells_nothing_personal(
    ground: Any, browser: AsyncClient
) -> None:
    address = {"kind": "email", "value": "moi@example.com"}
    sent = _registration(contactAddresses=[address])
    answer = await browser.post(f"{BASE}/people", json=sent)
    assert answer.status_code == 201, answer.text
    person = answer.json()
    assert person == {
        "id": person["id"],
        "accountName": sent["accountName"].lower(),
        "fullName": "Người Dân Mới",
        "language": "vi",
        "contactAddresses": [address],
    }
    assert answer.headers["location"] == f"{BASE}/people/me"
    own = ground.tokens.bearer("identity:people:read", subject=person["id"])
    read = await browser.get(f"{BASE}/people/me", headers=own)
    assert (read.json(), read.headers["etag"]) == (person, answer.headers["etag"])
    unchanged = await browser.get(f"{BASE}/people/me", headers=own | {"if-none-match": read.headers["etag"]})
    assert unchanged.status_code == 304
    assert await ground.events(person["id"]) == [("identity.person.registered.v1", 1, {})]


async def test_an_account_name_is_taken_once_even_by_two_at_once(browser: AsyncClient) -> None:
    sent = _registration()
    answers = await asyncio.gather(*(browser.post(f"{BASE}/people", json=sent) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_registration_sent_again_with_its_key_is_answered_the_same(
    ground: Any, browser: AsyncClient
) -> None:
    key = str(new_id())
    sent = _registration()
    first, second = [
        await browser.post(f"{BASE}/people", json=sent, headers={"idempotency-key": key}) for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = await browser.post(f"{BASE}/people", json=_registration(), headers={"idempotency-key": key})
    assert other.status_code == 422
    async with ground.database.reading() as reading:
        kept = (await reading.execute(select(answers).where(answers.c.key == key))).one()
    assert PASSWORD not in str(kept)
    assert kept.fingerprint not in _digests(first.request.content)


async def test_all_faults_of_a_registration_are_told_at_once_in_the_callers_language(
    browser: AsyncClient,
) -> None:
    sent = _registration(
        accountName="x", password="short", contactAddresses=[{"kind": "phone", "value": "1"}]
    )
    answer = await browser.post(f"{BASE}/people", json=sent, headers={"accept-language": "en"})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == "/problems/invalid-person"
    assert {fault["pointer"] for fault in problem["errors"]} == {
        "/accountName",
        "/password",
        "/contactAddresses/0/value",
    }
    assert "short" not in answer.text


async def test_a_person_changes_what_is_theirs_if_they_saw_the_newest(
    ground: Any, browser: AsyncClient
) -> None:
    person = await ground.person()
    own = ground.tokens.bearer("identity:people:read identity:people:write", subject=str(person.id))
    me = f"{BASE}/people/me"
    body = {"fullName": "Tên Khác", "language": "en"}
    assert (await browser.put(me, json=body, headers=own)).status_code == 428
    changed = await browser.put(me, json=body, headers=own | {"if-match": '"1"'})
    assert (changed.json()["fullName"], changed.headers["etag"]) == ("Tên Khác", '"2"')
    assert (await browser.put(me, json=body, headers=own | {"if-match": '"1"'})).status_code == 412
    addresses = {"contactAddresses": [{"kind": "email", "value": "khac@example.com"}]}
    put = await browser.put(f"{me}/contact-addresses", json=addresses, headers=own | {"if-match": '"2"'})
    assert put.json()["contactAddresses"] == addresses["contactAddresses"]
    assert (await browser.get(me, headers=own)).json() == put.json()


async def test_a_password_is_changed_by_who_knows_the_present_one(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person()
    own = ground.tokens.bearer("identity:people:write", subject=str(person.id))
    path, new = f"{BASE}/people/me/password", "một mật khẩu khác hẳn"
    wrong = await browser.put(path, json={"current": "sai", "password": new}, headers=own)
    assert (wrong.status_code, wrong.json()["type"]) == (403, "/problems/wrong-password")
    right = await browser.put(path, json={"current": PASSWORD, "password": new}, headers=own)
    assert right.status_code == 204
    request = ground.authorization(await ground.client())
    assert (await ground.sign_in(browser, person, request)).status_code == 401
    assert (await ground.sign_in(browser, person, request, new)).status_code == 303


async def test_a_change_of_password_signs_out_everywhere_whoever_knew_the_old_one(
    ground: Any, browser: AsyncClient
) -> None:
    person, other, client = await ground.person(), await ground.person(), await ground.client()
    kept = (await ground.redeem(browser, client, await ground.code(browser, other, client))).json()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    unused = await ground.code(browser, person, client)
    own = ground.tokens.bearer("identity:people:write", subject=str(person.id))
    new = {"current": PASSWORD, "password": "một mật khẩu khác hẳn"}
    assert (await browser.put(f"{BASE}/people/me/password", json=new, headers=own)).status_code == 204
    silent = await browser.get("/oauth2/authorize", params=ground.authorization(client, prompt="none"))
    assert "error=login_required" in silent.headers["location"]
    assert (await ground.refresh(browser, client, body["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await ground.redeem(browser, client, unused)).json()["error"] == "invalid_grant"
    assert (await ground.refresh(browser, client, kept["refresh_token"])).status_code == 200


async def test_a_token_in_wrong_hands_is_no_way_to_guess_the_password_without_waiting(
    ground: Any, browser: AsyncClient
) -> None:
    person = await ground.person()
    own = ground.tokens.bearer("identity:people:write", subject=str(person.id))
    guess = {"current": "một lần đoán", "password": "một mật khẩu khác hẳn"}
    path = f"{BASE}/people/me/password"
    answers = [(await browser.put(path, json=guess, headers=own)).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]
    ground.clock.advance(timedelta(seconds=2))
    right = await browser.put(path, json=guess | {"current": PASSWORD}, headers=own)
    assert right.status_code == 204, "and the owner is not locked out"


async def test_agencies_are_registered_read_by_all_and_changed_with_events(
    ground: Any, browser: AsyncClient
) -> None:
    platform = ground.tokens.bearer("identity:agencies:write", kind="client")
    code = "001.00.01.H97"
    body: dict[str, Any] = {"code": code, "name": WORDS, "units": [{"code": "BP_MOT_CUA", "name": WORDS}]}
    made = await browser.post(f"{BASE}/agencies", json=body, headers=platform)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{BASE}/agencies/{code}"
    assert (await browser.post(f"{BASE}/agencies", json=body, headers=platform)).status_code == 409
    shown = await browser.get(f"{BASE}/agencies/{code}")
    assert shown.json() == {**body, "id": made.json()["id"], "parent": None}
    details = {"name": {"vi": "Tên mới", "en": "New name"}, "units": []}
    changed = await browser.put(
        f"{BASE}/agencies/{code}", json=details, headers=platform | {"if-match": shown.headers["etag"]}
    )
    assert changed.json()["name"] == details["name"]
    events = await ground.events(made.json()["id"])
    assert [(kind, sequence) for kind, sequence, _ in events] == [
        ("identity.agency.registered.v1", 1),
        ("identity.agency.changed.v1", 2),
    ]
    assert events[0][2] == {
        "code": code,
        "parent": None,
        "nameVi": "Tên",
        "nameEn": "Name",
        "units": [{"code": "BP_MOT_CUA", "nameVi": "Tên", "nameEn": "Name"}],
    }


async def test_pages_of_agencies_lead_from_one_to_the_next(ground: Any, browser: AsyncClient) -> None:
    top = await ground.agency()
    below = [await ground.agency(parent=top.code) for _ in range(5)]
    seen, address = [], f"{BASE}/agencies?parent={top.code}&limit=2"
    while address:
        page = await browser.get(address)
        seen += [agency["code"] for agency in page.json()["items"]]
        assert bool(page.json()["next"]) == ("link" in page.headers)
        address = page.headers["link"].partition(">")[0][1:] if "link" in page.headers else ""
    assert seen == [agency.code for agency in below]
    assert (await browser.get(f"{BASE}/agencies?cursor=xyz")).status_code == 400


async def test_a_tree_has_no_circle(ground: Any, browser: AsyncClient) -> None:
    top = await ground.agency()
    below = await ground.agency(parent=top.code)
    platform = ground.tokens.bearer("identity:agencies:write", kind="client") | {"if-match": "*"}
    for code, parent in ((top.code, below.code), (top.code, top.code), (top.code, "999.99.99.Z99")):
        body: dict[str, Any] = {"parent": parent, "name": WORDS, "units": []}
        answer = await browser.put(f"{BASE}/agencies/{code}", json=body, headers=platform)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/parent")


async def test_two_moves_at_once_close_no_circle(ground: Any, browser: AsyncClient) -> None:
    one, two = await ground.agency(), await ground.agency()
    platform = ground.tokens.bearer("identity:agencies:write", kind="client") | {"if-match": "*"}
    answers = await asyncio.gather(
        *(
            browser.put(
                f"{BASE}/agencies/{agency.code}",
                json={"parent": parent.code, "name": WORDS, "units": []},
                headers=platform,
            )
            for agency, parent in ((one, two), (two, one))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]


async def test_an_administrator_of_an_agency_stays_inside_its_tree(ground: Any, browser: AsyncClient) -> None:
    own_agency, stranger = await ground.agency(), await ground.agency()
    below = await ground.agency(parent=own_agency.code)
    person = await ground.person()
    scope = "identity:agencies:write identity:officials:read identity:officials:write"
    admin = ground.tokens.bearer(scope, kind="official", agency=own_agency.code)
    new: dict[str, Any] = {"name": WORDS, "units": []}
    taken = await browser.post(
        f"{BASE}/agencies", json=new | {"code": "002.00.01.H97", "parent": below.code}, headers=admin
    )
    assert taken.status_code == 201, taken.text
    for parent in (None, stranger.code):
        body = new | {"code": "002.00.02.H97", "parent": parent}
        assert (await browser.post(f"{BASE}/agencies", json=body, headers=admin)).status_code == 403
    moved_out = await browser.put(
        f"{BASE}/agencies/{below.code}",
        json=new | {"parent": stranger.code},
        headers=admin | {"if-match": "*"},
    )
    assert (moved_out.status_code, moved_out.json()["type"]) == (403, "/problems/outside-own-agency")
    for agency, status in ((stranger, 403), (below, 201)):
        body = {
            "accountName": person.account_name,
            "agency": agency.code,
            "posts": [{"unit": "BP_MOT_CUA", "role": "XU_LY"}],
        }
        answer = await browser.post(f"{BASE}/officials", json=body, headers=admin)
        assert answer.status_code == status, answer.text


async def test_officials_of_another_tree_look_absent(ground: Any, browser: AsyncClient) -> None:
    own_agency, stranger = await ground.agency(), await ground.agency()
    _, official = await ground.official(stranger, "XU_LY")
    scope = "identity:officials:read identity:officials:write"
    admin = ground.tokens.bearer(scope, kind="official", agency=own_agency.code)
    path = f"{BASE}/officials/{official.id}"
    body = {"posts": [{"unit": "BP_MOT_CUA", "role": "QUAN_TRI"}]}
    match = {"if-match": "*"}
    assert (await browser.get(path, headers=admin)).status_code == 404
    assert (await browser.put(path, json=body, headers=admin | match)).status_code == 404
    assert (await browser.delete(path, headers=admin | match)).status_code == 404
    listed = await browser.get(f"{BASE}/officials?agency={stranger.code}", headers=admin)
    assert listed.status_code == 404


async def test_an_official_is_appointed_moved_and_removed_with_events(
    ground: Any, browser: AsyncClient
) -> None:
    agency = await ground.agency(units=("BP_MOT_CUA", "PHONG_TU_PHAP"))
    person = await ground.person()
    scope = "identity:officials:read identity:officials:write identity:agencies:write"
    platform = ground.tokens.bearer(scope, kind="client")
    body = {
        "accountName": person.account_name,
        "agency": agency.code,
        "posts": [{"unit": "BP_MOT_CUA", "role": "TIEP_NHAN"}],
    }
    made = await browser.post(f"{BASE}/officials", json=body, headers=platform)
    assert made.status_code == 201, made.text
    again = await browser.post(f"{BASE}/officials", json=body, headers=platform)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-appointed")
    path = made.headers["location"]
    unknown = {"posts": [{"unit": "PHONG_LA", "role": "XU_LY"}]}
    refused = await browser.put(path, json=unknown, headers=platform | {"if-match": '"1"'})
    assert refused.json()["errors"][0]["pointer"] == "/posts/0/unit"
    moved = {"posts": [{"unit": "PHONG_TU_PHAP", "role": "XU_LY"}]}
    assert (await browser.put(path, json=moved, headers=platform | {"if-match": '"1"'})).status_code == 200
    in_use = await browser.put(
        f"{BASE}/agencies/{agency.code}",
        json={"name": WORDS, "units": [{"code": "BP_MOT_CUA", "name": WORDS}]},
        headers=platform | {"if-match": "*"},
    )
    assert (in_use.status_code, in_use.json()["type"]) == (409, "/problems/unit-in-use")
    assert (await browser.delete(path, headers=platform | {"if-match": '"2"'})).status_code == 204
    assert (await browser.get(path, headers=platform)).status_code == 404
    assert await ground.events(made.json()["id"]) == [
        ("identity.official.appointed.v1", 1, {"agency": agency.code, "posts": body["posts"]}),
        ("identity.official.posts_changed.v1", 2, {"agency": agency.code, **moved}),
        ("identity.official.removed.v1", 3, {"agency": agency.code, "posts": []}),
    ]
    assert (await browser.post(f"{BASE}/officials", json=body, headers=platform)).status_code == 201


async def test_an_organisation_is_seen_by_who_represents_it_alone(ground: Any, browser: AsyncClient) -> None:
    person, other = await ground.person(), await ground.person()
    registry = ground.tokens.bearer("identity:organisations:write", kind="client")
    body = {"taxCode": "0100000001", "name": WORDS, "representative": person.account_name}
    assert (await browser.post(f"{BASE}/organisations", json=body, headers=registry)).status_code == 201
    assert (await browser.post(f"{BASE}/organisations", json=body, headers=registry)).status_code == 409
    for someone, codes in ((person, ["0100000001"]), (other, [])):
        own = ground.tokens.bearer("identity:organisations:read", subject=str(someone.id))
        listed = await browser.get(f"{BASE}/organisations", headers=own)
        assert [one["taxCode"] for one in listed.json()["items"]] == codes


async def test_no_protected_route_serves_a_caller_without_the_scope_or_of_another_kind(
    ground: Any, browser: AsyncClient
) -> None:
    declared = [(route, permission_of(route)) for route in routes_of(ground.app)]
    protected = [(route, found) for route, found in declared if isinstance(found, Permission)]
    assert len(protected) > 10
    for route, permission in protected:
        path = str(route.path).format(code="000.00.01.H99", official_id=new_id(), client_id="c")
        method = min(route.methods or ())
        others = sorted({"person", "official", "client"} - permission.kinds)
        assert others, f"{method} {path} is open to every kind of caller"
        tried = [
            ({}, 401),
            (ground.tokens.bearer("other:things:read", kind=sorted(permission.kinds)[0]), 403),
            (ground.tokens.bearer(permission.scope, kind=others[0]), 403),
        ]
        for headers, status in tried:
            answer = await browser.request(method, path, headers=headers, json={})
            assert answer.status_code == status, f"{method} {path} {headers}: {answer.text}"


def _digests(content: bytes) -> set[str]:
    return {hashlib.new(name, content).hexdigest() for name in ("sha256", "sha1", "md5")}
