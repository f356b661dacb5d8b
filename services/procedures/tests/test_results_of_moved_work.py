"""Work that went over to another unit in bulk is finished there: its result, its fees and what is paid back."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from procedures.cases.soundness import verify_cases
from procedures.reassignments.operations import reassign_next
from procedures.results.certificates import make_sample_certificate
from shared.ids import new_id

PERMIT = {
    "code": "GIAY",
    "title": {"vi": "Giấy phép", "en": "Permit"},
    "symbol": "GP",
    "template": "{{ decision.reason }}",
}
GRANTED = {"outcome": "granted", "reason": "Đủ điều kiện."}
REVOKED = {"reason": "Khai sai.", "legalGround": "Điều 93"}


class Merged:
    """An agency whose offices are merged, one into the other."""

    def __init__(self, world: Any) -> None:
        self.world, self.agency = world, f"H99.{new_id().hex[-6:]}"

    def at(self, unit: str, role: str = "XU_LY") -> dict[str, str]:
        scope = "procedures:cases:read procedures:cases:process procedures:work:manage"
        posts = [(unit, role)]
        token: dict[str, str] = self.world.bearer(scope, kind="official", agency=self.agency, posts=posts)
        return token

    async def accepted(self, *, decides: bool) -> str:
        steps = [
            {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "THU_LY"}]},
            {"code": "THU_LY", "unit": "PHONG_A", "role": "XU_LY", "transitions": [{"to": "TRA"}], "decides": decides},
            {"code": "TRA", "unit": "BP_MOT_CUA", "transitions": [{"to": None}]},
        ]  # fmt: skip
        titled = [{**step, "title": {"vi": step["code"], "en": step["code"]}} for step in steps]
        procedure = await self.world.publish(agency=self.agency, steps=titled, results=[PERMIT])
        case = str((await self.world.submit(procedure))["id"])
        await self.done(case, "acceptance", self.at("BP_MOT_CUA"))
        return case

    async def done(self, case: str, command: str, who: dict[str, str], body: Any = None) -> Any:
        answer = await self.world.act(case, command, who, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def refused(
        self, case: str, command: str, who: dict[str, str], body: Any = None
    ) -> tuple[int, str]:
        answer = await self.world.act(case, command, who, body)
        return answer.status_code, answer.json()["type"].rpartition("/")[2]

    async def move(self, unit: str, to: str) -> None:
        """All open work of a unit goes over."""
        path, manager = "/procedures/v1/reassignments", self.at("LANH_DAO")
        body = {"reason": "Sáp nhập hai phòng.", "fromUnit": unit, "toUnit": to}
        planned = await self.world.http.post(path, json=body, headers=manager)
        assert planned.status_code == 201, planned.text
        executed = await self.world.http.post(
            f"{planned.headers['location']}/execution",
            headers={**manager, "if-match": planned.headers["etag"]},
        )
        assert executed.status_code == 201, executed.text
        while await reassign_next(self.world.database, self.world.clock.now(), 10):
            pass

    async def flaws(self, case: str) -> list[Any]:
        code = (await self.world.read(case)).json()["code"]
        async with self.world.database.transaction() as tx:
            found = await verify_cases(tx, after=None, limit=1, code=code)
            return [one.flaw for one in found if one.flaw]


@pytest.fixture
async def merged(
    database_url: str, open_world: Callable[..., AbstractAsyncContextManager[Any]], tmp_path: Path
) -> AsyncIterator[Merged]:
    make_sample_certificate(tmp_path / "p12", b"sample", datetime(2026, 1, 1, tzinfo=UTC))
    signing = {"result_certificates": tmp_path / "p12", "result_passphrase": SecretStr("sample")}
    async with open_world(database_url, **signing) as world:
        merged = Merged(world)
        await world.learn_agency(merged.agency, "BP_MOT_CUA", "PHONG_A", "PHONG_B", "PHONG_C")
        yield merged


ISSUE = ("issuance", {"type": "GIAY"})


@pytest.mark.parametrize("decides", [True, False])
async def test_who_decided_what_went_over_to_them_issues_and_revokes_its_result(
    merged: Merged, decides: bool
) -> None:
    case = await merged.accepted(decides=decides)
    await merged.move("PHONG_A", "PHONG_B")
    theirs, strangers = merged.at("PHONG_B"), merged.at("PHONG_C")
    await merged.done(case, "decision", theirs, GRANTED)
    issued = await merged.done(case, ISSUE[0], theirs, ISSUE[1])
    await merged.done(case, "tasks/THU_LY/completion", theirs, {})
    await merged.done(case, "tasks/TRA/completion", merged.at("BP_MOT_CUA"), {})
    revocation = f"results/{issued['results'][0]['id']}/revocation"
    assert await merged.refused(case, revocation, strangers, REVOKED) == (403, "not-this-unit")
    assert await merged.refused(case, revocation, merged.at("PHONG_B", "VAN_THU"), REVOKED) == (
        403,
        "not-this-unit",
    )
    await merged.done(case, revocation, theirs, REVOKED)
    assert await merged.refused(case, *ISSUE[:1], strangers, ISSUE[1]) == (403, "not-this-unit")
    await merged.done(case, ISSUE[0], merged.at("PHONG_A"), ISSUE[1])
    assert await merged.flaws(case) == []


async def test_what_was_decided_goes_over_with_the_work_that_is_left_of_it(merged: Merged) -> None:
    case = await merged.accepted(decides=True)
    await merged.move("PHONG_A", "PHONG_B")
    await merged.done(case, "decision", merged.at("PHONG_B"), GRANTED)
    await merged.move("PHONG_B", "PHONG_C")
    theirs = merged.at("PHONG_C")
    await merged.done(case, "tasks/THU_LY/completion", theirs, {})
    await merged.move("BP_MOT_CUA", "PHONG_B")  # another's work, which is not the decision
    await merged.done(case, "tasks/TRA/completion", merged.at("PHONG_B"), {})
    assert await merged.refused(case, ISSUE[0], merged.at("PHONG_B"), ISSUE[1]) == (403, "not-this-unit")
    await merged.done(case, ISSUE[0], theirs, ISSUE[1])
    assert await merged.flaws(case) == []


async def test_who_has_the_work_now_asks_for_fees_and_waives_them(merged: Merged) -> None:
    case = await merged.accepted(decides=True)
    await merged.move("PHONG_A", "PHONG_B")
    theirs = merged.at("PHONG_B")
    order = {"amount": 50_000, "legalGround": "Thông tư 85/2019/TT-BTC"}
    assert await merged.refused(case, "fees", merged.at("PHONG_C"), order) == (403, "not-this-unit")
    await merged.done(case, "fees", theirs, order)
    await merged.done(case, "decision", theirs, GRANTED)
    await merged.done(case, "tasks/THU_LY/completion", theirs, {})
    waived = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015, Điều 10"}
    view = await merged.done(case, "fees/1/exemption", theirs, waived)
    assert view["fees"][0]["exemptedBy"] == waived["legalGround"]
