"""What an applicant is told when something happens to their case, and what to do about it.

A message names the case by its code alone: what it is about is read after signing in, not in a mailbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from shared.errors import Text

VIETNAM = timezone(timedelta(hours=7))


class Occasion(StrEnum):
    """What happened to the case."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    SUPPLEMENTED = "supplemented"
    GRANTED = "granted"
    REJECTED = "rejected"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Message:
    """A subject and a body, in both languages."""

    subject: Text
    body: Text


_SUBJECTS: Mapping[Occasion, Text] = {
    Occasion.SUBMITTED: Text(vi="Đã nhận hồ sơ nộp", en="Your case was submitted"),
    Occasion.ACCEPTED: Text(vi="Hồ sơ đã được tiếp nhận", en="Your case was accepted"),
    Occasion.REFUSED: Text(vi="Hồ sơ chưa được tiếp nhận", en="Your case was not accepted"),
    Occasion.SUPPLEMENT_REQUESTED: Text(vi="Cần bổ sung hồ sơ", en="Your case needs a supplement"),
    Occasion.SUPPLEMENTED: Text(vi="Đã nhận phần bổ sung", en="Your supplement was received"),
    Occasion.GRANTED: Text(vi="Hồ sơ đã có kết quả: được chấp thuận", en="Decided: your request is granted"),
    Occasion.REJECTED: Text(vi="Hồ sơ đã có kết quả: bị từ chối", en="Decided: your request is rejected"),
    Occasion.CLOSED: Text(vi="Đã trả kết quả", en="The result was handed over"),
    Occasion.WITHDRAWN: Text(vi="Hồ sơ đã được rút", en="Your case was withdrawn"),
}

_ADVICE: Mapping[Occasion, Text] = {
    Occasion.SUBMITTED: Text(
        vi="Cơ quan sẽ kiểm tra và báo cho bạn khi tiếp nhận. Bạn chưa cần làm gì thêm.",
        en="The agency will check it and tell you once it is accepted. There is nothing to do for now.",
    ),
    Occasion.ACCEPTED: Text(
        vi="Cơ quan đang giải quyết. Bạn có thể theo dõi tiến độ bằng mã hồ sơ.",
        en="The agency is working on it. You can follow its progress by the case code.",
    ),
    Occasion.REFUSED: Text(
        vi="Hãy mở hồ sơ để đọc lý do, sửa theo hướng dẫn rồi nộp lại.",
        en="Open the case to read the reason, correct what it names, and submit again.",
    ),
    Occasion.SUPPLEMENT_REQUESTED: Text(
        vi="Hãy mở hồ sơ, xem giấy tờ còn thiếu và nộp bổ sung. Thời hạn giải quyết tạm dừng đến khi bạn nộp.",
        en="Open the case, see which documents are missing and send them. The term stands still until then.",
    ),
    Occasion.SUPPLEMENTED: Text(
        vi="Cơ quan tiếp tục giải quyết. Bạn chưa cần làm gì thêm.",
        en="The agency goes on with it. There is nothing to do for now.",
    ),
    Occasion.GRANTED: Text(
        vi="Hãy mở hồ sơ để xem quyết định và cách nhận kết quả.",
        en="Open the case to read the decision and how to receive the result.",
    ),
    Occasion.REJECTED: Text(
        vi="Hãy mở hồ sơ để đọc quyết định, lý do và cách khiếu nại.",
        en="Open the case to read the decision, its reason and how to appeal.",
    ),
    Occasion.CLOSED: Text(
        vi="Hồ sơ đã kết thúc. Ý kiến của bạn giúp phục vụ tốt hơn: hãy đánh giá việc giải quyết.",
        en="The case has ended. Tell us how it went: your rating helps to serve you better.",
    ),
    Occasion.WITHDRAWN: Text(
        vi="Hồ sơ đã dừng theo yêu cầu của bạn. Nếu không phải bạn yêu cầu, hãy báo ngay cho cơ quan.",
        en="It was stopped at your request. If that was not you, tell the agency at once.",
    ),
}


def message_about(occasion: Occasion, *, case: str, due_at: datetime | None) -> Message:
    """The message for an occasion of the case with this code; `due_at` is when the answer is due."""
    advice = _ADVICE[occasion]
    due = _due(occasion, due_at)
    subject = _SUBJECTS[occasion]
    return Message(
        subject=Text(vi=f"{subject.vi} – {case}", en=f"{subject.en} – {case}"),
        body=Text(
            vi=f"Mã hồ sơ: {case}\n{due.vi}\n{advice.vi}".replace("\n\n", "\n"),
            en=f"Case code: {case}\n{due.en}\n{advice.en}".replace("\n\n", "\n"),
        ),
    )


def _due(occasion: Occasion, due_at: datetime | None) -> Text:
    if due_at is None or occasion not in {Occasion.ACCEPTED, Occasion.SUPPLEMENTED}:
        return Text(vi="", en="")
    local = due_at.astimezone(VIETNAM)
    return Text(
        vi=f"Hẹn trả kết quả: {local:%H:%M} ngày {local:%d/%m/%Y}",
        en=f"Due: {local:%d %B %Y}, {local:%H:%M} (Vietnam time)",
    )
