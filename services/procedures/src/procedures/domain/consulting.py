"""The rules of consultations: who may ask whom, answer, and take a question back."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.agency import AnotherAgency
from procedures.domain.answering import answering_unit
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, Standing
from procedures.domain.clock import Stop
from procedures.domain.consultation import Answer, Asked, Consultation, Opinion, Retraction
from procedures.domain.consultation_acts import (
    ConsultationAnswered,
    ConsultationOverdue,
    ConsultationRequested,
    ConsultationWithdrawn,
)
from procedures.domain.dating import standing
from procedures.domain.definition import Definition
from procedures.domain.handling import NotThisUnit, Official, require_open_task
from procedures.domain.status import Action, require_allowed
from procedures.domain.terms import NO_TERM, due_at
from procedures.domain.timer import Timer, TimerKind
from shared.errors import Conflict, Fault, Invalid, NotFound, Text


class QuestionNotFound(NotFound):
    """Nobody is asked this, or not this agency, or its answer is not waited for any more."""

    slug = "question-not-found"
    title = Text(
        vi="Không có yêu cầu lấy ý kiến này đang chờ trong phạm vi của bạn.",
        en="There is no such consultation for you that waits for an answer.",
    )


class TooManyConsultations(Conflict):
    """A case does not ask without end: `atOnce`, or `inAll`, says how many consultations it may have."""

    slug = "too-many-consultations"
    title = Text(
        vi="Hồ sơ này không thể lấy thêm ý kiến lúc này.", en="This case cannot ask for more opinions now."
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How many consultations a case may have: open at once, and in all."""

    at_once: int
    in_all: int


def consult(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    consultation: Consultation,
    units: Mapping[str, Collection[str]],
    limits: Limits,
) -> tuple[Act, ...]:
    """Agencies are asked all at once; each has its term from now on.

    Args:
        consultation: as it is ordered, its unit and its due instants left open.
        units: of the agencies that are known.

    Raises:
        AnotherAgency, NotThisUnit: the official does not work on it for the agency that answers.
        TooManyConsultations
        Invalid: with every fault of the order.
    """
    require_allowed(case.status, Action.CONSULT)
    unit = answering_unit(case, definition, official)
    _require_room(case, limits)
    faults = [*_faults_of_join(consultation), *_faults_of_consultees(case, consultation, units)]
    if faults:
        raise Invalid(faults=faults)
    asked = replace(
        consultation,
        unit=unit,
        consultees=tuple(
            replace(one, due_at=due_at(now, one.term, calendar)) for one in consultation.consultees
        ),
    )
    return (ConsultationRequested(asked, _stands(case, (*case.consultations, asked), calendar, now)),)


def answer(
    case: Case,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    asked: Asked,
    given: Answer,
    attachments: Sequence[Attachment],
) -> tuple[Act, ...]:
    """One that is asked answers.

    Raises:
        NotThisUnit: another unit of its agency is asked.
        Invalid: conditions, or a refusal, without a word.
    """
    require_allowed(case.status, Action.ANSWER_CONSULTATION)
    _, consultee = asked
    if not official.holds(consultee.agency, consultee.unit, None):
        raise NotThisUnit(unit=consultee.unit)
    if given.opinion is not Opinion.AGREE and given.note is None:
        text = Text(vi="Hãy nêu điều kiện hoặc lý do.", en="Say what the conditions or the reasons are.")
        raise Invalid(faults=[Fault("/note", "note_missing", text)])
    return _answered(case, calendar, now, asked, given, attachments)


def silent(case: Case, calendar: WorkingCalendar, now: datetime, timer: Timer) -> tuple[Act, ...]:
    """The one that the timer is about did not answer in time: it is taken to agree, or its delay is noted."""
    consultation, one = asked = asked_by_id(case, UUID(timer.subject))
    if timer.kind is TimerKind.CONSULTATION_CONSENT:
        return _answered(case, calendar, now, asked, Answer(now, Opinion.AGREE), ())
    return (ConsultationOverdue(timer, consultation.id, one.agency, one.unit),)


def withdraw(
    case: Case,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    consultation: UUID,
    *,
    consultees: Collection[UUID],
    reason: str,
) -> tuple[Act, ...]:
    """Some who have not answered are not asked any more; all of them where none is named.

    Raises:
        QuestionNotFound: none of them is waited for.
        NotThisUnit: the official neither belongs to the unit that asked nor has the case now.
    """
    require_allowed(case.status, Action.WITHDRAW_CONSULTATION)
    waited = [(of, one) for of, one in case.consulted if of.id == consultation]
    if not waited:
        raise QuestionNotFound
    asked = waited[0][0]
    if official.agency != case.agency:
        raise AnotherAgency
    if not official.holds(case.agency, asked.unit, None):
        require_open_task(case, official)
    gone = [one for _, one in waited if not consultees or one.id in consultees]
    if not gone or len(gone) < len(consultees):
        raise QuestionNotFound
    fewer = asked.put(*(replace(one, retraction=Retraction(now, reason)) for one in gone))
    stands = _stands(case, case.consulting(fewer).consultations, calendar, now)
    return (ConsultationWithdrawn(consultation, tuple(one.id for one in gone), reason, stands),)


def asked_by_id(case: Case, consultee: UUID) -> Asked:
    """Who of those that are waited for has this id, and what they are asked in.

    Raises:
        QuestionNotFound
    """
    for consultation, one in case.consulted:
        if one.id == consultee:
            return consultation, one
    raise QuestionNotFound


def _require_room(case: Case, limits: Limits) -> None:
    """Refuse to ask more than a case may."""
    if len(case.consultations) >= limits.in_all:
        text = Text(
            vi=f"Hồ sơ đã lấy ý kiến {limits.in_all} lần, là mức tối đa; hãy giải quyết với các ý kiến đã có.",
            en=f"The case has asked {limits.in_all} times, which is the most; decide on the opinions there are.",
        )
        raise TooManyConsultations(text, inAll=limits.in_all)
    if sum(asked.outcome is None for asked in case.consultations) >= limits.at_once:
        text = Text(
            vi=f"Đang có {limits.at_once} lần lấy ý kiến chưa xong, là mức tối đa; hãy chờ trả lời hoặc rút bớt.",
            en=f"{limits.at_once} consultations are open, which is the most; wait for answers, or withdraw one.",
        )
        raise TooManyConsultations(text, atOnce=limits.at_once)


def _answered(
    case: Case,
    calendar: WorkingCalendar,
    now: datetime,
    asked: Asked,
    given: Answer,
    attachments: Sequence[Attachment],
) -> tuple[Act, ...]:
    consultation, one = asked
    told = case.consulting(consultation.put(replace(one, answer=given))).consultations
    stands = _stands(case, told, calendar, now)
    return (ConsultationAnswered(consultation.id, one.id, given, tuple(attachments), stands),)


def _stands(
    case: Case, consultations: Sequence[Consultation], calendar: WorkingCalendar, now: datetime
) -> Standing:
    """How the case stands with these consultations: those that are exempt stop its clock until settled."""
    assert case.clock is not None  # or its status would allow no consultation
    stops = case.clock.stops
    if not any(one.exempted_by and one.waits_for for one in consultations):
        stops = tuple(stop for stop in stops if stop is not Stop.OPINION)
    elif Stop.OPINION not in stops:
        stops = (*stops, Stop.OPINION)
    return standing(case.clock, case.tasks, stops, calendar, now)


def _faults_of_join(consultation: Consultation) -> Iterator[Fault]:
    if consultation.needed is not None and consultation.needed > len(consultation.consultees):
        asked = len(consultation.consultees)
        text = Text(
            vi=f"Chỉ hỏi {asked} cơ quan; không thể cần nhiều ý kiến hơn.",
            en=f"Only {asked} are asked; no more of them can consent.",
        )
        yield Fault("/join/needed", "too_many_needed", text)
    if consultation.exempted_by and not consultation.mandatory:
        text = Text(
            vi="Ý kiến không bắt buộc thì không được tạm dừng thời hạn.",
            en="What need not be waited for does not stop the clock.",
        )
        yield Fault("/exemptedBy", "exempt_not_mandatory", text)


def _faults_of_consultees(
    case: Case, consultation: Consultation, units: Mapping[str, Collection[str]]
) -> Iterator[Fault]:
    places = [(one.agency, one.unit) for one in consultation.consultees]
    shareable = {attachment.id for attachment in (*case.attachments, *case.result)}
    for at, one in enumerate(consultation.consultees):
        here = f"/consultees/{at}"
        if one.unit not in units.get(one.agency, ()):
            text = Text(
                vi=f"Không có bộ phận {one.unit} ở cơ quan {one.agency}.",
                en=f"There is no unit {one.unit} at the agency {one.agency}.",
            )
            yield Fault(f"{here}/unit", "unit_unknown", text)
        if places.index((one.agency, one.unit)) < at:
            text = Text(vi="Bộ phận này đã nêu ở trên.", en="This unit is named above already.")
            yield Fault(here, "asked_twice", text)
        if consultation.exempted_by and one.agency == case.agency:
            text = Text(
                vi="Chỉ thời gian của cơ quan khác mới không tính vào thời hạn.",
                en="Only the time of other agencies is exempt from the term.",
            )
            yield Fault(f"{here}/agency", "exempt_own_agency", text)
        if consultation.silence_consents and one.term == NO_TERM:
            text = Text(
                vi="Im lặng chỉ là đồng ý khi có thời hạn trả lời.",
                en="Silence is consent only where there is a term to answer.",
            )
            yield Fault(f"{here}/term", "silence_without_term", text)
        for document_at, document in enumerate(one.documents):
            if document not in shareable:
                text = Text(vi="Hồ sơ không có giấy tờ này.", en="The case has no such document.")
                yield Fault(f"{here}/documents/{document_at}", "document_not_in_case", text)
