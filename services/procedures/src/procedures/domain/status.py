"""The legal status of a case and what may be done in it: one total table.

Where a case stands inside its procedure (which tasks are open) is data of the procedure's version; what it
is in law stands here.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Conflict, Text


class Status(StrEnum):
    """Where a case stands in law."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    DECIDED = "decided"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def ended(self) -> bool:
        """Whether the case is over: nobody works on it any more, though its result may be looked after."""
        return self in _ENDED


class Action(StrEnum):
    """What an official or the applicant may do to a case."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    COMPLETE_TASK = "complete_task"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    DECIDE = "decide"
    RECORD_RESULT = "record_result"
    WITHDRAW = "withdraw"
    ISSUE_RESULT = "issue_result"
    REVOKE_RESULT = "revoke_result"
    EXTEND = "extend"
    APOLOGISE = "apologise"
    DEMAND_FEE = "demand_fee"
    EXEMPT_FEE = "exempt_fee"
    OPEN_CHILD = "open_child"
    APPEAL = "appeal"
    REOPEN = "reopen"
    CONSULT = "consult"
    ANSWER_CONSULTATION = "answer_consultation"
    WITHDRAW_CONSULTATION = "withdraw_consultation"
    COMPLETE_EXEMPT_TASK = "complete_exempt_task"
    """Of a step that the law exempts: its own time runs on while the applicant is asked for something."""


ALLOWED: Mapping[Status, frozenset[Action]] = {
    Status.SUBMITTED: frozenset(
        {Action.ACCEPT, Action.REFUSE, Action.WITHDRAW, Action.DEMAND_FEE, Action.EXEMPT_FEE}
    ),
    Status.ACCEPTED: frozenset(
        {
            Action.COMPLETE_TASK,
            Action.REQUEST_SUPPLEMENT,
            Action.DECIDE,
            Action.WITHDRAW,
            Action.EXTEND,
            Action.APOLOGISE,
            Action.DEMAND_FEE,
            Action.EXEMPT_FEE,
            Action.OPEN_CHILD,
            Action.CONSULT,
            Action.ANSWER_CONSULTATION,
            Action.WITHDRAW_CONSULTATION,
        }
    ),
    Status.SUPPLEMENT_REQUESTED: frozenset(
        {
            Action.SUPPLEMENT,
            Action.WITHDRAW,
            Action.APOLOGISE,
            Action.COMPLETE_EXEMPT_TASK,
            Action.EXEMPT_FEE,  # its time runs on
            Action.ANSWER_CONSULTATION,
            Action.WITHDRAW_CONSULTATION,
        }
    ),
    Status.DECIDED: frozenset(
        {
            Action.COMPLETE_TASK,
            Action.RECORD_RESULT,
            Action.ISSUE_RESULT,
            Action.REVOKE_RESULT,
            Action.DEMAND_FEE,
            Action.EXEMPT_FEE,
            Action.OPEN_CHILD,
            Action.APPEAL,
        }
    ),
    Status.CLOSED: frozenset({Action.ISSUE_RESULT, Action.REVOKE_RESULT, Action.APPEAL}),
    Status.REFUSED: frozenset({Action.APPEAL, Action.REOPEN}),
    Status.WITHDRAWN: frozenset(),
    Status.LAPSED: frozenset(),
}

_ENDED = frozenset({Status.CLOSED, Status.REFUSED, Status.WITHDRAWN, Status.LAPSED})

STATUS_TEXT: Mapping[Status, Text] = {
    Status.SUBMITTED: Text(vi="Đã nộp, chờ tiếp nhận", en="Submitted, waiting to be accepted"),
    Status.ACCEPTED: Text(vi="Đã tiếp nhận, đang giải quyết", en="Accepted, being processed"),
    Status.SUPPLEMENT_REQUESTED: Text(
        vi="Chờ người nộp bổ sung hồ sơ", en="Waiting for the applicant to supplement the case"
    ),
    Status.DECIDED: Text(vi="Đã có kết quả, chờ trả", en="Decided, the result is to be handed over"),
    Status.CLOSED: Text(vi="Đã trả kết quả", en="Closed, the result was handed over"),
    Status.REFUSED: Text(vi="Từ chối tiếp nhận", en="Acceptance was refused"),
    Status.WITHDRAWN: Text(vi="Người nộp đã rút hồ sơ", en="Withdrawn by the applicant"),
    Status.LAPSED: Text(
        vi="Hết hiệu lực vì không bổ sung hoặc nộp phí đúng hạn",
        en="Lapsed: the supplement, or the fee, did not come in time",
    ),
}


class ActionNotAllowed(Conflict):
    """The legal status of the case does not allow this action."""

    slug = "action-not-allowed"
    title = Text(
        vi="Trạng thái của hồ sơ không cho phép việc này.", en="The status of the case does not allow this."
    )


def require_allowed(status: Status, action: Action) -> None:
    """Refuse an action that the status does not allow.

    Raises:
        ActionNotAllowed: naming the status and what may be done in it.
    """
    if action in ALLOWED[status]:
        return
    may = sorted(ALLOWED[status])
    words = STATUS_TEXT[status]
    raise ActionNotAllowed(
        Text(
            vi=f"Hồ sơ đang ở trạng thái “{words.vi}”. Việc làm được lúc này: {', '.join(may) or 'không có'}.",
            en=f"The case stands at “{words.en}”. What may be done now: {', '.join(may) or 'nothing'}.",
        ),
        stands=status.value,
        nextActions=may,
    )
