"""Kill the service and the database while cases are filed: no half case, none twice, no gap in the numbers.

`MOTCUA_FILING_KILLS` says how often; 50 take some minutes.
"""

import os
import random

import pytest

from tests.kill.filing import kill_while_filing

KILLS = int(os.environ.get("MOTCUA_FILING_KILLS", "4"))


@pytest.mark.kill
@pytest.mark.timeout(1800)
async def test_whatever_is_killed_each_key_leads_to_one_whole_case_and_the_series_has_no_gap() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    account = await kill_while_filing(KILLS, seed, print)
    print(account)
    assert account.keys > KILLS
    assert account.unanswered.total() > 0
    assert account.faults == []
