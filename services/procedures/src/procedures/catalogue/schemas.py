"""Bodies of requests and answers about procedures."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from procedures.catalogue.examples import DEFINITION
from shared.schema import Schema, Words


class FindingView(Schema):
    """One thing the linter says of a definition."""

    code: str = Field(examples=["unreachable_step"])
    severity: Literal["error", "warning"]
    pointer: str = Field(
        description="JSON Pointer into the definition or the sheet; `#` and the id of an element of a diagram",
        examples=["/steps/2"],
    )
    message: Words


class VersionSummary(Schema):
    """A version of a procedure, in short."""

    code: str = Field(examples=["TP01"])
    version: int
    status: Literal["draft", "published", "retired"]
    title: Words
    agency: str = Field(examples=["H99.01"])
    created_at: datetime
    published_at: datetime | None = None
    retired_at: datetime | None = None


class VersionView(VersionSummary):
    """A version of a procedure, whole."""

    definition: dict[str, Any] = Field(description="In the documented format", examples=[DEFINITION])
    findings: list[FindingView]


class SheetReport(Schema):
    """What became of a register sheet or a diagram: the draft, if it was readable, and each of its faults."""

    draft: VersionView | None = None
    findings: list[FindingView]
