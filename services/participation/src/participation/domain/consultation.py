"""A consultation on a draft: its text, its period, and what may be done in it.

    drafted ── published ──> announced ── opening day ──> open ── after closing day ──> closed ──> answered

Publication and answer are acts of the agency. Opening and closing are dates, so nothing has to run for a
consultation to open or close; a timer only tells others of it, afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from participation.domain.legal_time import legal_date, start_of
from shared.errors import Conflict, Fault, Invalid, NotFound, Text

FARTHEST = timedelta(days=730)
"""How far ahead a consultation can close: beyond that a year was mistyped."""


class Status(StrEnum):
    """Where a consultation stands."""

    DRAFTED = "drafted"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    ANSWERED = "answered"


class Action(StrEnum):
    """What may be done to a consultation."""

    REVISE = "revise"
    PUBLISH = "publish"
    COMMENT = "comment"
    ANSWER = "answer"


ALLOWED: Mapping[Status, frozenset[Action]] = {
    Status.DRAFTED: frozenset({Action.REVISE, Action.PUBLISH}),
    Status.ANNOUNCED: frozenset({Action.REVISE}),
    Status.OPEN: frozenset({Action.COMMENT}),
    Status.CLOSED: frozenset({Action.ANSWER}),
    Status.ANSWERED: frozenset(),
}


class ConsultationNotFound(NotFound):
    slug = "consultation-not-found"
    title = Text(
        vi="Không có đợt lấy ý kiến này trong phạm vi của bạn.",
        en="There is no such consultation among those you may see.",
    )


class ConsultationFixed(Conflict):
    """People comment on the text that they read, so it stays as it was when the consultation opened."""

    slug = "consultation-fixed"
    title = Text(
        vi="Dự thảo chỉ sửa được trước ngày mở lấy ý kiến.",
        en="The draft can be changed until the consultation opens, and not after.",
    )


class AlreadyPublished(Conflict):
    slug = "already-published"
    title = Text(vi="Đợt lấy ý kiến này đã được công bố.", en="This consultation is published already.")


class ConsultationNotOpen(Conflict):
    slug = "consultation-not-open"
    title = Text(
        vi="Đợt lấy ý kiến chưa mở hoặc đã kết thúc.", en="The consultation is not open yet, or over."
    )


class AnswerNotDue(Conflict):
    slug = "answer-not-due"
    title = Text(
        vi="Bản tiếp thu, giải trình được công bố một lần, sau khi kết thúc lấy ý kiến.",
        en="The answer is published once, after the consultation has closed.",
    )


_REFUSALS: Mapping[Action, type[Conflict]] = {
    Action.REVISE: ConsultationFixed,
    Action.PUBLISH: AlreadyPublished,
    Action.COMMENT: ConsultationNotOpen,
    Action.ANSWER: AnswerNotDue,
}


class Moment(StrEnum):
    """What others are told of by the date alone."""

    OPENING = "opening"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Passage:
    """A numbered piece of the draft's text that people can comment on."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agency asks about, from the first to the last day on which comments are taken."""

    title: Text
    summary: Text
    passages: tuple[Passage, ...]
    opens_date: date
    closes_date: date


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation without its passages, which are read where they are needed."""

    id: UUID
    agency: str
    title: Text
    summary: Text
    passage_count: int
    opens_date: date
    closes_date: date
    version: int = 1
    published_at: datetime | None = None
    opening_told_at: datetime | None = None
    closing_told_at: datetime | None = None
    sequence: int = 0
    """How many events others were told of it."""
    answer: Text | None = None
    answered_at: datetime | None = None

    @property
    def opens_at(self) -> datetime:
        """The first instant of the opening day."""
        return start_of(self.opens_date)

    @property
    def closes_at(self) -> datetime:
        """The instant at which the closing day ends."""
        return start_of(self.closes_date + timedelta(days=1))

    def edition(self, now: datetime) -> str:
        """Names this state of the consultation: it changes with whatever is shown of it."""
        return f"{self.version}-{self.status(now)}"

    def status(self, now: datetime) -> Status:
        """Where the consultation stands at `now`.

        What others were told stays true, whatever a clock that runs a little behind says.
        """
        if self.published_at is None:
            return Status.DRAFTED
        if self.answered_at is not None:
            return Status.ANSWERED
        if now >= self.closes_at or self.closing_told_at is not None:
            return Status.CLOSED
        if now >= self.opens_at or self.opening_told_at is not None:
            return Status.OPEN
        return Status.ANNOUNCED


def drafted(consultation_id: UUID, agency: str, draft: Draft, now: datetime) -> Consultation:
    """A new consultation, which nobody but the agency sees until it is published.

    Raises:
        Invalid: naming every fault of the draft at once.
    """
    _check(draft, now)
    return Consultation(
        id=consultation_id,
        agency=agency,
        title=draft.title,
        summary=draft.summary,
        passage_count=len(draft.passages),
        opens_date=draft.opens_date,
        closes_date=draft.closes_date,
    )


def revise(consultation: Consultation, draft: Draft, now: datetime) -> Consultation:
    """The consultation about another text or in another period.

    Raises:
        ConsultationFixed, Invalid
    """
    require_allowed(consultation, Action.REVISE, now)
    _check(draft, now)
    return replace(
        consultation,
        title=draft.title,
        summary=draft.summary,
        passage_count=len(draft.passages),
        opens_date=draft.opens_date,
        closes_date=draft.closes_date,
        version=consultation.version + 1,
    )


def publish(consultation: Consultation, now: datetime) -> Consultation:
    """The consultation for everyone to see; it opens on its day.

    Raises:
        AlreadyPublished
        Invalid: the opening day is in the past.
    """
    require_allowed(consultation, Action.PUBLISH, now)
    if faults := _past_faults(consultation.opens_date, now):
        raise Invalid(faults=faults)
    return replace(consultation, published_at=now, version=consultation.version + 1)


def answer(consultation: Consultation, words: Text, now: datetime) -> Consultation:
    """The consultation with what the agency made of the comments.

    Raises:
        AnswerNotDue
    """
    require_allowed(consultation, Action.ANSWER, now)
    return replace(consultation, answer=words, answered_at=now, version=consultation.version + 1)


def require_allowed(consultation: Consultation, action: Action, now: datetime) -> None:
    """Refuse what the status does not allow, with the status and the period.

    Raises:
        ConsultationFixed, AlreadyPublished, ConsultationNotOpen, AnswerNotDue
    """
    status = consultation.status(now)
    if action not in ALLOWED[status]:
        raise _REFUSALS[action](
            stands=status.value, opensAt=consultation.opens_at, closesAt=consultation.closes_at
        )


def due(consultation: Consultation, now: datetime) -> Sequence[Moment]:
    """What others are to be told of by now and were not, in the order in which it came."""
    if consultation.published_at is None:
        return ()
    moments = []
    if consultation.opening_told_at is None and now >= consultation.opens_at:
        moments.append(Moment.OPENING)
    if consultation.closing_told_at is None and now >= consultation.closes_at:
        moments.append(Moment.CLOSING)
    return moments


def _check(draft: Draft, now: datetime) -> None:
    faults = _past_faults(draft.opens_date, now)
    if draft.closes_date < draft.opens_date:
        text = Text(vi="Ngày kết thúc phải từ ngày mở trở đi.", en="It cannot close before it opens.")
        faults.append(Fault("/closesDate", "closes_before_opening", text))
    if draft.closes_date > legal_date(now) + FARTHEST:
        text = Text(
            vi="Ngày kết thúc phải trong vòng hai năm tới.", en="It must close within the next two years."
        )
        faults.append(Fault("/closesDate", "closes_too_late", text))
    for place, passage in enumerate(draft.passages, start=1):
        if passage.number != place:
            text = Text(
                vi="Các đoạn được đánh số 1, 2, 3 … theo thứ tự.",
                en="Passages are numbered 1, 2, 3 … in order.",
            )
            faults.append(Fault(f"/passages/{place - 1}/number", "passage_number", text))
    if faults:
        raise Invalid(faults=faults)


def _past_faults(opens_date: date, now: datetime) -> list[Fault]:
    if opens_date >= legal_date(now):
        return []
    text = Text(vi="Ngày mở không thể ở quá khứ.", en="The opening day cannot be in the past.")
    return [Fault("/opensDate", "opens_in_past", text)]
