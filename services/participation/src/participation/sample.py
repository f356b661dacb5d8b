"""An invented consultation for trying the platform out."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from participation.consultations.operations import (
    Official,
    draft_consultation,
    list_consultations,
    publish_consultation,
)
from participation.domain.consultation import Draft, Passage
from participation.domain.legal_time import legal_date
from shared.errors import Text

AGENCY = "000.00.01.H99"
_OFFICIAL = Official("sample", AGENCY)
_OPEN_FOR = timedelta(days=30)
_TITLE = Text(
    vi="Dự thảo Quy định về tuyến phố đi bộ Quận Mẫu",
    en="Draft regulation on the pedestrian street of Sample District",
)
_SUMMARY = Text(
    vi="Ủy ban nhân dân Quận Mẫu lấy ý kiến về việc tổ chức tuyến phố đi bộ vào cuối tuần.",
    en="The People's Committee of Sample District asks about closing a street to traffic at weekends.",
)
_PASSAGES = (
    "Điều 1. Phố Mẫu là phố đi bộ từ 18 giờ thứ Sáu đến 24 giờ Chủ nhật hằng tuần.",
    "Điều 2. Người dân sống trên tuyến phố được đi xe đạp và dắt xe máy vào nhà.",
    "Điều 3. Hoạt động bán hàng lưu động phải đăng ký trước với Ủy ban nhân dân phường.",
)


async def load_sample(tx: AsyncConnection, now: datetime) -> bool:
    """Publish one open consultation of the sample agency, unless it has one; tells whether it was made."""
    present = await list_consultations(
        tx, now, drafts_of=AGENCY, agency=AGENCY, status=None, after=None, limit=1
    )
    if present:
        return False
    today = legal_date(now)
    draft = Draft(
        title=_TITLE,
        summary=_SUMMARY,
        passages=tuple(Passage(number, text) for number, text in enumerate(_PASSAGES, start=1)),
        opens_date=today,
        closes_date=today + _OPEN_FOR,
    )
    consultation = await draft_consultation(tx, now, _OFFICIAL, draft)
    await publish_consultation(tx, now, _OFFICIAL, consultation.id, lambda _: None)
    return True
