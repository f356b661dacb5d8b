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
    SUPPLEMENTED_IN_PART = "supplemented_in_part"
    GRANTED = "granted"
    REJECTED = "rejected"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXTENDED = "extended"
    REDATED = "redated"
    APOLOGISED = "apologised"
    ANSWER_REMINDED = "answer_reminded"
    ANSWER_REDATED = "answer_redated"
    SUPPLEMENT_EXPIRED = "supplement_expired"
    LAPSED = "lapsed"
    PART_LAPSED = "part_lapsed"
    FEE_DEMANDED = "fee_demanded"
    FEE_REMINDED = "fee_reminded"
    FEE_EXPIRED = "fee_expired"
    REOPENED = "reopened"


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
    Occasion.SUPPLEMENTED_IN_PART: Text(
        vi="Đã nhận một phần bổ sung, còn thiếu", en="A part of your supplement was received"
    ),
    Occasion.GRANTED: Text(vi="Hồ sơ đã có kết quả: được chấp thuận", en="Decided: your request is granted"),
    Occasion.REJECTED: Text(vi="Hồ sơ đã có kết quả: bị từ chối", en="Decided: your request is rejected"),
    Occasion.CLOSED: Text(vi="Đã trả kết quả", en="The result was handed over"),
    Occasion.WITHDRAWN: Text(vi="Hồ sơ đã được rút", en="Your case was withdrawn"),
    Occasion.EXTENDED: Text(vi="Hồ sơ được gia hạn giải quyết", en="Your case takes longer: it was extended"),
    Occasion.REDATED: Text(vi="Ngày hẹn trả kết quả thay đổi", en="Your case is due on another date"),
    Occasion.APOLOGISED: Text(
        vi="Xin lỗi vì trễ hẹn và hẹn lại ngày trả kết quả", en="We are late: an apology and a new date"
    ),
    Occasion.ANSWER_REMINDED: Text(
        vi="Sắp hết hạn bổ sung hồ sơ", en="Your time to supplement the case ends soon"
    ),
    Occasion.ANSWER_REDATED: Text(vi="Hạn bổ sung hồ sơ thay đổi", en="Your time to supplement has changed"),
    Occasion.SUPPLEMENT_EXPIRED: Text(vi="Đã hết hạn bổ sung hồ sơ", en="Your time to supplement has ended"),
    Occasion.LAPSED: Text(
        vi="Hồ sơ kết thúc vì không bổ sung hoặc nộp phí đúng hạn", en="Your case has lapsed"
    ),
    Occasion.PART_LAPSED: Text(
        vi="Một phần hồ sơ đã dừng vì không bổ sung hoặc nộp phí đúng hạn",
        en="A part of your case has lapsed",
    ),
    Occasion.FEE_DEMANDED: Text(vi="Cần nộp phí, lệ phí", en="There is a fee to pay"),
    Occasion.FEE_REMINDED: Text(vi="Sắp hết hạn nộp phí, lệ phí", en="Your time to pay the fee ends soon"),
    Occasion.FEE_EXPIRED: Text(vi="Đã hết hạn nộp phí, lệ phí", en="Your time to pay the fee has ended"),
    Occasion.REOPENED: Text(
        vi="Hồ sơ được mở lại sau khiếu nại", en="Your case was reopened after your appeal"
    ),
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
    Occasion.SUPPLEMENTED_IN_PART: Text(
        vi="Hãy mở hồ sơ, xem giấy tờ còn thiếu và nộp tiếp. Thời hạn giải quyết vẫn tạm dừng.",
        en="Open the case, see what is still missing and send it. The term stands still until then.",
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
    Occasion.EXTENDED: Text(
        vi="Hãy mở hồ sơ để đọc lý do gia hạn. Bạn chưa cần làm gì thêm.",
        en="Open the case to read why. There is nothing to do for now.",
    ),
    Occasion.REDATED: Text(
        vi="Lịch làm việc của cơ quan thay đổi; hãy mở hồ sơ để đọc lý do. Bạn chưa cần làm gì thêm.",
        en="The agency's working days changed; open the case to read why. There is nothing to do for now.",
    ),
    Occasion.APOLOGISED: Text(
        vi="Hãy mở hồ sơ để đọc thư xin lỗi và lý do trễ hẹn.",
        en="Open the case to read the apology and why it is late.",
    ),
    Occasion.ANSWER_REMINDED: Text(
        vi="Hãy mở hồ sơ và nộp giấy tờ còn thiếu trước khi hết hạn.",
        en="Open the case and send the documents that are missing before the time is over.",
    ),
    Occasion.ANSWER_REDATED: Text(
        vi="Lịch làm việc của cơ quan thay đổi. Hãy nộp giấy tờ còn thiếu trước khi hết hạn.",
        en="The agency's working days changed. Send what is missing before the time is over.",
    ),
    Occasion.SUPPLEMENT_EXPIRED: Text(
        vi="Cơ quan giải quyết với giấy tờ hiện có. Hãy mở hồ sơ để xem.",
        en="The agency goes on with what is there. Open the case to see.",
    ),
    Occasion.LAPSED: Text(
        vi="Giấy tờ hoặc phí đã yêu cầu không được nộp đúng hạn. Bạn có thể nộp hồ sơ mới.",
        en="What was asked for did not come in time. You may submit a new case.",
    ),
    Occasion.PART_LAPSED: Text(
        vi="Giấy tờ hoặc phí đã yêu cầu không được nộp đúng hạn. Cơ quan giải quyết hồ sơ sẽ xem xét bước tiếp theo.",
        en="What was asked for did not come in time. The agency that answers for the case sees what comes next.",
    ),
    Occasion.FEE_DEMANDED: Text(
        vi="Hãy mở hồ sơ để xem số tiền, mã khoản phí và nộp trực tuyến.",
        en="Open the case to see how much it is and by which reference to pay it.",
    ),
    Occasion.FEE_REMINDED: Text(
        vi="Hãy mở hồ sơ để xem số tiền, mã khoản phí và nộp trước khi hết hạn.",
        en="Open the case to see how much it is, and pay before the time is over.",
    ),
    Occasion.FEE_EXPIRED: Text(
        vi="Cơ quan không chờ khoản phí này nữa; bạn vẫn có thể nộp. Hãy mở hồ sơ để xem.",
        en="The agency does not wait for it any more; you may still pay. Open the case to see.",
    ),
    Occasion.REOPENED: Text(
        vi="Cơ quan tiếp nhận lại hồ sơ với mã cũ. Bạn không cần nộp lại.",
        en="The agency takes it up again under its old code. You need not submit it again.",
    ),
}

_WITH_THE_DUE_DATE = {
    Occasion.ACCEPTED,
    Occasion.SUPPLEMENTED,
    Occasion.EXTENDED,
    Occasion.REDATED,
    Occasion.APOLOGISED,
    Occasion.SUPPLEMENT_EXPIRED,
}
_WITH_TIME_TO_ANSWER = {
    Occasion.SUPPLEMENT_REQUESTED,
    Occasion.ANSWER_REMINDED,
    Occasion.ANSWER_REDATED,
}
_WITH_TIME_TO_PAY = {Occasion.FEE_DEMANDED, Occasion.FEE_REMINDED}


def message_about(occasion: Occasion, *, case: str, due_at: datetime | None) -> Message:
    """The message for an occasion of the case with this code.

    `due_at` is when the answer is due: the agency's, or that of an applicant who was asked for something.
    """
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
    if due_at is None or occasion not in _WITH_THE_DUE_DATE | _WITH_TIME_TO_ANSWER | _WITH_TIME_TO_PAY:
        return Text(vi="", en="")
    local = due_at.astimezone(VIETNAM)
    what = Text(vi="Hẹn trả kết quả", en="Due")
    if occasion in _WITH_TIME_TO_ANSWER:
        what = Text(vi="Hạn nộp bổ sung", en="To be sent by")
    if occasion in _WITH_TIME_TO_PAY:
        what = Text(vi="Hạn nộp phí", en="To be paid by")
    return Text(
        vi=f"{what.vi}: {local:%H:%M} ngày {local:%d/%m/%Y}",
        en=f"{what.en}: {local:%d %B %Y}, {local:%H:%M} (Vietnam time)",
    )
