"""The PostgreSQL that the launcher runs: closed to strangers, and nothing is lost by a crash."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from launcher.errors import LauncherError
from launcher.fixtures import GivenPostgres
from launcher.postgres import Postgres, closed_to
from launcher.processes import LOOPBACK, User, free_port

ABANDON = """
import os, signal, sys
from pathlib import Path
from launcher.postgres import Postgres
server = Postgres(Path(sys.argv[1]), port=int(sys.argv[2]))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_database_belongs_to_a_role_of_its_own(postgres: Postgres) -> None:
    url = postgres.create_database("tenants")
    assert await query(url, "SELECT current_user || '@' || current_database()") == "tenants@tenants"
    assert await query(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


async def test_making_a_database_again_keeps_it_and_its_address(postgres: Postgres) -> None:
    url = postgres.create_database("kept")
    await query(url, "CREATE TABLE note (words text)")
    assert postgres.create_database("kept") == url
    assert await query(url, "SELECT count(*) FROM note") == 0


async def test_the_extensions_that_searching_needs_can_be_made_by_the_owner(postgres: Postgres) -> None:
    url = postgres.create_database("searching")
    for extension in ("unaccent", "pg_trgm", "btree_gist"):
        await query(url, f"CREATE EXTENSION {extension}")
    assert await query(url, "SELECT unaccent('Thủ tục đăng ký')") == "Thu tuc dang ky"


async def test_a_role_cannot_enter_the_database_of_another(postgres: Postgres) -> None:
    postgres.create_database("neighbour")
    url = postgres.create_database("curious")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await query(url.removesuffix("curious") + "neighbour", "SELECT 1")


async def test_nobody_connects_without_the_password(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(f"postgresql://postgres:wrong@{LOOPBACK}:{postgres.port}/postgres", "SELECT 1")


async def test_a_given_server_is_left_as_it_was_found(postgres: Postgres) -> None:
    databases = "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"
    before = await query(postgres.url, databases)
    given = GivenPostgres(postgres.url)
    assert await query(given.create_database("guest"), "SELECT 1") == 1
    assert await query(postgres.url, databases) != before
    given.close()
    assert await query(postgres.url, databases) == before


async def test_what_is_committed_reaches_the_disk(postgres: Postgres) -> None:
    assert await query(postgres.url, "SHOW fsync") == "on"
    assert await query(postgres.url, "SHOW server_encoding") == "UTF8"


@pytest.mark.kill
async def test_nothing_committed_is_lost_by_a_crash(postgres: Postgres) -> None:
    url = postgres.create_database("crashing")
    await query(url, "CREATE TABLE note AS SELECT 'still here' AS words")
    before = postgres.pid
    postgres.kill()
    with pytest.raises(OSError, match=str(postgres.port)):
        await query(url, "SELECT 1")
    postgres.restart()
    assert postgres.pid != before
    assert await query(url, "SELECT words FROM note") == "still here"


@pytest.mark.kill
def test_a_launcher_takes_over_from_one_that_was_killed(server_folder: Path) -> None:
    port = free_port()
    command = [sys.executable, "-c", ABANDON, str(server_folder), str(port)]
    abandoned = subprocess.run(command, capture_output=True, text=True, check=False)
    assert abandoned.returncode == -signal.SIGKILL, abandoned.stderr

    heir = Postgres(server_folder, port=port)
    heir.start()
    try:
        assert heir.pid != int(abandoned.stdout)
        assert heir.create_database("inherited")
    finally:
        heir.stop()


def test_a_lock_file_whose_process_number_another_program_has_now_does_not_stop_it(
    server_folder: Path,
) -> None:
    server = Postgres(server_folder, port=free_port())
    server.start()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (server_folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        try:
            server.start()
            assert stranger.poll() is None
        finally:
            server.stop()
            stranger.kill()


def test_a_taken_port_is_one_line_that_names_the_setting(server_folder: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LauncherError, match=f"^Port {port}.*MOTCUA_POSTGRES_PORT[^\n]*$"):
            Postgres(server_folder, port=port).start()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(LauncherError, match=f"^PostgreSQL's folder {file}/postgres cannot be made: [^\n]*$"):
        Postgres(file / "postgres", port=free_port()).start()


def test_data_of_another_version_is_one_line_with_the_servers_reason(server_folder: Path) -> None:
    server = Postgres(server_folder, port=free_port())
    server.start()
    server.stop()
    (server_folder / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LauncherError, match=r"^PostgreSQL ended with exit code 1 .*version 12[^\n]*$"):
        server.start()


def test_a_name_that_would_need_quoting_is_refused(postgres: Postgres) -> None:
    with pytest.raises(LauncherError, match="cannot name a database"):
        postgres.create_database('a"; DROP')


def test_a_parent_folder_closed_to_the_service_user_is_named_not_opened(tmp_path: Path) -> None:
    stranger = User("stranger", uid=54_321, gid=54_321)
    private = tmp_path / "private"
    (private / "data").mkdir(parents=True)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o007 == 0:  # made by pytest for us alone
            parent.chmod(0o711)
    private.chmod(0o700)
    assert closed_to(stranger, private / "data") == private
    assert closed_to(stranger, private) is None
    assert private.stat().st_mode & 0o777 == 0o700
