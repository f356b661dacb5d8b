"""What the events of consultations say besides how the case stands: codes and ids, no text."""

from typing import Any

from procedures.domain.case import Case
from procedures.domain.consultation_acts import (
    ConsultationAct,
    ConsultationAnswered,
    ConsultationRequested,
    ConsultationWithdrawn,
)


def of_consultation_act(case: Case, act: ConsultationAct) -> dict[str, Any]:
    """The particulars of an act; `case` as it stands after it."""
    if isinstance(act, ConsultationRequested):
        asked = act.consultation
        return {
            "consultation": asked.id,
            "agencies": tuple(one.agency for one in asked.consultees),
            "mandatory": asked.mandatory,
            "exempt": asked.exempted_by is not None,
        }
    consultation = case.consultation(act.consultation)
    outcome = consultation.outcome
    common = {"consultation": consultation.id, "outcome": outcome and outcome.value}
    if isinstance(act, ConsultationAnswered):
        one = consultation.of(act.consultee)
        opinion = act.answer.opinion.value
        silent = act.answer.by is None
        place = {"unit": one.unit, "unit_agency": one.agency}
        return {**common, **place, "opinion": opinion, "by_silence": silent}
    if isinstance(act, ConsultationWithdrawn):
        return {**common, "agencies": tuple(consultation.of(one).agency for one in act.consultees)}
    return {
        "consultation": consultation.id,
        "unit": act.unit,
        "unit_agency": act.agency,
        "overdue_since": act.timer.at,
    }
