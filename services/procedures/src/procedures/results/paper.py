"""The paper of a result: a PDF/A-2b in Vietnamese, the same bytes for the same result.

It is set by Typst from one template of ours; what differs comes in as data and is never read as markup.
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

_TEMPLATE = Path(__file__).with_name("result.typ")
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def typeset(result: Mapping[str, Any], *, verify_at: str) -> bytes:
    """The PDF of a result.

    Args:
        result: the canonical document, as `document` makes it.
        verify_at: the address at which it can be verified; also in the QR code.
    """
    issued = datetime.fromisoformat(result["issuedAt"]).astimezone(_ZONE)
    drawn = io.BytesIO()
    segno.make(verify_at, error="m").save(drawn, kind="svg", border=1, xmldecl=False)
    data = {
        **result,
        "verifyAt": verify_at,
        "qr": drawn.getvalue().decode(),
        "issued": [issued.year, issued.month, issued.day, issued.hour, issued.minute, issued.second],
    }
    pdf: bytes = typst.compile(
        _source(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2b"],
    )
    return pdf


@cache
def _source() -> bytes:
    return _TEMPLATE.read_bytes()
