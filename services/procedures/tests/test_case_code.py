"""The legal case code, its series of the day, and the secret for tracking."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from procedures.domain.case_code import SECRET_ALPHABET, SECRET_LENGTH, series_prefix, tracking_secret
from procedures.series import flaws_of_series
from shared.ids import new_id

KEY = b"a-key-of-tests-with-enough-characters"


def test_the_code_begins_with_the_agency_and_the_date_as_the_law_writes_them() -> None:
    assert series_prefix("000.00.01.H99", date(2026, 1, 31)) == "000.00.01.H99-260131-"


@pytest.mark.parametrize(
    ("last", "number"), [(8, "0009"), (9, "0010"), (9_998, "9999"), (9_999, "10000"), (10_000, "10001")]
)
async def test_a_series_counts_on_past_four_digits(world: Any, last: int, number: str) -> None:
    world.clock.set(datetime(2026, 5, 4 + len(number), 2, 0, last % 60, tzinfo=UTC))
    day = world.clock.now().date()
    async with world.database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO case_series VALUES ('H99.01', :day, :last)"
                " ON CONFLICT (agency, day) DO UPDATE SET last = :last"
            ),
            {"day": day, "last": last},
        )
    receipt = await world.submit(await world.publish())
    assert receipt["code"] == f"H99.01-{day:%y%m%d}-{number}"


async def test_a_series_that_was_set_back_takes_no_case_and_is_told_and_one_with_a_gap_is_found(
    world: Any,
) -> None:
    world.clock.set(datetime(2026, 6, 9, 2, 0, tzinfo=UTC))
    procedure = await world.publish()
    filing = {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}}
    once = {**world.citizen(), "idempotency-key": "k1"}
    first = await world.http.post("/procedures/v1/cases", json=filing, headers=once)
    await world.submit(procedure)

    async def stands_elsewhere(by: int) -> list[str]:
        change = text(
            "UPDATE case_series SET last = last + :by WHERE agency = 'H99.01' AND day = '2026-06-09'"
        )
        async with world.database.transaction() as tx:
            assert (await tx.execute(change, {"by": by})).rowcount == 1
            return [flaw.en for series, flaw in await flaws_of_series(tx) if series == "H99.01-260609"]

    assert await stands_elsewhere(0) == []
    assert await stands_elsewhere(-1) == [
        "Numbers of cases: 2 given, the highest 2, but the series is at 1.",
    ]
    refused = await world.http.post("/procedures/v1/cases", json=filing, headers=world.citizen())
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/case-number-taken")
    again = await world.http.post("/procedures/v1/cases", json=filing, headers=once)
    assert (again.status_code, again.json()["code"]) == (201, first.json()["code"])
    assert await stands_elsewhere(+1) == []
    assert (await world.submit(procedure))["code"].endswith("-0003")
    assert await stands_elsewhere(+5) == ["Numbers of cases: 3 given, the highest 3, but the series is at 8."]
    assert await stands_elsewhere(-5) == []


async def test_a_case_that_was_taken_away_with_all_that_stands_beside_it_is_missing_in_its_series(
    world: Any,
) -> None:
    world.clock.set(datetime(2026, 6, 10, 2, 0, tzinfo=UTC))
    procedure = await world.publish()
    gone, _ = [(await world.submit(procedure))["id"] for _ in range(2)]
    async with world.database.transaction() as tx:
        for table in ("tasks", "timers", "case_log"):
            await tx.execute(text(f"DELETE FROM {table} WHERE case_id = :case"), {"case": gone})
        await tx.execute(text("DELETE FROM cases WHERE id = :case"), {"case": gone})
        assert [flaw.en for series, flaw in await flaws_of_series(tx) if series == "H99.01-260610"] == [
            "Numbers of cases: 1 given, the highest 2, but the series is at 2."
        ]
        await tx.rollback()


async def test_the_day_of_the_code_is_that_of_the_agency(world: Any) -> None:
    procedure = await world.publish()
    world.clock.set(datetime(2026, 6, 1, 16, 59, 59, tzinfo=UTC))
    assert "-260601-" in (await world.submit(procedure))["code"]
    world.clock.set(datetime(2026, 6, 1, 17, 0, tzinfo=UTC))
    assert (await world.submit(procedure))["code"].endswith("-260602-0001")


async def test_each_agency_counts_for_itself(world: Any) -> None:
    world.clock.set(datetime(2026, 6, 3, 2, 0, tzinfo=UTC))
    ours = await world.publish()
    theirs = await world.publish(agency="H99.02")
    codes = [(await world.submit(procedure))["code"] for procedure in (ours, theirs, ours)]
    assert codes == ["H99.01-260603-0001", "H99.02-260603-0001", "H99.01-260603-0002"]


def test_a_secret_belongs_to_one_case_and_one_installation() -> None:
    case, other = new_id(), new_id()
    assert tracking_secret(KEY, case) == tracking_secret(KEY, case)
    assert tracking_secret(KEY, case) != tracking_secret(KEY, other)
    assert tracking_secret(KEY, case) != tracking_secret(KEY[::-1], case)


def test_secrets_are_evenly_made_of_letters_that_nobody_mistakes() -> None:
    assert len(SECRET_ALPHABET) == len(set(SECRET_ALPHABET)) == 32
    assert not set("01IO") & set(SECRET_ALPHABET)
    secrets = [tracking_secret(KEY, new_id()) for _ in range(4_000)]
    assert {len(secret) for secret in secrets} == {SECRET_LENGTH}
    letters = Counter("".join(secrets))
    assert set(letters) == set(SECRET_ALPHABET)
    assert max(letters.values()) < 1.25 * min(letters.values())
