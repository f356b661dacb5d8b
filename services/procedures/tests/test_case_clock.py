"""Why a case is due when it is, in sentences that a citizen can check against a calendar on the wall."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from procedures.domain.allowances import duration_in_words
from shared.ids import new_id


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def wire(text: str) -> str:
    return local(text).isoformat().replace("+00:00", "Z")


async def clock_of(world: Any, case: str, headers: dict[str, str] | None = None) -> Any:
    answer = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=headers or world.citizen())
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def case(world: Any) -> str:
    """Submitted on Monday 5 January 2026 at 08:30; three working days."""
    receipt = await world.submit(await world.publish())
    return str(receipt["id"])


async def test_before_a_case_is_received_its_term_has_not_begun(world: Any, case: str) -> None:
    world.clock.set(local("2026-01-05 10:00"))
    clock = await clock_of(world, case)
    assert (clock["startedAt"], clock["term"], clock["remaining"], clock["overdue"]) == (
        None,
        None,
        None,
        False,
    )
    assert clock["text"] == {"vi": "Thời hạn chưa bắt đầu.", "en": "The term has not begun."}
    (waiting,) = clock["intervals"]
    assert (waiting["counts"], waiting["workingTime"]) == (False, "PT1H30M")
    assert waiting["text"]["en"] == (
        "From 2026-01-05 08:30 to 2026-01-05 10:00: Waiting to be received; the term has not begun. "
        "1 hour 30 minutes of working time, does not count."
    )


async def test_a_running_clock_says_when_it_is_due_and_what_is_left(world: Any, case: str) -> None:
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-06 10:30"))
    clock = await clock_of(world, case)
    assert (clock["startedAt"], clock["dueAt"]) == (wire("2026-01-05 08:30"), wire("2026-01-08 08:30"))
    assert clock["term"] == {"kind": "working_days", "amount": 3}
    assert (clock["elapsed"], clock["remaining"], clock["standsStillFor"]) == ("PT10H", "PT14H", [])
    assert clock["text"] == {
        "vi": "Thời hạn: 3 ngày làm việc, tính từ 08:30 ngày 05/01/2026. "
        "Đến hạn lúc 08:30 ngày 08/01/2026, còn 14 giờ làm việc.",
        "en": "The term: 3 working days, counted from 2026-01-05 08:30. "
        "It is due at 2026-01-08 08:30; 14 hours of working time are left.",
    }


async def test_a_late_case_says_since_when(world: Any, case: str) -> None:
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-08 08:30"))
    assert (await clock_of(world, case))["overdue"] is False
    world.clock.advance(timedelta(microseconds=1))
    clock = await clock_of(world, case)
    assert (clock["overdue"], clock["remaining"]) == (True, "PT0S")
    assert "Đã quá hạn từ 08:30 ngày 08/01/2026." in clock["text"]["vi"]


async def test_a_supplement_is_an_interval_that_does_not_count(world: Any, case: str) -> None:
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-06 08:30"))
    items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
    await world.act(case, "supplement-request", world.official("justice"), items)
    world.clock.set(local("2026-01-12 08:30"))
    standing = await clock_of(world, case)
    assert [stop["reason"] for stop in standing["standsStillFor"]] == ["supplement"]
    assert (standing["dueAt"], standing["elapsed"], standing["remaining"]) == (None, "PT8H", "PT16H")
    assert standing["text"]["vi"].endswith("Đang tạm dừng: Chờ người nộp bổ sung hồ sơ. Còn 16 giờ làm việc.")
    sent = await world.send(b"%PDF-1.7 sample")
    brought = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
    await world.act(case, "supplement", world.citizen(), brought)
    world.clock.set(local("2026-01-13 08:30"))
    clock = await clock_of(world, case)
    told = [(part["counts"], part["beginsAt"], part["workingTime"]) for part in clock["intervals"]]
    assert told == [
        (True, wire("2026-01-05 08:30"), "PT8H"),
        (False, wire("2026-01-06 08:30"), "P1DT8H"),
        (True, wire("2026-01-12 08:30"), "PT8H"),
    ]
    assert (clock["dueAt"], clock["remaining"]) == (wire("2026-01-14 08:30"), "PT8H")


async def test_the_clock_of_a_decided_case_stands_at_its_decision(world: Any, case: str) -> None:
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-07 08:30"))
    decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
    await world.act(case, "decision", world.official("justice"), decision)
    at_once = await clock_of(world, case)
    world.clock.set(local("2026-03-02 08:30"))
    clock = await clock_of(world, case)
    (late,), (step,) = clock.pop("steps"), at_once.pop("steps")
    assert (late, step["overdue"]) == ({**step, "overdue": True}, False)  # left open since by its unit
    assert clock == at_once
    assert (clock["endedAt"], clock["elapsed"], clock["remaining"]) == (
        wire("2026-01-07 08:30"),
        "PT16H",
        None,
    )
    assert clock["text"]["en"].endswith("It was decided at 2026-01-07 08:30, in time.")


async def test_a_case_that_was_withdrawn_or_refused_says_so(world: Any, case: str) -> None:
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-05 15:30"))
    await world.act(case, "withdrawal", world.citizen(), {})
    world.clock.set(local("2026-01-09 15:30"))
    withdrawn = await clock_of(world, case)
    assert withdrawn["text"]["en"].endswith("The case was withdrawn at 2026-01-05 15:30.")
    assert (withdrawn["overdue"], withdrawn["elapsed"]) == (False, "PT5H")
    refused = (await world.submit(await world.publish()))["id"]
    world.clock.set(local("2026-01-12 15:30"))
    ground = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
    await world.act(refused, "refusal", world.official("desk"), ground)
    world.clock.set(local("2026-01-16 15:30"))
    clock = await clock_of(world, refused)
    (waiting,) = clock["intervals"]
    assert waiting["endsAt"] == wire("2026-01-12 15:30")
    assert clock["text"] == {
        "vi": "Hồ sơ bị từ chối tiếp nhận lúc 15:30 ngày 12/01/2026; thời hạn không bắt đầu.",
        "en": "The case was refused at 2026-01-12 15:30; the term never began.",
    }


async def test_a_case_that_was_taken_back_before_its_receipt_says_so(world: Any, case: str) -> None:
    world.clock.set(local("2026-01-06 15:30"))
    await world.act(case, "withdrawal", world.citizen(), {})
    world.clock.set(local("2026-01-16 15:30"))
    assert (await clock_of(world, case))["text"] == {
        "vi": "Hồ sơ được rút lúc 15:30 ngày 06/01/2026, trước khi tiếp nhận; thời hạn không bắt đầu.",
        "en": "The case was withdrawn at 2026-01-06 15:30, before it was received; the term never began.",
    }


async def test_an_extension_is_told_with_its_reason(world: Any) -> None:
    by = {"kind": "working_days", "amount": 2}
    case = await world.accepted(extension={"longest": by, "times": 1})
    world.clock.set(local("2026-01-06 14:00"))
    body = {"by": by, "reason": "Phải xác minh ở hai xã."}
    assert (await world.act(case, "extension", world.official("justice"), body)).status_code == 201
    clock = await clock_of(world, case)
    assert clock["extensions"] == [
        {
            **body,
            "at": wire("2026-01-06 14:00"),
            "text": {
                "vi": "Gia hạn thêm 2 ngày làm việc lúc 14:00 ngày 06/01/2026. Lý do: Phải xác minh ở hai xã.",
                "en": "Extended by 2 working days at 2026-01-06 14:00. The reason: Phải xác minh ở hai xã.",
            },
        }
    ]
    assert clock["text"]["vi"] == (
        "Thời hạn: 3 ngày làm việc, gia hạn thêm 2 ngày làm việc, tính từ 08:30 ngày 05/01/2026. "
        "Đến hạn lúc 08:30 ngày 12/01/2026, còn 28 giờ 30 phút làm việc."
    )


async def test_a_procedure_without_a_term_is_never_late(world: Any) -> None:
    case = (await world.submit(await world.publish(term={"kind": "none"})))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2030-01-05 15:30"))
    clock = await clock_of(world, case)
    assert (clock["dueAt"], clock["remaining"], clock["overdue"]) == (None, None, False)
    assert clock["text"]["vi"].endswith("Hồ sơ này không bị tính quá hạn.")


async def test_the_clock_is_seen_by_those_who_see_the_case(world: Any, case: str) -> None:
    await clock_of(world, case, world.official("justice"))
    path = f"/procedures/v1/cases/{case}/clock"
    for stranger in (world.citizen(str(new_id())), world.official("elsewhere"), world.official("tax")):
        assert (await world.http.get(path, headers=stranger)).status_code == 404


@pytest.mark.parametrize(
    ("duration", "vi", "en"),
    [
        (timedelta(), "0 phút", "0 minutes"),
        (timedelta(minutes=1, seconds=59), "1 phút", "1 minute"),
        (timedelta(hours=1), "1 giờ", "1 hour"),
        (timedelta(days=1, hours=1, minutes=30), "25 giờ 30 phút", "25 hours 30 minutes"),
    ],
)
def test_working_time_is_told_in_hours_and_minutes(duration: timedelta, vi: str, en: str) -> None:
    words = duration_in_words(duration)
    assert (words.vi, words.en) == (vi, en)
