"""The legal clock of a case in sentences, in the agency's local time."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from procedures.domain.allowances import duration_in_words, in_words
from procedures.domain.attribution import Holder, HolderKind, Holding, Share
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, GrantedTime
from procedures.domain.case_clock import Explanation
from procedures.domain.clock import STOP_TEXT, CaseClock, Interval
from procedures.domain.fees import CaseFee
from procedures.domain.status import Status
from procedures.domain.time_to_pay import Unpaid
from shared.errors import Text

_HOLDER_TEXT = Text(vi="không ai", en="nobody")


def clock_in_words(explained: Explanation, calendar: WorkingCalendar) -> Text:
    """What the term is, since when it is counted, and how the clock stands."""
    clock = explained.case.clock
    if clock is None:
        return _not_begun(explained.case, calendar)
    term, began = _term(clock), _local(clock.started_at, calendar)
    if clock.ended_at is not None:
        stands = _ended(explained, _local(clock.ended_at, calendar))
    elif clock.stops:
        stands = _standing(clock, explained, calendar)
    else:
        stands = _running(explained, calendar)
    return Text(
        vi=f"Thời hạn: {term.vi}, tính từ {began.vi}. {stands.vi}",
        en=f"The term: {term.en}, counted from {began.en}. {stands.en}",
    )


def extension_in_words(given: GrantedTime, calendar: WorkingCalendar) -> Text:
    """By how much the term was extended, when and why."""
    by, at = in_words(given.by), _local(given.at, calendar)
    return Text(
        vi=f"Gia hạn thêm {by.vi} lúc {at.vi}. Lý do: {given.reason}",
        en=f"Extended by {by.en} at {at.en}. The reason: {given.reason}",
    )


def interval_in_words(interval: Interval, calendar: WorkingCalendar) -> Text:
    """A stretch of the case's time: from when to when, why, and whether it counts."""
    begins, ends = _local(interval.begins_at, calendar), _local(interval.ends_at, calendar)
    worked = duration_in_words(interval.working_time)
    counts = Text(vi="không tính vào thời hạn", en="does not count")
    if interval.counts:
        counts = Text(vi="tính vào thời hạn", en="counts")
    return Text(
        vi=f"Từ {begins.vi} đến {ends.vi}: {interval.reason.vi}. {worked.vi} làm việc, {counts.vi}.",
        en=f"From {begins.en} to {ends.en}: {interval.reason.en}. {worked.en} of working time, {counts.en}.",
    )


def holding_in_words(holding: Holding, calendar: WorkingCalendar) -> Text:
    """A stretch of the case's time: in whose hands it was, and whether it counts."""
    begins, ends = _local(holding.begins_at, calendar), _local(holding.ends_at, calendar)
    who, worked = _holders_in_words(holding.holders), duration_in_words(holding.working_time)
    vi = f"Từ {begins.vi} đến {ends.vi} ở {who.vi}: {worked.vi} làm việc"
    en = f"From {begins.en} to {ends.en} with {who.en}: {worked.en} of working time"
    if holding.late:
        late = duration_in_words(holding.late)
        vi, en = f"{vi}, trong đó {late.vi} sau hạn", f"{en}, {late.en} of it after the case was due"
    elif not holding.counts:
        vi, en = f"{vi}, không tính vào thời hạn", f"{en}, which does not count"
    return Text(vi=f"{vi}.", en=f"{en}.")


def share_in_words(share: Share) -> Text:
    """What one held of the case, and how much of its delay is theirs."""
    who, held = _holders_in_words([share.holder]), duration_in_words(share.held)
    vi, en = f"{who.vi}: giữ {held.vi} làm việc", f"{who.en}: held it for {held.en} of working time"
    if share.late:
        late = duration_in_words(share.late)
        vi, en = f"{vi}, chậm {late.vi}", f"{en}, {late.en} of the delay"
    if share.overran:
        over = duration_in_words(share.overran)
        vi, en = f"{vi}, vượt thời gian của bước {over.vi}", f"{en}, {over.en} over the allowance of the step"
    return Text(vi=f"{vi}.", en=f"{en}.")


def _holders_in_words(holders: Sequence[Holder]) -> Text:
    names = [_HOLDER_TEXT] if not holders else [_holder_in_words(holder) for holder in holders]
    return Text(vi=", ".join(name.vi for name in names), en=", ".join(name.en for name in names))


def _holder_in_words(holder: Holder) -> Text:
    if holder.kind is HolderKind.APPLICANT:
        return Text(vi="người nộp", en="the applicant")
    if holder.kind is HolderKind.UNIT:
        return Text(vi=f"bộ phận {holder.unit}", en=f"the unit {holder.unit}")
    agency = Text(vi=f"cơ quan {holder.agency}", en=f"the agency {holder.agency}")
    if holder.unit is None:
        return agency
    return Text(vi=f"{agency.vi}, bộ phận {holder.unit}", en=f"{agency.en}, unit {holder.unit}")


def _not_begun(case: Case, calendar: WorkingCalendar) -> Text:
    """How it stands before the receipt; what ended there was refused, or taken back."""
    if case.ended_at is None:
        return Text(vi="Thời hạn chưa bắt đầu.", en="The term has not begun.")
    ended = _local(case.ended_at, calendar)
    if case.status is Status.LAPSED:
        lapsed = _lapsed(case, ended)
        return Text(vi=f"Thời hạn chưa bắt đầu. {lapsed.vi}", en=f"The term has not begun. {lapsed.en}")
    if case.status is Status.REFUSED:
        return Text(
            vi=f"Hồ sơ bị từ chối tiếp nhận lúc {ended.vi}; thời hạn không bắt đầu.",
            en=f"The case was refused at {ended.en}; the term never began.",
        )
    return Text(
        vi=f"Hồ sơ được rút lúc {ended.vi}, trước khi tiếp nhận; thời hạn không bắt đầu.",
        en=f"The case was withdrawn at {ended.en}, before it was received; the term never began.",
    )


def _term(clock: CaseClock) -> Text:
    """The term as it was, and each extension of it."""
    term, more = in_words(clock.term), [in_words(extension) for extension in clock.extensions]
    return Text(
        vi=", ".join([term.vi, *(f"gia hạn thêm {by.vi}" for by in more)]),
        en=", ".join([term.en, *(f"extended by {by.en}" for by in more)]),
    )


def _ended(explained: Explanation, ended: Text) -> Text:
    if explained.case.status is Status.LAPSED:
        return _lapsed(explained.case, ended)
    if explained.case.decided_at is None:
        return Text(vi=f"Hồ sơ được rút lúc {ended.vi}.", en=f"The case was withdrawn at {ended.en}.")
    vi, en = f"Đã quyết định lúc {ended.vi}", f"It was decided at {ended.en}"
    if explained.case.due_when_decided is not None:
        vi += ", quá hạn" if explained.overdue else ", đúng hạn"
        en += ", late" if explained.overdue else ", in time"
    return Text(vi=f"{vi}.", en=f"{en}.")


def _lapsed(case: Case, ended: Text) -> Text:
    missing = Text(vi="không bổ sung đúng hạn", en="the supplement did not come in time")
    if any(fee.open and fee.expired for fee in case.fees):
        missing = Text(vi="không nộp phí đúng hạn", en="the fee was not paid in time")
    return Text(
        vi=f"Hồ sơ hết hiệu lực lúc {ended.vi} vì {missing.vi}.",
        en=f"The case lapsed at {ended.en}: {missing.en}.",
    )


def _to_pay(fee: CaseFee, calendar: WorkingCalendar) -> Text:
    """Until when a fee is to be paid; nothing when there is no such time."""
    if fee.running_out is None:
        return Text(vi="", en="")
    by = _local(fee.running_out.by, calendar)
    if fee.running_out.on_expiry is Unpaid.LAPSE:
        return Text(
            vi=f" Hạn nộp tiền: {by.vi}; quá hạn thì hồ sơ hết hiệu lực.",
            en=f" To be paid by {by.en}, or the case lapses.",
        )
    return Text(
        vi=f" Hạn nộp tiền: {by.vi}; quá hạn thì không chờ nữa.",
        en=f" It is waited for until {by.en}.",
    )


def _standing(clock: CaseClock, explained: Explanation, calendar: WorkingCalendar) -> Text:
    remaining = explained.remaining
    reasons = [STOP_TEXT[stop] for stop in clock.stops]
    vi = f"Đang tạm dừng: {'; '.join(reason.vi for reason in reasons)}."
    en = f"It stands still: {'; '.join(reason.en for reason in reasons)}."
    for time in (_to_pay(fee, calendar) for fee in explained.case.fees if fee.stops_clock):
        vi, en = vi + time.vi, en + time.en
    if remaining is not None:
        left = duration_in_words(remaining)
        vi, en = f"{vi} Còn {left.vi} làm việc.", f"{en} {left.en} of working time are left."
    return Text(vi=vi, en=en)


def _running(explained: Explanation, calendar: WorkingCalendar) -> Text:
    if explained.case.due_at is None or explained.remaining is None:
        return Text(vi="Hồ sơ này không bị tính quá hạn.", en="This case is never late.")
    due, left = _local(explained.case.due_at, calendar), duration_in_words(explained.remaining)
    if explained.overdue:
        return Text(vi=f"Đã quá hạn từ {due.vi}.", en=f"It has been late since {due.en}.")
    return Text(
        vi=f"Đến hạn lúc {due.vi}, còn {left.vi} làm việc.",
        en=f"It is due at {due.en}; {left.en} of working time are left.",
    )


def _local(instant: datetime, calendar: WorkingCalendar) -> Text:
    local = instant.astimezone(ZoneInfo(calendar.time_zone))
    return Text(vi=f"{local:%H:%M ngày %d/%m/%Y}", en=f"{local:%Y-%m-%d %H:%M}")
