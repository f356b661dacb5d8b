"""One host in containers: the file is valid, and every program gets the settings that it reads."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.settings import KafkaSettings

ROOT = Path(__file__).parents[2]
PROGRAMS = ["identity", "procedures", "open-data", "participation", "gateway"]

Only = Callable[[dict[str, Any]], None]


def module(program: str) -> str:
    return program.replace("-", "_")


def settings_class(program: str) -> Any:
    return importlib.import_module(f"{module(program)}.settings").Settings


def test_the_file_is_what_compose_takes() -> None:
    pytest.importorskip("check_jsonschema", reason="`make check` installs what checks deploy/")
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            ROOT / "deploy/compose.yaml",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_is_given_all_that_it_needs_and_nothing_that_it_does_not_read(
    compose: dict[str, Any], only: Only, program: str
) -> None:
    given = compose["services"][program]["environment"]
    only(given)
    settings, kafka = settings_class(program)(), KafkaSettings()
    prefix = module(program).upper() + "_"
    known = {f"{prefix}{name.upper()}" for name in type(settings).model_fields}
    known |= {f"KAFKA_{name.upper()}" for name in KafkaSettings.model_fields}
    assert {name.partition("__")[0] for name in given} <= known
    assert kafka.bootstrap_servers == "kafka:9092"
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)
    database = urlsplit(settings.database_url.get_secret_value())
    assert (database.username, database.hostname, database.path) == (
        module(program),
        "postgres",
        f"/{module(program)}",
    )
    assert database.password == compose["services"]["postgres"]["environment"][f"{prefix}DB_PASSWORD"]


def test_the_gateway_and_all_who_want_keys_find_the_programs(compose: dict[str, Any], only: Only) -> None:
    services = compose["services"]
    gateway = services["gateway"]["environment"]
    upstreams = {name: url for name, url in gateway.items() if name.endswith("__URL")}
    assert {urlsplit(url).hostname for url in upstreams.values()} == set(PROGRAMS) - {"gateway"}
    for program in PROGRAMS:
        given = services[program]["environment"]
        prefix = module(program).upper()
        assert given[f"{prefix}_JWKS_URL"] == "http://identity:8000/.well-known/jwks.json"
        assert given[f"{prefix}_ISSUER"] == given[f"{prefix}_PUBLIC_URL"] == gateway["GATEWAY_PUBLIC_URL"]


def test_nothing_is_offered_beyond_this_host_unless_told_otherwise(compose: dict[str, Any]) -> None:
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert published["gateway"] == ["127.0.0.1:8000:8000"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_runs_with_as_little_as_it_needs(compose: dict[str, Any], program: str) -> None:
    service = compose["services"][program]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["args"] == {"SERVICE": program}
    assert "/readyz" in service["healthcheck"]["test"][-1]


def test_what_programs_keep_in_files_outlives_their_containers(compose: dict[str, Any]) -> None:
    kept = {
        "procedures": compose["services"]["procedures"]["environment"]["PROCEDURES_DOCUMENT_STORE"],
        "open-data": compose["services"]["open-data"]["environment"]["OPEN_DATA_STORE"],
    }
    for program, folder in kept.items():
        (volume,) = compose["services"][program]["volumes"]
        name, mounted = volume.split(":")
        assert name in compose["volumes"]
        assert folder.startswith(f"{mounted}/")


def test_secrets_are_fresh_each_time_and_long(fresh_secrets: dict[str, str]) -> None:
    again = subprocess.run(
        [sys.executable, ROOT / "deploy/new-secrets"], capture_output=True, text=True, check=True
    )
    others = dict(line.split("=", 1) for line in again.stdout.splitlines())
    assert others.keys() == fresh_secrets.keys()
    values = [*others.values(), *fresh_secrets.values()]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 32
