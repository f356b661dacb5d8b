"""Kill the service and the database while systems do steps of cases: each is given once and done once.

`MOTCUA_SYSTEM_KILLS` says how often; 50 take some minutes.
"""

import os
import random

import pytest

from tests.kill.systems import kill_while_systems_work

KILLS = int(os.environ.get("MOTCUA_SYSTEM_KILLS", "1"))


@pytest.mark.kill
@pytest.mark.timeout(1800)
async def test_whatever_is_killed_between_a_claim_and_its_answer_each_step_is_given_once_and_done_once() -> (
    None
):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    work, faults = await kill_while_systems_work(KILLS, seed, print)
    print(
        f"{KILLS} kills, {len(work.done)} steps done, {dict(work.unanswered)} answers lost; faults: {faults or 'none'}"
    )
    assert faults == []
    assert len(work.done) > KILLS
    assert work.unanswered.total() > 0
