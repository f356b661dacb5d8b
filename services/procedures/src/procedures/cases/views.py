"""How a case is shown: to those who may see it, and to anyone who holds its code and secret."""

from collections.abc import Mapping, Sequence
from typing import Any

from procedures.cases.schemas import (
    ApologyOfCase,
    AppealOfCase,
    AppliedRuleOfCase,
    AttachmentOfCase,
    CaseView,
    ChildOfCase,
    ConsultationOfCase,
    ErasureOfCase,
    ExtensionOfCase,
    HoldOfCase,
    IssuedResultOfCase,
    LinkOfCase,
    LogEntry,
    Missing,
    Receipt,
    TaskOfCase,
    Tracking,
    TrackingPart,
    TrackingStep,
    TransferOfCase,
)
from procedures.cases.sealing import FiledForm
from procedures.cases.store import Stored, shown_act
from procedures.domain.case import Outcome
from procedures.domain.case_code import tracking_secret
from procedures.domain.linked_cases import Appeal, ChildCase
from procedures.domain.log import Link
from procedures.domain.status import ALLOWED, STATUS_TEXT
from procedures.fees.views import FEE_ACTS, fees_due, fees_due_in, fees_of, payments_of
from shared.errors import Text
from shared.schema import Words

_ACTS: dict[str, Text] = {
    "submitted": Text(vi="Hồ sơ được nộp.", en="The case was submitted."),
    "accepted": Text(vi="Hồ sơ được tiếp nhận.", en="The case was accepted."),
    "refused": Text(vi="Hồ sơ bị từ chối tiếp nhận.", en="Acceptance was refused."),
    "task_completed": Text(vi="Một bước giải quyết đã xong.", en="A step was completed."),
    "supplement_requested": Text(
        vi="Cơ quan yêu cầu bổ sung; thời hạn tạm dừng.", en="A supplement was requested; the clock stopped."
    ),
    "supplemented": Text(
        vi="Người nộp đã bổ sung; thời hạn chạy tiếp.", en="The case was supplemented; the clock runs on."
    ),
    "decided": Text(vi="Cơ quan đã quyết định.", en="The case was decided."),
    "result_recorded": Text(vi="Kết quả đã sẵn sàng.", en="The result is ready."),
    "closed": Text(vi="Kết quả đã được trả.", en="The result was handed over."),
    "withdrawn": Text(vi="Người nộp rút hồ sơ.", en="The case was withdrawn."),
    "result_issued": Text(vi="Kết quả điện tử đã được ký và cấp.", en="The result was signed and issued."),
    "result_revoked": Text(vi="Kết quả đã bị thu hồi.", en="The result was revoked."),
    "redated": Text(
        vi="Ngày hẹn trả được tính lại theo lịch làm việc mới.",
        en="It was dated anew by the changed calendar.",
    ),
    "extended": Text(vi="Thời hạn được gia hạn.", en="The term was extended."),
    "apologised": Text(
        vi="Cơ quan xin lỗi vì trễ hẹn và hẹn lại ngày trả.",
        en="The agency apologised for being late and promised a new date.",
    ),
    "reminded": Text(vi="Sắp đến hạn.", en="Something is due soon."),
    "became_overdue": Text(vi="Đã quá hạn.", en="Something became overdue."),
    "supplement_expired": Text(
        vi="Đã hết hạn bổ sung hồ sơ.", en="The time to supplement the case has ended."
    ),
    "lapsed": Text(
        vi="Hồ sơ kết thúc vì không bổ sung hoặc nộp phí đúng hạn.",
        en="The case lapsed: the supplement, or the fee, did not come in time.",
    ),
    "hold_placed": Text(vi="Hồ sơ được giữ lại, chưa hủy.", en="The case is held: it is not disposed of."),
    "hold_lifted": Text(vi="Hồ sơ không còn phải giữ lại.", en="The case is not held any more."),
    "transferred": Text(vi="Hồ sơ đã chuyển vào lưu trữ.", en="The case was transferred to an archive."),
    "erased": Text(
        vi="Dữ liệu cá nhân của hồ sơ đã bị hủy theo thời hạn lưu trữ.",
        en="The personal data of the case was erased on its legal schedule.",
    ),
    "migrated": Text(
        vi="Hồ sơ được chuyển sang phiên bản mới của thủ tục.",
        en="The case was moved to a new version of the procedure.",
    ),
    "rule_applied": Text(
        vi="Một quy tắc của thủ tục được áp dụng.", en="A rule of the procedure was applied."
    ),
    **FEE_ACTS,
    "child_opened": Text(
        vi="Một phần hồ sơ được chuyển thành hồ sơ ở cơ quan khác.",
        en="A part of the case goes on as a case of another procedure.",
    ),
    "child_not_opened": Text(
        vi="Chưa chuyển được phần việc sang cơ quan khác; bộ phận đang xử lý.",
        en="A part could not be handed on; the unit sees to it.",
    ),
    "child_progressed": Text(
        vi="Phần hồ sơ ở cơ quan khác có tiến triển.", en="The part at another procedure has moved on."
    ),
    "appeal_filed": Text(
        vi="Người nộp khiếu nại quyết định.", en="The applicant appealed against the decision."
    ),
    "appeal_settled": Text(vi="Khiếu nại đã có kết quả.", en="The appeal was settled."),
    "appeal_resumed": Text(vi="Khiếu nại được giải quyết lại.", en="The appeal is handled after all."),
    "reopened": Text(
        vi="Hồ sơ được mở lại theo kết quả giải quyết khiếu nại.", en="The case was reopened after an appeal."
    ),
    "ruled": Text(vi="Khiếu nại được giải quyết.", en="The appeal was ruled on."),
    "consultation_requested": Text(
        vi="Cơ quan lấy ý kiến nơi khác.", en="Other units or agencies were asked for their opinion."
    ),
    "consultation_answered": Text(vi="Đã có một ý kiến trả lời.", en="An opinion was given."),
    "consultation_withdrawn": Text(
        vi="Một yêu cầu lấy ý kiến được rút.", en="A request for an opinion was withdrawn."
    ),
    "consultation_overdue": Text(
        vi="Nơi được lấy ý kiến chưa trả lời đúng hạn.", en="An opinion did not come in time."
    ),
    "reassigned": Text(
        vi="Việc đang mở được chuyển cho người hoặc bộ phận khác.",
        en="The open work was given to another unit or official.",
    ),
}


_SUPPLEMENTED = Text(vi="Người nộp đã bổ sung đủ.", en="All that was missing was brought.")
"""While the clock stands still for something else."""

_SUPPLEMENTED_IN_PART = Text(
    vi="Người nộp đã bổ sung một phần; thời hạn vẫn tạm dừng.",
    en="A part of what is missing was brought; the clock still stands still.",
)


def _what_happened(act: Mapping[str, Any]) -> Text:
    """What is told of an act in the log."""
    if act["kind"] == "supplemented" and act.get("still_missing"):
        return _SUPPLEMENTED_IN_PART
    if act["kind"] == "supplemented" and act["stands"]["stops"]:
        return _SUPPLEMENTED
    return _ACTS[act["kind"]]


def words(text: Text) -> Words:
    return Words(vi=text.vi, en=text.en)


def receipt(stored: Stored, key: bytes) -> Receipt:
    """The receipt of a submission: only what never changes again."""
    case = stored.case
    return Receipt(
        id=case.id,
        code=stored.code,
        tracking_secret=tracking_secret(key, case.id),
        procedure=case.procedure,
        version=case.version,
        agency=case.agency,
        submitted_at=case.submitted_at,
        expected_due_at=case.expected_due_at,
    )


def case_view(stored: Stored, form: FiledForm | None = None, *, by_applicant: bool = False) -> CaseView:
    """The case for those who may see it. The applicant knows it by its one code, and is shown none of its parts'."""
    case = stored.case
    return CaseView(
        id=case.id,
        code=stored.code,
        procedure=case.procedure,
        version=case.version,
        agency=case.agency,
        status=case.status,
        status_text=words(STATUS_TEXT[case.status]),
        next_actions=sorted(ALLOWED[case.status]),
        submitted_at=case.submitted_at,
        received_at=case.received_at,
        due_at=case.due_at,
        stopped_at=case.stopped_at,
        tasks=[TaskOfCase.model_validate(task) for task in case.tasks],
        missing=[Missing.model_validate(item) for item in case.missing],
        attachments=[AttachmentOfCase.model_validate(item) for item in case.attachments],
        outcome=case.outcome,
        reason=case.reason,
        legal_ground=case.legal_ground,
        decided_at=case.decided_at,
        result=[AttachmentOfCase.model_validate(item) for item in case.result],
        result_withheld=bool(case.unpaid),
        results=[IssuedResultOfCase.model_validate(item) for item in case.results],
        ended_at=case.ended_at,
        on_time=case.on_time,
        answer_by=case.asked.answer_by if case.asked else None,
        form=form and form.content,
        hold=case.hold and HoldOfCase.model_validate(case.hold),
        transferred=case.transferred and TransferOfCase.model_validate(case.transferred),
        erased=case.erased and ErasureOfCase.model_validate(case.erased),
        extensions=[
            ExtensionOfCase(at=given.at, by=given.by.to_json(), reason=given.reason)
            for given in case.extensions
        ],
        apology=case.apology and ApologyOfCase.model_validate(case.apology),
        rules_applied=[AppliedRuleOfCase.model_validate(applied) for applied in case.rules_applied],
        fees=fees_of(stored),
        payments=payments_of(case),
        children=[_child(child, with_code=not by_applicant) for child in case.children],
        appeals=[_appeal(appeal) for appeal in case.appeals],
        consultations=[ConsultationOfCase.model_validate(asked) for asked in case.consultations],
        link=case.link and LinkOfCase(kind=case.link.kind, id=case.link.case, code=case.link.code),
        verdict=case.verdict,
    )


def _child(child: ChildCase, *, with_code: bool) -> ChildOfCase:
    return ChildOfCase(
        id=child.case,
        code=child.code if with_code else None,
        procedure=child.procedure,
        agency=child.agency,
        step=child.step,
        opened_at=child.opened_at,
        status=child.status,
        status_text=words(STATUS_TEXT[child.status]),
        outcome=None if child.outcome is None else Outcome(child.outcome),
        ended_at=child.ended_at,
        results=[IssuedResultOfCase.model_validate(result) for result in child.results],
        documents=list(child.documents),
        documents_withheld=child.unpaid,
        fees_due=fees_due_in(child),
    )


def _appeal(appeal: Appeal) -> AppealOfCase:
    return AppealOfCase(
        id=appeal.case,
        code=appeal.code,
        procedure=appeal.procedure,
        agency=appeal.agency,
        filed_at=appeal.filed_at,
        settled_at=appeal.settled_at,
        verdict=appeal.verdict,
    )


def log_entry(stored: Stored, link: Link) -> LogEntry:
    act = shown_act(stored.key, link.act)
    return LogEntry(sequence=link.sequence, at=link.at, by=dict(link.actor), act=act, hash=link.hash.hex())


def tracking(stored: Stored, links: Sequence[Link]) -> Tracking:
    """The public view: what happened and when, without a person or an official in it."""
    case = stored.case
    others = {task.agency for task in case.tasks} | {one.agency for _, one in case.consulted}
    return Tracking(
        code=stored.code,
        procedure=case.procedure,
        agency=case.agency,
        status=case.status,
        status_text=words(STATUS_TEXT[case.status]),
        due_at=case.due_at,
        answer_by=case.asked.answer_by if case.asked else None,
        consulted=sorted(others - {case.agency}),
        steps=[
            TrackingStep(at=link.at, act=link.act["kind"], text=words(_what_happened(link.act)))
            for link in links
        ],
        fees_due=fees_due(stored),
        parts=[
            TrackingPart(
                agency=child.agency,
                procedure=child.procedure,
                status=child.status,
                status_text=words(STATUS_TEXT[child.status]),
                opened_at=child.opened_at,
                ended_at=child.ended_at,
                fees_due=fees_due_in(child),
            )
            for child in case.children
        ],
    )
