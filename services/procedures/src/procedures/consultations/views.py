"""How consultations are shown: to those who may see the case, and to those who are asked."""

from procedures.cases.schemas import AttachmentOfCase, GivenAnswer
from procedures.consultations.operations import Question
from procedures.consultations.schemas import AskedItem, QuestionView
from procedures.domain.consultation import Answer
from shared.db import AnyRow


def question_view(question: Question, answer: Answer | None = None) -> QuestionView:
    """All that the agency which is asked may see."""
    consultation, one = question.asked
    case = question.stored.case
    return QuestionView(
        id=one.id,
        case_code=question.stored.code,
        procedure=case.procedure,
        asked_by=case.agency,
        unit=one.unit,
        question=one.question,
        documents=[AttachmentOfCase.model_validate(document) for document in question.documents],
        form=question.form and question.form.content,
        asked_at=consultation.asked_at,
        due_at=one.due_at,
        silence_consents=consultation.silence_consents,
        answer=answer and GivenAnswer.model_validate(answer),
    )


def asked_item(row: AnyRow) -> AskedItem:
    return AskedItem(
        id=row.id,
        case_code=row.code,
        procedure=row.procedure,
        asked_by=row.asked_by,
        unit=row.unit,
        asked_at=row.asked_at,
        due_at=row.due_at,
    )
