"""Bodies of answers about decision tables."""

from typing import Any

from pydantic import Field

from procedures.catalogue.schemas import FindingView
from shared.schema import Schema


class RuleView(Schema):
    """A rule as it stands among the `rules` of a definition."""

    name: str = Field(examples=["DUYET_NGAY"])
    table: dict[str, Any] = Field(
        examples=[{"contentType": "application/vnd.gorules.decision", "nodes": [], "edges": []}],
        description="GoRules' JSON Decision Model: input, one decision table, output",
    )


class ReadRules(Schema):
    """The rules in a file, and what of it could not be read."""

    rules: list[RuleView]
    findings: list[FindingView]
