"""`python -m tests.contracts`: write openapi.json of each service, asyncapi.json, the schemas of events and the
list of problems anew. Refuses, and writes nothing, when a change would break those who listen to events.
"""

import sys

from shared.events import schemas
from tests.applications import ROOT
from tests.contracts.generated import generated


def main() -> int:
    """Write what has changed; returns 1 when listeners would break."""
    breaking = schemas.breaking_changes(schemas.checked_in(), schemas.all_schemas())
    if breaking:
        print("breaks listeners:", *breaking, sep="\n  ", file=sys.stderr)
        print("a breaking change is a new type on a new topic, both published for a while", file=sys.stderr)
        return 1
    for file, text in generated():
        if not file.exists() or file.read_text() != text:
            file.write_text(text)
            print(f"written: {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
