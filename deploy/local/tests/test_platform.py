"""`python -m launcher`: everything starts together, ends together, and a fault is one line.

The launcher runs here as a person runs it, with a stand-in for the services: what they do is not its business.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from launcher.processes import LOOPBACK, free_port, port_is_free

STAND_IN = """
import http.server, json, os, pathlib, sys, threading

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_): pass

if sys.argv[1:2] == ["migrate"]:
    sys.exit(os.environ.get("BROKEN_MIGRATION"))
if sys.argv[1:2] == ["sample"]:
    print("sample")
    pathlib.Path(sys.argv[2]).write_text(json.dumps({"people": [], "officials": [], "clients": []}))
    sys.exit()
if seconds := os.environ.get("LIVES_SECONDS"):
    print("the last thing it wrote", flush=True)
    threading.Timer(float(seconds), os._exit, [3]).start()
assert os.environ["STAND_IN_DATABASE_URL"]
http.server.HTTPServer(("127.0.0.1", int(os.environ["STAND_IN_PORT"])), Ready).serve_forever()
"""
LAUNCHER = """
import os, sys
from launcher import services
services.SERVICES = (services.Service("stand_in", 0, sample=lambda state: [str(state.credentials)]),)
import launcher.demo
def play(*_):
    if os.environ.get("STORY_FAILS"):
        raise LookupError("no such procedure")
launcher.demo.play = launcher.demo.play_further = play
from launcher.__main__ import main
sys.exit(main())
"""


class Machine:
    """A machine with the launcher on it: an environment, and what was started."""

    def __init__(self, state: Path, modules: Path, kafka: str) -> None:
        (modules / "stand_in.py").write_text(STAND_IN)
        self.state = state
        self.ports = {name: free_port() for name in ("STAND_IN_PORT", "MOTCUA_POSTGRES_PORT")}
        self.environment = {
            **os.environ,
            **{name: str(port) for name, port in self.ports.items()},
            "PYTHONPATH": str(modules),
            "MOTCUA_STATE": str(state),
            "KAFKA_BOOTSTRAP_SERVERS": kafka,  # given, so none is started
        }

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-c", LAUNCHER, *arguments],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def running(self, **more: str) -> Iterator["subprocess.Popen[str]"]:
        """A `run` that is up; ended at the end of the block if it still runs."""
        command = [sys.executable, "-c", LAUNCHER, "run"]
        pipe = subprocess.PIPE
        environment = {**self.environment, **more}
        with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as launcher:
            try:
                assert launcher.stdout is not None
                seen: list[str] = []
                while not (seen or [""])[-1].startswith("Motcua is up"):
                    seen.append(launcher.stdout.readline())
                    assert seen[-1], (seen, launcher.stderr and launcher.stderr.read())
                yield launcher
            finally:
                launcher.send_signal(signal.SIGTERM)

    def is_empty(self) -> bool:
        """Whether nothing that was started runs any more."""
        return all(port_is_free(port) for port in self.ports.values())


@pytest.fixture
def machine(server_folder: Path, tmp_path: Path) -> Iterator[Machine]:
    with socket.create_server((LOOPBACK, 0)) as kafka:
        yield Machine(server_folder, tmp_path, f"{LOOPBACK}:{kafka.getsockname()[1]}")


@pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_ends_everything(machine: Machine, wish: signal.Signals) -> None:
    with machine.running() as launcher:
        assert not machine.is_empty()
        launcher.send_signal(wish)
        out, err = launcher.communicate(timeout=30)
    assert (launcher.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "Everything has ended."
    assert machine.is_empty()


def test_the_next_start_finds_what_the_first_one_made(machine: Machine) -> None:
    logs = machine.state / "logs"
    with machine.running():
        made = (machine.state / "postgres" / "password").read_text()
    with machine.running():
        assert (machine.state / "postgres" / "password").read_text() == made
        assert (logs / "preparing.log").read_text().splitlines().count("sample") == 1


@pytest.mark.kill
def test_killed_it_leaves_nothing_behind_and_starts_again_at_once(machine: Machine) -> None:
    with machine.running() as launcher:
        children = psutil.Process(launcher.pid).children()
        launcher.kill()
        launcher.wait()
    with machine.running():
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    assert len(children) == 2


def test_a_service_that_dies_ends_everything_and_is_one_line_with_its_last_words(machine: Machine) -> None:
    with machine.running(LIVES_SECONDS="2") as launcher:
        _, err = launcher.communicate(timeout=30)
    assert launcher.returncode == 1
    assert err.startswith("motcua: stand_in ended with exit code 3 (the last thing it wrote).")
    assert len(err.splitlines()) == 1
    assert machine.is_empty()


@pytest.mark.parametrize("name", ["STAND_IN_PORT", "MOTCUA_POSTGRES_PORT"])
def test_a_taken_port_is_one_line(machine: Machine, name: str) -> None:
    with socket.create_server((LOOPBACK, machine.ports[name])):
        done = machine.run()
    assert done.returncode == 1
    assert f"Port {machine.ports[name]}" in done.stderr
    assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_no_number_is_one_line(machine: Machine) -> None:
    done = machine.run(STAND_IN_PORT="door")
    assert (done.returncode, done.stderr) == (1, "motcua: STAND_IN_PORT is not a port: 'door'.\n")


def test_a_state_folder_that_cannot_be_written_is_one_line(machine: Machine, tmp_path: Path) -> None:
    done = machine.run(MOTCUA_STATE=str(tmp_path / "stand_in.py" / "state"))
    assert done.returncode == 1
    assert "MOTCUA_STATE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("part", ["logs", "postgres"])
def test_a_part_of_the_state_that_cannot_be_written_is_one_line(machine: Machine, part: str) -> None:
    (machine.state / part).parent.mkdir(mode=0o711, parents=True)
    (machine.state / part).touch()
    done = machine.run()
    assert done.returncode == 1
    assert str(machine.state) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert machine.is_empty()


def test_a_log_that_cannot_be_written_is_one_line(machine: Machine) -> None:
    (machine.state / "logs" / "stand_in.log").mkdir(parents=True)
    machine.state.chmod(0o711)
    done = machine.run()
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [f"motcua: {machine.state}/logs/stand_in.log cannot be used (Is a directory)."],
    )
    assert machine.is_empty()


def test_a_sample_is_loaded_again_when_its_credentials_are_gone(machine: Machine) -> None:
    with machine.running():
        credentials = machine.state / "secrets" / "credentials.json"
        credentials.unlink()
    with machine.running():
        assert credentials.exists()


def test_a_migration_that_fails_is_one_line(machine: Machine) -> None:
    done = machine.run(BROKEN_MIGRATION="column is missing")
    assert done.returncode == 1
    assert "exit code 1 (stand_in migrate: column is missing)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert machine.is_empty()


def test_a_service_that_dies_before_it_is_ready_is_one_line(machine: Machine) -> None:
    done = machine.run(LIVES_SECONDS="0")
    assert done.returncode == 1
    assert "stand_in ended with exit code 3 (the last thing it wrote)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert machine.is_empty()


def test_a_given_database_is_used_and_none_is_started(machine: Machine) -> None:
    with machine.running(STAND_IN_DATABASE_URL="postgresql+asyncpg://elsewhere/it"):
        assert port_is_free(machine.ports["MOTCUA_POSTGRES_PORT"])


def test_a_given_kafka_that_does_not_answer_is_one_line(machine: Machine) -> None:
    given = f"nowhere.invalid:9092,{LOOPBACK}:{free_port()}"
    done = machine.run(KAFKA_BOOTSTRAP_SERVERS=given)
    assert done.returncode == 1
    assert given in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert machine.is_empty()


def test_a_story_that_fails_is_one_line_and_ends_nothing(machine: Machine) -> None:
    with machine.running(STORY_FAILS="yes") as launcher:
        again = machine.run("demo", STORY_FAILS="yes")
        launcher.terminate()
        _, err = launcher.communicate(timeout=30)
    line = "motcua: the case could not be played to its end: no such procedure\n"
    assert (again.returncode, again.stderr) == (1, line)
    assert (launcher.returncode, err) == (0, line)


def test_a_story_needs_a_running_platform(machine: Machine) -> None:
    done = machine.run("demo")
    assert done.returncode == 1
    assert "make run" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_second_run_is_refused_and_stop_ends_the_first(machine: Machine) -> None:
    with machine.running() as launcher:
        refused = machine.run("run")
        assert refused.returncode == 1
        assert "python -m launcher stop" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1

        assert machine.run("stop").returncode == 0
        assert launcher.wait(timeout=30) == 0
    assert machine.is_empty()
    assert "Nothing runs" in machine.run("stop").stdout
