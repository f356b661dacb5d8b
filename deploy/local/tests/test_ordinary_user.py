"""Everything runs as an ordinary user too, in folders that only that user can read.

When the tests run as root, the user is `nobody`: one who owns nothing and may write nowhere else. Python and
the packages may lie in a folder of root's, so `nobody` is lent the capability to read all.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.jars import cache_folder

PROGRAM = """
import json, os, sys
from pathlib import Path
from launcher.kafka import new_kafka
from launcher.postgres import Postgres
from launcher.processes import free_port

folder = Path(sys.argv[1])
postgres = Postgres(folder / "postgres", port=free_port())
kafka = new_kafka(folder / "kafka", port=free_port(), controller_port=free_port(), say=lambda _: None)
for server in (postgres, kafka):
    server.start()
    server.kill()
    server.restart()
postgres.create_database("ours")
postgres.stop()
kafka.stop()
print(json.dumps({"user": os.geteuid()}))
"""
READ_ALL = 1 << 2  # CAP_DAC_READ_SEARCH in CapEff of /proc/self/status


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of the ordinary user, itself in one that nobody else may list."""
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    folder.chmod(0o711)
    home = folder / "home"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
    yield home
    shutil.rmtree(folder)


def as_ordinary_user() -> list[str]:
    """What to put before a command so that an ordinary user runs it."""
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    capabilities = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff")
    )
    if int(capabilities.split()[1], 16) & READ_ALL:
        command += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return command


def test_both_servers_run_for_an_ordinary_user_and_open_nothing(home: Path) -> None:
    parents = {parent: parent.stat().st_mode for parent in home.parents}
    environment = {
        **os.environ,
        "HOME": str(home),
        "MOTCUA_CACHE": str(cache_folder()),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [*as_ordinary_user(), sys.executable, "-c", PROGRAM, str(home / "state")],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    user = json.loads(done.stdout)["user"]
    assert user != 0
    assert {parent: parent.stat().st_mode for parent in home.parents} == parents
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("postgres", "postgres/data", "kafka"):
        folder = (home / "state" / name).stat()
        assert (folder.st_uid, stat.S_IMODE(folder.st_mode)) == (user, 0o700), name
    assert stat.S_IMODE((home / "state" / "postgres" / "password").stat().st_mode) == 0o600
