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

_LETTERHEAD = Path(__file__).with_name("letterhead.typ")
_RESULT = Path(__file__).with_name("result.typ")
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def typeset(result: Mapping[str, Any], *, verify_at: str) -> bytes:
    """The PDF of a result.

    Args:
        result: the canonical document, as `document` makes it.
        verify_at: the address at which it can be verified; also in the QR code.
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
    """The PDF that a template, set under the letterhead, makes of data."""
    pdf: bytes = typst.compile(
        _source(template),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2b"],
    )
    return pdf


@cache
def _source(template: Path) -> bytes:
    return _LETTERHEAD.read_bytes() + template.read_bytes()
