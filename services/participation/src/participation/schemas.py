"""What the bodies of ratings, consultations and comments have in common."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from shared.errors import Text
from shared.schema import Schema, Words

# PostgreSQL stores every character but NUL.
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00]*$")]
AgencyCode = Annotated[
    str | None,
    Query(pattern=r"^[A-Za-z0-9.]{1,40}$", description="Of this agency alone", examples=["H99.01"]),
]
Month = Annotated[
    str | None, Query(pattern=r"^\d{4}-\d{2}$", description="Of this month alone", examples=["2026-11"])
]


class Heading(Schema):
    """A title in Vietnamese and English."""

    vi: Line = Field(max_length=300, examples=["Phố đi bộ Mẫu"])
    en: Line = Field(max_length=300, examples=["A pedestrian Mau street"])

    def text(self) -> Text:
        return Text(vi=self.vi, en=self.en)


class Prose(Schema):
    """Some paragraphs in Vietnamese and English."""

    vi: Line = Field(max_length=20_000, examples=["Dự thảo quy định …"])
    en: Line = Field(max_length=20_000, examples=["A draft regulation …"])

    def text(self) -> Text:
        return Text(vi=self.vi, en=self.en)


def words(text: Text) -> Words:
    """The same words on the wire."""
    return Words(vi=text.vi, en=text.en)
