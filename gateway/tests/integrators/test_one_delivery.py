"""One delivery by itself: where it may lead, and what is made of the answer."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from gateway.deliveries.domain.delivery import Trouble
from gateway.dispatch.sender import Sender
from shared.clock import SystemClock

UNUSED = "http://127.0.0.1:9/hook"


class Names(AbstractResolver):
    """A name server that says what the test wants."""

    def __init__(self, *addresses):
        self.addresses = addresses
        self.asked = 0

    async def resolve(self, host, port=0, family=0):
        self.asked += 1
        return [
            {"hostname": host, "host": address, "port": port, "family": 2, "proto": 0, "flags": 0}
            for address in self.addresses
        ]

    async def close(self):
        pass


async def send(url, *, loopback, resolver=None):
    sender = Sender(
        SystemClock(), origin="gateway.example", loopback=loopback, timeout_seconds=2, resolver=resolver
    )
    async with sender:
        secret = "whsec_" + "A" * 44
        return await sender.deliver(url, b"{}", event_id="1", secrets=[secret], traceparent=None)


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.1"]]
)
async def test_a_name_that_leads_inside_is_not_connected_to(receiver, addresses):
    port = receiver.url.split(":")[2]
    names = Names(*addresses)
    attempt = await send(f"http://cases.example:{port}", loopback=False, resolver=names)
    assert (attempt.trouble, names.asked) == (Trouble.UNSAFE_ADDRESS, 1)
    assert receiver.hooks == []


async def test_an_address_inside_is_not_connected_to_either(receiver):
    attempt = await send(receiver.url, loopback=False)
    assert attempt.trouble is Trouble.UNSAFE_ADDRESS
    assert receiver.hooks == []
    assert (await send(receiver.url, loopback=True)).taken


async def test_a_redirect_is_a_refusal_and_is_not_followed(receiver):
    receiver.answers.append(web.Response(status=307, headers={"location": "/hook"}))
    attempt = await send(receiver.url, loopback=True)
    assert (attempt.trouble, attempt.response_code) == (Trouble.REFUSED, 307)
    assert len(receiver.hooks) == 1


async def test_what_an_answer_says_is_kept_in_part_and_never_unpacked(receiver):
    receiver.answers.append(web.Response(status=400, body=b"\0why " + b"x" * 5000))
    attempt = await send(receiver.url, loopback=True)
    assert attempt.answer.startswith("why x")
    assert len(attempt.answer) <= 1000


async def test_an_answer_that_does_not_come_in_time_is_a_timeout(receiver):
    async def hang(_):
        await asyncio.sleep(60)

    receiver.answer = hang
    attempt = await send(receiver.url, loopback=True)
    assert (attempt.trouble, attempt.response_code) == (Trouble.TIMEOUT, None)
    assert attempt.duration > timedelta(seconds=1.9)


async def test_nobody_there_is_told_apart_from_a_refusal():
    assert (await send(UNUSED, loopback=True)).trouble is Trouble.UNREACHABLE
