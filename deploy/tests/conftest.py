"""What deploy/ says, read as the tools that it is for read it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.fixture(scope="session")
def fresh_secrets() -> dict[str, str]:
    """What `deploy/new-secrets` prints."""
    printed = subprocess.run(
        [sys.executable, ROOT / "deploy/new-secrets"], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in printed.stdout.splitlines())


@pytest.fixture(scope="session")
def compose(fresh_secrets: dict[str, str]) -> dict[str, Any]:
    """compose.yaml with its variables filled in from fresh secrets, as Compose does it."""

    def value(found: re.Match[str]) -> str:
        name, kind, words = found.groups()
        if name in fresh_secrets:
            return fresh_secrets[name]
        assert kind == "-", f"{name} must be set, and new-secrets does not print it"
        return str(words)

    def filled(node: Any) -> Any:
        match node:
            case str():
                return _VARIABLE.sub(value, node)
            case list():
                return [filled(item) for item in node]
            case dict():
                return {key: filled(item) for key, item in node.items()}
        return node

    document = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    described: dict[str, Any] = filled(document)
    return described


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], None]:
    """`only(variables)`: they are all that the programs' settings find in the environment."""

    def replace(variables: Mapping[str, Any]) -> None:
        for name in os.environ:
            if name.startswith(
                ("KAFKA_", "IDENTITY_", "PROCEDURES_", "OPEN_DATA_", "PARTICIPATION_", "GATEWAY_")
            ):
                monkeypatch.delenv(name)
        for name, value in variables.items():
            if value is not None:  # Compose passes the shell's on then, which has none here
                monkeypatch.setenv(name, str(value))

    return replace
