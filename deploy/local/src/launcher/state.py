"""The folder in which the platform of one machine keeps everything between two starts."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError
from launcher.postgres import SYSTEM_FOLDER


@dataclass(frozen=True)
class State:
    """Databases, events, documents, secrets and logs; `MOTCUA_STATE` chooses the folder.

    Else it is `.motcua` in the project, readable by its owner alone; for root `/var/lib/motcua`, because
    PostgreSQL runs as another user there and must be able to enter it.
    """

    folder: Path

    @classmethod
    def here(cls) -> "State":
        """The state of this machine; makes its folders. Raises LauncherError when they cannot be written."""
        root = os.geteuid() == 0
        chosen = os.environ.get("MOTCUA_STATE")
        folder = Path(chosen).absolute() if chosen else SYSTEM_FOLDER if root else Path.cwd() / ".motcua"
        try:
            if not folder.exists():
                folder.mkdir(parents=True)
                folder.chmod(0o711 if root else 0o700)
            for part in ("logs", "secrets", "documents", "open-data"):
                (folder / part).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LauncherError(
                f"The folder {folder} cannot be written ({error.strerror}): set MOTCUA_STATE to one of yours."
            ) from None
        return cls(folder)

    @property
    def credentials(self) -> Path:
        """What one signs in with to the sample."""
        return self.folder / "secrets" / "credentials.json"

    @property
    def running(self) -> Path:
        """How to reach what runs (`launcher.running`)."""
        return self.folder / "secrets" / "running.json"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def secret(self, name: str) -> str:
        """A secret of 32 random octets in base64url; made the first time, then always the same."""
        path = self.folder / "secrets" / name
        if not path.exists():
            unfinished = path.with_suffix(".new")
            unfinished.touch(mode=0o600)
            unfinished.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="))
            unfinished.rename(path)
        return path.read_text()

    def signing_secret(self, name: str) -> str:
        """Such a secret as Standard Webhooks writes one: `whsec_` and base64."""
        octets = base64.urlsafe_b64decode(self.secret(name) + "=")
        return f"whsec_{base64.b64encode(octets).decode()}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from starting on the same state. Raises LauncherError when somebody does already."""
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LauncherError(
                    f"The platform runs already, on {self.folder}: end it with `python -m launcher stop`."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def holder(self) -> int | None:
        """The process that holds the lock; None when nobody does."""
        if not self._lock.exists():
            return None
        with self._lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read())
        return None

    @property
    def _lock(self) -> Path:
        return self.folder / "lock"
