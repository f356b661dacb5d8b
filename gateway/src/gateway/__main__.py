"""`python -m gateway`: the data plane and the portal in one process, and the commands that all services have."""

import sys
from pathlib import Path

from fastapi import FastAPI

from gateway.app import create_app, server_of
from gateway.portal.app import contracts_of, create_portal
from gateway.settings import Settings
from shared.process import Program, main
from shared.settings import KafkaSettings
from shared.web import Parts


def portal_of(settings: Settings, kafka: KafkaSettings) -> FastAPI:
    """The portal alone, for the commands."""
    return create_portal(settings, Parts.of(settings, kafka))


def serve(settings: Settings, kafka: KafkaSettings) -> None:
    """Serve until told to stop. More cores take more processes, each with its own figures and quotas."""
    parts = Parts.of(settings, kafka)
    contracts = contracts_of(settings, parts)
    portal = create_portal(settings, parts, contracts)
    app = create_app(settings, portal=portal, clock=parts.clock, verifier=parts.verifier, contracts=contracts)
    server_of(app, settings).run()


PROGRAM = Program(
    name="gateway",
    settings=Settings,
    create_app=portal_of,
    migrations=Path(__file__).parents[2] / "migrations",
    serve=serve,
)

if __name__ == "__main__":
    sys.exit(main(PROGRAM))
