"""Request and response models of open-data."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from open_data.domain.dataset import Contact, Dataset, Licence, Metadata
from open_data.domain.table import Type
from open_data.domain.version import Version
from shared.schema import Schema, Words

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
# What browsers take in an <input type="email"> (HTML Living Standard, 4.10.5.1.5), with a dot in the domain.
Email = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=254
    ),
]


class LineWords(Words):
    """A title, name or keyword."""

    vi: Line = Field(examples=["Giải quyết đúng hạn"])
    en: Line = Field(examples=["On-time processing"])


class ParagraphWords(Words):
    """A longer text."""

    vi: Paragraph = Field(examples=["Số hồ sơ giải quyết đúng hạn theo tháng."])
    en: Paragraph = Field(examples=["Cases answered on time, by month."])


class ContactBody(Schema):
    """Whom to ask: a desk, not a person."""

    name: LineWords
    email: Email = Field(examples=["du-lieu@example.com"])


class MetadataBody(Schema):
    """The words under which a dataset is offered."""

    title: LineWords
    description: ParagraphWords
    keywords: Annotated[list[LineWords], Field(max_length=20)]
    licence: Licence
    contact: ContactBody

    def metadata(self) -> Metadata:
        return Metadata(
            title=self.title.text(),
            description=self.description.text(),
            keywords=tuple(keyword.text() for keyword in self.keywords),
            licence=self.licence,
            contact=Contact(self.contact.name.text(), self.contact.email),
        )


class ColumnView(Schema):
    """A column of the rows, under the same name in JSON, CSV, Parquet and the queries."""

    name: str = Field(examples=["onTime"])
    type: Type
    title: Words
    key: bool = Field(description="Never absent; the key columns together tell the rows apart")


class VersionView(Schema):
    """One published state of a dataset; it never changes again."""

    number: str = Field(description="`edition.events`; grows with gaps", examples=["1.250"])
    issued_at: datetime = Field(description="Time of the last event that it rests on")
    rows: int
    sha256: str = Field(
        description="Of the Parquet file, in hexadecimal",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    size: int = Field(description="Of the Parquet file, in bytes")
    first_month: str | None = Field(
        description="First month covered, in Vietnam's time", examples=["2026-01"]
    )
    last_month: str | None = Field(examples=["2026-11"])
    columns: list[ColumnView]

    @classmethod
    def of(cls, version: Version) -> Self:
        return cls(
            number=str(version.number),
            issued_at=version.issued_at,
            rows=version.rows,
            sha256=version.file.sha256,
            size=version.file.size,
            first_month=version.first_month,
            last_month=version.last_month,
            columns=[ColumnView.model_validate(column) for column in version.columns],
        )


class PublisherView(Schema):
    """The agency that answers for a dataset."""

    code: str = Field(examples=["000.00.01.H99"])
    name: Words | None


class DatasetView(Schema):
    """A dataset as it is offered now."""

    id: UUID
    slug: str = Field(examples=["on-time-processing"])
    publisher: PublisherView
    metadata: MetadataBody
    latest: VersionView | None = Field(description="Absent until the first publication")

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        return cls(
            id=dataset.id,
            slug=dataset.slug,
            publisher=PublisherView.model_validate(dataset.publisher),
            metadata=MetadataBody.model_validate(dataset.metadata),
            latest=VersionView.of(dataset.latest) if dataset.latest else None,
        )


class RowsView(Schema):
    """A page of a version's rows."""

    version: str = Field(
        description="Number of the version, the same on all pages that follow", examples=["1.250"]
    )
    items: list[dict[str, Any]] = Field(
        description="The rows: column name to value, null where absent",
        examples=[[{"month": "2026-01", "onTime": 12}]],
    )
    next: str | None = Field(None, examples=["WyIxLjI1MCIsWyIyMDI2LTAxIl1d"])
