"""The pages: rendered on the server, no script at all, one stylesheet inside that the policy names by hash."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from identity.sign_in.words import words_in
from shared.web.problems import language_of

_TEMPLATES = files("identity.sign_in") / "templates"
_STYLE = (_TEMPLATES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FunctionLoader(lambda name: (_TEMPLATES / name).read_text("utf-8")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def page(
    template: str,
    *,
    language: str,
    status: int = 200,
    query: Mapping[str, str] | None = None,
    leads_to: str = "",
    **values: object,
) -> HTMLResponse:
    """A page in one language.

    `query` are the parameters of the address, kept by the links that change the language. `leads_to` is the
    origin that a submitted form may end at: browsers apply `form-action` to the redirects that follow too.
    """
    kept = {name: value for name, value in (query or {}).items() if name != "ui_locales"}
    html = _ENVIRONMENT.get_template(f"{template}.html").render(
        style=Markup(_STYLE),  # noqa: S704 -- our own file
        language=language,
        in_vietnamese="?" + urlencode({**kept, "ui_locales": "vi"}),
        in_english="?" + urlencode({**kept, "ui_locales": "en"}),
        word=words_in(language),
        **values,
    )
    return HTMLResponse(html, status, headers=_headers(leads_to))


def language_for(query: Mapping[str, str], accept_language: str) -> str:
    """The language of a page: `ui_locales` (OpenID Connect Core §3.1.2.1) before the browser's own."""
    return language_of(query.get("ui_locales", "").replace(" ", ",") or accept_language)


def _headers(leads_to: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self' {leads_to}".rstrip()
        + "; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
