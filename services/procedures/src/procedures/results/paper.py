"""Papers of agencies: PDF/A-2b in Vietnamese, the same bytes for the same data.

They are set by Typst from templates of ours; what differs comes in as data and is never read as markup.
"""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
import typst

from procedures.results.glyphs import as_shown
from shared.errors import Conflict, Text

_LETTERHEAD = Path(__file__).with_name("letterhead.typ")
_RESULT = Path(__file__).with_name("result.typ")
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class PaperNotSet(Conflict):
    """What the paper is to say cannot be set as a PDF/A."""

    slug = "paper-not-set"
    title = Text(
        vi="Không dựng được văn bản từ nội dung của hồ sơ; hãy báo cho người quản trị hệ thống.",
        en="What the case holds cannot be put on paper; tell those who run the platform.",
    )


def typeset(result: Mapping[str, Any], *, verify_at: str) -> bytes:
    """The PDF of a result.

    Args:
        result: the canonical document, as `document` makes it.
        verify_at: the address at which it can be verified; also in the QR code.

    Raises:
        PaperNotSet
    """
    drawn = io.BytesIO()
    segno.make(verify_at, error="m").save(drawn, kind="svg", border=1, xmldecl=False)
    issued = instant_parts(datetime.fromisoformat(result["issuedAt"]))
    return compiled(
        _RESULT, {**result, "verifyAt": verify_at, "qr": drawn.getvalue().decode(), "issued": issued}
    )


def instant_parts(instant: datetime) -> list[int]:
    """An instant in Viet Nam's time, as templates take it: year, month, day, hour, minute, second."""
    local = instant.astimezone(_ZONE)
    return [local.year, local.month, local.day, local.hour, local.minute, local.second]


def compiled(template: Path, data: Mapping[str, Any]) -> bytes:
    """The PDF that a template, set under the letterhead, makes of data, whatever characters are in it.

    Raises:
        PaperNotSet
    """
    try:
        pdf: bytes = typst.compile(
            _source(template),
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(_shown(data), ensure_ascii=False)},
            pdf_standards=["a-2b"],
        )
    except typst.TypstError as error:
        raise PaperNotSet from error
    return pdf


def _shown(value: Any) -> Any:
    """The same with each text as it can be set."""
    if isinstance(value, str):
        return as_shown(value)
    if isinstance(value, Mapping):
        return {name: _shown(part) for name, part in value.items()}
    return [_shown(part) for part in value] if isinstance(value, list | tuple) else value


@cache
def _source(template: Path) -> bytes:
    return _LETTERHEAD.read_bytes() + template.read_bytes()
