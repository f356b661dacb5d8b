"""The table of links between cases."""

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, MetaData, Table, Text, Uuid


def case_links_table(metadata: MetaData) -> Table:
    """Add the links to the tables of the service."""
    table = Table(
        "case_links",
        metadata,
        Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
        Column("kind", Text, nullable=False),
        Column("agency", Text, nullable=False, comment="of the case"),
        Column("to_case", Uuid, ForeignKey("cases.id"), nullable=False),
        Column("to_agency", Text, nullable=False, comment="of the case that it belongs to"),
        Column("above", ARRAY(Uuid), nullable=False, comment="to_case, what that belongs to, and so on"),
        CheckConstraint("kind IN ('child', 'appeal')", name="kind"),
        # A case is locked after those above it, so that nobody waits in a ring; ids are locked in their order.
        CheckConstraint("to_case < case_id", name="order"),
        comment="Cases that belong to another: parts of it, and appeals against it; follows from the logs",
    )
    Index("case_links_to_case_idx", table.c.to_case, table.c.case_id)
    return table
