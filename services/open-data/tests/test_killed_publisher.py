"""A publisher that is killed at any point leaves no half version, and the next one publishes the same bytes."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from open_data.domain.case_fact import Act

At = Callable[..., datetime]
History = tuple[Act, ...]
SLUG = "on-time-processing"

_KILLED_AT = """
import os, signal, sys
import {module} as module
from open_data.__main__ import PROGRAM
from shared.process import main

def killed(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

original = {owner}.{name}
def passed(*arguments, **named):
    {before}
    result = original(*arguments, **named)
    killed()
    return result
{owner}.{name} = passed
sys.exit(main(PROGRAM, ["publish"]))
"""

_POINTS = {
    "before the file is begun": ("open_data.lake", "module", "_copy", "killed()"),
    "when the file is written but not flushed": ("open_data.lake", "module", "_copy", ""),
    "when the file is flushed but not in its place": ("os", "module", "fsync", ""),
    "when the file is in its place": ("pathlib", "module.Path", "replace", ""),
    "before the version is a row": ("open_data.store", "module", "add_version", "killed()"),
    "when all is written but not committed": ("shared.outbox", "module", "row_of", ""),
    "before the commit": ("sqlalchemy.engine", "module.RootTransaction", "_do_commit", "killed()"),
    "when it is committed": ("sqlalchemy.engine", "module.RootTransaction", "_do_commit", ""),
}


@pytest.mark.kill
@pytest.mark.parametrize("point", _POINTS)
async def test_a_publisher_killed_anywhere_leaves_all_of_a_version_or_nothing(
    world: Any,
    database_url: str,
    tmp_path: Path,
    day: At,
    decided_case: Callable[..., History],
    point: str,
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    before = await world.publish()
    await world.tell(decided_case(day(2, 5), day(3, 9), due=day(2, 8)))
    module, owner, name, first = _POINTS[point]
    script = _KILLED_AT.format(module=module, owner=owner, name=name, before=first)
    killed = _run(script, database_url, tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    rows = await world.rows("SELECT events, sha256, size FROM versions ORDER BY events")
    assert [row.events for row in rows][:1] == [before.number.events]
    folder = tmp_path / "lake" / SLUG
    for row in rows:
        content = (folder / f"{row.sha256}.parquet").read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (row.sha256, row.size)
    assert await world.rows("SELECT count(*) FROM outbox") == [(len(rows),)]

    await world.publish()
    after = await world.rows("SELECT events, sha256 FROM versions ORDER BY events")
    assert [row.events for row in after] == [3, 6]
    assert not list(folder.glob("*.tmp"))
    assert await world.rebuild() is None


def _run(script: str, database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "OPEN_DATA_DATABASE_URL": database_url,
        "OPEN_DATA_STORE": str(folder / "lake"),
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
