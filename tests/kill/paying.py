"""Fees asked for and paid over HTTP at a process of procedures, which is killed in the middle of it, as PostgreSQL is.

A provider that gets no answer tells the same again until it has one, and then once more. In the end each case must have
one fee, each fee one payment and one receipt, and the receipts of the year must have no gap.
"""

import json
import random
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from standardwebhooks import Webhook

from procedures.cases.soundness import verify_cases
from procedures.keys.keyring import Keyring, hand_over
from procedures.series import flaws_of_series
from shared.clock import SystemClock
from shared.db import Database
from shared.ids import new_id
from shared.migrations import upgrade
from tests.kill.filing import (
    CASES,
    ROOT,
    Account,
    Filing,
    database_server,
    kill_in_turn,
    procedures_process,
    publish,
)

SECRET = "whsec_" + b64encode(b"a secret of tests, long enough!!").decode()
FEE = {"amount": 150000, "currency": "VND"}
DEMAND = {"at": "submission", "stopsClock": True}


@dataclass
class Paying(Filing):
    """Clients that file a case and pay its fee, each by two payments of which one is too many."""

    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The provider's reference -> what it was answered."""

    async def work(self, _: bool) -> None:
        """File and pay one case after another until it is over; the last one to its end."""
        while not self.over:
            who = self.tokens.bearer("procedures:cases:submit procedures:cases:read")
            body = {"procedure": self.procedure, "form": {"fullName": "Trần Thị Mẫu"}}
            key = str(new_id())
            filed = await self.insist(CASES, {**who, "idempotency-key": key}, json=body)
            for reference in (f"{key}-1", f"{key}-2"):
                for _ in range(2):  # the second time as a provider that lost the first answer
                    await self._tell(reference, f"{filed['code']}/1")
            self.receipts[key].add(filed["code"])

    async def _tell(self, reference: str, fee: str) -> None:
        now = SystemClock().now()
        notice = {
            "kind": "paid",
            "reference": reference,
            "fee": fee,
            **FEE,
            "happenedAt": "2026-11-23T02:00:00Z",
        }
        body = json.dumps(notice)
        headers = {
            "content-type": "application/json",
            "webhook-id": reference,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(reference, now, body),
        }
        path = "/procedures/v1/payments/callbacks/napas"
        answer = await self.insist(path, headers, status=200, content=body.encode())
        self.taken[reference].add(f"{answer['verdict']} {answer['receipt']}")


async def kill_while_paying(kills: int, seed: int, say: Callable[[str], None]) -> Account:
    """Kill the process and PostgreSQL in turn, each time at another point of a filing or a payment."""
    with database_server() as (folder, server):
        url = server.create_database("procedures")
        upgrade(ROOT / "services/procedures/migrations", url)
        providers = json.dumps({"napas": SECRET})
        async with procedures_process(folder, url, PAYMENT_PROVIDERS=providers) as (process, http, tokens):
            procedure = await publish(http, tokens, fee=FEE, feeDemand=DEMAND)
            paying = Paying(http, tokens, procedure, lambda: "\n".join(process.tail()))
            done = await kill_in_turn(paying, process, server, kills, random.Random(seed), say)
            faults = await _faults(url, paying)
        return Account(done, len(paying.receipts), paying.unanswered, faults)


async def _faults(url: str, paying: Paying) -> list[str]:
    """What is not as it must be."""
    answers = [next(iter(given)) for given in paying.taken.values()]
    faults = [f"{reference}: {given}" for reference, given in paying.taken.items() if len(given) != 1]
    faults += [f"{len(answers)} payments were answered, of {len(paying.receipts)} cases"] * (
        len(answers) != 2 * len(paying.receipts)
    )
    receipts = sorted(
        int(given.split()[1].partition("/")[0]) for given in answers if given.startswith("accepted")
    )
    if receipts != list(range(1, len(paying.receipts) + 1)):
        faults.append(f"the receipts have a gap, or one is there twice: {receipts}")
    if sum(given == "duplicate None" for given in answers) != len(paying.receipts):
        faults.append("a fee was paid twice, or not at all")
    database = Database(url, pool_size=1)
    hand_over(Keyring(f"1:{'A' * 43}"), database)
    try:
        async with database.transaction() as tx:
            flaws = await verify_cases(tx, after=None, limit=10_000)
            faults += [f"{one.code}: {one.flaw.en}" for one in flaws if one.flaw is not None]
            faults += [f"{series}: {flaw.en}" for series, flaw in await flaws_of_series(tx)]
            faults += [f"{name}: {found}" for name, found in (await _counts(tx)).items() if found]
            faults += [f"{len(flaws)} cases, {len(paying.receipts)} told"] * (
                len(flaws) != len(paying.receipts)
            )
    finally:
        await database.close()
    return faults


async def _counts(tx: Any) -> dict[str, int]:
    """How many cases have not just one fee, one payment that counts, and one event of each."""
    wrong = {
        "cases without one fee": "jsonb_array_length(state -> 'fees') <> 1",
        "cases without two payments": "jsonb_array_length(state -> 'payments') <> 2",
        "cases without one row of a payment that counts": (
            "(SELECT count(*) FROM payments p WHERE p.case_id = cases.id AND p.verdict = 'accepted') <> 1"
        ),
        "cases whose fee was not told once": (
            "(SELECT count(*) FROM outbox o WHERE o.aggregateid = cases.id AND o.type LIKE '%fee_demanded%') <> 1"
        ),
        "cases whose payment was not told once": (
            "(SELECT count(*) FROM outbox o WHERE o.aggregateid = cases.id AND o.type LIKE '%fee_paid%') <> 1"
        ),
    }
    return {
        name: int((await tx.execute(text(f"SELECT count(*) FROM cases WHERE {condition}"))).scalar_one())
        for name, condition in wrong.items()
    }
