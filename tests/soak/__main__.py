"""`python -m tests.soak [--kills N] [--seed N]`: kill every process at random, many times, under load.

Ends with 1 when anything was lost, doubled, out of order, or told though rolled back.
"""

import argparse
import random
import sys
from functools import partial

from tests.kill.world import kill_at_random, world


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Kill every process at random.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, help="the same victims in the same order again")
    arguments = parser.parse_args()
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    say = partial(print, flush=True)
    say(f"seed {seed}: starting PostgreSQL, Kafka and the processes")
    with world(seed, say) as here:
        account = kill_at_random(here, arguments.kills, say)
    say(account)
    return 1 if account.verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
