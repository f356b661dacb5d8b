"""The tables of stays."""

from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table, Text, Uuid


def stay_tables(metadata: MetaData) -> tuple[Table, Table, Table]:
    """Up to where each case is counted, stays at steps, and ways from steps to the decision."""
    marks = Table(
        "stay_marks",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("sequence", Integer, nullable=False, comment="of the last log entry that is counted"),
        comment="Up to where the stays of each case are counted",
    )
    cells = Table(
        "stay_cells",
        metadata,
        Column("agency", Text, primary_key=True, comment="which answers for the cases"),
        Column("month", Date, primary_key=True, comment="in which they left"),
        Column("procedure", Text, primary_key=True),
        Column("step", Text, primary_key=True),
        Column("unit_agency", Text, primary_key=True),
        Column("unit", Text, primary_key=True),
        Column("bucket", Integer, primary_key=True, comment="of the working time that they stayed"),
        Column("number", BigInteger, nullable=False),
        Column("minutes", BigInteger, nullable=False, comment="of working time, together"),
        comment="How long cases stayed at steps",
    )
    ways = Table(
        "way_cells",
        metadata,
        Column("agency", Text, primary_key=True),
        Column("procedure", Text, primary_key=True),
        Column("month", Date, primary_key=True, comment="in which they were decided"),
        Column("step", Text, primary_key=True),
        Column("pace", Integer, primary_key=True, comment="at which they came there"),
        Column(
            "stayed", Integer, primary_key=True, comment="bucket of the counted time that they stayed there"
        ),
        Column("bucket", Integer, primary_key=True, comment="of the counted time from there to the decision"),
        Column("number", BigInteger, nullable=False),
        comment="How long it was from steps to the decision",
    )
    return marks, cells, ways
