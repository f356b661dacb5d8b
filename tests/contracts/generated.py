"""What is generated from the code and checked in, so that a change of a contract is seen and reviewed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.portal import problems
from shared import asyncapi
from shared.events import schemas
from tests.applications import MEMBERS, ROOT, described
from tests.contracts import findings


def generated() -> Iterator[tuple[Path, str]]:
    """Each file with the text that belongs into it, the same on every machine."""
    for name, app in described().items():
        yield MEMBERS[name].folder / "openapi.json", _text(app.openapi())
    yield ROOT / "asyncapi.json", _text(asyncapi.document())
    yield schemas.FILE, _text(schemas.all_schemas(), sort_keys=True)
    yield problems.FILE, _text(problems.gather())
    yield findings.FILE, findings.page()


def _text(document: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=sort_keys) + "\n"
