"""The tables of ratings."""

from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table, Text


def ratings_table(metadata: MetaData) -> Table:
    """Every rating of an agency's month, by its number; told in whole groups."""
    Table(
        "statistics_ratings",
        metadata,
        Column("agency", Text, primary_key=True),
        Column("month", Date, primary_key=True),
        Column("score", Integer, primary_key=True),
        Column("number", BigInteger, nullable=False),
        comment="Of the release before, which counts here until the last of its processes ends; nobody reads it",
    )
    return Table(
        "statistics_numbered_ratings",
        metadata,
        Column("agency", Text, primary_key=True),
        Column("month", Date, primary_key=True),
        Column("number", BigInteger, primary_key=True, comment="in the agency's month, from participation"),
        Column("score", Integer, nullable=False),
        comment="Ratings of closed cases; told in whole groups",
    )
