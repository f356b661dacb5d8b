"""A child process: its log, its readiness, its end."""

import os
import pwd
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from launcher import tether
from launcher.errors import LauncherError

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)  # below the ports that outgoing connections take
_TAIL_BYTES = 16_384
_LOG_BYTES = 20_000_000
_POLL_SECONDS = 0.02
_CONNECT_SECONDS = 5.0
_WORDS_LENGTH = 300


@dataclass(frozen=True, slots=True)
class User:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "User | None":
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


class Process:
    """A program in a session of its own, writing to a log file.

    It ends with us: the kernel sends it `end` when we are gone (Linux). Call `start` from a thread that
    lives as long as the program should. Beside the log, `<log>.pid` says which process it is, so that the next
    launcher can end it if it is still there.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: User | None = None,
        end: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._environment = None if environment is None else dict(environment)
        self._folder = folder
        self._uid, self._gid = (user.uid, user.gid) if user else (os.geteuid(), os.getegid())
        self._end = end
        self._pid_file = log.with_name(f"{log.name}.pid")
        self._log_start = 0
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; it may not be ready yet."""
        self.end_predecessor()
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_name(f"{self.log.name}.old"))
        tied = [
            sys.executable,
            "-I",
            "-S",
            tether.__file__,
            int(self._end),
            os.getpid(),
            self._uid,
            self._gid,
        ]
        with open(self.log, "ab", opener=_for_us_alone) as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                [*map(str, tied), *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        self._pid_file.write_text(f"{self.pid} {psutil.Process(self.pid).create_time()}")

    def end_predecessor(self, seconds: float = 30) -> None:
        """End what an earlier launcher started on the same log, should it live still."""
        with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            pid, created = self._pid_file.read_text().split()
            process = psutil.Process(int(pid))
            if process.create_time() != float(created):  # the number belongs to another by now
                return
            process.send_signal(self._end)
            deadline = time.monotonic() + seconds
            while process.status() != psutil.STATUS_ZOMBIE:
                if time.monotonic() > deadline:
                    process.kill()
                time.sleep(_POLL_SECONDS)

    @property
    def pid(self) -> int:
        """The process id; the program must have been started."""
        if self._child is None:
            raise LauncherError(f"{self.name} has not been started.")
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs (or was never started). Negative: the signal that ended it."""
        return self._child.poll() if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def has_succeeded(self) -> bool:
        """Whether it did what it was started for and ended."""
        return self.exit_code == 0

    def ask_to_end(self) -> None:
        """Send the signal that ends it; does not wait."""
        if self.running:
            os.kill(self.pid, self._end)

    def stop(self, seconds: float = 15) -> None:
        """End it and wait; by force when it takes longer than `seconds`."""
        if self._child is None:
            return
        self.ask_to_end()
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        with suppress(OSError):
            self._pid_file.unlink()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._child and self.running:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()`; raises LauncherError when it ends or takes longer than `seconds`."""
        for _ in wait_until_all({self: ready}, seconds):
            pass

    def how_it_ended(self) -> str:
        """One line: the signal that ended it, or its exit code and last words."""
        code = self.exit_code or 0
        how = (
            f"was ended by {signal.Signals(-code).name}"
            if code < 0
            else f"ended with exit code {code} ({self.last_words()})"
        )
        return f"{self.name} {how}. Its log: {self.log}"

    def tail(self, lines: int = 20) -> list[str]:
        """The last lines that it wrote since it was started."""
        with self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()[-lines:]

    def last_words(self) -> str:
        """The last line of the log, as far as one reads it at a glance."""
        lines = [line for line in self.tail() if line.strip()]
        return lines[-1].strip()[:_WORDS_LENGTH] if lines else "it wrote nothing"


def wait_until_all(ready: Mapping[Process, Callable[[], bool]], seconds: float) -> Iterator[Process]:
    """Wait until each process is ready; yields each when it is.

    Raises LauncherError with the last words of one that ends before, or of one that needs more than `seconds`.
    """
    waiting = dict(ready)
    deadline = time.monotonic() + seconds
    while waiting:
        for process, is_ready in list(waiting.items()):
            running = process.running  # asked first: what ends well may be ready just before
            if is_ready():
                del waiting[process]
                yield process
            elif not running:
                raise LauncherError(process.how_it_ended())
            elif time.monotonic() > deadline:
                raise LauncherError(
                    f"{process.name} was not ready after {seconds:.0f} s ({process.last_words()}). "
                    f"Its log: {process.log}"
                )
        if waiting:
            time.sleep(_POLL_SECONDS)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def port_is_free(port: int) -> bool:
    """Whether nothing listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that nothing listens on and no outgoing connection will take."""
    while not port_is_free(port := random.choice(_PORTS)):  # noqa: S311 -- no secret
        pass
    return port


def require_free(port: int, program: str, setting: str) -> None:
    """Raise LauncherError unless the port is free; `setting` is the variable that chooses another."""
    if not port_is_free(port):
        raise LauncherError(
            f"Port {port}, which {program} needs, is taken: stop what listens there, or set {setting} to a free port."
        )


def require_reachable(servers: str, program: str, setting: str) -> None:
    """Raise LauncherError unless one of the servers (`host:port,host:port`) takes connections."""
    for server in servers.split(","):
        host, _, number = server.strip().rpartition(":")
        with suppress(OSError, ValueError), socket.create_connection((host, int(number)), _CONNECT_SECONDS):
            return
    raise LauncherError(f"{program} does not answer at {servers}: start it, or correct {setting}.")
