"""An agency gives itself more time while it may, and apologises once it is late."""

from datetime import UTC, datetime
from typing import Any

import pytest

from procedures.timers.operations import fire_timers, told_by

EXTENSION = {"longest": {"kind": "working_days", "amount": 5}, "times": 1}
MORE = {"by": {"kind": "working_days", "amount": 2}, "reason": "Cần xác minh thực địa."}
SORRY = {"reason": "Phải xác minh lại.", "promisedDate": "2026-01-15"}
ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestExtending:
    async def test_the_term_is_longer_by_it_and_the_applicant_is_told(self, world: Any) -> None:
        case = await world.accepted(extension=EXTENSION)
        answer = await world.act(case, "extension", world.official("justice"), MORE)
        assert (answer.status_code, answer.json()["dueAt"]) == (201, "2026-01-12T01:30:00Z")
        assert answer.json()["extensions"] == [{**MORE, "at": "2026-01-05T01:30:00Z"}]
        (told,) = [
            row.payload
            for row in await world.told("procedures.case.v1", "extensions", "1")
            if str(row.aggregateid) == case
        ]
        assert told["dueAt"] == "2026-01-12T01:30:00Z"
        assert "reason" not in told

    async def test_a_procedure_that_says_nothing_of_it_allows_none(self, world: Any) -> None:
        case = await world.accepted()
        answer = await world.act(case, "extension", world.official("justice"), MORE)
        assert refusal(answer) == (409, "extension-not-allowed")

    async def test_it_is_extended_as_often_as_the_procedure_says(self, world: Any) -> None:
        case = await world.accepted(extension=EXTENSION)
        await world.act(case, "extension", world.official("justice"), MORE)
        again = await world.act(case, "extension", world.official("justice"), MORE)
        assert refusal(again) == (409, "extension-not-allowed")

    @pytest.mark.parametrize(
        "by",
        [
            {"kind": "working_days", "amount": 5.5},
            {"kind": "working_hours", "amount": 41},
            {"kind": "calendar_days", "amount": 1},
            {"kind": "working_days", "amount": 0},
            {"kind": "none"},
        ],
    )
    async def test_it_is_no_longer_than_the_procedure_says_and_in_its_kind_of_time(
        self, world: Any, by: dict[str, Any]
    ) -> None:
        case = await world.accepted(extension=EXTENSION)
        answer = await world.act(case, "extension", world.official("justice"), {**MORE, "by": by})
        assert answer.status_code == 400
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/by"]

    async def test_what_is_no_term_is_named_where_it_stands(self, world: Any) -> None:
        case = await world.accepted(extension=EXTENSION)
        body = {**MORE, "by": {"kind": "weeks", "amount": 1}}
        answer = await world.act(case, "extension", world.official("justice"), body)
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/by/kind"]

    async def test_a_term_that_has_run_out_is_not_extended_any_more(self, world: Any) -> None:
        case = await world.accepted(extension=EXTENSION)
        world.clock.set(local("2026-01-08 08:31"))
        answer = await world.act(case, "extension", world.official("justice"), MORE)
        assert refusal(answer) == (409, "extension-not-allowed")

    async def test_nothing_is_extended_while_the_applicant_is_waited_for(self, world: Any) -> None:
        case = await world.accepted(extension=EXTENSION)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        answer = await world.act(case, "extension", world.official("justice"), MORE)
        assert refusal(answer) == (409, "action-not-allowed")
        assert "extend" not in answer.json()["nextActions"]


class TestWaitingElsewhere:
    """The case waits at another agency alone; the one that answers for it speaks all the same."""

    async def with_the_tax_office(self, world: Any) -> str:
        case: str = await world.accepted(extension=EXTENSION)
        body = {"outcome": "ask_tax"}
        answer = await world.act(case, "tasks/THU_LY/completion", world.official("justice"), body)
        assert [task["agency"] for task in answer.json()["tasks"]] == ["H99.02"]
        return case

    async def test_the_unit_that_works_on_such_cases_extends_the_term(self, world: Any) -> None:
        case = await self.with_the_tax_office(world)
        assert (await world.act(case, "extension", world.official("justice"), MORE)).status_code == 201

    async def test_the_one_stop_desk_apologises_once_it_is_late(self, world: Any) -> None:
        case = await self.with_the_tax_office(world)
        world.clock.set(local("2026-01-09 08:31"))
        assert (await world.act(case, "apology", world.official("desk"), SORRY)).status_code == 201

    @pytest.mark.parametrize(("command", "body"), [("extension", MORE), ("apology", SORRY)])
    async def test_the_agency_it_waits_at_does_not_speak_for_it(
        self, world: Any, command: str, body: dict[str, Any]
    ) -> None:
        case = await self.with_the_tax_office(world)
        world.clock.set(local("2026-01-05 08:31"))
        answer = await world.act(case, command, world.official("tax"), body)
        assert refusal(answer) == (403, "another-agency")


class TestApologising:
    async def test_a_late_agency_says_why_and_promises_one_new_date(self, world: Any) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-08 08:31"))
        answer = await world.act(case, "apology", world.official("justice"), SORRY)
        apology = answer.json()["apology"]
        assert (answer.status_code, apology["promisedAt"][:16]) == (201, "2026-01-15T16:59")
        assert apology["reason"] == SORRY["reason"]
        again = await world.act(case, "apology", world.official("justice"), SORRY)
        assert refusal(again) == (409, "already-apologised")

    async def test_who_is_not_late_has_nothing_to_apologise_for(self, world: Any) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-08 08:30"))
        answer = await world.act(case, "apology", world.official("justice"), SORRY)
        assert refusal(answer) == (409, "not-late")

    @pytest.mark.parametrize("promised", ["2026-01-08", "2026-01-07", "2026-01-10", "2026-01-01"])
    async def test_the_promised_date_is_a_working_day_to_come(self, world: Any, promised: str) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-08 08:31"))
        body = {**SORRY, "promisedDate": promised}
        answer = await world.act(case, "apology", world.official("justice"), body)
        assert answer.status_code == 400
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/promisedDate"]

    async def test_a_broken_promise_is_noted_once(self, world: Any) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-08 08:31"))
        await world.act(case, "apology", world.official("justice"), SORRY)
        world.clock.set(local("2026-01-16 07:00"))
        for _ in range(2):
            while await fire_timers(
                world.database, world.app.state.desk.versions, world.clock.now(), told_by(world.clock)
            ):
                pass
        told = [
            row
            for row in await world.told("procedures.case.v1", "of", "promise")
            if str(row.aggregateid) == case
        ]
        assert len(told) == 1

    async def test_the_apology_does_not_make_the_case_any_less_late(self, world: Any) -> None:
        case = await world.accepted()
        world.clock.set(local("2026-01-08 08:31"))
        await world.act(case, "apology", world.official("justice"), SORRY)
        decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
        await world.act(case, "decision", world.official("justice"), decision)
        clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
        assert clock.json()["overdue"] is True
