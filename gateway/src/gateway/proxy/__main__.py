"""`python -m gateway.proxy`: the data plane alone, for sites that run it apart from the portal.

One process; more cores take more processes. What is not a service's does not exist here, but for `/livez`
and `/metrics`.
"""

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.app import create_app, server_of
from gateway.proxy.settings import ProxySettings
from shared.logs import configure_logs
from shared.web.problems import install_handlers


def bare_portal() -> FastAPI:
    """What stands in for the portal."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    install_handlers(app)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def main() -> None:
    """Serve until told to stop."""
    settings = ProxySettings()
    configure_logs("gateway", settings.log_format)
    server_of(create_app(settings, portal=bare_portal()), settings).run()


if __name__ == "__main__":
    main()
