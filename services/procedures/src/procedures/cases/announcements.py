"""What others are told of a case: one event for each act."""

from datetime import datetime
from typing import Any

from procedures.cases.link_particulars import of_link_act
from procedures.cases.time_particulars import of_time_act
from procedures.consultations.particulars import of_consultation_act
from procedures.domain.acts import (
    Act,
    Closed,
    Decided,
    Redated,
    Supplemented,
    SupplementRequested,
    TaskCompleted,
)
from procedures.domain.case import Case
from procedures.domain.consultation_acts import ConsultationAct
from procedures.domain.migration_acts import Migrated
from procedures.domain.reassignment_acts import Reassigned
from procedures.domain.result_acts import ResultIssued, ResultRevoked
from procedures.domain.rule_acts import RuleApplied
from procedures.fees.particulars import of_fee_act
from shared.events import Envelope
from shared.events import procedures as told
from shared.events import procedures_consultations as of_consultations
from shared.events import procedures_fees as of_fees
from shared.events import procedures_links as of_links

_EVENTS: dict[str, type[told.CaseEvent]] = {
    "submitted": told.CaseSubmitted,
    "accepted": told.CaseAccepted,
    "refused": told.CaseRefused,
    "task_completed": told.CaseTaskCompleted,
    "supplement_requested": told.CaseSupplementRequested,
    "supplemented": told.CaseSupplemented,
    "decided": told.CaseDecided,
    "result_recorded": told.CaseResultRecorded,
    "closed": told.CaseClosed,
    "withdrawn": told.CaseWithdrawn,
    "redated": told.CaseRedated,
    "result_issued": told.CaseResultIssued,
    "result_revoked": told.CaseResultRevoked,
    "extended": told.CaseExtended,
    "apologised": told.CaseApologised,
    "reminded": told.CaseReminded,
    "became_overdue": told.CaseBecameOverdue,
    "supplement_expired": told.CaseSupplementExpired,
    "lapsed": told.CaseLapsed,
    "hold_placed": told.CaseHoldPlaced,
    "hold_lifted": told.CaseHoldLifted,
    "transferred": told.CaseTransferred,
    "erased": told.CaseErased,
    "migrated": told.CaseMigrated,
    "rule_applied": told.CaseRuleApplied,
    "fee_demanded": of_fees.CaseFeeDemanded,
    "fee_exempted": of_fees.CaseFeeExempted,
    "fee_paid": of_fees.CaseFeePaid,
    "fee_reminded": of_fees.CaseFeeReminded,
    "fee_expired": of_fees.CaseFeeExpired,
    "payment_set_aside": of_fees.CasePaymentSetAside,
    "refund_ordered": of_fees.CaseRefundOrdered,
    "refund_answered": of_fees.CaseRefundAnswered,
    "child_opened": of_links.CaseChildOpened,
    "child_not_opened": of_links.CaseChildNotOpened,
    "child_progressed": of_links.CaseChildProgressed,
    "appeal_filed": of_links.CaseAppealFiled,
    "appeal_settled": of_links.CaseAppealSettled,
    "ruled": of_links.CaseRuled,
    "consultation_requested": of_consultations.CaseConsultationRequested,
    "consultation_answered": of_consultations.CaseConsultationAnswered,
    "consultation_withdrawn": of_consultations.CaseConsultationWithdrawn,
    "consultation_overdue": of_consultations.CaseConsultationOverdue,
    "reassigned": told.CaseReassigned,
    "appeal_resumed": of_links.CaseAppealResumed,
    "reopened": of_links.CaseReopened,
}


def announcement(case: Case, code: str, act: Act, at: datetime) -> Envelope:
    """The event of the act that brought `case` to where it now stands."""
    event = _EVENTS[act.kind](
        code=code,
        procedure=case.procedure,
        version=case.version,
        agency=case.agency,
        applicant=case.applicant,
        status=case.status.value,
        due_at=case.due_at,
        parent=case.link and case.link.filed_as,
        **(of_consultation_act(case, act) if isinstance(act, ConsultationAct) else _particulars(case, act)),
        **of_fee_act(case, code, act),
    )
    return event.envelope(subject=case.id, sequence=case.sequence, at=at)


def _particulars(case: Case, act: Act) -> dict[str, Any]:
    steps = tuple(task.step for task in case.tasks)
    match act:
        case TaskCompleted():
            return {
                "step": act.step,
                "unit": act.unit,
                "unit_agency": act.unit_agency,
                "steps": steps,
                "by_silence": act.by_silence,
            }
        case ResultIssued():
            superseded = None if act.supersedes is None else str(act.supersedes)
            return {"result": str(act.result.id), "result_type": act.result.type, "supersedes": superseded}
        case ResultRevoked():
            return {"result": str(act.result)}
        case Redated():
            was = {"was_due_at": act.was_due_at, "was_answer_by": act.was_answer_by}
            return {"reason": act.reason, "answer_by": act.answer_by, **was}
        case RuleApplied():
            used = {"rule": act.rule, "rule_version": act.version, "step": act.step}
            return {"purpose": act.purpose.value, **used, "failure": act.failure}
        case Migrated():
            return {"from_version": act.from_version, "steps": steps}
        case Reassigned():
            units = {move.step: move.unit for move in act.moves}
            return {"reassignment": str(act.reassignment), "units": units}
        case SupplementRequested():
            documents = tuple(item.document for item in act.items)
            return {"documents": documents, "answer_by": act.answer_by}
        case Supplemented():
            return {"missing": act.still_missing}
        case Decided():
            return {"outcome": act.outcome.value, "by_silence": act.by_silence}
        case Closed():
            assert case.outcome is not None
            return {
                "outcome": case.outcome.value,
                "received_at": case.received_at,
                "decided_at": case.decided_at,
                "on_time": act.on_time,
            }
        case _:
            return {"steps": steps} if act.kind == "accepted" else of_time_act(case, act) or of_link_act(act)
