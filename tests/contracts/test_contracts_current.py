"""What is checked in says what the code does."""

from difflib import unified_diff
from itertools import islice

from tests.applications import ROOT
from tests.contracts.generated import generated

_SHOWN = 20


def test_the_contracts_that_are_checked_in_are_those_of_the_code() -> None:
    """When this fails: `make contracts`, and read the diff."""
    stale = []
    for file, text in generated():
        known = file.read_text() if file.exists() else ""
        if known != text:
            changes = unified_diff(
                known.splitlines(), text.splitlines(), "checked in", "code", lineterm="", n=0
            )
            stale.append("\n".join([str(file.relative_to(ROOT)), *islice(changes, _SHOWN)]))
    assert not stale, "\n\n".join(["stale, run `make contracts`:", *stale])
