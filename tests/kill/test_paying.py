"""Kill the service and the database while fees are paid: none doubled, none lost, no gap in the receipts.

`MOTCUA_PAYING_KILLS` says how often; 50 take some minutes.
"""

import os
import random

import pytest

from tests.kill.paying import kill_while_paying

KILLS = int(os.environ.get("MOTCUA_PAYING_KILLS", "2"))


@pytest.mark.kill
@pytest.mark.timeout(1800)
async def test_whatever_is_killed_each_fee_is_paid_once_and_the_receipts_have_no_gap() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    account = await kill_while_paying(KILLS, seed, print)
    print(account)
    assert account.keys > KILLS
    assert account.unanswered.total() > 0
    assert account.faults == []
