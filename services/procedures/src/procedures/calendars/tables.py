"""The table of the calendars that agencies have had."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB


def calendar_version_table(metadata: MetaData) -> Table:
    """What an agency declared, and for what ended after which instant it counts; see `declare_calendar`."""
    return Table(
        "calendar_versions",
        metadata,
        Column("agency", Text, primary_key=True),
        Column("since", DateTime(timezone=True), primary_key=True),
        Column("calendar", JSONB, nullable=False),
        comment="The calendars that an agency has declared; before the first the country's was used",
    )
