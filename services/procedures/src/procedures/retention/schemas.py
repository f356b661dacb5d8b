"""Bodies of requests and answers about retention."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from procedures.domain.retention import Disposal
from shared.db import AnyRow
from shared.schema import Schema

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class RetainedCase(Schema):
    """An ended case, and until when it is kept."""

    case_id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    result: str = Field(examples=["granted"], description="How it ended")
    ended_at: datetime
    due_on: date | None = Field(None, description="When it has been kept long enough; absent: never")
    disposal: Disposal | None = None
    held: bool = Field(description="It is needed, and not disposed of until it is released")

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        return cls(
            case_id=row.case_id,
            code=row.code,
            procedure=row.procedure,
            result=row.outcome or row.status,
            ended_at=row.ended_at,
            due_on=row.due_on,
            disposal=row.disposal,
            held=row.held,
        )


class NewDisposalList(Schema):
    """Cases that are to be disposed of together."""

    disposal: Disposal
    ground: str = Field(min_length=1, max_length=500, examples=["Luật Lưu trữ 2024"])
    cases: list[UUID] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="These; when absent, up to 1000 of those due first",
    )


class DisposalApproval(Schema):
    """What the second person confirms. A transfer names the archive that has the cases, and its receipt."""

    archive: str | None = Field(None, max_length=200, examples=["Lưu trữ lịch sử tỉnh"])
    receipt: str | None = Field(None, max_length=100, examples=["BB-2036-015"])


class DisposalListView(Schema):
    """A list of cases that are to be disposed of, or were."""

    id: UUID
    disposal: Disposal
    ground: str = Field(examples=["Luật Lưu trữ 2024"])
    status: Literal["drawn_up", "approved", "dismissed"]
    drawn_up_at: datetime
    settled_at: datetime | None = None
    certificate: dict[str, Any] | None = Field(
        None,
        description="Of an approved list, where it is not one of many: what became of each case, by code and "
        "hashes; its `sha256` is of the rest, in canonical JSON (RFC 8785)",
        examples=[{"agency": "H99.01", "cases": [], "leftOut": [], "sha256": _SHA256}],
    )

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        return cls(
            id=row.id,
            disposal=row.disposal,
            ground=row.ground,
            status=row.status,
            drawn_up_at=row.drawn_up_at,
            settled_at=row.settled_at,
            certificate=row.certificate,
        )

    @classmethod
    def line_of(cls, row: AnyRow) -> Self:
        """As one of many: without the codes of all its cases."""
        return cls.of(row).model_copy(update={"certificate": None})


class NewHold(Schema):
    """Why the case must not be disposed of."""

    reason: str = Field(min_length=1, max_length=4000, examples=["Đang có khiếu nại."])
