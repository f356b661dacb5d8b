"""`python -m tests.bench [part …]`: each row is a ratio taken in one run, with the goal beside it.

Ends with 0 whatever comes out: times on a shared machine say too little to fail by.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping

from tests.bench import backbone, everyone, gateway, size, submission
from tests.bench.table import Row, as_text

PARTS: Mapping[str, Callable[[], list[Row]]] = {
    "submission": submission.rows,
    "gateway": gateway.rows,
    "backbone": backbone.rows,
    "memory": everyone.rows,
    "size": size.rows,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Print measured ratios.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all when left out")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        print(
            f"There is no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}.", file=sys.stderr
        )
        return 2
    rows: list[Row] = []
    for name in chosen:
        began = time.monotonic()
        print(f"measuring {name} …", flush=True)
        rows += PARTS[name]()
        print(f"measured {name} in {time.monotonic() - began:.0f} s", flush=True)
    print(f"\n{as_text(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
