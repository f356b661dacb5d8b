"""The tables of backlogs."""

from sqlalchemy import Column, Date, DateTime, Index, Integer, MetaData, Table, Text, text


def backlog_tables(metadata: MetaData, cases: Table) -> tuple[Table, Table]:
    """The days on which it was counted, and what waited where; and by what late cases are found."""
    days = Table(
        "backlog_days",
        metadata,
        Column("day", Date, primary_key=True),
        Column("counted_at", DateTime(timezone=True), nullable=False),
        comment="When the backlogs of each day were counted last",
    )
    backlogs = Table(
        "backlogs",
        metadata,
        Column("agency", Text, primary_key=True, comment="which answers for the cases"),
        Column("day", Date, primary_key=True),
        Column("procedure", Text, primary_key=True),
        Column("step", Text, primary_key=True),
        Column("unit_agency", Text, primary_key=True),
        Column("unit", Text, primary_key=True),
        Column("waiting", Integer, nullable=False),
        Column(
            "for_applicant", Integer, nullable=False, comment="of them, while the applicant is waited for"
        ),
        Column("overdue", Integer, nullable=False),
        Column("oldest_at", DateTime(timezone=True), nullable=False),
        comment="The open steps of cases that have not ended, as they were counted last on a day",
    )
    c = cases.c
    with_the_agency = text("status = 'accepted'")
    Index("cases_due_idx", c.agency, c.due_at, c.id, postgresql_where=with_the_agency)
    return days, backlogs
