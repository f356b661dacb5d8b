"""The page on which people verify a result: rendered here, without script."""

import base64
import hashlib
from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from procedures.results.schemas import ResultVerification

_FILES = files("procedures.results")
_STYLE = (_FILES / "page.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    (_FILES / "page.html").read_text("utf-8")
)
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_WORDS = {
    "vi": {
        "in_force": "Đang có hiệu lực",
        "superseded": "Đã được thay thế",
        "revoked": "Đã bị thu hồi",
        "number": "Số",
        "issued": "Ngày cấp",
        "ended": "Hết hiệu lực từ",
        "superseded_by": "Thay thế bởi",
        "supersedes": "Thay thế cho",
        "hint": "So sánh số, ngày cấp và cơ quan với bản bạn có trong tay. Trang này không cho biết thông tin cá nhân.",
    },
    "en": {
        "in_force": "In force",
        "superseded": "Superseded",
        "revoked": "Revoked",
        "number": "Number",
        "issued": "Issued",
        "ended": "Not in force since",
        "superseded_by": "Superseded by",
        "supersedes": "Supersedes",
        "hint": "Compare number, date and agency with the paper in your hand. This page tells nothing personal.",
    },
}


def verification_page(result: ResultVerification, language: str) -> HTMLResponse:
    """The page in one language."""
    html = _PAGE.render(
        result=result.model_dump(),
        language=language,
        words=_WORDS[language],
        style=Markup(_STYLE),  # noqa: S704 -- our own file
        issued=_day(result.issued_at),
        ended=result.ended_at and _day(result.ended_at),
    )
    headers = {
        "content-security-policy": _POLICY,
        "content-language": language,
        "vary": "Accept, Accept-Language",
        "cache-control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(_ZONE):%d/%m/%Y}"
