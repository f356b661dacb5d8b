"""The table of forecasts."""

from sqlalchemy import Column, DateTime, Index, Integer, Interval, MetaData, Table, Text, Uuid


def forecast_table(metadata: MetaData) -> Table:
    """The running cases that may become late, as they were looked at last."""
    forecasts = Table(
        "forecasts",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("procedure", Text, nullable=False),
        Column("step", Text, nullable=False, comment="at which it waits, and for which this is said"),
        Column("unit_agency", Text, nullable=False),
        Column("unit", Text, nullable=False),
        Column("chance", Integer, nullable=False, comment="of being late, in per cent"),
        Column("spent", Interval, nullable=False, comment="counted since it came to the step"),
        Column("left", Interval, nullable=False, comment="of its term"),
        Column("alike", Integer, nullable=False, comment="cases that the chance is a share of"),
        Column("made_at", DateTime(timezone=True), nullable=False),
        comment="Which running cases are likely to be late; made anew again and again",
    )
    Index("forecasts_agency_idx", forecasts.c.agency, forecasts.c.chance.desc(), forecasts.c.case_id)
    return forecasts
