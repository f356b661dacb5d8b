"""What the events of linked cases say besides how the case stands."""

from typing import Any

from procedures.domain.acts import Act
from procedures.domain.link_acts import (
    AppealFiled,
    AppealResumed,
    AppealSettled,
    ChildNotOpened,
    ChildOpened,
    ChildProgressed,
    Reopened,
    Ruled,
)


def of_link_act(act: Act) -> dict[str, Any]:
    """The particulars of an act of linked cases; none of another."""
    match act:
        case ChildOpened():
            child = act.child
            return {
                "child": child.case,
                "child_code": child.code,
                "child_procedure": child.procedure,
                "child_agency": child.agency,
                "step": child.step,
            }
        case ChildNotOpened():
            return {"step": act.step, "child_procedure": act.procedure, "problem": act.problem}
        case ChildProgressed():
            return {"child": act.child, "child_status": act.status.value, "outcome": act.outcome}
        case AppealFiled():
            appeal = act.appeal
            return {
                "appeal": appeal.case,
                "appeal_code": appeal.code,
                "appeal_procedure": appeal.procedure,
                "appeal_agency": appeal.agency,
            }
        case AppealSettled():
            return {"appeal": act.appeal, "verdict": act.verdict and act.verdict.value}
        case AppealResumed() | Reopened():
            return {"appeal": act.appeal}
        case Ruled():
            return {"verdict": act.verdict.value}
        case _:
            return {}
