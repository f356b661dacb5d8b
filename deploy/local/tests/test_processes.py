"""A child process: it logs, gets ready, and never outlives the launcher."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.errors import LauncherError
from launcher.processes import Process

SLEEPER = "import time; print('awake', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('awake', flush=True); time.sleep(600)"
)
ABANDON = """
import os, signal, sys
from pathlib import Path
from launcher.processes import Process
child = Process("sleeper", ["/usr/bin/env", "sleep", "600"], log=Path(sys.argv[1]))
child.start()
child.wait_until(lambda: b"sleep" in Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\\0")[0], 10)
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def python(code: str, log: Path) -> Process:
    return Process("program", [sys.executable, "-c", code], log=log)


def awake(process: Process) -> bool:
    return process.tail() == ["awake"]


def test_it_writes_to_its_log_and_ends_when_asked(tmp_path: Path) -> None:
    process = python(SLEEPER, tmp_path / "log")
    process.start()
    process.wait_until(lambda: awake(process), 20)
    assert process.running
    process.stop()
    assert not process.running
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    process = python(STUBBORN, tmp_path / "log")
    process.start()
    process.wait_until(lambda: awake(process), 20)
    process.stop(seconds=0.1)
    assert process.exit_code == -9


def test_one_that_dies_at_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    process = python("import sys; sys.exit('no such setting')", tmp_path / "log")
    process.start()
    with pytest.raises(LauncherError, match=r"^program ended with exit code 1 \(no such setting\)[^\n]*$"):
        process.wait_until(lambda: False, 20)


def test_one_that_never_gets_ready_is_told_after_the_time_given(tmp_path: Path) -> None:
    process = python(SLEEPER, tmp_path / "log")
    process.start()
    try:
        with pytest.raises(LauncherError, match=r"^program was not ready after 0 s[^\n]*$"):
            process.wait_until(lambda: False, 0.1)
    finally:
        process.kill()


def test_what_an_earlier_run_wrote_is_not_taken_for_this_ones_words(tmp_path: Path) -> None:
    for words in ("first", "second"):
        process = python(f"print('{words}')", tmp_path / "log")
        process.start()
        with pytest.raises(LauncherError):
            process.wait_until(lambda: False, 20)
    assert process.tail() == ["second"]


def test_the_one_of_an_earlier_launcher_is_ended_first(tmp_path: Path) -> None:
    earlier = python(SLEEPER, tmp_path / "log")
    earlier.start()
    later = python(SLEEPER, tmp_path / "log")
    later.start()
    try:
        assert earlier.exit_code is not None
        assert later.running
    finally:
        later.stop()


@pytest.mark.kill
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal to orphans is Linux's")
def test_it_dies_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ABANDON, str(tmp_path / "log")]
    abandoned = subprocess.run(command, capture_output=True, text=True, check=False)
    orphan = Path(f"/proc/{abandoned.stdout.strip()}/cmdline")
    deadline = time.monotonic() + 20
    while orphan.exists() and orphan.read_bytes():  # a dead one that nobody waited for has no command line
        assert time.monotonic() < deadline, "the orphan lives"
        time.sleep(0.02)


@pytest.mark.kill
def test_one_that_was_killed_is_told_by_the_signal(tmp_path: Path) -> None:
    process = python(SLEEPER, tmp_path / "log")
    process.start()
    process.wait_until(lambda: awake(process), 20)
    process.kill()
    assert process.how_it_ended() == f"program was ended by SIGKILL. Its log: {tmp_path / 'log'}"
