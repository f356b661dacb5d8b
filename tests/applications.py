"""The applications of all members, made in this process: for tests, and for what is generated from them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from fastapi import FastAPI

from gateway.deliveries.settings import WebhookSettings
from gateway.portal.app import create_portal
from gateway.settings import Settings as GatewaySettings
from gateway.stream.settings import StreamSettings
from identity.app import create_app as create_identity
from identity.settings import Settings as IdentitySettings
from open_data.app import create_app as create_open_data
from open_data.settings import Settings as OpenDataSettings
from participation.app import create_app as create_participation
from participation.settings import Settings as ParticipationSettings
from procedures.app import create_app as create_procedures
from procedures.settings import Settings as ProceduresSettings
from shared.clock import Clock
from shared.settings import KafkaSettings
from shared.web import Parts

ROOT = Path(__file__).parents[1]
KEY = "A" * 43
"""32 octets in base64url: any key will do."""
NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
"""For applications that are described and not asked."""

Create = Callable[[str, Path, Clock | None], FastAPI]
"""From the database's address, a folder for files, and the clock."""


class Member(NamedTuple):
    """A service, or the portal of the gateway."""

    folder: Path
    create: Create


class PortalSettings(GatewaySettings):
    webhooks: WebhookSettings
    stream: StreamSettings = StreamSettings()


def _identity(url: str, _: Path, clock: Clock | None) -> FastAPI:
    return create_identity(IdentitySettings(database_url=url, master_key=KEY), KafkaSettings(), clock=clock)


def _procedures(url: str, folder: Path, clock: Clock | None) -> FastAPI:
    settings = ProceduresSettings(
        database_url=url,
        tracking_key=KEY,
        master_key=f"1:{KEY}",
        document_store=str(folder / "documents"),
        document_limit=100_000,
    )
    return create_procedures(settings, KafkaSettings(), clock=clock)


def _open_data(url: str, folder: Path, clock: Clock | None) -> FastAPI:
    settings = OpenDataSettings(database_url=url, store=folder / "lake", queries=2)
    return create_open_data(settings, KafkaSettings(), clock=clock)


def _participation(url: str, _: Path, clock: Clock | None) -> FastAPI:
    return create_participation(ParticipationSettings(database_url=url), KafkaSettings(), clock=clock)


def _gateway(url: str, _: Path, clock: Clock | None) -> FastAPI:
    settings = PortalSettings(database_url=url, webhooks=WebhookSettings(secrets_key=KEY, loopback=True))
    return create_portal(settings, Parts.of(settings, KafkaSettings(), clock=clock))


MEMBERS: Mapping[str, Member] = {
    "identity": Member(ROOT / "services/identity", _identity),
    "procedures": Member(ROOT / "services/procedures", _procedures),
    "open-data": Member(ROOT / "services/open-data", _open_data),
    "participation": Member(ROOT / "services/participation", _participation),
    "gateway": Member(ROOT / "gateway", _gateway),
}


def described() -> dict[str, FastAPI]:
    """The applications as they are, over no database: to look at their routes and contracts."""
    with TemporaryDirectory() as folder:
        return {name: member.create(NOWHERE, Path(folder), None) for name, member in MEMBERS.items()}
