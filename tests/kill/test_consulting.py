"""Kill the service and the database while agencies that were asked answer: no answer lost or doubled, one join.

`MOTCUA_CONSULTING_KILLS` says how often; 50 take some minutes.
"""

import os
import random

import pytest

from tests.kill.consulting import kill_while_consulting

KILLS = int(os.environ.get("MOTCUA_CONSULTING_KILLS", "1"))


@pytest.mark.kill
@pytest.mark.timeout(1800)
async def test_whatever_is_killed_each_question_is_answered_once_and_each_consultation_settled_once() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    account = await kill_while_consulting(KILLS, seed, print)
    print(account)
    assert account.keys > KILLS
    assert account.unanswered.total() > 0
    assert account.faults == []
