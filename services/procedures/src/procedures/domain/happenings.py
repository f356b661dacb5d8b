"""What a run of a simulation tells: what happened to the invented case, and how it came to its end, or did not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from procedures.domain.automation import AppliedRule
from procedures.domain.clock import Stop
from procedures.domain.fees import CaseFee
from shared.errors import Text


@dataclass(frozen=True, slots=True)
class Opened:
    """A step that opened, and when it is due."""

    step: str
    title: Text
    agency: str
    unit: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to the case of a run."""

    at: datetime
    kind: str
    """`submitted`, `accepted`, `completed`, `consented_by_silence`, `decided`, `granted_by_silence`, `closed`,
    `reminded`, `became_overdue`, `rule_applied`, `fee_demanded`, `fee_exempted`, `fee_paid`, `fee_reminded`,
    `fee_expired`, `supplement_requested`, `supplemented`, `supplement_reminded`, `supplement_expired`, `extended` or
    `lapsed`."""
    step: Opened | None = None
    """The step that was done or became overdue; its due instant is the one that it had."""
    outcome: str | None = None
    late: timedelta = timedelta()
    """Working time for which the unit had the step after it was due; at a decision, by which the answer is late."""
    opens: tuple[Opened, ...] = ()
    lapses: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    """Why the clock stands still from now on."""
    due_at: datetime | None = None
    """When the answer is due from now on."""
    rule: AppliedRule | None = None
    """The rule that was asked."""
    fee: CaseFee | None = None
    """What is asked for, waived, paid, or not paid in time."""
    answer_by: datetime | None = None
    """Until when the applicant has time, as long as something is asked for."""


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Why a run did not come to its end, and the steps at which it hangs."""

    code: str
    """`goes_round`, `waits_for_ever`, `not_decided`, `not_possible` or `broken_off`."""
    steps: tuple[str, ...]
    reason: Text


@dataclass(frozen=True, slots=True)
class Run:
    """One case from its submission to its end, or to where it could not go on."""

    happenings: tuple[Happening, ...]
    chosen: tuple[tuple[str, str | None], ...]
    """The ways that were chosen, step by step."""
    due_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    on_time: bool | None
    dead_end: DeadEnd | None

    @property
    def delays(self) -> dict[tuple[str, str], timedelta]:
        """The working time by which each unit (agency, unit) was late with its steps."""
        late: dict[tuple[str, str], timedelta] = {}
        for happening in self.happenings:
            if happening.step is not None and happening.late:
                unit = happening.step.agency, happening.step.unit
                late[unit] = late.get(unit, timedelta()) + happening.late
        return late
