"""Bodies of answers about documents."""

from uuid import UUID

from pydantic import Field

from shared.schema import Schema


class DocumentReceived(Schema):
    """A document that was received. Name its id in a submission, a supplement or a result."""

    id: UUID
    file_name: str = Field(examples=["so-do.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="In bytes")
    sha256: str = Field(
        description="Of the content, hexadecimal: compare it with your own",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
