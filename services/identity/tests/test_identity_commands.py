"""The commands of `python -m identity`: migrations, the sample, key rotation."""

import asyncio
import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from identity.__main__ import PROGRAM
from identity.settings import Settings
from shared.migrations import check

MIGRATIONS = PROGRAM.migrations


@pytest.fixture
def environment(
    migrated_database: Callable[[str, Path], str],
    identity_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Mapping[str, str]:
    """What the commands are told of a database of their own."""
    values = {
        "IDENTITY_DATABASE_URL": migrated_database("identity_commands", MIGRATIONS),
        "IDENTITY_MASTER_KEY": identity_settings.master_key.get_secret_value(),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


async def test_tables_and_migrations_say_the_same(environment: Mapping[str, str]) -> None:
    await asyncio.to_thread(check, MIGRATIONS, environment["IDENTITY_DATABASE_URL"])


async def test_loading_the_sample_again_changes_nothing(
    environment: Mapping[str, str], run_command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep" / "credentials.json"
    assert await run_command("sample", "--credentials", str(file)) == 0
    first = file.read_text("utf-8")
    assert await run_command("sample", "--credentials", str(file)) == 0
    assert file.read_text("utf-8") == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(first)
    roles = {
        (one["agency"], post["unit"], post["role"]) for one in told["officials"] for post in one["posts"]
    }
    assert ("000.00.01.H99", "BP_MOT_CUA", "TIEP_NHAN") in roles
    assert {agency for agency, _, _ in roles} == {"000.00.01.H99", "000.00.02.H99", "000.00.03.H99"}
    printed = "".join(capsys.readouterr())
    secrets = [one["password"] for one in (*told["people"], *told["officials"])]
    secrets += [one["clientSecret"] for one in told["clients"] if "clientSecret" in one]
    assert not any(secret in printed for secret in secrets)


async def test_lost_credentials_are_made_anew(
    environment: Mapping[str, str], run_command: Any, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for file in (one, two):
        assert await run_command("sample", "--credentials", str(file)) == 0
    before, after = (json.loads(file.read_text("utf-8"))["people"][0] for file in (one, two))
    assert before["id"] == after["id"]
    assert before["password"] != after["password"]


async def test_rotation_is_begun_by_hand_once(
    environment: Mapping[str, str], run_command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for arguments in (("rotate-keys",), ("rotate-keys",), ("rotate-keys",), ("rotate-keys", "--leaked")):
        assert await run_command(*arguments) == 0
        printed.append(capsys.readouterr().out)
    assert "active" in printed[0]
    assert "pending" in printed[1]
    assert "under way" in printed[2]
    assert printed[3].count("retired") == 2


async def test_a_wrong_master_key_is_told_in_a_line(
    environment: Mapping[str, str],
    run_command: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IDENTITY_MASTER_KEY", "short")
    assert await run_command("migrate") == 2
    assert "IDENTITY_MASTER_KEY" in capsys.readouterr().err


async def test_the_metadata_names_endpoints_that_answer(browser: AsyncClient) -> None:
    one = (await browser.get("/.well-known/openid-configuration")).json()
    assert one == (await browser.get("/.well-known/oauth-authorization-server")).json()
    for name, address in one.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = address.removeprefix(one["issuer"])
            answers = [(await browser.request(method, path)).status_code for method in ("GET", "POST")]
            assert any(status not in (404, 405) for status in answers), path
