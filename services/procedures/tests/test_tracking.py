"""Public tracking tells whoever holds code and secret, and lets nobody find out which codes exist."""

import time
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import text

from procedures.cases.operations import CaseNotFound
from procedures.domain.case_code import SECRET_ALPHABET, SECRET_LENGTH
from procedures.tracking.guesses import FREE_GUESSES, WITHIN, Guesses, TooManyGuesses, household
from procedures.tracking.operations import track_case

TRACKING = "/procedures/v1/tracking"
WRONG = SECRET_ALPHABET[0] * SECRET_LENGTH
TIMINGS, ROUNDS, TOLERANCE = 400, 5, 0.05


async def test_code_and_secret_open_what_happened_and_nothing_personal(world: Any) -> None:
    receipt = await world.submit(await world.publish())
    await world.act(receipt["id"], "acceptance", world.official("desk"))
    found = await world.http.post(
        TRACKING, json={"code": receipt["code"], "secret": receipt["trackingSecret"].lower()}
    )
    assert [step["act"] for step in found.json()["steps"]] == ["submitted", "accepted"]
    for personal in ("Trần", world.citizen_id, receipt["id"]):
        assert personal not in found.text


async def told(world: Any, receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """The last steps that public tracking shows, in both languages."""
    body = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
    steps = (await world.http.post(TRACKING, json=body)).json()["steps"]
    return [(step["text"]["vi"], step["text"]["en"]) for step in steps]


async def asked_for_papers(world: Any, **changes: Any) -> dict[str, Any]:
    """The receipt of a case whose applicant is asked for two papers."""
    receipt: dict[str, Any] = await world.submit(await world.publish(**changes))
    await world.act(receipt["id"], "acceptance", world.official("desk"))
    items = [{"document": document, "reason": "Bị mờ."} for document in ("GIAY_TO", "SO_DO")]
    await world.act(receipt["id"], "supplement-request", world.official("justice"), {"items": items})
    return receipt


async def bring(world: Any, case: str, document: str) -> None:
    brought = {"documents": [{"document": document, "id": (await world.send(b"%PDF-1.7 paper"))["id"]}]}
    assert (await world.act(case, "supplement", world.citizen(), brought)).status_code == 201


async def test_a_part_of_what_is_missing_is_told_as_one_and_not_that_the_clock_runs(world: Any) -> None:
    receipt = await asked_for_papers(world)
    await bring(world, receipt["id"], "GIAY_TO")
    assert (await told(world, receipt))[-1] == (
        "Người nộp đã bổ sung một phần; thời hạn vẫn tạm dừng.",
        "A part of what is missing was brought; the clock still stands still.",
    )
    await bring(world, receipt["id"], "SO_DO")
    runs = ("Người nộp đã bổ sung; thời hạn chạy tiếp.", "The case was supplemented; the clock runs on.")
    assert (await told(world, receipt))[-1] == runs


async def test_a_clock_that_stands_still_for_a_fee_is_not_told_to_run_on(world: Any) -> None:
    demand = {"at": "submission", "stopsClock": True}
    receipt = await asked_for_papers(world, fee={"amount": 5000, "currency": "VND"}, feeDemand=demand)
    for document in ("GIAY_TO", "SO_DO"):
        await bring(world, receipt["id"], document)
    assert (await world.read(receipt["id"])).json()["stoppedAt"] is not None
    assert (await told(world, receipt))[-1] == (
        "Người nộp đã bổ sung đủ.",
        "All that was missing was brought.",
    )


async def test_a_case_that_is_rejected_unanswered_is_not_told_to_go_on(world: Any) -> None:
    within = {"kind": "working_days", "amount": 3}
    receipt = await asked_for_papers(world, supplements={"answerWithin": within, "onExpiry": "reject"})
    world.clock.advance(timedelta(days=30))
    await world.fire()
    assert (await told(world, receipt))[-2:] == [
        ("Đã hết hạn bổ sung hồ sơ.", "The time to supplement the case has ended."),
        ("Cơ quan đã quyết định.", "The case was decided."),
    ]


async def test_a_wrong_secret_and_an_unknown_code_are_answered_alike_to_the_letter(world: Any) -> None:
    receipt = await world.submit(await world.publish())
    other = receipt["code"][:-4] + "9999"
    wrong, unknown = [
        await world.http.post(
            TRACKING,
            json={"code": code, "secret": WRONG},
            headers={"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"},
        )
        for code in (receipt["code"], other)
    ]
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.content == unknown.content
    own = {"date", "traceparent", "x-request-id"}
    assert {name: value for name, value in wrong.headers.items() if name not in own} == {
        name: value for name, value in unknown.headers.items() if name not in own
    }


async def test_a_wrong_secret_and_an_unknown_code_take_the_same_time(world: Any) -> None:
    """By medians of turns taken one after the other; noise alone does not stay outside in every round."""
    receipt = await world.submit(await world.publish())
    known, unknown = receipt["code"], receipt["code"][:-4] + "9999"
    key = world.app.state.desk.tracking_key
    async with world.database.transaction() as tx:
        await tx.execute(text("ANALYZE cases"))
    ratios = []
    async with world.database.reading() as tx:

        async def timed(code: str) -> float:
            began = time.perf_counter()
            with pytest.raises(CaseNotFound):
                await track_case(tx, key, code=code, secret=WRONG)
            return time.perf_counter() - began

        for _ in range(ROUNDS):
            turns = [(await timed(known), await timed(unknown)) for _ in range(TIMINGS)]
            ratios.append(median(hit for hit, _ in turns) / median(miss for _, miss in turns))
            if abs(ratios[-1] - 1) < TOLERANCE:
                break
    print(f"a wrong secret takes {ratios[-1]:.3f} of the time of an unknown code")
    assert abs(ratios[-1] - 1) < TOLERANCE, ratios


async def test_whoever_is_wrong_too_often_waits_a_minute_though_right_at_last(world: Any) -> None:
    receipt = await world.submit(await world.publish())
    right = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
    for code in (receipt["code"], "H99.01-260105-9999") * (FREE_GUESSES // 2):
        wrong = await world.http.post(TRACKING, json={"code": code, "secret": WRONG})
        assert wrong.status_code == 404
    refused = await world.http.post(TRACKING, json=right)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-guesses")
    assert refused.headers["retry-after"] == "61"
    world.clock.advance(WITHIN)
    assert (await world.http.post(TRACKING, json=right)).status_code == 200


def refused(guesses: Guesses, address: str, at: Any) -> bool:
    try:
        guesses.require_free(address, at)
    except TooManyGuesses:
        return True
    return False


def test_only_the_guesses_of_the_last_minute_count_and_only_those_of_the_same_address(world: Any) -> None:
    guesses, now = Guesses(), world.clock.now()
    for number in range(FREE_GUESSES):
        assert not refused(guesses, "203.0.113.7", now)
        guesses.wrong("203.0.113.7", now + timedelta(seconds=number))
    assert refused(guesses, "203.0.113.7", now + timedelta(seconds=59))
    assert not refused(guesses, "203.0.113.8", now + timedelta(seconds=59))
    assert not refused(guesses, "203.0.113.7", now + WITHIN)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address: str, expected: str) -> None:
    assert household(address) == expected
