"""Agencies asked and answering over HTTP at a process of procedures, which is killed in the middle, as PostgreSQL is.

All that are asked about a case answer at the same time, one of them with a document. Who gets no answer sends again
under the same key until there is one, and then once more. In the end each question must have been answered once, and
each consultation settled once: by the last of its answers, with the clock running on.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from procedures.agencies.operations import learn_agency
from procedures.cases.soundness import verify_cases
from procedures.catalogue.examples import DEFINITION
from procedures.keys.keyring import Keyring, hand_over
from shared.db import Database
from shared.events.identity import AgencyRegistered, Unit
from shared.ids import new_id
from shared.migrations import upgrade
from tests.kill.filing import (
    CASES,
    PDF,
    ROOT,
    Account,
    Filing,
    database_server,
    kill_in_turn,
    procedures_process,
    publish,
)

AGENCIES = ("H99.02", "H99.03", "H99.04")
UNIT = "PHONG_Y_KIEN"
LAW = "Nghị định 61/2018/NĐ-CP, Điều 19"


@dataclass
class Consulting(Filing):
    """Officials who ask three agencies about each case, and those who answer."""

    told: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Question -> what came back to its answers."""

    async def work(self, _: bool) -> None:
        """File, ask and answer for one case after another until it is over; the last one to its end."""
        while not self.over:
            citizen = self.tokens.bearer("procedures:cases:submit")
            body = {"procedure": self.procedure, "form": {"fullName": "Trần Thị Mẫu"}}
            case = await self._post(CASES, citizen, body)
            place = f"{CASES}/{case['id']}"
            await self._post(f"{place}/acceptance", self._official(DEFINITION["agency"], "BP_MOT_CUA"), None)
            question = {"unit": UNIT, "question": "Có vướng quy hoạch không?"}
            order = {"consultees": [{"agency": one, **question} for one in AGENCIES], "exemptedBy": LAW}
            asking = self._official(DEFINITION["agency"], "PHONG_TU_PHAP")
            view = await self._post(f"{place}/consultations", asking, order)
            (made,) = view["consultations"]
            await asyncio.gather(*(self._answer(one["agency"], one["id"]) for one in made["consultees"]))
            self.receipts[case["id"]].add(case["code"])

    async def _answer(self, agency: str, question: str) -> None:
        who, key = self._official(agency, UNIT), str(new_id())
        body: dict[str, Any] = {"opinion": "agree"}
        if agency == AGENCIES[0]:
            headers = {**who, "content-type": "application/pdf"}
            sent = await self.insist("/procedures/v1/documents?fileName=a.pdf", headers, content=PDF)
            body["documents"] = [{"document": "Y_KIEN", "id": sent["id"]}]
        for _ in range(2):  # the second time as a client that lost its first answer
            answer = await self._post(f"/procedures/v1/consultations/{question}/answer", who, body, key)
            self.told[question].add(str(answer))

    async def _post(self, path: str, who: dict[str, str], body: Any, key: str | None = None) -> Any:
        headers = {**who, "if-match": "*", "idempotency-key": key or str(new_id())}
        return await self.insist(path, headers, json=body)

    def _official(self, agency: str, unit: str) -> dict[str, str]:
        scope = "procedures:cases:read procedures:cases:process procedures:documents:write"
        posts, subject = [(unit, "XU_LY")], f"{unit} of {agency}"
        return self.tokens.bearer(scope, kind="official", agency=agency, posts=posts, subject=subject)


async def kill_while_consulting(kills: int, seed: int, say: Callable[[str], None]) -> Account:
    """Kill the process and PostgreSQL in turn, each time at another point of what is sent."""
    with database_server() as (folder, server):
        url = server.create_database("procedures")
        upgrade(ROOT / "services/procedures/migrations", url)
        await _know_agencies(url)
        async with procedures_process(folder, url) as (process, http, tokens):
            procedure = await publish(http, tokens)
            consulting = Consulting(http, tokens, procedure, lambda: "\n".join(process.tail()))
            done = await kill_in_turn(consulting, process, server, kills, random.Random(seed), say)
            faults = await _faults(url, consulting)
        return Account(done, len(consulting.receipts), consulting.unanswered, faults)


async def _know_agencies(url: str) -> None:
    database = Database(url, pool_size=1)
    async with database.transaction() as tx:
        for code in AGENCIES:
            unit = Unit(code=UNIT, name_vi=UNIT, name_en=UNIT)
            event = AgencyRegistered(code=code, name_vi=code, name_en=code, units=(unit,))
            await learn_agency(tx, 1, event)
    await database.close()


async def _faults(url: str, consulting: Consulting) -> list[str]:
    """What is not as it must be."""
    faults = [f"{question}: {given}" for question, given in consulting.told.items() if len(given) != 1]
    if len(consulting.told) != len(AGENCIES) * len(consulting.receipts):
        faults.append(f"{len(consulting.told)} answers to {len(consulting.receipts)} consultations")
    database = Database(url, pool_size=1)
    hand_over(Keyring(f"1:{'A' * 43}"), database)
    try:
        async with database.transaction() as tx:
            looked_at = await verify_cases(tx, after=None, limit=10_000)
            faults += [f"{one.code}: {one.flaw.en}" for one in looked_at if one.flaw is not None]
            faults += [f"{name}: {found}" for name, found in (await _counts(tx)).items() if found]
        if {str(one.id) for one in looked_at} != consulting.receipts.keys():
            faults.append(f"{len(looked_at)} cases, {len(consulting.receipts)} told")
    finally:
        await database.close()
    return faults


def _number(what: str, condition: str) -> str:
    return f"(SELECT count(*) FROM {what} WHERE {condition})"


_ANSWERED = "o.aggregateid = c.id AND o.type LIKE '%consultation_answered%'"
_ANSWER = "l.case_id = c.id AND l.act ->> 'kind' = 'consultation_answered'"
_WRONG = {
    "cases that asked not once": "jsonb_array_length(state -> 'consultations') <> 1",
    "cases with a question that is open": _number("consultees q", "q.case_id = c.id") + " <> 0",
    "cases with not one answer of each agency": _number("case_log l", _ANSWER) + f" <> {len(AGENCIES)}",
    "cases with answers that were not told once each": _number("outbox o", _ANSWERED)
    + f" <> {len(AGENCIES)}",
    "cases that were settled not once": _number(
        "outbox o", f"{_ANSWERED} AND o.payload ->> 'outcome' = 'agreed'"
    )
    + " <> 1",
    "cases whose clock does not run, or ran on not once": "due_at IS NULL OR "
    + _number("case_log l", f"{_ANSWER} AND l.act #> '{{stands,stops}}' = '[]'")
    + " <> 1",
    "cases with not one document": _number("documents d", "d.case_id = c.id")
    + " <> 1 OR jsonb_array_length(state -> 'attachments') <> 1",
}
"""Which cases are not as they must be."""


async def _counts(tx: Any) -> dict[str, int]:
    return {
        name: int((await tx.execute(text(f"SELECT count(*) FROM cases c WHERE {condition}"))).scalar_one())
        for name, condition in _WRONG.items()
    }
