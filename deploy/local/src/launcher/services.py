"""The five programs of the platform, as the launcher knows them: name, port, settings."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path

from launcher.errors import LauncherError
from launcher.processes import LOOPBACK, Process
from launcher.state import State

BANK = "ngan-hang-mau"
"""The sample's payment provider, and the name under which its secret is kept."""


@dataclass(frozen=True)
class Service:
    """A program that is started by `python -m <name>` and set up by `<NAME>_…` variables.

    `settings` tells those that only this service has, `sample` the arguments of its command `sample`, None when
    it has no such command.
    """

    name: str
    usual_port: int
    settings: Callable[[State], dict[str, str]] = lambda _: {}
    sample: Callable[[State], list[str]] | None = None

    @property
    def prefix(self) -> str:
        return self.name.upper()

    @property
    def port(self) -> int:
        """`<NAME>_PORT`, else the usual one."""
        return port(f"{self.prefix}_PORT", self.usual_port)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def given_database(self) -> str:
        """The address of a database that somebody else runs; empty when there is none."""
        return os.environ.get(f"{self.prefix}_DATABASE_URL", "")

    @property
    def package(self) -> Path:
        """The folder that is imported."""
        spec = find_spec(self.name)
        if spec is None or spec.origin is None:
            raise LauncherError(f"The package {self.name} is not installed: run `make setup`.")
        return Path(spec.origin).parent

    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        connection = HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def process(self, state: State, environment: Mapping[str, str]) -> Process:
        """The service itself."""
        command = [sys.executable, "-m", self.name]
        return Process(self.name, command, log=state.log(self.name), environment=environment)


def port(variable: str, usual: int) -> int:
    """The port that the variable chooses, else the usual one."""
    chosen = os.environ.get(variable, str(usual))
    if not chosen.isdecimal():
        raise LauncherError(f"{variable} is not a port: {chosen!r}.")
    return int(chosen)


IDENTITY = Service(
    "identity",
    8001,
    settings=lambda state: {"IDENTITY_MASTER_KEY": state.secret("identity-master-key")},
    sample=lambda state: ["--credentials", str(state.credentials)],
)
PROCEDURES = Service(
    "procedures",
    8002,
    settings=lambda state: {
        "PROCEDURES_TRACKING_KEY": state.secret("procedures-tracking-key"),
        "PROCEDURES_MASTER_KEY": f"1:{state.secret('procedures-master-key')}",
        "PROCEDURES_DOCUMENT_STORE": str(state.folder / "documents"),
        "PROCEDURES_RESULT_CERTIFICATES": str(state.folder / "secrets" / "result-certificates"),
        "PROCEDURES_RESULT_PASSPHRASE": state.secret("result-passphrase"),
        "PROCEDURES_PAYMENT_PROVIDERS": json.dumps({BANK: state.signing_secret(BANK)}),
    },
    sample=lambda _: [],
)
OPEN_DATA = Service(
    "open_data",
    8003,
    settings=lambda state: {
        "OPEN_DATA_STORE": str(state.folder / "open-data"),
        "OPEN_DATA_PUBLISH_SECONDS": "2",  # one sees at once what becomes of a case
    },
    sample=lambda _: [],
)
PARTICIPATION = Service("participation", 8004, sample=lambda _: [])
GATEWAY = Service(
    "gateway",
    8000,
    settings=lambda state: {
        "GATEWAY_WEBHOOKS__SECRETS_KEY": state.secret("gateway-webhooks-key"),
        "GATEWAY_WEBHOOKS__LOOPBACK": "true",  # callbacks of a developer's own machine
        **{f"GATEWAY_{one.prefix}__URL": one.url for one in (IDENTITY, PROCEDURES, OPEN_DATA, PARTICIPATION)},
    },
)

SERVICES = (IDENTITY, PROCEDURES, OPEN_DATA, PARTICIPATION, GATEWAY)


def environment(
    service: Service, state: State, database_url: str, kafka: Mapping[str, str]
) -> dict[str, str]:
    """All variables of a service's process; what the person set stands above what the launcher chooses."""
    chosen = {
        "DATABASE_URL": database_url,
        "PORT": str(service.port),
        "PUBLIC_URL": GATEWAY.url,
        "ISSUER": GATEWAY.url,
        "JWKS_URL": f"{IDENTITY.url}/.well-known/jwks.json",
        "LOG_FORMAT": "text",
    }
    ours = {f"{service.prefix}_{name}": value for name, value in chosen.items()}
    return {**ours, **service.settings(state), **kafka, **os.environ}
