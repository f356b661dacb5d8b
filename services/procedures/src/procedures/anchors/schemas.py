"""Anchors on the wire."""

from datetime import date, datetime
from typing import Self

from pydantic import Field

from procedures.domain.anchor import Proof
from shared.db import AnyRow
from shared.schema import Schema

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class AnchorView(Schema):
    """One hash that holds fast all that was done to any case up to the end of a day (UTC). Keep it."""

    number: int = Field(examples=[1], description="From 1, a day each, without a gap")
    day: date
    entries: int = Field(examples=[812], description="How many acts were recorded on the day")
    root: str = Field(examples=[_HASH], description="Of the Merkle tree (RFC 9162) over their hashes")
    previous: str = Field(examples=["0" * 64], description="`hash` of the day before")
    hash: str = Field(
        examples=[_HASH],
        description="SHA-256 of previous, number, day, entries and root, with line feeds between",
    )
    made_at: datetime

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        return cls(
            number=row.number,
            day=row.day,
            entries=row.entries,
            root=row.root.hex(),
            previous=row.previous.hex(),
            hash=row.hash.hex(),
            made_at=row.made_at,
        )


class EntryProof(Schema):
    """That an entry of a case stood in the log on a day: its place, and the hashes that lead to the root."""

    entry: str = Field(examples=[_HASH], description="Hash of the entry")
    index: int = Field(examples=[17], description="Among the entries of the day, from 0")
    path: list[str] = Field(examples=[[_HASH]], description="From the leaf up, as of RFC 9162, section 2.1.3")
    anchor: AnchorView

    @classmethod
    def of(cls, anchor: AnyRow, entry: bytes, proof: Proof) -> Self:
        return cls(
            entry=entry.hex(),
            index=proof.index,
            path=[node.hex() for node in proof.path],
            anchor=AnchorView.of(anchor),
        )
