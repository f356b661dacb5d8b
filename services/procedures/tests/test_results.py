"""Results: written from templates, numbered without a gap, signed, verified by others, revoked and superseded."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from procedures.domain.result import BLANK, ResultType, form_values, rendered, unknown_names
from procedures.results.certificates import make_sample_certificate
from procedures.results.checking import check
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys
from shared.errors import Text

NOW = datetime.now(UTC)  # noqa: TID251 -- certificates are checked by the machine's clock
GRANT = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "outcome": "granted",
    "template": "Xác nhận ông/bà {{ form.fullName }} đã nộp hồ sơ {{case.code}}.\n{{ decision.reason }}",
    "remedies": "Có quyền khiếu nại trong 90 ngày.",
}
REJECT = {**GRANT, "code": "TU_CHOI", "symbol": "TB", "outcome": "rejected"}


def test_a_template_puts_what_is_known_in_its_place_and_leaves_the_rest_blank() -> None:
    template = "{{ form.name }} sinh {{form.born}}, vốn {{ form.capital }}; {{ form.lost }}; { form.name }"
    values = {"form.name": "Trần <b>", "form.born": NOW.date().replace(2026, 3, 9), "form.capital": 1500000}
    assert rendered(template, values) == f"Trần <b> sinh 09/03/2026, vốn 1.500.000; {BLANK}; {{ form.name }}"


def test_what_was_filled_in_is_written_as_in_viet_nam() -> None:
    schema = {
        "type": "object",
        "properties": {
            "born": {"type": "string", "format": "date"},
            "stays": {"type": "array", "items": {"type": "string", "format": "date"}},
            "code": {"type": "string"},
        },
    }
    form = {
        "born": "2010-01-02", "stays": ["2025-12-31", "2026-02-01"], "code": "2010-01-02", "year": 1990,
        "house": 9999, "capital": 10000, "loss": -1500000, "address": {"street": "12 Lê Lợi", "floor": None},
    }  # fmt: skip
    values = form_values(form, schema)
    assert {name: rendered(f"{{{{ form.{name} }}}}", values) for name in form} == {
        "born": "02/01/2010", "stays": "31/12/2025, 01/02/2026", "code": "2010-01-02", "year": "1990",
        "house": "9999", "capital": "10.000", "loss": "-1.500.000", "address": f"12 Lê Lợi, {BLANK}",
    }  # fmt: skip
    assert form_values({"born": "hôm qua"}, schema) == {"form.born": "hôm qua"}
    assert form_values(form, None)["form.born"] == "2010-01-02"


def test_a_template_is_never_more_than_names() -> None:
    assert rendered("{{ form.a }}", {"form.a": "{{ case.code }}"}) == "{{ case.code }}"
    assert unknown_names("{{ form.a }} {{ form.b }} {{ case.secret }}", ["a"]) == ["form.b", "case.secret"]


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seal, bytes]:
    folder = tmp_path_factory.mktemp("certificates")
    authority = make_sample_certificate(folder, b"secret", datetime(2026, 1, 1, tzinfo=UTC))
    return Seal(SigningKeys(folder, b"secret")), authority.read_bytes()


@pytest.fixture
async def decided(world: Any, signing: Any) -> tuple[str, Any]:
    """A case that was granted, and the official who may issue its result."""
    sign_with(world, signing[0])
    code = await world.publish(results=[GRANT, REJECT])
    case = (await world.submit(code))["id"]
    desk = world.official("desk")
    await world.act(case, "acceptance", desk)
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    await world.act(
        case, "decision", desk, {"outcome": "granted", "reason": "Đủ điều kiện.", "number": "7/QĐ"}
    )
    return case, desk


def sign_with(world: Any, seal: Seal) -> None:
    desk = world.app.state.desk
    world.app.state.desk = replace(desk, press=replace(desk.press, seal=seal))


def issue(world: Any, case: str, who: Any, type_code: str = "GIAY", **more: Any) -> Any:
    return world.act(case, "issuance", who, {"type": type_code, **more})


async def fetched(world: Any, view: Any, media_type: str) -> bytes:
    key = next(item["id"] for item in reversed(view["result"]) if item["mediaType"] == media_type)
    answer = await world.http.get(f"/procedures/v1/documents/{key}/content", headers=world.citizen())
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


async def test_a_decided_case_gets_its_signed_result_which_anyone_with_it_can_verify(
    world: Any, decided: Any, signing: Any
) -> None:
    case, desk = decided
    view = (await issue(world, case, desk)).json()
    (result,) = view["results"]
    assert result["number"].endswith(f"/{world.clock.now():%Y}/GXN")
    content = (await check(await fetched(world, view, "application/jose"), signing[1], NOW)).content
    assert content is not None
    assert content["text"] == f"Xác nhận ông/bà Trần Thị Mẫu đã nộp hồ sơ {view['code']}.\nĐủ điều kiện."
    assert content["number"] == result["number"]
    pdf = await fetched(world, view, "application/pdf")
    assert (await check(pdf, signing[1], NOW)).sound
    row = (await world.told("procedures.case.v1", "result", result["id"]))[0]
    assert row.type == "procedures.case.result_issued.v1"
    address = await address_of(world, result["id"])
    verified = await world.http.get(address)
    assert (verified.json()["number"], verified.json()["state"]) == (result["number"], "in_force")
    assert "Trần" not in verified.text
    page = await world.http.get(address, headers={"accept": "text/html", "accept-language": "vi"})
    assert "Đang có hiệu lực" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    keys = (await world.http.get("/procedures/v1/result-keys")).json()["keys"]
    assert keys[0]["crv"] == "P-256"
    assert "d" not in keys[0]


async def test_neither_paper_nor_signed_data_is_in_the_hands_of_who_has_not_paid(
    world: Any, decided: Any
) -> None:
    case, desk = decided
    await world.act(case, "fees", desk, {"amount": 150000, "legalGround": "Thông tư 85/2019/TT-BTC"})
    view = (await issue(world, case, desk)).json()
    assert [item["mediaType"] for item in view["result"]] == ["application/pdf", "application/jose"]
    for item in view["result"]:
        answer = await world.http.get(
            f"/procedures/v1/documents/{item['id']}/content",
            headers={**world.citizen(), "if-none-match": f'"{item["sha256"]}"'},
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/fee-unpaid")
    await world.act(
        case, "fees/1/exemption", desk, {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015"}
    )
    assert (await fetched(world, view, "application/jose")).count(b".") == 2


async def address_of(world: Any, result: str) -> str:
    from sqlalchemy import text

    async with world.database.reading() as tx:
        token = await tx.scalar(text("SELECT token FROM results WHERE id = :id"), {"id": result})
    return f"/procedures/v1/results/{token}"


async def test_the_numbers_of_results_have_no_gap_whatever_is_refused_in_between(
    world: Any, decided: Any
) -> None:
    case, desk = decided
    only = (await issue(world, case, desk)).json()["results"][-1]
    first = int(only["number"].split("/")[0])
    refused = await issue(world, case, desk, "TU_CHOI")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/result-not-fitting")
    unknown = await issue(world, case, desk, "KHAC")
    assert (unknown.status_code, unknown.json()["types"]) == (400, ["GIAY", "TU_CHOI"])
    beside = await issue(world, case, desk)
    assert (beside.status_code, beside.json()["type"]) == (409, "/problems/result-in-force")
    assert (beside.json()["result"], beside.json()["number"]) == (only["id"], only["number"])
    second = (await issue(world, case, desk, supersedes=only["id"])).json()["results"][-1]["number"]
    assert int(second.split("/")[0]) == first + 1


async def test_a_result_is_superseded_and_revoked_with_a_trace(world: Any, decided: Any) -> None:
    case, desk = decided
    old = (await issue(world, case, desk)).json()["results"][0]
    await world.act(case, "tasks/TRA_KET_QUA/completion", desk, {})
    assert (await issue(world, case, desk)).json()["type"] == "/problems/result-in-force"
    new = (await issue(world, case, desk, supersedes=old["id"])).json()["results"][1]
    verified = (await world.http.get(await address_of(world, old["id"]))).json()
    assert (verified["state"], verified["supersededBy"]["number"]) == ("superseded", new["number"])
    assert (await issue(world, case, desk, supersedes=old["id"])).status_code == 409
    body = {"reason": "Khai sai.", "legalGround": "Điều 93"}
    revoked = await world.act(case, f"results/{new['id']}/revocation", desk, body)
    assert [result["state"] for result in revoked.json()["results"]] == ["superseded", "revoked"]
    verified = (await world.http.get(await address_of(world, new["id"]))).json()
    assert (verified["state"], verified["legalGround"], verified["supersedes"]["number"]) == (
        "revoked", "Điều 93", old["number"],
    )  # fmt: skip
    again = await world.act(case, f"results/{new['id']}/revocation", desk, body)
    assert again.status_code == 409
    tracked = (await world.read(case)).json()
    assert tracked["status"] == "closed"


async def test_a_case_that_was_closed_before_its_result_was_issued_still_gets_it(
    world: Any, decided: Any
) -> None:
    case, desk = decided
    await world.act(case, "tasks/TRA_KET_QUA/completion", desk, {})
    assert (await world.read(case)).json()["status"] == "closed"
    first = (await issue(world, case, desk)).json()["results"][0]
    body = {"reason": "Sai họ tên.", "legalGround": "Điều 93"}
    await world.act(case, f"results/{first['id']}/revocation", desk, body)
    corrected = (await issue(world, case, desk)).json()["results"]
    assert [result["state"] for result in corrected] == ["revoked", "in_force"]


async def test_a_superseded_result_that_is_revoked_has_not_counted_since_it_was_superseded(
    world: Any, decided: Any
) -> None:
    case, desk = decided
    old = (await issue(world, case, desk)).json()["results"][0]
    superseded_at = world.clock.now()
    await issue(world, case, desk, supersedes=old["id"])
    world.clock.advance(timedelta(hours=2))
    body = {"reason": "Khai sai.", "legalGround": "Điều 93"}
    await world.act(case, f"results/{old['id']}/revocation", desk, body)
    verified = (await world.http.get(await address_of(world, old["id"]))).json()
    assert (verified["state"], datetime.fromisoformat(verified["endedAt"])) == ("revoked", superseded_at)


@pytest.mark.parametrize(
    ("decided_at", "dated"),
    [("2026-01-06 06:30", "06/01/2026 06/01/2026"), ("2026-12-31 23:59", "31/12/2026 01/01/2027")],
)
async def test_the_dates_on_a_result_are_those_of_the_agency(
    world: Any, signing: Any, decided_at: str, dated: str
) -> None:
    sign_with(world, signing[0])
    dates = {**GRANT, "template": "{{ decision.date }} {{ result.date }}"}
    code = await world.publish(results=[dates], term={"kind": "none"})
    case, desk = (await world.submit(code))["id"], world.official("desk")
    world.clock.set(datetime.fromisoformat(f"{decided_at}+07:00").astimezone(UTC))
    await world.act(case, "acceptance", desk)
    await world.act(case, "decision", world.official("justice"), {"outcome": "granted", "reason": "Đủ."})
    world.clock.advance(timedelta(minutes=1))
    view = (await issue(world, case, desk)).json()
    told = (
        await check(await fetched(world, view, "application/jose"), signing[1], world.clock.now())
    ).content
    assert told is not None
    assert told["text"] == dated
    assert view["results"][0]["number"].split("/")[1] == dated[-4:]


async def test_nobody_else_issues_or_revokes_and_an_undecided_case_has_no_result(
    world: Any, decided: Any
) -> None:
    case, desk = decided
    assert (await issue(world, case, world.official("tax"))).status_code in (403, 404)
    undecided = (await world.submit(json.loads((await world.read(case)).text)["procedure"]))["id"]
    assert (await issue(world, undecided, desk)).json()["type"] == "/problems/action-not-allowed"


async def test_without_a_certificate_nothing_is_issued_and_no_number_is_taken(
    world: Any, decided: Any, signing: Any, tmp_path: Path
) -> None:
    case, desk = decided
    first = (await issue(world, case, desk)).json()["results"][-1]
    sign_with(world, Seal(SigningKeys(tmp_path, b"")))
    refused = await issue(world, case, desk, supersedes=first["id"])
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/signing-not-set-up")
    sign_with(world, signing[0])
    second = (await issue(world, case, desk, supersedes=first["id"])).json()["results"][-1]["number"]
    assert int(second.split("/")[0]) == int(first["number"].split("/")[0]) + 1


async def test_a_guessed_address_finds_nothing(world: Any) -> None:
    answer = await world.http.get(f"/procedures/v1/results/{'a' * 32}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/result-not-found")
    assert (await world.http.get("/procedures/v1/results/short")).status_code == 400


def test_a_type_of_result_comes_back_from_its_json() -> None:
    from procedures.domain.json_input import Node

    faults: list[Any] = []
    kind = ResultType.read(Node(GRANT, "", faults))
    assert (kind.to_json(), faults) == (GRANT, [])
    ResultType.read(Node({**GRANT, "outcome": "maybe", "logic": 1}, "", faults))
    assert {fault.code for fault in faults} == {"unknown_outcome", "unknown_key"}
    assert kind.title == Text("Giấy xác nhận", "Confirmation")


async def test_after_an_appeal_that_was_allowed_a_result_of_the_other_outcome_may_take_its_place(
    world: Any, signing: Any
) -> None:
    sign_with(world, signing[0])
    complaints = await world.publish()
    code = await world.publish(results=[GRANT, REJECT], appeal={"procedure": complaints})
    case, desk, justice = (await world.submit(code))["id"], world.official("desk"), world.official("justice")
    await world.act(case, "acceptance", desk)
    await world.act(case, "tasks/THU_LY/completion", justice, {"outcome": "done"})
    await world.act(case, "decision", desk, {"outcome": "rejected", "reason": "Thiếu.", "legalGround": "x"})
    old = (await issue(world, case, desk, "TU_CHOI")).json()["results"][0]
    await world.act(case, "tasks/TRA_KET_QUA/completion", desk, {})
    assert (await issue(world, case, desk, supersedes=old["id"])).status_code == 409
    filed = await world.act(case, "appeals", world.citizen(), {"form": {"fullName": "Trần Thị Mẫu"}})
    appeal = filed.json()["id"]
    await world.act(appeal, "acceptance", desk)
    await world.act(appeal, "ruling", justice, {"verdict": "overturned", "reason": "Đã đủ."})
    assert (await issue(world, case, desk)).json()["number"] == old["number"]
    results = (await issue(world, case, desk, supersedes=old["id"])).json()["results"]
    assert [(one["type"], one["state"]) for one in results] == [
        ("TU_CHOI", "superseded"),
        ("GIAY", "in_force"),
    ]
