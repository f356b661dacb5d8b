"""The portal's pages and documents: for people who look around and for programs that discover."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import jinja2
import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.contracts import Contracts
from gateway.portal.assets import Asset, own_files, reference_script
from gateway.portal.catalogue import MEDIA_TYPE, PATH, catalogue
from gateway.portal.merge import merge
from gateway.portal.problems import FILE
from shared.asyncapi import document
from shared.auth import public
from shared.errors import NotFound
from shared.events import event_class
from shared.events.schemas import schema_of
from shared.web.contract import CONTACT
from shared.web.problems import language_of

Language = Annotated[Literal["vi", "en"] | None, Query(alias="lang")]

_SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}
_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
_PAGE_POLICY = f"{_CLOSED}style-src 'self'; img-src 'self'"
# The reference sets styles on its elements. Scripts come from here alone, and so do answers to what is tried.
_REFERENCE_POLICY = (
    f"{_CLOSED}script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:"
)


class Portal:
    """What the portal shows.

    Args:
        address: the gateway's public address.
        kafka: where those on Kafka find it.
        prefix: reverse-DNS prefix of event types.
        version: of the merged contract.
    """

    def __init__(self, contracts: Contracts, *, address: str, kafka: str, prefix: str, version: str) -> None:
        self._contracts = contracts
        self._address = address
        self._version = version
        self._merged: Asset | None = None
        self._catalogue: Asset | None = None
        contracts.tell(self._forget)
        self.asyncapi = Asset.of_json(document(prefix=prefix, gateway=address, kafka=kafka))
        self.prefix = prefix
        self.reference = reference_script()
        self.files = own_files()
        self.problems: dict[str, dict[str, Any]] = orjson.loads(FILE.read_bytes())
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            trim_blocks=True,
            undefined=jinja2.StrictUndefined,
        )

    def _forget(self, *_: object) -> None:
        self._merged = self._catalogue = None

    @property
    def openapi(self) -> Asset:
        """The merged contract of what is known now."""
        if self._merged is None:
            info = {
                "title": "Motcua API",
                "version": self._version,
                "description": "Every service of the platform behind one address. Một cửa cho mọi dịch vụ.",
                "contact": CONTACT,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            }
            self._merged = Asset.of_json(merge(self._contracts.at_hand, info=info, server=self._address))
        return self._merged

    @property
    def catalogue(self) -> Asset:
        if self._catalogue is None:
            content = catalogue(self._contracts.at_hand, self._address)
            self._catalogue = Asset.of_json(content, MEDIA_TYPE)
        return self._catalogue

    def page(
        self, request: Request, name: str, language: str | None, *, policy: str = _PAGE_POLICY, **values: Any
    ) -> Response:
        """A page in the language that was chosen, or else that the browser prefers."""
        spoken = language or language_of(request.headers.get("accept-language", ""))
        in_language: Callable[[str, str], str] = lambda vi, en: en if spoken == "en" else vi  # noqa: E731
        html = self._templates.get_template(name).render(
            language=spoken,
            other="vi" if spoken == "en" else "en",
            t=in_language,
            address=self._address,
            **values,
        )
        headers = {**_SAFE, "content-security-policy": policy, "content-language": spoken}
        return HTMLResponse(html, headers={**headers, "vary": "Accept, Accept-Language"})


def portal_routes(portal: Portal) -> APIRouter:
    """The routes of the portal, open to all and outside the contract."""
    router = APIRouter(include_in_schema=False, dependencies=[public()])
    _add_pages(router, portal)
    _add_documents(router, portal)
    return router


def _add_pages(router: APIRouter, portal: Portal) -> None:
    @router.get("/")
    async def home(request: Request, language: Language = None) -> Response:
        return portal.page(request, "home.html", language)

    @router.get("/docs")
    async def reference(request: Request) -> Response:
        return portal.page(
            request, "docs.html", None, policy=_REFERENCE_POLICY, version=portal.reference.digest
        )

    @router.get("/docs/reference.js")
    async def reference_file(request: Request) -> Response:
        return portal.reference.answer(request, **{"cache-control": "public, max-age=31536000, immutable"})

    @router.get("/portal/{name}")
    async def own_file(request: Request, name: str) -> Response:
        if name not in portal.files:
            raise NotFound
        return portal.files[name].answer(request, **_SAFE)

    @router.get("/problems")
    async def problems(request: Request, language: Language = None) -> Response:
        if not _wants_html(request):
            return Asset.of_json(portal.problems).answer(request)
        return portal.page(request, "problems.html", language, problems=portal.problems)

    @router.get("/problems/{slug}")
    async def problem(request: Request, slug: str, language: Language = None) -> Response:
        known = portal.problems.get(slug)
        if known is None:
            raise NotFound
        if not _wants_html(request):
            return Asset.of_json({"slug": slug, **known}).answer(request)
        return portal.page(request, "problem.html", language, slug=slug, problem=known)


def _add_documents(router: APIRouter, portal: Portal) -> None:
    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        return portal.openapi.answer(request)

    @router.get("/asyncapi.json")
    async def asyncapi(request: Request) -> Response:
        return portal.asyncapi.answer(request)

    @router.get("/schemas/events/{event_type}")
    async def schema(request: Request, event_type: str) -> Response:
        known = event_class(event_type.removeprefix(f"{portal.prefix}."))
        if known is None:
            raise NotFound
        address = str(request.app.state.settings.public_url)
        content = schema_of(known, schemas=f"{address}/schemas/events")
        return Asset.of_json(content, "application/schema+json").answer(request)

    @router.api_route(PATH, methods=["GET", "HEAD"])
    async def api_catalogue(request: Request) -> Response:
        return portal.catalogue.answer(request, link=f'<{PATH}>; rel="api-catalog"')


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
