"""Signing out on behalf of a client, and where the person goes then."""

from typing import Any

import pytest
from httpx import AsyncClient, Response

AFTER = "https://app.example/signed-out"


async def _sign_out(browser: AsyncClient, **asked: str) -> Response:
    form = _form((await browser.get("/oauth2/logout", params=asked)).text)
    return await browser.post("/oauth2/logout", params=asked, data={"form": form})


async def test_who_signs_out_goes_where_the_client_registered_to_be_told(
    ground: Any, browser: AsyncClient
) -> None:
    client = await ground.client(post_logout_redirect_uris=frozenset({AFTER}))
    asked = {"client_id": client.id, "post_logout_redirect_uri": AFTER}
    page = await browser.get("/oauth2/logout", params=asked)
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    gone = await _sign_out(browser, **asked, state="a state")
    assert (gone.status_code, gone.headers["location"]) == (303, f"{AFTER}?state=a+state")
    assert (await _sign_out(browser, **asked)).headers["location"] == AFTER


async def test_an_id_token_says_for_whom_it_was_issued_even_long_ago(
    ground: Any, browser: AsyncClient
) -> None:
    client = await ground.client(post_logout_redirect_uris=frozenset({AFTER}))
    ring = ground.app.state.identity.ring
    shown = {"id_token_hint": ring.sign({"aud": client.id, "exp": 1}, typ="JWT")}
    asked = {**shown, "post_logout_redirect_uri": AFTER}
    assert (await _sign_out(browser, **asked)).headers["location"] == AFTER
    for wrong in (
        {"client_id": (await ground.client()).id},
        {"id_token_hint": shown["id_token_hint"][:-4] + "AAAA"},
        {"id_token_hint": "no token"},
    ):
        stays = await _sign_out(browser, **{**asked, **wrong})
        assert stays.status_code == 200, "signed out, and sent nowhere"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", f"{AFTER}/more", ""])
async def test_nobody_is_sent_to_an_address_that_was_not_registered(
    ground: Any, browser: AsyncClient, elsewhere: str
) -> None:
    client = await ground.client(post_logout_redirect_uris=frozenset({AFTER}))
    stays = await _sign_out(browser, client_id=client.id, post_logout_redirect_uri=elsewhere)
    assert stays.status_code == 200
    assert "Bạn đã đăng xuất" in stays.text


def _form(page: str) -> str:
    return page.split('name="form" value="')[1].split('"', maxsplit=1)[0]
