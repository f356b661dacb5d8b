"""Register sheets sent to the API: whatever they say, the answer names their faults and is never a failure."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from httpx import Response

from shared.ids import new_id

IMPORTS = "/procedures/v1/imports"


def sheet(code: str) -> dict[str, Any]:
    """A sheet of two units, without fault."""
    return {
        "sheet": code,
        "code": code,
        "title": "Chứng thực chữ ký",
        "total_days": 2,
        "fee": "10000",
        "steps": [
            {
                "unit": "BP_MOT_CUA",
                "name": "Tiếp nhận",
                "days": 0.5,
                "role": "TIEP_NHAN",
                "tasks": [{"code": f"{code}::NHAN", "name": "Nhận", "days": 0.5, "next": f"{code}::KY"}],
            },
            {
                "unit": "PHONG_TU_PHAP",
                "name": "Chứng thực",
                "days": 1.5,
                "role": None,
                "tasks": [{"code": f"{code}::KY", "name": "Ký", "days": 1.5, "next": "NULL"}],
            },
        ],
        "form": [
            {
                "section": "Người yêu cầu",
                "id": "ten",
                "type": "TextboxName",
                "label": "Họ tên",
                "required": True,
            }
        ],
    }


@pytest.fixture
def code() -> str:
    return f"TP{new_id().hex[-6:].upper()}"


async def post(world: Any, content: bytes, media_type: str = "application/json") -> Response:
    headers = {**world.official("desk"), "content-type": media_type}
    answer: Response = await world.http.post(IMPORTS, content=content, headers=headers)
    return answer


async def test_a_sound_sheet_becomes_a_draft_that_can_be_published(world: Any, code: str) -> None:
    answer = await post(world, json.dumps(sheet(code)).encode())
    assert (answer.status_code, answer.json()["findings"]) == (201, [])
    draft = answer.json()["draft"]
    assert (draft["code"], draft["status"], draft["title"]["vi"]) == (code, "draft", "Chứng thực chữ ký")
    path = f"/procedures/v1/procedures/{code}/versions/1/publication"
    published = await world.http.post(path, headers={**world.official("desk"), "if-match": "*"})
    assert published.status_code == 201
    receipt = await world.submit(code, form={"ten": "Trần Thị Mẫu"})
    assert receipt["procedure"] == code


async def test_a_sheet_with_faults_is_a_draft_with_their_names_in_two_languages(
    world: Any, code: str
) -> None:
    faulty = sheet(code)
    faulty["fee"] = "50.000"
    faulty["steps"][1]["tasks"][0]["next"] = "NOWHERE"
    answer = await post(world, json.dumps(faulty).encode())
    found = {finding["code"]: finding for finding in answer.json()["findings"]}
    assert found["fee_format"]["pointer"] == "/fee"
    assert found["dangling_transition"]["pointer"] == "/steps/1/tasks/0/next"
    assert all(finding["message"]["vi"] and finding["message"]["en"] for finding in found.values())
    assert answer.json()["draft"]["version"] == 1


async def test_a_sheet_that_cannot_be_a_draft_leaves_none(world: Any, code: str) -> None:
    answer = await post(world, json.dumps({"code": code}).encode())
    assert (answer.status_code, answer.json()["draft"]) == (201, None)
    drafts = await world.http.get("/procedures/v1/drafts?limit=200", headers=world.official("desk"))
    assert code not in {draft["code"] for draft in drafts.json()["items"]}


async def test_units_that_the_agency_does_not_have_are_named(world: Any, code: str) -> None:
    agency = f"H{new_id().hex[-8:]}"
    await world.learn_agency(agency, "BP_MOT_CUA")
    editor = world.official("desk", agency)
    answer = await world.http.post(IMPORTS, json=sheet(code), headers=editor)
    assert [(finding["code"], finding["pointer"]) for finding in answer.json()["findings"]] == [
        ("unknown_unit", "/steps/1/unit")
    ]


async def test_a_key_imports_once(world: Any, code: str) -> None:
    headers = {**world.official("desk"), "idempotency-key": str(new_id())}
    first, again = [await world.http.post(IMPORTS, json=sheet(code), headers=headers) for _ in range(2)]
    assert (first.json()["draft"]["version"], first.json()) == (1, again.json())


ODD = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    " ",
    "NULL",
    "x" * 3000,
    "/../%00?#",
    "\x00",
    "\ud800",
    [],
    [[]],
    {},
)


def damaged(value: Any, put: Any) -> Iterator[Any]:
    """The value with each of its parts in turn taken out, or with something odd in its place."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            for odd in ODD:
                changed = deepcopy(value)
                changed[key] = odd
                yield put(changed)
            without = deepcopy(value)
            del without[key]
            yield put(without)
            yield from damaged(value[key], lambda inner, key=key: put(_with(value, key, inner)))


def _with(value: Any, key: Any, inner: Any) -> Any:
    changed = deepcopy(value)
    changed[key] = inner
    return changed


async def test_no_damage_to_a_sheet_is_a_failure_of_ours(world: Any, code: str) -> None:
    answers: dict[int, int] = {}
    for body in damaged(sheet(code), lambda whole: whole):
        answer = await post(world, json.dumps(body).encode())
        assert answer.status_code in (201, 400, 403), (answer.status_code, body, answer.text)
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
    assert sum(answers.values()) > 400
    assert answers[201] > 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"sheet"',
        b"0",
        b"{",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        json.dumps({"code": "A" * 3_000_000}).encode(),
        json.dumps({"code": "A", "steps": [{"tasks": [{}] * 20_000}]}).encode(),
    ],
    ids=lambda content: ascii(content[:12]),
)
async def test_what_is_no_sheet_at_all_is_told_so(world: Any, content: bytes) -> None:
    for media_type in ("application/json", "application/octet-stream", "text/plain"):
        answer = await post(world, content, media_type)
        assert answer.status_code in (201, 400, 413), answer.text
        if answer.status_code == 201:
            assert answer.json()["draft"] is None
            assert answer.json()["findings"]
