"""Many want to do something to a case at the same time: one does, and the others are told who did what.

`MOTCUA_RACES` says how many races are run, `MOTCUA_RACERS` how many take part in each.
"""

import asyncio
import os
from collections import Counter
from itertools import cycle, islice
from typing import Any

import pytest

from shared.ids import new_id

RACES = int(os.environ.get("MOTCUA_RACES", "3"))
RACERS = int(os.environ.get("MOTCUA_RACERS", "200"))

OUTCOMES = {"acceptance": "accepted", "refusal": "refused", "withdrawal": "withdrawn"}
"""What each command leaves in the log."""


def racers(world: Any) -> dict[str, tuple[dict[str, str], Any]]:
    """Who sends which command, with what body."""
    refusal = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
    return {
        "acceptance": (world.official("desk"), None),
        "refusal": (world.official("desk"), refusal),
        "withdrawal": (world.citizen(), {"reason": "Không còn nhu cầu."}),
    }


async def race(world: Any, case: str, *, keyed: bool) -> list[tuple[str, Any]]:
    """All at once, for the same state: each command with its answer."""
    etag = (await world.read(case)).headers["etag"]
    commands = racers(world)

    async def run(command: str) -> tuple[str, Any]:
        who, body = commands[command]
        headers = {**who, "if-match": etag}
        if keyed:
            headers["idempotency-key"] = str(new_id())
        return command, await world.http.post(
            f"/procedures/v1/cases/{case}/{command}", json=body, headers=headers
        )

    return await asyncio.gather(*(run(command) for command in islice(cycle(commands), RACERS)))


@pytest.mark.timeout(7200)
async def test_of_many_commands_for_one_state_exactly_one_wins_and_the_others_are_told_who_did_what(
    world: Any,
) -> None:
    procedure, statuses, winners = await world.publish(), Counter[int](), Counter[str]()
    for number in range(RACES):
        case = (await world.submit(procedure))["id"]
        answers = await race(world, case, keyed=number % 2 == 0)
        statuses.update(answer.status_code for _, answer in answers)
        (winner,) = [command for command, answer in answers if answer.status_code == 201]
        winners[winner] += 1
        by = (
            {"kind": "person", "agency": None}
            if winner == "withdrawal"
            else {"kind": "official", "agency": "H99.01"}
        )
        for command, answer in answers:
            if answer.status_code == 201:
                continue
            told = answer.json()
            assert (answer.status_code, told["type"]) == (412, "/problems/case-changed"), answer.text
            (change,) = told["changes"]
            assert (change["sequence"], change["act"]) == (2, OUTCOMES[winner])
            colleagues = "withdrawal" not in (winner, command)
            assert ("subject" in change["by"]) is colleagues  # who it was is told within the agency
            assert {**change["by"], "subject": ""} == {**by, "subject": ""}
            assert told["etag"] == etag_of_winner(answers)
        log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
        assert log["sound"] is True
        assert [entry["act"]["kind"] for entry in log["entries"]] == ["submitted", OUTCOMES[winner]]
    assert statuses == {201: RACES, 412: RACES * (RACERS - 1)}
    print(f"{RACES} races of {RACERS}: {dict(statuses)}, won by {dict(winners)}")


def etag_of_winner(answers: list[tuple[str, Any]]) -> str:
    (etag,) = [answer.headers["etag"] for _, answer in answers if answer.status_code == 201]
    return str(etag)


async def test_many_who_send_the_same_command_under_one_key_are_all_told_of_the_one_that_was_done(
    world: Any,
) -> None:
    case = (await world.submit(await world.publish()))["id"]
    headers = {
        **world.official("desk"),
        "if-match": (await world.read(case)).headers["etag"],
        "idempotency-key": str(new_id()),
    }
    path = f"/procedures/v1/cases/{case}/acceptance"
    answers = await asyncio.gather(*(world.http.post(path, headers=headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    told = await world.told("procedures.case.v1", "status", "accepted")
    assert len([one for one in told if str(one.aggregateid) == case]) == 1
