"""The table of those who are asked and have not answered."""

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, Index, MetaData, Table, Text, Uuid


def consultees_table(metadata: MetaData) -> Table:
    """The inboxes of all units: a row for each that is waited for, gone once it is not."""
    table = Table(
        "consultees",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("case_id", Uuid, ForeignKey("cases.id"), nullable=False, index=True),
        Column("consultation", Uuid, nullable=False),
        Column("agency", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("documents", ARRAY(Uuid), nullable=False, comment="of the case, which it may see"),
        Column("asked_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True)),
        Column(
            "sort_at",
            DateTime(timezone=True),
            nullable=False,
            comment="due_at, or far away without one",
        ),
        comment="Who is asked about running cases and has not answered; follows from their state",
    )
    Index("consultees_inbox_idx", table.c.agency, table.c.unit, table.c.sort_at, table.c.id)
    return table
