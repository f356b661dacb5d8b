"""What is issued after an appeal: by which appeal it may be, and what it then says of the decision."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from procedures.results.certificates import make_sample_certificate

SAYS = (
    "{{ decision.reason }} | {{ decision.legalGround }} | {{ decision.date }} | {{ decision.number }}"
    " | {{ form.fullName }}"
)
GRANT = {
    "code": "GIAY",
    "title": {"vi": "Giấy phép", "en": "Permit"},
    "symbol": "GP",
    "outcome": "granted",
    "template": SAYS,
}
REJECT = {
    **GRANT,
    "code": "TU_CHOI",
    "symbol": "TB",
    "outcome": "rejected",
    "remedies": "Có quyền khiếu nại.",
}
REJECTED = {
    "outcome": "rejected", "reason": "Thiếu lối thoát nạn.", "legalGround": "Luật Xây dựng, Điều 93",
    "number": "5/QĐ",
}  # fmt: skip
OVERTURNED = {"verdict": "overturned", "reason": "Lối thoát nạn đã có trong bản vẽ."}
SAID = {"form": {"fullName": "Trần Thị Mẫu"}}


@pytest.fixture
async def world(
    database_url: str, open_world: Callable[..., AbstractAsyncContextManager[Any]], tmp_path: Path
) -> AsyncIterator[Any]:
    """A world in which results are signed."""
    make_sample_certificate(tmp_path / "p12", b"sample", datetime(2026, 1, 1, tzinfo=UTC))
    signing = {"result_certificates": tmp_path / "p12", "result_passphrase": SecretStr("sample")}
    async with open_world(database_url, **signing) as world:
        yield world


async def done(world: Any, case: str, command: str, who: str, body: Any = None) -> Any:
    answer = await world.act(case, command, world.official(who), body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def won(world: Any, case: str, **ruling: Any) -> None:
    """An appeal against what was decided on the case, and won three days later."""
    filed = await world.act(case, "appeals", world.citizen(), SAID)
    assert filed.status_code == 201, filed.text
    world.clock.advance(timedelta(days=3))
    await done(world, filed.json()["id"], "acceptance", "desk")
    await done(world, filed.json()["id"], "ruling", "justice", {**OVERTURNED, **ruling})


async def signed(world: Any, view: Any) -> Any:
    """The data of the result that was issued last."""
    key = next(item["id"] for item in reversed(view["result"]) if item["mediaType"] == "application/jose")
    answer = await world.http.get(f"/procedures/v1/documents/{key}/content", headers=world.citizen())
    payload = answer.content.split(b".")[1]
    return json.loads(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))


async def filed(world: Any) -> str:
    complaints = await world.publish()
    code = await world.publish(results=[GRANT, REJECT], appeal={"procedure": complaints})
    return str((await world.submit(code))["id"])


@pytest.mark.parametrize(
    ("ruling", "text"),
    [
        (
            {"legalGround": "Luật Khiếu nại, Điều 31", "number": "15/QĐ"},
            "Lối thoát nạn đã có trong bản vẽ. | Luật Khiếu nại, Điều 31 | 08/01/2026 | 15/QĐ | Trần Thị Mẫu",
        ),
        ({}, "Lối thoát nạn đã có trong bản vẽ. | ……… | 08/01/2026 | ……… | Trần Thị Mẫu"),
    ],
)
async def test_a_permit_after_an_appeal_tells_of_the_ruling_and_not_of_the_rejection(
    world: Any, ruling: dict[str, str], text: str
) -> None:
    case = await filed(world)
    await done(world, case, "acceptance", "desk")
    view = await done(world, case, "decision", "justice", REJECTED)
    old = await done(world, case, "issuance", "justice", {"type": "TU_CHOI"})
    told = await signed(world, old)
    assert (told["outcome"], told["text"].split(" | ")[0]) == ("rejected", "Thiếu lối thoát nạn.")
    await won(world, case, **ruling)
    body = {"type": "GIAY", "supersedes": old["results"][0]["id"]}
    view = await done(world, case, "issuance", "justice", body)
    told = await signed(world, view)
    assert (told["outcome"], told["text"]) == ("granted", text)


async def test_a_won_appeal_against_the_refusal_to_receive_a_case_gives_no_permit_that_was_rejected(
    world: Any,
) -> None:
    case = await filed(world)
    await done(world, case, "refusal", "desk", {"reason": "Sai nơi nộp.", "legalGround": "Điều 17"})
    await won(world, case)
    world.clock.advance(timedelta(minutes=1))
    await done(world, case, "reopening", "desk", {"reason": "Theo Quyết định số 15/QĐ-UBND."})
    await done(world, case, "acceptance", "desk")
    world.clock.advance(timedelta(minutes=1))
    await done(world, case, "decision", "justice", REJECTED)
    answer = await world.act(case, "issuance", world.official("justice"), {"type": "GIAY"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/result-not-fitting")
    await won(world, case)
    assert (await done(world, case, "issuance", "justice", {"type": "GIAY"}))["results"][0]["type"] == "GIAY"


async def test_what_people_wrote_in_any_script_is_signed_as_it_was_written(world: Any) -> None:
    complaints = await world.publish()
    code = await world.publish(results=[GRANT, REJECT], appeal={"procedure": complaints})
    case = (await world.submit(code, form={"fullName": "Trần Ｍẫu 😀 阮"}))["id"]
    await done(world, case, "acceptance", "desk")
    reason = "Đủ:\u0007\n\uf0b7 Bản vẽ\n\uf0fc Ảnh"
    await done(world, case, "decision", "justice", {"outcome": "granted", "reason": reason})
    view = await done(world, case, "issuance", "justice", {"type": "GIAY"})
    text = (await signed(world, view))["text"]
    assert (text.split(" | ")[0], text.split(" | ")[-1]) == (reason, "Trần Ｍẫu 😀 阮")
    assert [item["mediaType"] for item in view["result"]] == ["application/pdf", "application/jose"]
