"""Bodies of requests and answers about steps that systems do."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field

from procedures.cases.schemas import CaseView, DocumentOfCase
from procedures.domain.external_task import LONGEST_DELAY, LONGEST_LEASE, MOST_AT_ONCE, SHORTEST_LEASE, Cause
from shared.schema import Schema

LONGEST_WAIT = timedelta(seconds=25)
"""Shorter than the gateway waits for the head of an answer."""
_LEASE = "0198c0de-0000-7000-8000-000000000001"
_SHORTEST, _LONGEST = int(SHORTEST_LEASE.total_seconds()), int(LONGEST_LEASE.total_seconds())


class ExternalClaim(Schema):
    """Which tasks a system takes, how many, for how long, and how long it waits for one.

    Name a `procedure`, with or without unit and step, or a `unit` and a `step`.
    """

    procedure: str | None = Field(None, max_length=50, examples=["TP01"])
    unit: str | None = Field(None, max_length=100, examples=["BP_THUE"])
    step: str | None = Field(None, max_length=100, examples=["HOI_THUE"])
    max: int = Field(1, ge=1, le=MOST_AT_ONCE, description="How many tasks at most")
    lease_seconds: int = Field(
        300, ge=_SHORTEST, le=_LONGEST, description="So long nobody else is given them"
    )
    wait_seconds: int = Field(
        0,
        ge=0,
        le=int(LONGEST_WAIT.total_seconds()),
        description="When there is none: so long the answer waits for one",
    )


class ExternalTaskOfCase(Schema):
    """A task that you hold, and its case as an official of the unit sees it."""

    case_id: UUID
    step: str = Field(examples=["HOI_THUE"])
    unit: str = Field(examples=["BP_THUE"])
    agency: str = Field(examples=["H99.02"])
    opened_at: datetime
    due_at: datetime | None = None
    lease: UUID = Field(examples=[_LEASE], description="Name it in all that you do with the task")
    lease_ends_at: datetime
    attempts_left: int = Field(examples=[2], description="How often it is tried after this")
    case: CaseView


class ExternalTasks(Schema):
    """The tasks that you hold from now on, the one due next first; none when nothing was free in time."""

    items: list[ExternalTaskOfCase]


class HeldLease(Schema):
    """The lease that you hold."""

    lease: UUID = Field(examples=[_LEASE])


class LeaseExtension(HeldLease):
    lease_seconds: int = Field(300, ge=_SHORTEST, le=_LONGEST, description="From now on")


class ExternalCompletion(HeldLease):
    """What came of the step."""

    outcome: str | None = Field(
        None, max_length=100, examples=["approved"], description="Which way out, where the step has several"
    )
    note: str | None = Field(None, max_length=4000, examples=["Không nợ thuế đất đến hết năm 2025."])
    documents: list[DocumentOfCase] = Field(
        default_factory=list, max_length=20, description="Sent before; they join the case"
    )


class ExternalFailure(HeldLease):
    """Why the step could not be done."""

    message: str = Field(min_length=1, max_length=4000, examples=["Cơ sở dữ liệu thuế không trả lời."])
    again_after_seconds: int | None = Field(
        None,
        ge=0,
        le=int(LONGEST_DELAY.total_seconds()),
        description="When to try again; left out: after a minute, then twice as long each time",
    )
    final: bool = Field(False, description="Trying again is of no use: an official must look into it")


class ExternalTaskStanding(Schema):
    """How a task stands with the systems that may do it."""

    attempts_left: int
    free_at: datetime = Field(description="From when on it can be claimed; while it is held, until when")
    incident: UUID | None = Field(None, description="An official must look into it first")


class IncidentResolution(Schema):
    """Which incident is looked into."""

    incident: UUID = Field(examples=[_LEASE])


class TaskIncident(Schema):
    """A task that no system is given: an official of the unit does it, or lets systems try again."""

    case_id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    step: str = Field(examples=["HOI_THUE"])
    unit: str = Field(examples=["BP_THUE"])
    due_at: datetime | None = None
    attempts: int = Field(description="How often systems try it")
    attempts_left: int
    incident: UUID | None = Field(None, description="Absent once it is resolved")
    raised_at: datetime | None = None
    cause: Cause | None = None
    message: str | None = Field(
        None, examples=["Cơ sở dữ liệu thuế không trả lời."], description="Of the last failure"
    )
