"""An edit of a calendar dates the open cases that it touches anew, each once, whatever happens meanwhile."""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from procedures.calendars.redating import date_next
from procedures.cases.soundness import verify_cases
from procedures.tables import calendars, case_log, redating_batches, redatings, timers
from shared.db import Database
from shared.testing import eventually

AGENCY = "H99.01"
FRIDAY = "2026-01-09"
ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}

_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from procedures.calendars.redating import date_next
from procedures.keys.keyring import Keyring, hand_over
from shared.db import Database

async def work():
    database = Database(sys.argv[1])
    hand_over(Keyring(sys.argv[2]), database)
    while await date_next(database, datetime(2026, 1, 5, 2, tzinfo=UTC), at_once=3):
        print("a batch", flush=True)

asyncio.run(work())
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


@pytest.fixture(autouse=True)
async def ordinary_calendar(world: Any) -> None:
    """No test finds the calendar, or a job, that another left."""
    async with world.database.transaction() as tx:
        await tx.execute(calendars.delete())
        await tx.execute(redating_batches.delete())
        await tx.execute(redatings.delete())


async def accepted(world: Any, procedure: str) -> str:
    case = str((await world.submit(procedure))["id"])
    answer = await world.act(case, "acceptance", world.official("desk"))
    assert answer.status_code == 201, answer.text
    return case


async def run(world: Any, database: Database | None = None, at_once: int = 500) -> None:
    """Work on the jobs until there are none."""
    while await date_next(database or world.database, world.clock.now(), at_once):
        pass


async def redatings_in(world: Any, case: str) -> list[Any]:
    query = select(case_log.c.act).where(
        case_log.c.case_id == case, case_log.c.act["kind"].astext == "redated"
    )
    async with world.database.reading() as tx:
        return list((await tx.execute(query)).scalars().all())


async def due(world: Any, case: str) -> str:
    return str((await world.read(case)).json()["dueAt"])


async def jobs(world: Any) -> Any:
    path = f"/procedures/v1/agencies/{AGENCY}/calendar/redatings"
    return (await world.http.get(path, headers=world.official("desk"))).json()["items"]


async def test_a_closure_puts_off_what_is_due_after_it_and_nothing_else(world: Any) -> None:
    three_days, five_days = await world.publish(), await world.publish(term=working_days(5))
    before, after = await accepted(world, three_days), await accepted(world, five_days)
    await world.close_on(AGENCY, FRIDAY)
    await run(world)
    assert await due(world, before) == "2026-01-08T01:30:00Z"
    assert await due(world, after) == "2026-01-13T01:30:00Z"
    assert await redatings_in(world, before) == []
    (act,) = await redatings_in(world, after)
    assert act["reason"] == "Đóng cửa vì bão."


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


async def test_each_case_is_told_of_once_with_its_reason_and_new_date(world: Any) -> None:
    case = await accepted(world, await world.publish(term=working_days(5)))
    await world.close_on(AGENCY, FRIDAY)
    await run(world)
    await run(world)
    told = [
        row.payload
        for row in await world.told("procedures.case.v1", "reason", "Đóng cửa vì bão.")
        if str(row.aggregateid) == case
    ]
    assert [event["dueAt"] for event in told] == ["2026-01-13T01:30:00Z"]


async def test_the_answer_to_the_edit_shows_the_job_and_the_list_how_far_it_is(world: Any) -> None:
    await accepted(world, await world.publish(term=working_days(5)))
    await world.close_on(AGENCY, FRIDAY)
    (job,) = await jobs(world)
    assert (job["reason"], job["changedFromAt"]) == ("Đóng cửa vì bão.", "2026-01-08T17:00:00Z")
    assert "finishedAt" not in job or job["finishedAt"] is None
    await run(world)
    (job,) = await jobs(world)
    assert job["redatedCases"] >= 1
    assert job["finishedAt"] == "2026-01-05T01:30:00Z"


async def test_an_edit_that_changes_no_working_time_dates_nothing(world: Any) -> None:
    await accepted(world, await world.publish())
    await world.close_on(AGENCY, "2026-01-10")  # a Saturday
    assert await jobs(world) == []


async def test_new_office_hours_touch_nothing_that_was_worked_before_them(world: Any) -> None:
    early, late = [
        await accepted(world, await world.publish(term=working_days(days))) for days in (2, 5)
    ]  # due on Wednesday the 7th and on Monday the 12th
    before = [await due(world, case) for case in (early, late)]
    path = f"/procedures/v1/agencies/{AGENCY}/calendar"
    present = await world.http.get(path)
    morning = [{"opens": "07:30", "closes": "11:30"}]
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), morning)
    calendar = {**present.json()["calendar"], "laterWeeks": [{"from": "2026-01-08", "week": week}]}
    headers = {**world.official("desk"), "if-match": present.headers["etag"]}
    answer = await world.http.put(
        path, json={"calendar": calendar, "reason": "Đổi giờ làm."}, headers=headers
    )
    assert answer.json()["redating"]["changedFromAt"] == "2026-01-07T17:00:00Z"
    await run(world)
    assert await due(world, early) == before[0]
    assert await due(world, late) > before[1]


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        ({"closures": ["0001-01-01"]}, ("/calendar/closures", "wrong_date")),
        (
            {"week": {"monday": [{"opens": "07:30", "closes": "07:31"}]}},
            ("/calendar/week", "too_little_work"),
        ),
    ],
)
async def test_a_calendar_of_a_slip_in_a_spreadsheet_is_refused(
    world: Any, edit: dict[str, Any], fault: tuple[str, str]
) -> None:
    path = f"/procedures/v1/agencies/{AGENCY}/calendar"
    present = await world.http.get(path)
    body = {"calendar": {**present.json()["calendar"], **edit}, "reason": "Đóng cửa vì bão."}
    headers = {**world.official("desk"), "if-match": present.headers["etag"]}
    refused = await world.http.put(path, json=body, headers=headers)
    assert refused.status_code == 400, refused.text
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [fault]
    assert (await world.http.get(path)).json() == present.json()


async def test_of_two_edits_of_the_same_calendar_one_is_taken_and_the_other_told(world: Any) -> None:
    for closed in ("2026-01-06", "2026-01-07"):  # the first finds no row, the second finds one
        path = f"/procedures/v1/agencies/{AGENCY}/calendar"
        present = await world.http.get(path)
        headers = {**world.official("desk"), "if-match": present.headers["etag"]}
        edits = [
            {"calendar": {**present.json()["calendar"], "closures": [closed, day]}, "reason": "Bão."}
            for day in ("2026-02-02", "2026-02-03", "2026-02-04", "2026-02-05")
        ]
        answers = await asyncio.gather(*(world.http.put(path, json=edit, headers=headers) for edit in edits))
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        (taken,) = (answer for answer in answers if answer.status_code == 200)
        assert (await world.http.get(path)).json()["calendar"] == taken.json()["calendar"]


async def test_the_tasks_and_timers_move_with_the_case(world: Any) -> None:
    case = await accepted(world, await world.publish(term=working_days(5)))
    await world.close_on(AGENCY, "2026-01-06")
    await run(world)
    view = (await world.read(case)).json()
    assert [task["dueAt"] for task in view["tasks"]] == ["2026-01-08T01:30:00Z"]
    async with world.database.reading() as tx:
        rows = await tx.execute(select(timers.c.kind, timers.c.at).where(timers.c.case_id == case))
        assert dict(rows.all()) == {
            "step_overdue": local("2026-01-08 08:30"),
            "case_overdue": local("2026-01-13 08:30"),
        }
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=view["code"])
    assert verified.flaw is None


async def test_the_applicants_time_to_answer_moves_too(world: Any) -> None:
    rule = {"answerWithin": working_days(3)}
    case = await accepted(world, await world.publish(supplements=rule))
    await world.act(case, "supplement-request", world.official("justice"), ITEMS)
    assert (await world.read(case)).json()["answerBy"] == "2026-01-08T01:30:00Z"
    await world.close_on(AGENCY, "2026-01-06")
    await run(world)
    assert (await world.read(case)).json()["answerBy"] == "2026-01-09T01:30:00Z"


async def test_of_two_edits_in_a_row_a_case_that_was_not_reached_yet_is_told_both_reasons(world: Any) -> None:
    case = await accepted(world, await world.publish(term=working_days(5)))
    await world.close_on(AGENCY, FRIDAY)
    path = f"/procedures/v1/agencies/{AGENCY}/calendar"
    present = await world.http.get(path)
    calendar = {**present.json()["calendar"], "closures": [FRIDAY, "2026-01-08"]}
    headers = {**world.official("desk"), "if-match": present.headers["etag"]}
    body = {"calendar": calendar, "reason": "Cúp điện."}
    assert (await world.http.put(path, json=body, headers=headers)).status_code == 200
    await run(world)
    (act,) = await redatings_in(world, case)
    assert act["reason"] == "Đóng cửa vì bão.; Cúp điện."
    assert await due(world, case) == "2026-01-14T01:30:00Z"


async def test_a_case_that_was_being_accepted_by_the_calendar_as_it_was_is_not_missed(world: Any) -> None:
    procedure = await world.publish(term=working_days(5))
    case = str((await world.submit(procedure))["id"])
    async with world.database.transaction() as acting:
        await acting.execute(select(case_log).where(case_log.c.case_id == case).with_for_update())
        await world.close_on(AGENCY, FRIDAY)
        assert await date_next(world.database, world.clock.now()) is True  # notes its horizon
        assert await date_next(world.database, world.clock.now()) is False  # waits for the act
    assert await date_next(world.database, world.clock.now()) is True


async def test_two_processes_date_each_case_once(world: Any, other_process: Any) -> None:
    procedure = await world.publish(term=working_days(5))
    cases = [await accepted(world, procedure) for _ in range(12)]
    await world.close_on(AGENCY, FRIDAY)
    await asyncio.gather(run(world, at_once=2), run(world, other_process(), at_once=2))
    await run(world)
    assert [len(await redatings_in(world, case)) for case in cases] == [1] * len(cases)


async def test_a_job_whose_process_is_killed_goes_on_where_it_was(
    world: Any, database_url: str, master_key: str
) -> None:
    procedure = await world.publish(term=working_days(5))
    cases = [await accepted(world, procedure) for _ in range(20)]
    await world.close_on(AGENCY, FRIDAY)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WORKER, database_url, master_key, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    for _ in range(3):
        await worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    reached = (await jobs(world))[0]["lookedAtCases"]
    assert reached > 0

    async def finished() -> bool:
        await run(world, at_once=3)
        return bool((await jobs(world))[0]["finishedAt"])

    await eventually(finished, what="the end of the job")
    assert [len(await redatings_in(world, case)) for case in cases] == [1] * len(cases)
    async with world.database.reading() as tx:
        acts = select(func.count()).where(
            case_log.c.act["kind"].astext == "redated", case_log.c.case_id.in_(cases)
        )
        assert (await jobs(world))[0]["redatedCases"] >= (await tx.execute(acts)).scalar_one() == len(cases)


async def test_only_the_agency_itself_sees_its_jobs(world: Any) -> None:
    path = f"/procedures/v1/agencies/{AGENCY}/calendar/redatings"
    answer = await world.http.get(path, headers=world.official("elsewhere"))
    assert answer.status_code == 403
