"""Acts of linked cases: what happens to a case because of another that belongs to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Case, Task
from procedures.domain.fee_acts import FeeAskedAgain
from procedures.domain.linked_cases import Appeal, ChildCase, PartFee, Verdict
from procedures.domain.personal import PersonalText
from procedures.domain.result import IssuedResult
from procedures.domain.status import Status


@dataclass(frozen=True, slots=True)
class ChildOpened:
    child: ChildCase
    kind: Literal["child_opened"] = "child_opened"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, children=(*case.children, self.child))


@dataclass(frozen=True, slots=True)
class ChildNotOpened:
    """A step was to open a case and could not: its unit opens one, or does the step by itself."""

    step: str
    procedure: str
    problem: str
    """The slug of what stands in the way."""
    kind: Literal["child_not_opened"] = "child_not_opened"

    def change(self, case: Case, at: datetime) -> Case:
        return case


@dataclass(frozen=True, slots=True)
class ChildProgressed:
    """A child came to another legal status, its result to something new, or its fees to be asked for or settled."""

    child: UUID
    status: Status
    outcome: str | None
    results: tuple[IssuedResult, ...] = ()
    documents: tuple[UUID, ...] = ()
    fees: tuple[PartFee, ...] = ()
    """Yet to be paid."""
    kind: Literal["child_progressed"] = "child_progressed"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(
            case,
            children=tuple(
                replace(
                    child.moved(self.status, self.outcome, child.ended_at or at),
                    results=self.results,
                    documents=self.documents,
                    fees=self.fees,
                )
                if child.case == self.child
                else child
                for child in case.children
            ),
        )


@dataclass(frozen=True, slots=True)
class AppealFiled:
    appeal: Appeal
    kind: Literal["appeal_filed"] = "appeal_filed"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, appeals=(*case.appeals, self.appeal))


@dataclass(frozen=True, slots=True)
class AppealSettled:
    """An appeal was decided, or ended without a decision."""

    appeal: UUID
    verdict: Verdict | None
    kind: Literal["appeal_settled"] = "appeal_settled"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(
            case,
            appeals=tuple(
                replace(appeal, settled_at=at, verdict=self.verdict) if appeal.case == self.appeal else appeal
                for appeal in case.appeals
            ),
        )


@dataclass(frozen=True, slots=True)
class Ruled:
    """What is decided on an appeal; the decision itself follows as an act of its own."""

    verdict: Verdict
    kind: Literal["ruled"] = "ruled"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, verdict=self.verdict)


@dataclass(frozen=True, slots=True)
class AppealResumed:
    """An appeal that had ended without a verdict is handled after all."""

    appeal: UUID
    kind: Literal["appeal_resumed"] = "appeal_resumed"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(
            case,
            appeals=tuple(
                replace(appeal, settled_at=None) if appeal.case == self.appeal else appeal
                for appeal in case.appeals
            ),
        )


@dataclass(frozen=True, slots=True)
class Reopened:
    """The refusal to accept the case was set aside on appeal: it waits to be received again."""

    appeal: UUID
    reason: PersonalText
    tasks: tuple[Task, ...]
    expected_due_at: datetime | None
    fees: tuple[FeeAskedAgain, ...] = ()
    """Those that are to be paid in time; none in logs from before their time was counted anew."""
    kind: Literal["reopened"] = "reopened"

    def change(self, case: Case, at: datetime) -> Case:
        for fee in self.fees:
            case = fee.change(case)
        return replace(
            case,
            status=Status.SUBMITTED,
            reason=None,
            ended_at=None,
            tasks=self.tasks,
            expected_due_at=self.expected_due_at,
        )
