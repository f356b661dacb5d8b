"""Signing in with a browser: the page, the way back to the client, and what strangers cannot do."""

import asyncio
import base64
import hashlib
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from httpx import AsyncClient, Response

from identity.domain.client import Kind
from identity.domain.throttle import FREE_ATTEMPTS, LONGEST_WAIT, neighbourhood, open_again_at
from identity.people.passwords import HashingBusy, PasswordHasher
from shared.ids import new_id
from shared.testing import client_of

WRONG = "không phải mật khẩu này"
CALLBACK = "http://127.0.0.1:9/callback"


async def test_a_person_signs_in_and_comes_back_to_the_client_with_a_code(
    ground: Any, browser: AsyncClient
) -> None:
    person, client = await ground.person(), await ground.client()
    request = ground.authorization(client)
    asked = await browser.get("/oauth2/authorize", params=request)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/sign-in?")
    signed_in = await ground.sign_in(browser, person, request)
    answer = _answered(await browser.get(signed_in.headers["location"]))
    assert answer.pop("code")
    assert answer == {"state": "a state", "iss": "http://127.0.0.1:8000"}


async def test_whoever_is_signed_in_is_not_asked_again(ground: Any, browser: AsyncClient) -> None:
    person, client, other = await ground.person(), await ground.client(), await ground.client()
    await ground.code(browser, person, client)
    again = await browser.get("/oauth2/authorize", params=ground.authorization(other, prompt="none"))
    assert "code" in _answered(again)


async def test_a_session_ends_after_half_a_day(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    await ground.code(browser, person, client)
    ground.clock.advance(timedelta(hours=12))
    again = await browser.get("/oauth2/authorize", params=ground.authorization(client, prompt="none"))
    assert _answered(again)["error"] == "login_required"


@pytest.mark.parametrize("parameters", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}])
async def test_a_client_can_ask_for_a_fresh_sign_in_and_gets_it_once(
    ground: Any, browser: AsyncClient, parameters: dict[str, str]
) -> None:
    person, client = await ground.person(), await ground.client()
    await ground.code(browser, person, client)
    ground.clock.advance(timedelta(seconds=5))
    request = ground.authorization(client, **parameters)
    asked = await browser.get("/oauth2/authorize", params=request)
    assert asked.headers["location"].startswith("/sign-in?")
    signed_in = await ground.sign_in(browser, person, request)
    ground.clock.advance(timedelta(seconds=1))
    assert "code" in _answered(await browser.get(signed_in.headers["location"]))


async def test_a_request_sent_as_a_form_is_asked_again_by_address(ground: Any, browser: AsyncClient) -> None:
    request = ground.authorization(await ground.client())
    asked = await browser.post("/oauth2/authorize", data=request)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/oauth2/authorize?response_type=code")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "identity:agencies:write"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
    ],
)
async def test_a_refusal_goes_back_to_the_client_with_state_and_issuer(
    ground: Any, browser: AsyncClient, change: dict[str, str], code: str
) -> None:
    client = await ground.client()
    answer = _answered(await browser.get("/oauth2/authorize", params=ground.authorization(client, **change)))
    assert (answer["error"], answer["state"], answer["iss"]) == (code, "a state", "http://127.0.0.1:8000")


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/sign-in", "/oauth2/consent"])
@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example/"}])
async def test_nobody_is_sent_to_an_unregistered_address(
    ground: Any, browser: AsyncClient, path: str, change: dict[str, str]
) -> None:
    answer = await browser.get(path, params=ground.authorization(await ground.client(), **change))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "https://evil" not in answer.text
    assert "evil" not in answer.headers["content-security-policy"]


async def test_a_disabled_client_is_unknown(ground: Any, browser: AsyncClient) -> None:
    client = await ground.client()
    own = ground.tokens.bearer("identity:clients:write identity:clients:read", kind="client")
    path = f"/identity/v1/clients/{client.id}"
    shown = (await browser.get(path, headers=own)).json()
    body = {key: value for key, value in shown.items() if key not in ("clientId", "kind", "hasSecret")}
    changed = await browser.put(path, json=body | {"enabled": False}, headers=own | {"if-match": "*"})
    assert changed.status_code == 200, changed.text
    answer = await browser.get("/oauth2/authorize", params=ground.authorization(client))
    assert answer.status_code == 400


async def test_a_wrong_password_and_an_unknown_account_are_answered_alike(
    ground: Any, browser: AsyncClient
) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    form = _form((await browser.get("/sign-in", params=request)).text)
    answers = [
        await browser.post(
            "/sign-in", params=request, data={"form": form, "account_name": name, "password": WRONG}
        )
        for name in (person.account_name, f"p-{new_id()}")
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert "motcua-session" not in str(answer.headers.get_list("set-cookie"))
    known, unknown = (re.sub(r'value="p-[^"]*"', "", answer.text) for answer in answers)
    assert known == unknown


async def test_an_unknown_account_costs_as_many_hashes_as_a_known_one() -> None:
    hasher = PasswordHasher(threads=1, queue=0)
    verified = []
    matches = hasher._matches
    hasher._matches = lambda stored, password: verified.append(stored) or matches(stored, password)  # type: ignore[func-returns-value,method-assign]
    stored = await hasher.hash("the right password")
    assert await hasher.verify(stored, "the right password")
    assert not await hasher.verify(None, "the password of an account that does not exist")
    assert [one.split("$")[1:4] for one in verified] == [["argon2id", "v=19", "m=19456,t=2,p=1"]] * 2
    hasher.close()


async def test_what_waits_beyond_the_queue_is_refused_and_the_rest_is_served() -> None:
    hasher = PasswordHasher(threads=1, queue=2)
    results = await asyncio.gather(*(hasher.hash("a password") for _ in range(5)), return_exceptions=True)
    assert [isinstance(result, HashingBusy) for result in results] == [False] * 3 + [True] * 2
    assert await hasher.hash("a password"), "there is room again"
    hasher.close()


async def test_room_is_neither_lost_nor_won_however_hashes_end() -> None:
    """Hashes end in threads, while the event loop begins others and gives some up."""
    hasher = PasswordHasher(threads=4, queue=4)
    hasher._matches = lambda *_: True  # type: ignore[method-assign]
    for _ in range(300):
        tries = [asyncio.create_task(hasher.verify("any", "any")) for _ in range(8)]
        await asyncio.sleep(0)
        tries[-1].cancel()
        await asyncio.gather(*tries, return_exceptions=True)
    hasher._pool.shutdown(wait=True)
    room = 0
    while hasher._room.acquire(blocking=False):
        room += 1
    assert room == 8


async def test_a_full_queue_is_told_with_503_and_when_to_try_again(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    hasher, taken = ground.app.state.identity.hasher, 0
    while hasher._room.acquire(blocking=False):
        taken += 1
    try:
        answer = await ground.sign_in(browser, person, request)
    finally:
        hasher._room.release(taken)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_form_of_another_site_signs_nobody_in(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    data = {"account_name": person.account_name, "password": "một mật khẩu đủ dài"}
    async with client_of(ground.app) as attacker:
        stolen = _form((await attacker.get("/sign-in", params=request)).text)
    await browser.get("/sign-in", params=request)
    for form in ({}, {"form": stolen}, {"form": "ü"}):
        answer = await browser.post("/sign-in", params=request, data=data | form)
        assert answer.status_code == 403
        assert "motcua-session" not in str(answer.headers.get_list("set-cookie"))


async def test_cookies_that_are_not_ours_are_as_good_as_none(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    form = _form((await browser.get("/sign-in", params=request)).text)
    data = {"form": form, "account_name": person.account_name, "password": "một mật khẩu đủ dài"}
    strange = f"motcua-form={browser.cookies['motcua-form']}; motcua-device=é.é; motcua-session=é".encode()
    answer = await browser.post("/sign-in", params=request, data=data, headers={"cookie": strange})
    assert answer.status_code == 303


async def test_two_tabs_can_both_be_sent(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    first = _form((await browser.get("/sign-in", params=request)).text)
    second = _form((await browser.get("/sign-in", params=request)).text)
    for form in (first, second):
        data = {"form": form, "account_name": person.account_name, "password": "một mật khẩu đủ dài"}
        assert (await browser.post("/sign-in", params=request, data=data)).status_code == 303


async def test_account_names_are_compared_without_case_or_width(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    page = (await browser.get("/sign-in", params=request)).text
    data = {
        "form": _form(page),
        "account_name": f"  {person.account_name.upper()} ",
        "password": "một mật khẩu đủ dài",
    }
    assert (await browser.post("/sign-in", params=request, data=data)).status_code == 303


async def test_guessing_slows_the_guesser_down_and_not_the_owner(ground: Any, browser: AsyncClient) -> None:
    """The owner has signed in on this browser before; a stranger guesses from the same address."""
    person, request = await ground.person(), ground.authorization(await ground.client())
    assert (await ground.sign_in(browser, person, request)).status_code == 303
    async with client_of(ground.app) as stranger:
        for _ in range(FREE_ATTEMPTS):
            assert (await ground.sign_in(stranger, person, request, WRONG)).status_code == 401
        slowed = await ground.sign_in(stranger, person, request)
        assert slowed.status_code == 429, "even the right password must wait"
        assert slowed.headers["retry-after"] == "3"
        assert (await ground.sign_in(browser, person, request)).status_code == 303
        ground.clock.advance(timedelta(seconds=2))
        assert (await ground.sign_in(stranger, person, request)).status_code == 303


async def test_guesses_made_at_once_are_all_counted(ground: Any, browser: AsyncClient) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    form = _form((await browser.get("/sign-in", params=request)).text)
    data = {"form": form, "account_name": person.account_name, "password": WRONG}
    answers = await asyncio.gather(*(browser.post("/sign-in", params=request, data=data) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * FREE_ATTEMPTS + [429] * (
        12 - FREE_ATTEMPTS
    )


async def test_waits_double_up_to_a_quarter_of_an_hour(ground: Any) -> None:
    now = ground.clock.now()
    waits = [(open_again_at(failures, now) - now).total_seconds() for failures in range(4, 20)]
    assert waits[:4] == [0, 2, 4, 8]
    assert waits[-1] == LONGEST_WAIT.total_seconds()


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_counts_as_one_address(address: str, counted_as: str) -> None:
    assert neighbourhood(address) == counted_as


async def test_only_officials_pass_through_a_client_for_officials(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client(Kind.OFFICIAL)
    signed_in = await ground.sign_in(browser, person, ground.authorization(client))
    answer = _answered(await browser.get(signed_in.headers["location"]))
    assert answer["error"] == "access_denied"


async def test_a_client_of_an_agency_serves_officials_of_its_tree_alone(
    ground: Any, browser: AsyncClient
) -> None:
    agency, other = await ground.agency(), await ground.agency()
    below = await ground.agency(parent=agency.code)
    client = await ground.client(Kind.OFFICIAL, agency=agency.code)
    for where, lets_in in ((agency, True), (below, True), (other, False)):
        person, _ = await ground.official(where, "XU_LY")
        async with client_of(ground.app) as own:
            signed_in = await ground.sign_in(own, person, ground.authorization(client))
            answer = _answered(await own.get(signed_in.headers["location"]))
        assert ("code" in answer) is lets_in
        assert lets_in or answer["error"] == "access_denied"


async def test_a_third_party_waits_for_consent_and_is_told_of_a_refusal(
    ground: Any, browser: AsyncClient
) -> None:
    person, client = await ground.person(), await ground.client(first_party=False)
    request = ground.authorization(client, scope="openid procedures:cases:read")
    signed_in = await ground.sign_in(browser, person, request)
    asked = await browser.get(signed_in.headers["location"])
    assert asked.headers["location"].startswith("/oauth2/consent?")
    silent = await browser.get("/oauth2/authorize", params=request | {"prompt": "none"})
    assert _answered(silent)["error"] == "consent_required"
    page = await browser.get(asked.headers["location"])
    assert "xem hồ sơ của bạn" in page.text
    form = {"form": _form(page.text)}
    refused = await browser.post("/oauth2/consent", params=request, data=form | {"answer": "deny"})
    assert _answered(refused)["error"] == "access_denied"
    forged = await browser.post("/oauth2/consent", params=request, data={"answer": "allow"})
    assert forged.status_code == 200, "a form of another site is asked again"
    allowed = await browser.post("/oauth2/consent", params=request, data=form | {"answer": "allow"})
    assert "code" in _answered(await browser.get(allowed.headers["location"]))
    more = await browser.get("/oauth2/authorize", params=request | {"scope": "openid profile"})
    assert more.headers["location"].startswith("/oauth2/consent?"), "more was asked than was agreed to"
    once_more = await browser.get("/oauth2/authorize", params=request | {"prompt": "consent"})
    assert once_more.headers["location"].startswith("/oauth2/consent?")


async def test_signing_out_needs_a_form_of_ours(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    await ground.code(browser, person, client)
    silent = ground.authorization(client, prompt="none")
    assert (await browser.post("/oauth2/logout")).status_code == 200
    assert "code" in _answered(await browser.get("/oauth2/authorize", params=silent))
    form = _form((await browser.get("/oauth2/logout")).text)
    assert "Bạn đã đăng xuất" in (await browser.post("/oauth2/logout", data={"form": form})).text
    assert _answered(await browser.get("/oauth2/authorize", params=silent))["error"] == "login_required"


@pytest.mark.parametrize(
    ("locales", "header", "language", "words"),
    [
        ("", "", "vi", "Đăng nhập"),
        ("", "en-GB,en;q=0.9", "en", "Sign in"),
        ("vi", "en-GB", "vi", "Đăng nhập"),
        ("fr en", "vi", "en", "Sign in"),
    ],
)
async def test_the_page_speaks_the_persons_language(
    ground: Any, browser: AsyncClient, locales: str, header: str, language: str, words: str
) -> None:
    request = ground.authorization(await ground.client(), ui_locales=locales)
    page = await browser.get("/sign-in", params=request, headers={"accept-language": header})
    assert f'<html lang="{language}">' in page.text
    assert f"<h1>{words}</h1>" in page.text


async def test_the_page_runs_nothing_and_cannot_be_framed(ground: Any, browser: AsyncClient) -> None:
    page = await browser.get("/sign-in", params=ground.authorization(await ground.client()))
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self' http://127.0.0.1:9;"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert " style=" not in page.text
    labels = set(re.findall(r'<label for="(\w+)"', page.text))
    assert labels == set(re.findall(r'<input id="(\w+)"', page.text)), "every field has a label"


async def test_what_a_client_or_a_person_wrote_stays_text(ground: Any, browser: AsyncClient) -> None:
    request = ground.authorization(await ground.client(), login_hint='"><script>x</script>')
    page = await browser.get("/sign-in", params=request)
    assert "<script" not in page.text


async def test_cookies_cannot_be_read_by_scripts_nor_sent_along_by_other_sites(
    ground: Any, browser: AsyncClient
) -> None:
    person, request = await ground.person(), ground.authorization(await ground.client())
    signed_in = await ground.sign_in(browser, person, request)
    cookies = signed_in.headers.get_list("set-cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"motcua-session", "motcua-device"}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie


def _answered(response: Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    assert response.headers["location"].startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def _form(page: str) -> str:
    return page.split('name="form" value="')[1].split('"', maxsplit=1)[0]
