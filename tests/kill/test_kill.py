"""Kill everything while it works: nothing is lost, doubled, out of order, or told though rolled back."""

import random

import pytest

from tests.kill.world import kill_at_random, world

KILLS = 9


@pytest.mark.kill
def test_whatever_is_killed_each_committed_event_takes_effect_once_and_in_order() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with world(seed, print) as here:
        account = kill_at_random(here, KILLS, print)
    print(account)
    assert account.verdict.committed > 0
    assert account.verdict.rolled_back > 0
    assert account.verdict.faults == 0, str(account)
